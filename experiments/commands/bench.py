"""Measure what a training step costs per inner tree node: each fold mode, PyTorch and DyNet if installed.

RLSTM and RNN; D 50, float32, one thread. A step is embeddings, fold, softmax, loss, backward and AdaGrad on
the same trees, after every system has been checked to compute the same. Compile time is reported separately.
Then every cell for trees, compiled; and an LSTM over chains, beside PyTorch's own.
"""

from __future__ import annotations

import argparse
import json
import sys
from contextlib import nullcontext
from pathlib import Path

from experiments.bench import sections
from experiments.bench.process import BenchError
from experiments.bench.report import as_text
from minigrad.files import atomic_write


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``bench``."""
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write everything that was measured")
    parser.add_argument(
        "--passes",
        action="store_true",
        help="instead, compiled steps with a pass of the compiler left out",
    )
    parser.add_argument("--quick", action="store_true", help="fewer repeats and smaller trees")


def run(args: argparse.Namespace) -> int:
    """Measure, print the tables, write the file; return the exit code.

    Raises
    ------
    OSError
        If the file can't be written, before anything is measured.
    """
    path: Path | None = args.json
    if path is not None and path.is_dir():
        raise IsADirectoryError(f"can't write {path}: it is a folder; give the name of a file")
    try:
        with nullcontext() if path is None else atomic_write(path) as file:
            document = sections.measure(sections.PASSES if args.passes else sections.SECTIONS, args.quick)
            print(as_text(document))
            if file is not None:
                file.write(json.dumps(document, indent=2).encode() + b"\n")
    except BenchError as error:
        print(f"minigrad: {error}", file=sys.stderr)
        return 1
    if path is not None:
        print(f"\nwrote {path}: {', '.join(document)}")
    return 0
