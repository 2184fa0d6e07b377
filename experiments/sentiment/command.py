"""The whole experiment: the runs, the table of results, the figures."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import models
from experiments import sweep
from experiments.sentiment import report
from experiments.sentiment.accuracies import most_frequent_class
from experiments.sentiment.data import Treebank, coverage, read_treebank, read_vectors, sample, sets
from experiments.sentiment.figures import save_figures
from experiments.sentiment.polarity import polarity
from experiments.sentiment.sentences import typical_sentences
from experiments.sentiment.settings import CHOSEN, MODELS, SCALES, Settings, run_settings
from experiments.sweep import Job, Run, arguments, finished, from_json
from experiments.sweep.folder import Folder
from experiments.sweep.output import RESULTS, writable_folder, write_text
from experiments.sweep.settings import defaults
from experiments.sweep.wording import whose
from minigrad.waiting import waiting
from models.cells import is_chain_cell
from viz.command_line import InputError
from viz.reading import Reading

TABLE = "sentiment.md"
DRAWN = 3  # sentences, unless some are named


def run(args: argparse.Namespace) -> int:
    """Train what is not trained yet, print the table, draw; return the exit code.

    Raises
    ------
    OSError, TreebankError, ForestError, VectorsError
        If the treebank or the vectors can't be read, before anything is written.
    """
    usual = RESULTS / ("sentiment" if args.scale == "paper" else "sentiment-smoke")
    arguments.choose_folder(args, usual, "sentiment")
    args.treebank = args.treebank.absolute()
    if args.vectors is None and args.vectors_encoding != "utf-8":
        raise InputError("--vectors-encoding: there is no file of vectors; name it with --vectors")
    if None not in (args.vectors, args.width):
        raise InputError("--width: with --vectors the width is that of the vectors")
    treebank = read_treebank(args.treebank, Reading.of(args))
    try:
        polarity(treebank.classes, args.polarity, treebank.names)
    except ValueError as error:
        raise InputError(f"--{error}") from None
    for number in args.draw or ():
        if number > len(treebank.trees["test"]):
            raise InputError(f"--draw {number}: the test set has {len(treebank.trees['test'])} sentences")
    planned = jobs(treebank, args)
    if args.vectors is not None:
        settings = from_json(Settings, planned[0].json)
        print(coverage(settings, treebank, _vectors(args)))
    code = sweep.run(planned, args, base={**defaults(Settings), **CHOSEN["RLSTM"]})
    if args.dry_run:
        return code
    there = {run.id: run for run in finished(args.out)}
    runs = [there[job.id] for job in planned if job.id in there]
    if runs:
        with waiting("building the forests") as stage:
            _tell(runs, treebank, planned[0].paths, args, stage)
    return code


def jobs(treebank: Treebank, args: argparse.Namespace) -> list[Job]:
    """Return the runs that the options ask for; the best model of each model's first run is kept."""
    scale = SCALES[args.scale]
    paths = {"treebank": args.treebank}
    vectors = None
    if args.vectors is not None:
        paths["vectors"] = args.vectors.absolute()
        found = _vectors(args)
        vectors = {"width": found.width, "sha256": found.sha256()}
        if args.vectors_encoding != "utf-8":
            vectors["encoding"] = args.vectors_encoding
    told = {**treebank.sha256, **Reading.of(args).told()}
    if args.polarity is not None:
        told["polarity"] = args.polarity
    width: dict[str, Any] = {} if args.width is None else {"D": args.width}

    def run_of(model: str, run: int) -> Settings:
        return run_settings(model, run, scale=scale, seed=args.seed, treebank=told, vectors=vectors, **width)

    train = sample(run_of(MODELS[0], 1), treebank)["train"]
    nodes = sum(treebank.trees["train"][k].n_nodes for k in train)
    return [
        Job(
            f"sentiment/{model.replace(':', '.')}/{run}",
            run_of(model, run),
            nodes,
            "experiments.sentiment.training:perform",
            keep_model=run == 1,
            paths={name: str(path) for name, path in paths.items()},
        )
        for model in dict.fromkeys(args.cell or MODELS)
        for run in range(1, (args.runs or scale.runs) + 1)
    ]


def _vectors(args: argparse.Namespace) -> models.WordVectors:
    """Return the vectors of the treebank's words."""
    return read_vectors(args.vectors.absolute(), args.treebank, Reading.of(args), args.vectors_encoding)


def _tell(
    runs: Sequence[Run],
    treebank: Treebank,
    paths: Mapping[str, str],
    args: argparse.Namespace,
    stage: Callable[[str], None],
) -> None:
    """Print and write the table, and draw; `stage` is told what is being done."""
    settings = from_json(Settings, runs[0].settings)  # all runs read the same trees
    data = sets(settings, paths)
    sides = polarity(data.classes, args.polarity, data.names)
    majority = {part: most_frequent_class(data.train, getattr(data, part), sides) for part in ("dev", "test")}
    text = report.as_markdown(runs, majority, data.classes, sides, data.names)
    write_text(args.out / TABLE, text)
    print(f"\n{text}\n{report.speed(runs)}")
    print(f"wrote {args.out / TABLE}", flush=True)
    classifiers = _kept(runs, Folder(args.out))
    numbers = args.draw or []
    if classifiers and not numbers:
        stage("choosing sentences")
        places = sample(settings, treebank)["test"]
        neutral = () if sides is None else sides.neutral
        numbers = [places[k] + 1 for k in typical_sentences(classifiers, data.test, DRAWN, neutral)]
    trees = {number: treebank.trees["test"][number - 1] for number in numbers if classifiers}
    folder = writable_folder(args.out / "figures")
    caption = whose(runs, report.by_model(runs), f"{len(data.train):,} training sentences", args.out)
    for path in save_figures(folder, runs, classifiers, trees, caption, stage):
        print(f"wrote {path}, and the same as .pdf and .svg")


def _kept(runs: Sequence[Run], folder: Folder) -> dict[str, models.TreeClassifier]:
    """Return the kept models whose cells run over trees, by the titles of their pictures."""
    classifiers = {}
    for run in (members[0] for members in report.by_model(runs).values()):
        if (path := folder.model(run.id)).exists():
            name = run.settings["model"]
            kind = models.cell(name)
            readers = "; models.load and python -m viz read it" if name in models.TREE_CELLS else ""
            print(f"{path} holds {run.name}{readers}")
            if not is_chain_cell(kind):
                classifier = models.load(path, {kind.__name__: kind})
                classifiers[f"{name} after epoch {run.result['best_epoch']}"] = classifier
    return classifiers
