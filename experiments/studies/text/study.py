"""The command: the runs on each corpus, then figures and summary."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

from experiments import sweep
from experiments.studies.study import Study
from experiments.studies.text.corpus import Corpus
from experiments.studies.text.data import read
from experiments.studies.text.figures import figures
from experiments.studies.text.perform import measure_baselines, perform
from experiments.studies.text.sent_back import page
from experiments.studies.text.settings import SCALES, BaselineSettings, Settings, networks, of_corpus
from experiments.studies.text.summary import summary
from experiments.sweep import Job, arguments
from experiments.sweep.output import RESULTS, write_text

FOLDERS = {"paper": RESULTS / "text", "smoke": RESULTS / "text-smoke"}
PAGE = "itemised.html"
RUNS = {"paper": 3, "smoke": 1}
# Measured, for `--dry-run`: CPU-microseconds per character of training, the share of dev included, and the
# CPU-seconds in which the units of an LSTM with D 128 are looked at.
MICROSECONDS = {("Elman", 128): 4.7, ("GRU", 128): 7.0, ("LSTM", 128): 8.1, ("LSTM", 256): 26.0}
LOOKING = 21.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    arguments.add_scale(parser, "a minute to see how it goes, or networks of 20 million characters each")
    parser.add_argument(
        "--text",
        type=Path,
        metavar="FILE",
        help="prose to train on as well, UTF-8; the standard library's own source is read in any case",
    )
    sweep.add_arguments(parser, "experiments/results/text, or text-smoke")


def run(args: argparse.Namespace) -> int:
    """Do the runs that are not finished, then write figures, summary and page; return the exit code.

    Raises
    ------
    SweepError, OSError
        If a corpus can't be read, before anything is written.
    """
    if args.out is None:
        args.out = FOLDERS[args.scale]
    path = None if args.text is None else args.text.absolute()
    planned = jobs(args.scale, args.seed, args.runs, path)
    if args.dry_run and (hours := expected_hours(planned)) is not None:
        print(f"about {hours:.1f} CPU-hours for all networks, by the machine that this was estimated on")
    code = sweep.run(planned, args)
    if code or args.dry_run:
        return code
    names = {job.name for job in planned}
    shown = Study("text", lambda: iter(()), perform, figures, summary)
    runs = [one for one in sweep.finished(args.out) if one.name in names]
    shown.show(runs, args.out)
    write_text(args.out / PAGE, page(runs))
    print(f"page: {args.out / PAGE}")
    return 0


def jobs(scale: str, seed: int = 0, runs: int | None = None, text: Path | None = None) -> list[Job]:
    """Return the runs: on Python, and on prose if there is a file of it."""
    corpora: list[tuple[Corpus, Path | None]] = [(read("python", None, SCALES[scale]["sizes"]), None)]
    if text is not None:
        corpora.append((read("prose", text, SCALES[scale]["sizes"]), text))
    return [
        job for corpus, path in corpora for job in corpus_jobs(corpus, path, scale, seed, runs or RUNS[scale])
    ]


def expected_hours(planned: Sequence[Job]) -> float | None:
    """Return how many CPU-hours all networks may take; None if the training of one was never measured."""
    seconds = 0.0
    for job in planned:
        if isinstance(job.settings, Settings):
            cost = MICROSECONDS.get((job.settings.cell, job.settings.D))
            if cost is None:
                return None
            seconds += job.settings.max_epochs * job.work / 2 * cost / 1e6  # two nodes to a character
            seconds += LOOKING * job.settings.D / 128
    return seconds / 3600


def corpus_jobs(corpus: Corpus, path: Path | None, scale: str, seed: int, runs: int) -> Iterator[Job]:
    """Yield the runs on a corpus, which is in the file at `path` if it is prose."""
    paths = {} if path is None else {"text": str(path)}
    baselines = BaselineSettings(**of_corpus(corpus, scale))
    characters = corpus.sizes["train"]
    yield Job(f"text/{corpus.name}/baselines", baselines, characters, _path(measure_baselines), paths=paths)
    for number in range(1, runs + 1):
        for name, settings in networks(corpus, scale, seed, number):
            documents = (len(one.text) - 1 for one in corpus.parts["train"])
            read = [one for one in documents if one > 0]
            nodes = 2 * sum(read) + sum(-(-one // settings.window) for one in read)
            yield Job(f"text/{corpus.name}/{name}/{number}", settings, nodes, _path(perform), paths=paths)


def _path(function: object) -> str:
    return f"{function.__module__}:{function.__qualname__}"  # type: ignore[attr-defined]
