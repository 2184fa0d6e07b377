"""The experiment as a whole: the runs that are asked for, the table of what came out, the figures."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

import models
from experiments import sweep
from experiments.sentiment import report
from experiments.sentiment.data import Treebank, read_treebank, read_vectors
from experiments.sentiment.settings import CHOSEN, MODELS, SCALES, Settings, run_settings
from experiments.sweep import Job, Run, arguments, finished
from experiments.sweep.folder import Folder
from experiments.sweep.output import RESULTS, writable_folder
from experiments.sweep.settings import defaults
from minigrad.files import atomic_write
from models.cells import is_chain_cell
from viz.command_line import InputError

TABLE = "sentiment.md"
DRAWN = 3  # sentences, if nobody names any


def run(args: argparse.Namespace) -> int:
    """Train what is not trained yet, print the table, draw; return the exit code.

    Raises
    ------
    OSError, TreebankError, ForestError, VectorsError
        If the treebank or the vectors can't be read, before anything is written.
    """
    usual = RESULTS / ("sentiment" if args.scale == "paper" else "sentiment-smoke")
    arguments.choose_folder(args, usual, "sentiment")
    treebank = read_treebank(args.treebank)
    for number in args.draw or ():
        if number > len(treebank.trees["test"]):
            raise InputError(f"--draw {number}: the test set has {len(treebank.trees['test'])} sentences")
    planned = jobs(treebank, args)
    code = sweep.run(planned, args, base={**defaults(Settings), **CHOSEN["RLSTM"]})
    if args.dry_run:
        return code
    there = {run.id: run for run in finished(args.out)}
    runs = [there[job.id] for job in planned if job.id in there]
    if runs:
        _tell(runs, treebank, args)
    return code


def jobs(treebank: Treebank, args: argparse.Namespace) -> list[Job]:
    """Return the runs that the options ask for; the first one of each model keeps its best parameters."""
    scale = SCALES[args.scale]
    paths = {"treebank": str(args.treebank.absolute())}
    vectors = None
    if args.vectors is not None:
        size = args.vectors.stat().st_size
        with tqdm(total=size, desc="vectors", unit="B", unit_scale=True, disable=None, leave=False) as bar:
            found = read_vectors(args.vectors, treebank, bar.update)
        vectors = {"width": found.width, "sha256": found.sha256()}
        paths["vectors"] = str(args.vectors.absolute())
    nodes = sum(sum(1 for _ in tree.postorder()) for tree in treebank.trees["train"][: scale.trees])
    return [
        Job(
            f"sentiment/{model.replace(':', '.')}/{run}",
            run_settings(model, run, scale=scale, seed=args.seed, treebank=treebank.sha256, vectors=vectors),
            nodes,
            "experiments.sentiment.training:perform",
            keep_model=run == 1,
            paths=paths,
        )
        for model in dict.fromkeys(args.cell or MODELS)
        for run in range(1, (args.runs or scale.runs) + 1)
    ]


def _tell(runs: Sequence[Run], treebank: Treebank, args: argparse.Namespace) -> None:
    text = report.as_markdown(runs)
    with atomic_write(args.out / TABLE) as file:
        file.write(text.encode())
    print(f"\n{text}\n{report.speed(runs)}")
    print(f"wrote {args.out / TABLE}")
    for path in _draw(runs, treebank, args):
        print(f"wrote {path}, and the same as .pdf and .svg")


def _draw(runs: Sequence[Run], treebank: Treebank, args: argparse.Namespace) -> list[Path]:
    from experiments.sentiment.figures import save_figures
    from experiments.sentiment.sentences import typical_sentences

    folder = Folder(args.out)
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
    test = treebank.trees["test"][: SCALES[args.scale].trees]
    numbers = args.draw or []
    if classifiers and not numbers:
        forest = models.Forest(test, next(iter(classifiers.values())).vocabulary)
        numbers = [k + 1 for k in typical_sentences(classifiers, forest, DRAWN)]
    trees = {number: treebank.trees["test"][number - 1] for number in numbers if classifiers}
    return save_figures(writable_folder(args.out / "figures"), runs, classifiers, trees)
