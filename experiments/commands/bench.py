"""Measure what a training step costs per inner tree node: each fold mode, PyTorch and DyNet if installed.

RLSTM, RNN, and a cell of the benchmark's own; D 50, float32, one thread. A step is embeddings, fold, softmax,
loss, backward and AdaGrad on the same trees, after every system has been checked to compute the same. Compile
time is reported apart. Then every cell for trees, compiled; and an LSTM over chains, beside PyTorch's own.
"""

from __future__ import annotations

import argparse
import json
import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import IO, Any

from tqdm import tqdm

from experiments.bench import startup
from experiments.bench.machine import describe_machine, load_average, was_quiet
from experiments.bench.process import BenchError, run_worker
from experiments.bench.report import as_text, passes_as_text
from minigrad.files import atomic_write


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``bench``."""
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write everything that was measured")
    parser.add_argument(
        "--passes",
        action="store_true",
        help="instead, compiled steps with a pass of the compiler left out",
    )
    parser.add_argument("--quick", action="store_true", help="one minute, fewer repeats and smaller graphs")


def run(args: argparse.Namespace) -> int:
    """Measure, print the table, write the file; return the exit code.

    Raises
    ------
    OSError
        If the file can't be written, before anything is measured.
    """
    try:
        with _output(args.json) as file:
            if args.passes:
                document = measure_passes(args.quick)
                print(passes_as_text(document))
            else:
                document = measure(args.quick)
                print(as_text(document))
            if file is not None:
                file.write(json.dumps(document, indent=2).encode() + b"\n")
    except BenchError as error:
        print(f"minigrad: {error}", file=sys.stderr)
        return 1
    if args.json is not None:
        print(f"\nwrote {args.json}: {', '.join(document)}")
    return 0


def measure(quick: bool) -> dict[str, Any]:
    """Return the JSON document: "machine", "rows", and what else was measured under keys of its own."""
    before = load_average()
    machine = describe_machine()
    rows = run_worker("rows", quick=quick)
    breakdown = run_worker("breakdown", quick=quick)
    cells = run_worker("cells", quick=quick)
    chains = run_worker("chains", quick=quick)
    sentiment = run_worker("sentiment", quick=quick)
    systems = dict.fromkeys(row["system"] for row in rows["rows"])
    memory = [run_worker("memory", quick=quick, system=name) for name in systems]
    growth = run_worker("growth", quick=quick)
    repeats = 3 if quick else 7
    with tqdm(total=repeats + 5, desc="imports, compilation", unit="process", disable=None) as bar:
        imports = startup.import_times(repeats, bar.update)
        compiling = startup.compile_times(bar.update)
        first_use = startup.first_use(bar.update)
    after = load_average()
    machine |= {**rows.pop("libraries"), "fma_peak_gflops": rows.pop("fma_peak_gflops")}
    machine |= {"load_before": before, "load_after": after, "quiet": was_quiet(before, after)}
    return {
        "machine": machine, **rows, "breakdown": breakdown, "cells": cells, "chains": chains,
        "sentiment": sentiment, "memory": memory, "growth": growth,
        "import": imports, "compile": compiling, "first_use": first_use,
    }  # fmt: skip


def measure_passes(quick: bool) -> dict[str, Any]:
    """Return the JSON document of ``--passes``: "machine" and "passes"."""
    before = load_average()
    passes = run_worker("passes", quick=quick)
    after = load_average()
    loads = {"load_before": before, "load_after": after, "quiet": was_quiet(before, after)}
    return {"machine": {**describe_machine(), **loads}, "passes": passes}


def _output(path: Path | None) -> AbstractContextManager[IO[bytes] | None]:
    """Open the file now, so that minutes of measuring don't end in an error; it appears when all is done."""
    if path is None:
        return nullcontext()
    if path.is_dir():
        raise IsADirectoryError(f"can't write {path}: it is a folder; give the name of a file")
    return atomic_write(path)
