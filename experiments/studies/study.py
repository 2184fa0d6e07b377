"""A study as a command: do its runs, draw its figures, write down what one sees."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import viz
from experiments import sweep
from experiments.sweep import arguments
from experiments.sweep.output import RESULTS, writable_folder
from minigrad.files import atomic_write

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS = ("pdf", "svg", "png")


@dataclass(frozen=True)
class Study:
    """A question, the runs that answer it, and how the answer is shown.

    Attributes
    ----------
    name : str
        Of its command and its folder; the runs' names begin with it.
    jobs : function of scale, seed and number of runs
        Returns the jobs; the last argument is None where the scale decides.
    figures : function of the finished runs
        Returns figures by the names of their files.
    summary : function of the finished runs
        Returns the paragraph of what one sees, in Markdown, every number of it taken from the runs.
    """

    name: str
    jobs: Callable[[str, int, int | None], Iterable[sweep.Job]]
    figures: Callable[[Sequence[sweep.Run]], Mapping[str, Figure]]
    summary: Callable[[Sequence[sweep.Run]], str]

    def folder(self, scale: str) -> Path:
        """Return where the rows go if nobody says otherwise."""
        return RESULTS / {"paper": "beyond", "smoke": "beyond-smoke"}[scale] / self.name


def add_arguments(parser: argparse.ArgumentParser, name: str) -> None:
    """Declare the options of the study of that name."""
    arguments.add_scale(parser, "seconds to see how it goes, or the committed figures")
    sweep.add_arguments(parser, f"experiments/results/beyond/{name}, or beyond-smoke/{name}")


def run(study: Study, args: argparse.Namespace, jobs: Sequence[sweep.Job] | None = None) -> int:
    """Do the runs that are not done yet, then draw and sum up; return the exit code.

    Parameters
    ----------
    study : Study
    args : argparse.Namespace
        From `add_arguments`.
    jobs : sequence of Job, optional
        The runs, where options of the study's own choose them.
    """
    if args.out is None:
        args.out = study.folder(args.scale)
    if jobs is None:
        jobs = list(study.jobs(args.scale, args.seed, args.runs))
    code = sweep.run(jobs, args)
    if code or args.dry_run:
        return code
    names = {job.name for job in jobs}
    runs = [run for run in sweep.finished(args.out) if run.name in names]
    folder = writable_folder(args.out / "figures")
    for name, figure in study.figures(runs).items():
        for suffix in FORMATS:
            viz.save_figure(figure, folder / f"{name}.{suffix}")
        print(f"figure: {folder / name}.pdf, .svg, .png")
    summary = study.summary(runs).strip()
    with atomic_write(args.out / "summary.md") as file:
        file.write(f"{summary}\n".encode())
    print(f"\n{summary}")
    return 0
