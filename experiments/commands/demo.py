"""The demo: watch an RNN's gradient vanish and an RLSTM's survive."""

from __future__ import annotations

import argparse
import json
import platform
import time
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

import minigrad as mg
import models
import viz
from experiments.paper import data
from experiments.paper.settings import BATCH, BATCH_OF_OTHERS
from experiments.sweep import arguments
from experiments.sweep.output import writable_folder
from experiments.training.loop import Epoch, Watcher, accuracy, fit
from experiments.training.ratios import RatioWatcher
from experiments.training.snapshots import Snapshots, typical_sentence
from minigrad.files import atomic_write

DATASET = 2  # of Experiment 1: 11 to 20 tokens
SIZES = {"train": 10_000, "dev": 1_000, "test": 1_000}
D = 50
EPOCHS, PATIENCE = 8, 3
LR, L2 = 0.05, 1e-3
SHOWN_DEPTHS = range(1, 9)

FILES = {
    "rnn.svg": "the sentence's tree in the RNN, every node coloured by its gradient norm",
    "{file}.svg": "the same in the {name}, on the same scale",
    "ratios.png": "the ratio against keyword depth, epoch by epoch, for both",
    "rnn.npz": "the trained RNN; models.load reads it",
    "{file}.npz": "the trained {name}",
    "demo.json": "all numbers, and the settings",
}

INTRODUCTION = """\
{n} sentences of {shortest} to {longest} tokens, each with a random binary tree and one keyword, a token
below 1000. The class is the keyword's number // 100: the network has to carry it up to the root.
ratio = gradient norm at the keyword / at the root, median over training sentences; far below 1: vanished.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the demo's options."""
    parser.add_argument("--out", type=Path, default=Path("demo"), metavar="DIR", help="where to write")
    parser.add_argument(
        "--seed", type=arguments.seed, default=0, metavar="N", help="seed of data, weights and order"
    )
    parser.add_argument(
        "--cell",
        type=_other_cell,
        default="RLSTM",
        metavar="NAME",
        help="what to hold against the RNN: a cell of models.TREE_CELLS, or package.module:Class",
    )
    parser.add_argument(
        "--keep-epochs",
        action="store_true",
        help="write the models of every epoch into DIR/epochs, for python -m viz epochs",
    )


def _other_cell(text: str) -> str:
    if models.cell(arguments.tree_cell(text)).__name__ == "RNN":
        raise argparse.ArgumentTypeError("the RNN is drawn anyway; choose a cell to hold against it")
    return text


def run(args: argparse.Namespace) -> int:
    """Train both models, print what happens, write the results; return the exit code."""
    started = time.perf_counter()
    writable_folder(args.out)
    epochs = writable_folder(args.out / "epochs") if args.keep_epochs else None
    lengths = data.length_range(DATASET)
    sets = {
        name: data.sentences(np.random.default_rng([args.seed, 0, k]), n, lengths)
        for k, (name, n) in enumerate(SIZES.items())
    }
    print(INTRODUCTION.format(n=SIZES["train"], shortest=lengths[0], longest=lengths[1]))
    snapshots: dict[str, Snapshots] = {}
    results: dict[str, Any] = {}
    other = models.cell(args.cell).__name__
    cells = {"RNN": "RNN", other: args.cell}
    for k, (name, cell) in enumerate(cells.items()):
        rng = np.random.default_rng([args.seed, 1, k])
        snapshots[name], results[name] = _train(name, models.cell(cell), sets, rng, epochs)
        models.save(args.out / f"{name.lower()}.npz", snapshots[name].model)

    epoch = snapshots[other].steepest(1 / data.CLASSES)
    sentence = typical_sentence(snapshots, epoch, sets["test"], data.keyword_rows)
    heat = {name: model.norms(epoch, sentence, mode="node") for name, model in snapshots.items()}
    content = {
        "settings": _settings(args.seed, list(cells)),
        "models": results,
        "picture": {
            "epoch": epoch,
            "tree": str(sentence.to_tree(0)),
            "keyword_row": int(data.keyword_rows(sentence)[0]),
            "norms": {name: values.tolist() for name, values in heat.items()},
        },
        "seconds": time.perf_counter() - started,
        "machine": {"processor": platform.machine(), "python": platform.python_version()},
    }
    with atomic_write(args.out / "demo.json") as file:
        file.write((json.dumps(content, indent=1) + "\n").encode())
    _draw(args.out, epoch, sentence, heat, results)
    _farewell(args.out, epoch, sentence, heat, other)
    if epochs is not None:
        print(f"{epochs}: both models after every epoch, 0 before the first update")
    return 0


def _settings(seed: int, names: list[str]) -> dict[str, Any]:
    return {
        "seed": seed,
        "lengths": data.length_range(DATASET),
        "sizes": SIZES,
        "shape": "uniform_split",
        "D": D,
        "lr": LR,
        "l2": L2,
        "batch": {name: _batch(name) for name in names},
        "max_epochs": EPOCHS,
        "patience": PATIENCE,
    }


def _batch(name: str) -> int:
    return BATCH.get(name, BATCH_OF_OTHERS)


def _train(
    name: str, kind: Any, sets: dict[str, models.Forest], rng: np.random.Generator, folder: Path | None
) -> tuple[Snapshots, dict[str, Any]]:
    started = time.perf_counter()
    model = models.TreeClassifier(kind(D, rng), data.VOCABULARY, data.CLASSES, rng)
    optimizer = mg.optim.AdaGrad(model.parameters(), lr=LR, l2=L2)
    ratios, snapshots = RatioWatcher(data.keyword_rows), Snapshots(model)
    ratios.measure(model, sets["train"])
    watchers: list[Watcher] = [ratios, snapshots]
    if folder is not None:
        watchers.append(_Keeper(model, folder, name))
    total = EPOCHS * sets["train"].n_nodes
    with tqdm(total=total, desc=name, unit="node", unit_scale=True, disable=None, leave=False) as bar:
        epochs = fit(
            model,
            optimizer,
            sets["train"],
            sets["dev"],
            batch_size=_batch(name),
            rng=rng,
            max_epochs=EPOCHS,
            patience=PATIENCE,
            watchers=[*watchers, _Table(name, ratios, bar)],
            progress=bar.update,
        )
    test = accuracy(model, sets["test"])
    seconds = time.perf_counter() - started
    print(f"{name}: test accuracy {test:.1%} (guessing: 10 %), {len(epochs)} epochs in {seconds:.0f} s\n")
    depths = sorted(ratios.counts)
    return snapshots, {
        "epochs": [{"epoch": e.number, "loss": e.loss, "dev_accuracy": e.dev_accuracy} for e in epochs],
        "test_accuracy": test,
        "seconds": seconds,
        "ratios": {
            "depths": depths,
            "counts": [ratios.counts[depth] for depth in depths],
            "medians": [[medians.get(depth) for depth in depths] for medians in ratios.medians],
            "dev_accuracy": [None, *(e.dev_accuracy for e in epochs)],
        },
    }


class _Keeper(Watcher):
    """Writes the model before training and after every epoch."""

    def __init__(self, model: models.TreeClassifier, folder: Path, name: str) -> None:
        self._model, self._folder, self._name = model, folder, name.lower()
        self._save(0)

    def epoch(self, epoch: Epoch) -> None:
        """Write the model."""
        self._save(epoch.number)

    def _save(self, number: int) -> None:
        models.save(self._folder / f"{self._name}-{number}.npz", self._model)


class _Table(Watcher):
    """Prints a line per epoch above the progress bar."""

    def __init__(self, name: str, ratios: RatioWatcher, bar: tqdm[Any]) -> None:
        self._ratios, self._bar = ratios, bar
        bar.write(f"{name:<29}  median ratio at keyword depth")
        self._line("epoch", "loss", "dev acc.", [str(depth) for depth in SHOWN_DEPTHS])
        self._line("0", "", "", self._medians())

    def epoch(self, epoch: Epoch) -> None:
        """Print the epoch; a star marks the best so far."""
        mark = "*" if epoch.best else " "
        self._line(str(epoch.number), f"{epoch.loss:.4f}", f"{epoch.dev_accuracy:.1%}{mark}", self._medians())

    def _medians(self) -> list[str]:
        return [_short(self._ratios.medians[-1].get(depth)) for depth in SHOWN_DEPTHS]

    def _line(self, number: str, loss: str, accuracy: str, ratios: list[str]) -> None:
        columns = "".join(f"{ratio:>7}" for ratio in ratios)
        self._bar.write(f"{number:<7}{loss:>9}{accuracy:>13}{columns}")


def _short(ratio: float | None) -> str:
    if ratio is None:
        return "–"
    return f"{ratio:.2f}" if ratio >= 0.01 else f"{ratio:.0e}".replace("e-0", "e-")


def _draw(
    out: Path, epoch: int, sentence: models.Forest, heat: dict[str, np.ndarray], results: dict[str, Any]
) -> None:
    scale = viz.NormScale.fit(*heat.values())
    keyword = int(data.keyword_rows(sentence)[0])
    for name, values in heat.items():
        title = f"{name} after epoch {epoch}"
        picture = viz.TreePicture(sentence.to_tree(0), values.tolist(), scale, keyword=keyword, title=title)
        picture.save(out / f"{name.lower()}.svg")
    figure = viz.ratio_figure({name: result["ratios"] for name, result in results.items()})
    viz.save_figure(figure, out / "ratios.png")


def _farewell(
    out: Path, epoch: int, sentence: models.Forest, heat: dict[str, np.ndarray], other: str
) -> None:
    keyword = data.keyword_rows(sentence)[0]
    word, depth = sentence.vocabulary.word(sentence.word[keyword]), sentence.depth[keyword]
    reach = ", ".join(f"{name} {_short(values[keyword] / values[-1])}" for name, values in heat.items())
    print(f"A test sentence after epoch {epoch}, in which the {other} found the keywords.")
    print(f"Gradient norm at its keyword {word}, depth {depth}, as a share of the root's: {reach}.\n")
    for name, note in FILES.items():
        name, note = (text.format(file=other.lower(), name=other) for text in (name, note))
        print(f"{out / name}: {note}")
