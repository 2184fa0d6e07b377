"""The command line: ``python -m experiments COMMAND``, or ``minigrad COMMAND``."""

from __future__ import annotations

import experiments.threads  # isort: skip  # noqa: F401  (sets the thread counts before NumPy is loaded)

import sys
from collections.abc import Sequence

from experiments.studies import STUDIES

COMMANDS = {
    "demo": "train an RNN and an RLSTM for two minutes, and see where the gradient goes",
    "length": "Experiment 1: accuracy against the length of the sentences",
    "depth": "Experiment 2: accuracy against the depth of the keyword",
    "gradient": "Experiment 3: how much of the gradient reaches the keyword",
    "all": "all three experiments in one go, then figures and claims",
    "figures": "redraw the paper's Figures 2 to 7 from stored rows",
    "claims": "decide the paper's claims by stored rows",
    "ablate": "try what the paper leaves open, and what it says makes no difference",
    "why": "find out what decides at which length the RLSTM stops learning, and choose settings",
    "causes": "find out why claims fail under the chosen settings: trials that could refute each reason",
    "sentiment": "train on the Stanford Sentiment Treebank, and see how far gradients get in real sentences",
    "predict": "classify sentences with a trained model",
    "beyond": "all studies in one go, and a page that shows them",
    **STUDIES,
    "text": "character language models on the standard library's source and on prose",
    "layers": "what the layers of a bidirectional language model know of a grammar of known entropy",
    "dashboard": "show trainings in the browser, while they run or afterwards",
    "export-trees": "write a dataset in the form that the authors' program reads",
    "export": "write all rows of a sweep as one CSV file",
    "bench": "measure the training speed, beside PyTorch and DyNet where they are installed",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; return the exit code.

    That is 0, 1 (training or drawing failed), 2 (wrong input) or 130 (Ctrl-C).
    """
    try:
        # Loaded here and not above, so that Ctrl-C is answered alike in the second that this takes.
        from experiments.sweep import SweepError
        from experiments.training.loop import TrainingError
        from models import VectorsError
        from viz.command_line import run_command

        return run_command(
            "minigrad",
            "Experiments on vanishing gradients in recursive neural networks (Le & Zuidema 2016). Begin with "
            "demo, or with the tutorials in experiments/tutorials; COMMAND --help says more of a command.",
            _module,
            COMMANDS,
            argv,
            failed=(TrainingError,),
            wrong=(SweepError, VectorsError),
        )
    except KeyboardInterrupt as interruption:
        print("; ".join(["interrupted", *map(str, interruption.args)]), file=sys.stderr)
        return 130


def _module(command: str) -> str:
    """Return the module of a command: a study is a command of its own."""
    return f"experiments.{'studies' if command in STUDIES else 'commands'}.{command.replace('-', '_')}"


if __name__ == "__main__":
    sys.exit(main())
