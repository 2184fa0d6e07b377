"""The demo: an RNN and another cell on short sentences, and where the gradient goes in both.

Sentences of 11 to 20 tokens, the paper's task (section 3), its Experiment 1's second dataset. The other cell
is the RLSTM unless the caller says otherwise.
"""

from __future__ import annotations

import json
import platform
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

import minigrad as mg
import models
import viz
from experiments.paper import data
from experiments.paper.before_and_after import Trained, pictures, short, told, typical_sentence
from experiments.paper.settings import BATCH, BATCH_OF_OTHERS
from experiments.sweep.output import writable_folder, write_text
from experiments.training import live
from experiments.training.evaluation import accuracy
from experiments.training.live.look import sentence_of
from experiments.training.loop import fit
from experiments.training.ratios import RatioWatcher
from experiments.training.watcher import Epoch, Watcher, best_epoch

DATASET = 2  # of Experiment 1: 11 to 20 tokens
SIZES = {"train": 10_000, "dev": 1_000, "test": 1_000}
D = 50
EPOCHS, PATIENCE = 8, 3
LR, L2 = 0.05, 1e-3
SHOWN_DEPTHS = range(1, 9)

FILES = {
    "sentence.svg": "a test sentence, each node coloured by its gradient, before training and after",
    "rnn.svg": "the same under the RNN, with all numbers",
    "{file}.svg": "the same under the {name}",
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


def run(out: Path, seed: int, cell: str, keep_epochs: bool, look: bool = False) -> None:
    """Train both models, print what happens, write `FILES` into a folder.

    Parameters
    ----------
    out : Path
        Made if it is not there.
    seed : int
        Of data, initial weights and the order of training.
    cell : str
        What is compared with the RNN, as `models.cell` takes it.
    keep_epochs : bool
        Whether both models are written after every epoch, into ``out/epochs``.
    look : bool
        Whether the trainings are looked at while they run, and shown in the browser.
    """
    started = time.perf_counter()
    writable_folder(out)
    epochs = writable_folder(out / "epochs") if keep_epochs else None
    lengths = data.length_range(DATASET)
    sets = {
        name: data.sentences(np.random.default_rng([seed, 0, k]), n, lengths)
        for k, (name, n) in enumerate(SIZES.items())
    }
    print(INTRODUCTION.format(n=SIZES["train"], shortest=lengths[0], longest=lengths[1]))
    trained: dict[str, Trained] = {}
    results: dict[str, Any] = {}
    other = models.cell(cell).__name__
    cells = {"RNN": "RNN", other: cell}
    with live.dashboard(out) if look else nullcontext() as board:
        for k, (name, kind) in enumerate(cells.items()):
            rng = np.random.default_rng([seed, 1, k])
            trained[name], results[name] = _train(name, models.cell(kind), sets, rng, epochs, board)
            models.save(out / f"{name.lower()}.npz", trained[name].model)

    sentence = typical_sentence(trained, sets["test"])
    norms = {name: each.norms(sentence, mode="node") for name, each in trained.items()}
    drawn = pictures(trained, sentence, norms)
    content = {
        "settings": _settings(seed, list(cells)),
        "models": results,
        "picture": {
            "tree": str(sentence.to_tree(0)),
            "keyword_row": int(data.keyword_rows(sentence)[0]),
            "norms": {
                name: {"before": before.tolist(), "after": after.tolist()}
                for name, (before, after) in norms.items()
            },
        },
        "seconds": time.perf_counter() - started,
        "machine": {"processor": platform.machine(), "python": platform.python_version()},
    }
    write_text(out / "demo.json", json.dumps(content, indent=1) + "\n")
    for name, picture in drawn.items():
        picture.save(out / f"{name}.svg")
    figure = viz.ratio_figure({name: result["ratios"] for name, result in results.items()})
    viz.save_figure(figure, out / "ratios.png")
    print(f"{told(trained)}\n")
    for name, note in FILES.items():
        written, what = (text.format(file=other.lower(), name=other) for text in (name, note))
        print(f"{out / written}: {what}")
    if epochs is not None:
        print(f"{epochs}: both models after every epoch, 0 before the first update")


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
    name: str,
    kind: Any,
    sets: dict[str, models.Forest],
    rng: np.random.Generator,
    folder: Path | None,
    board: live.Board | None,
) -> tuple[Trained, dict[str, Any]]:
    started = time.perf_counter()
    model = models.TreeClassifier(kind(D, rng), data.VOCABULARY, data.CLASSES, rng)
    start = model.state_dict()
    optimizer = mg.optim.AdaGrad(model.parameters(), lr=LR, l2=L2)
    ratios = RatioWatcher(data.keyword_rows)
    ratios.measure(model, sets["train"])
    looks = []
    if board is not None:
        sentence, at = sentence_of(sets["dev"]), data.keyword_rows
        looks = [board.watch(f"demo/{name}", model, sentence, nodes=at, ratios=ratios)]
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
            watchers=[ratios, _Table(name, ratios, bar), *looks],
            keep_epochs=folder,
            progress=bar.update,
        )
    best = best_epoch(epochs).number
    test = accuracy(model, sets["test"])
    seconds = time.perf_counter() - started
    print(
        f"{name}: after epoch {best}, the best on dev (*), test accuracy {test:.1%} (guessing: 10 %); "
        f"{len(epochs)} epochs in {seconds:.0f} s\n"
    )
    depths = sorted(ratios.counts)
    return Trained(model, start, best, test, ratios.medians[0], ratios.medians[best]), {
        "epochs": [{"epoch": e.number, "loss": e.loss, "dev_accuracy": e.dev_accuracy} for e in epochs],
        "best_epoch": best,
        "test_accuracy": test,
        "seconds": seconds,
        "ratios": {
            "depths": depths,
            "counts": [ratios.counts[depth] for depth in depths],
            "medians": [[medians.get(depth) for depth in depths] for medians in ratios.medians],
            "dev_accuracy": [None, *(e.dev_accuracy for e in epochs)],
        },
    }


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
        return [short(self._ratios.medians[-1].get(depth)) for depth in SHOWN_DEPTHS]

    def _line(self, number: str, loss: str, accuracy: str, ratios: list[str]) -> None:
        columns = "".join(f"{ratio:>7}" for ratio in ratios)
        self._bar.write(f"{number:<7}{loss:>9}{accuracy:>13}{columns}")
