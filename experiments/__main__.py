"""The command line: ``python -m experiments COMMAND``, or ``minigrad COMMAND``."""

from __future__ import annotations

import experiments.threads  # isort: skip  # noqa: F401  (sets the thread counts before NumPy is loaded)

import argparse
import sys
from collections.abc import Sequence

from experiments import bench, demo
from experiments.train import TrainingError
from minigrad.nn import StateError

COMMANDS = {
    "demo": (demo, "train an RNN and an RLSTM for two minutes, and see where the gradient goes"),
    "bench": (bench, "measure the training speed, beside PyTorch's where it is installed"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; return the exit code: 0, 1 (training failed), 2 (wrong input) or 130 (Ctrl-C)."""
    parser = argparse.ArgumentParser(
        prog="minigrad",
        description="Experiments on vanishing gradients in recursive neural networks (Le & Zuidema 2016).",
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, (module, text) in COMMANDS.items():
        command = commands.add_parser(
            name,
            help=text,
            description=module.__doc__,
            formatter_class=argparse.ArgumentDefaultsHelpFormatter,
        )
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    args = parser.parse_args(argv)
    try:
        return int(args.run(args))
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    except TrainingError as error:
        print(f"minigrad: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"minigrad: {error.strerror or error}", file=sys.stderr)
        return 2
    except StateError as error:
        print(f"minigrad: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
