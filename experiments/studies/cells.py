"""``--cell`` in a study: other cells than its own, in a folder of their own."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Sequence

from experiments.studies import study
from experiments.sweep import Job, arguments


def add_cells(parser: argparse.ArgumentParser, cells: Sequence[str]) -> None:
    """Declare ``--cell``; `cells`: those of the study."""
    parser.add_argument(
        "--cell",
        action="append",
        type=arguments.watched_cell,
        metavar="NAME",
        help=f"train this cell, not {', '.join(cells)}: a name of models.CELLS, or package.module:Class for "
        "one of your own; may be given several times; the default folder ends in -cells then",
    )


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
        From `study.add_arguments` and `add_cells`.
    jobs : function of scale, seed, number of runs and cells
    """
    if not args.cell:
        return study.run(of, args)
    if args.out is None:
        folder = of.folder(args.scale)
        args.out = folder.with_name(f"{folder.name}-cells")
    return study.run(of, args, list(jobs(args.scale, args.seed, args.runs, tuple(dict.fromkeys(args.cell)))))
