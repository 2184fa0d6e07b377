"""A study and its command: do the runs, then draw the figures and write the summary."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from experiments import sweep
from experiments.studies.runs import Runs
from experiments.sweep import Job, Recorder, arguments
from experiments.sweep.figures import save
from experiments.sweep.output import RESULTS, write_text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Figures: TypeAlias = "Mapping[str, Figure]"  # by the names of their files
Kinds: TypeAlias = Iterator[tuple[str, Any, int]]  # of runs: name, settings, tree nodes in an epoch


@dataclass(frozen=True)
class Study:
    """A question, the runs that answer it, and how the answer is shown.

    Attributes
    ----------
    name : str
        The name of the command and of the folder; the runs' names begin with it.
    grid : function of scale, seed, number of a run, and cells where the study has some
        Yields (name, settings, work) of the runs of that number, from 1; see `experiments.sweep.Job`. The
        study's name is put before the name, the number behind it.
    perform : function of settings and a Recorder
        Does one run. It is a function of a module, so that other processes can import it.
    figures : function of the finished runs
        Returns figures by the names of their files.
    summary : function of the finished runs
        Returns the summary in Markdown, with every number computed from the runs.
    cells : sequence of str
        The cells that the study trains, where ``--cell`` may name others.
    read_cell : function
        Of `experiments.sweep.arguments`: reads a value of ``--cell``.
    runs : mapping of str to int
        Runs of each kind, by scale.
    """

    name: str
    grid: Callable[..., Kinds]
    perform: Callable[[Any, Recorder], object]
    figures: Callable[[Runs], Figures]
    summary: Callable[[Runs], str]
    cells: Sequence[str] = ()
    read_cell: Callable[[str], str] = arguments.watched_cell
    runs: Mapping[str, int] = field(default_factory=lambda: {"smoke": 1, "paper": 3})

    def jobs(self, scale: str, seed: int = 0, runs: int | None = None, **options: Any) -> Iterator[Job]:
        """Yield the runs.

        Parameters
        ----------
        scale : "smoke" or "paper"
        seed : int
        runs : int, optional
            Of each kind, if not the scale's.
        **options
            Of `grid`: "cells", for instance.
        """
        path = f"{self.perform.__module__}:{self.perform.__qualname__}"
        if self.cells:
            options.setdefault("cells", self.cells)
        for run in range(1, (runs or self.runs[scale]) + 1):
            for name, settings, work in self.grid(scale, seed, run, **options):
                # The name of a user's own cell is package.module:Class.
                yield Job(f"{self.name}/{name.replace(':', '.')}/{run}", settings, work, path)

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the options of the study's command."""
        add_arguments(parser, self.name)
        if self.cells:
            arguments.add_cells(parser, ", ".join(self.cells), self.read_cell, self.name)

    def run(self, args: argparse.Namespace, variant: str = "", **options: Any) -> int:
        """Do the runs that are not finished, draw the figures, write the summary; return the exit code.

        Parameters
        ----------
        args : argparse.Namespace
            From `add_arguments`. ``args.out`` is filled in if it is None.
        variant : str
            Appended to the name of the default folder where options of the study's own ask for it; such rows
            are stored beside those of other cells.
        **options
            Of `grid`.
        """
        cells = getattr(args, "cell", None)
        if cells:
            options["cells"] = tuple(dict.fromkeys(cells))
        if args.out is None:
            name = self.name + variant
            other = cells or variant
            args.out = (
                arguments.cells_folder(args.scale, name) if other else default_folder(args.scale) / name
            )
        jobs = list(self.jobs(args.scale, args.seed, args.runs, **options))
        code = sweep.run(jobs, args)
        if code or args.dry_run:
            return code
        names = {job.name for job in jobs}
        self.show([run for run in sweep.finished(args.out) if run.name in names], args.out)
        return 0

    def show(self, runs: Runs, out: Path) -> None:
        """Draw the figures and write the summary of finished runs; print the latter."""
        for name, figure in self.figures(runs).items():
            save(name, figure, out)
        summary = self.summary(runs).strip()
        write_text(out / "summary.md", f"{summary}\n")
        print(f"\n{summary}")


def add_arguments(parser: argparse.ArgumentParser, name: str) -> None:
    """Declare the options that the commands of all studies have."""
    arguments.add_scale(parser, "seconds to see how it goes, or the committed figures")
    sweep.add_arguments(parser, f"experiments/results/beyond/{name}, or beyond-smoke/{name}")


def default_folder(scale: str) -> Path:
    """Return where the folders of the studies are by default."""
    return RESULTS / {"paper": "beyond", "smoke": "beyond-smoke"}[scale]
