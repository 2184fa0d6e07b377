"""``--cell`` in a study: other cells than its own, in a folder of their own."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Sequence

from experiments.studies import study
from experiments.sweep import Job, arguments


def run_cells(
    of: study.Study,
    args: argparse.Namespace,
    jobs: Callable[[str, int, int | None, Sequence[str]], Iterable[Job]],
) -> int:
    """Do a study's runs for the cells asked for; return the exit code.

    Parameters
    ----------
    of : Study
    args : argparse.Namespace
        From `study.add_arguments` and `arguments.add_cells`.
    jobs : function of scale, seed, number of runs and cells
    """
    if not args.cell:
        return study.run(of, args)
    arguments.choose_folder(args, of.folder(args.scale), of.name)
    return study.run(of, args, list(jobs(args.scale, args.seed, args.runs, tuple(dict.fromkeys(args.cell)))))
