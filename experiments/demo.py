"""The demo: watch an RNN's gradient vanish and an RLSTM's survive."""

from __future__ import annotations

import argparse
import json
import platform
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

import minigrad as mg
import models
import viz
from experiments import data
from experiments.ratios import RatioWatcher, norms
from experiments.train import Epoch, Watcher, accuracy, fit
from minigrad.files import atomic_write

DATASET = 2  # of Experiment 1: 11 to 20 tokens
SIZES = {"train": 5000, "dev": 1000, "test": 1000}
D = 50
EPOCHS = 12
LR, L2 = 0.05, 1e-3
BATCH = {"RNN": 20, "RLSTM": 5}  # the paper's
SHOWN_DEPTHS = range(1, 9)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the demo's options."""
    parser.add_argument("--out", type=Path, default=Path("demo"), metavar="DIR", help="folder for the results")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="seed of data, weights and order")


def run(args: argparse.Namespace) -> int:
    """Train both models, print what happens, write the results; return the exit code."""
    started = time.perf_counter()
    out: Path = args.out
    out.mkdir(parents=True, exist_ok=True)
    with atomic_write(out / "demo.json") as file:  # fails now rather than after two minutes of training
        file.write(b"{}\n")

    sets = dict(zip(SIZES, _forests(args.seed), strict=True))
    lengths = data.length_range(DATASET)
    print(
        f"{len(sets['train'])} sentences of {lengths[0]} to {lengths[1]} tokens, each with a random binary tree "
        "and one keyword\n(a token below 1000). The class is the keyword's first digit: the network has to carry "
        "it to the root.\nratio = gradient norm at the keyword / at the root, median over training sentences. "
        "Far below 1: vanished.\n"
    )
    trained, results = {}, {}
    for number, name in enumerate(BATCH):
        trained[name], results[name] = _train(name, sets, np.random.default_rng([args.seed, 1, number]))

    sentence, row = _sentence(trained, sets["test"])
    heat = {name: _norms(model, sentence) for name, model in trained.items()}
    scale = viz.NormScale.fit(*heat.values())
    paths = [out / "demo.json", out / "ratios.png"]
    for name, model in trained.items():
        paths.append(models.save(out / f"{name.lower()}.npz", model))
    for name, values in heat.items():
        picture = viz.TreePicture(
            sentence.to_tree(0), list(values), scale, keyword=row, title=f"{name} after training"
        )
        paths.append(picture.save(out / f"{name.lower()}.svg"))
    viz.save_figure(viz.ratio_figure({name: result["ratios"] for name, result in results.items()}), paths[1])
    _write(paths[0], args.seed, results, heat, sentence, row, time.perf_counter() - started)
    _farewell(results, heat, sentence, row, out)
    return 0


def _forests(seed: int) -> Iterator[models.Forest]:
    for stream, n in enumerate(SIZES.values()):
        rng = np.random.default_rng([seed, 0, stream])
        yield data.sentences(rng, n, data.length_range(DATASET))


def _train(
    name: str, sets: dict[str, models.Forest], rng: np.random.Generator
) -> tuple[models.TreeClassifier, dict[str, Any]]:
    model = models.TreeClassifier(models.CELLS[name](D, rng), data.VOCABULARY, data.CLASSES, rng)
    optimizer = mg.optim.AdaGrad(model.parameters(), lr=LR, l2=L2)
    watcher = RatioWatcher()
    started = time.perf_counter()
    watcher.before_training(model, sets["train"])
    total = EPOCHS * sets["train"].n_nodes
    with tqdm(total=total, desc=name, unit="node", unit_scale=True, disable=None, leave=False) as bar:
        table = _Table(name, watcher, bar)
        epochs = fit(
            model,
            optimizer,
            sets["train"],
            sets["dev"],
            batch_size=BATCH[name],
            rng=rng,
            max_epochs=EPOCHS,
            watchers=[watcher, table],
            progress=bar.update,
        )
    test = accuracy(model, sets["test"])
    seconds = time.perf_counter() - started
    print(f"{name}: test accuracy {test:.1%} (guessing: 10 %) after {len(epochs)} epochs, {seconds:.0f} s\n")
    depths = sorted(watcher.counts)
    return model, {
        "epochs": [{"epoch": e.number, "loss": e.loss, "dev_accuracy": e.dev_accuracy} for e in epochs],
        "test_accuracy": test,
        "seconds": seconds,
        "ratios": {
            "depths": depths,
            "counts": [watcher.counts[depth] for depth in depths],
            "medians": [[epoch.get(depth) for depth in depths] for epoch in watcher.medians],
            "dev_accuracy": [None, *(e.dev_accuracy for e in epochs)],
        },
    }


class _Table(Watcher):
    """Prints a line per epoch above the progress bar."""

    def __init__(self, name: str, ratios: RatioWatcher, bar: tqdm[Any]) -> None:
        self._ratios, self._bar = ratios, bar
        depths = "".join(f"{depth:>7}" for depth in SHOWN_DEPTHS)
        bar.write(f"{name:<7}{'':>22}  median ratio at keyword depth")
        bar.write(f"{'epoch':<7}{'loss':>9}{'dev acc.':>13}  {depths}")
        self._line("0", "", "", ratios.medians[0])

    def epoch(self, epoch: Epoch) -> None:
        """Print the epoch."""
        mark = " *" if epoch.best else "  "
        accuracy = f"{epoch.dev_accuracy:.1%}{mark}"
        self._line(str(epoch.number), f"{epoch.loss:.4f}", accuracy, self._ratios.medians[-1])

    def _line(self, number: str, loss: str, accuracy: str, medians: dict[int, float]) -> None:
        ratios = "".join(f"{_short(medians.get(depth)):>7}" for depth in SHOWN_DEPTHS)
        self._bar.write(f"{number:<7}{loss:>9}{accuracy:>13}  {ratios}")


def _short(ratio: float | None) -> str:
    if ratio is None:
        return "–"
    return f"{ratio:.2f}" if ratio >= 0.01 else f"{ratio:.0e}".replace("e-0", "e-")


def _norms(model: models.TreeClassifier, sentence: models.Forest) -> np.ndarray:
    """Return ‖∂J/∂p‖ of every node of one sentence, from the graph with every op in it."""
    loss, states = model.loss(sentence, mode="node")
    loss.backward()
    model.zero_grad()
    return norms(states)


def _sentence(
    trained: dict[str, models.TreeClassifier], test: models.Forest
) -> tuple[models.Forest, int]:
    """Choose the sentence to draw: deep keyword, and errors of about one size at both models' roots.

    A root's error shrinks as the model grows confident. Only from a common start do the colours further
    down compare how the two models carry the error, rather than how sure they are.
    """
    keyword = data.keyword_rows(test)
    length = np.diff(np.flatnonzero(test.parent < 0), prepend=-1)  # nodes per tree
    deep = np.flatnonzero((test.depth[keyword] >= 6) & (length <= 2 * 15))
    candidates = test.select(deep if len(deep) else slice(None))
    roots = []
    for model in trained.values():
        loss, states = model.loss(candidates)
        loss.backward()
        model.zero_grad()
        roots.append(norms(states)[candidates.root])
    with np.errstate(divide="ignore"):
        apart = np.abs(np.log(roots[0]) - np.log(roots[1]))
    sentence = candidates.select([int(np.argmin(apart))])
    return sentence, int(data.keyword_rows(sentence)[0])


def _write(
    path: Path,
    seed: int,
    results: dict[str, Any],
    heat: dict[str, np.ndarray],
    sentence: models.Forest,
    keyword: int,
    seconds: float,
) -> None:
    content = {
        "settings": {
            "seed": seed,
            "lengths": data.length_range(DATASET),
            "sizes": SIZES,
            "D": D,
            "lr": LR,
            "l2": L2,
            "batch": BATCH,
            "max_epochs": EPOCHS,
            "shape": "uniform_split",
        },
        "models": results,
        "sentence": {
            "tree": str(sentence.to_tree(0)),
            "keyword_row": keyword,
            "norms": {name: values.tolist() for name, values in heat.items()},
        },
        "seconds": seconds,
        "machine": {"processor": platform.processor() or platform.machine(), "python": platform.python_version()},
    }
    with atomic_write(path) as file:
        file.write((json.dumps(content, indent=1) + "\n").encode())


def _farewell(
    results: dict[str, Any], heat: dict[str, np.ndarray], sentence: models.Forest, keyword: int, out: Path
) -> None:
    root = sentence.root[0]
    print(
        f"One sentence, its keyword {sentence.vocabulary.word(sentence.word[keyword])} at depth "
        f"{sentence.depth[keyword]}. Of the error at the root reach the keyword: "
        + ", ".join(f"{name} {values[keyword] / values[root]:.2g}" for name, values in heat.items())
        + "."
    )
    notes = {
        "rnn.svg": "that sentence's tree, every node coloured by its gradient norm in the RNN",
        "rlstm.svg": "the same in the RLSTM, on the same scale",
        "ratios.png": "the ratio against keyword depth, epoch by epoch",
        "rnn.npz": "the trained RNN; read it with models.load",
        "rlstm.npz": "the trained RLSTM",
        "demo.json": "every number above",
    }
    print("Written:")
    for name, note in notes.items():
        print(f"  {out / name}: {note}")
