"""The command line: ``python -m experiments COMMAND``, or ``minigrad COMMAND``."""

from __future__ import annotations

import experiments.threads  # isort: skip  # noqa: F401  (sets the thread counts before NumPy is loaded)

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

COMMANDS = {
    "demo": "train an RNN and an RLSTM for two minutes, and see where the gradient goes",
    "length": "Experiment 1: accuracy against the length of the sentences",
    "depth": "Experiment 2: accuracy against the depth of the keyword",
    "gradient": "Experiment 3: how much of the gradient reaches the keyword",
    "all": "all three experiments in one go, then figures and claims",
    "figures": "redraw the paper's Figures 2 to 7 from stored rows",
    "claims": "decide the paper's claims by stored rows",
    "ablate": "try what the paper leaves open, and what it says makes no difference",
    "export": "write all rows of a sweep as one CSV file",
    "bench": "measure the training speed, beside PyTorch and DyNet where they are installed",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; return the exit code.

    That is 0, 1 (training or drawing failed), 2 (wrong input) or 130 (Ctrl-C).
    """
    try:
        return _run(argv)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


def _run(argv: Sequence[str] | None) -> int:
    # Loaded here and not above, so that Ctrl-C is answered alike in the second that this takes.
    from experiments.sweep import SweepError
    from experiments.train import TrainingError
    from minigrad.nn import StateError
    from models import TreebankError
    from viz import RenderError

    args = _parser().parse_args(argv)
    try:
        return int(args.run(args))
    except (TrainingError, RenderError) as error:
        print(f"minigrad: {error}", file=sys.stderr)
        return 1
    except (OSError, StateError, SweepError, TreebankError) as error:
        print(f"minigrad: {_message(error)}", file=sys.stderr)
        return 2


def _message(error: Exception) -> str:
    """Return what is wrong, without the number that an OSError's text has; its file, where it has one."""
    if not isinstance(error, OSError) or error.strerror is None:
        return str(error)
    return error.strerror if error.filename is None else f"{error.filename}: {error.strerror}"


class _Help(argparse.ArgumentDefaultsHelpFormatter):
    """Tells defaults, where they tell something."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        if action.default is None or action.default is False:
            return action.help
        return super()._get_help_string(action)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="minigrad",
        description="Experiments on vanishing gradients in recursive neural networks (Le & Zuidema 2016).",
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, text in COMMANDS.items():
        module = import_module(f"experiments.{name}")
        command = commands.add_parser(
            name,
            help=text,
            description=module.__doc__,
            formatter_class=_Help,
        )
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    return parser


if __name__ == "__main__":
    sys.exit(main())
