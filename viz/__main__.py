"""The command line: ``python -m viz COMMAND``."""

from __future__ import annotations

import sys
from collections.abc import Sequence

COMMANDS = {
    "tree": "draw a tree: its labels, or the gradient that reaches every node in a trained model",
    "compare": "draw one tree under several models, side by side on one scale",
    "epochs": "draw one tree through training: a strip for print, or a page with a slider",
    "graph": "draw the autodiff graph behind a tree's loss",
    "explorer": "write a page with sliders: how far a gradient gets in a recurrent network",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; return the exit code: 0, 1 (drawing failed), 2 (wrong input) or 130 (Ctrl-C)."""
    try:
        # Imported here, not above: it takes a second, in which Ctrl-C should be answered in the same way.
        from viz.command_line import run_command

        return run_command(
            "python -m viz",
            "Pictures of trees and of graphs, and a page to explore gradients.",
            "viz.commands.{}".format,
            COMMANDS,
            argv,
        )
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
