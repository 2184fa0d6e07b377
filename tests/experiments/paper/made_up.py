"""Made-up runs, in which every claim of the paper holds; tests spoil one thing at a time."""

from __future__ import annotations

import math

import numpy as np

from experiments.paper.settings import SCALES, run_settings
from experiments.sweep import Job, Run, to_json
from experiments.sweep.folder import Folder
from experiments.sweep.rows import encode, end_line

QUANTILES = np.array([0.3, 0.6, 1.0, 1.7, 3.0])  # as multiples of the median
COUNTS = {
    depth: max(1, int(10_000 * 0.2 * np.exp(-(((depth - 5.7) / 2) ** 2) / 2))) for depth in range(1, 17)
}
SPREAD = (0.0, -0.4, 0.3, -0.2, 0.1)  # of five runs, in points

LENGTH = {
    "RNN": [82, 13, 10, 10.4, 9.8, 10.1, 10.3, 9.9, 10.2, 10],
    "RLSTM": [98.5, 96.4, 91.5, 76, 68, 60, 25, 10.6, 10.2, 9.9],
}
DEPTH = {
    "RNN": [98, 97, 60, 30, 16, 12, 10.5, 10, 10.2, 9.9],
    "RLSTM": [99, 98, 97, 96, 95, 94, 92, 88, 85, 82],
}
ABLATION = {
    "default": (0.05, 20, 50), "0.01": (0.01, 20, 50), "0.1": (0.1, 20, 50), "by_5": (0.05, 5, 50),
    "by_50": (0.05, 50, 50), "D25": (0.05, 20, 25), "D100": (0.05, 20, 100),
}  # fmt: skip
DEV = {
    "RNN": [10.0] * 14,
    "RLSTM": [10, 14, 68, 82, 86, 88, 89, 90, 90.5, 91, 91.2, 91.1, 91.3, 91.2],
}
TREES = {  # of a treebank
    "train.txt": "(3 (2 not) (1 bad))\n\n(2 good)\n",
    "dev.txt": "(2 (2 a) (2 (2 b) (2 c)))\n",
    "test.txt": "(2 " * 9 + "(2 (2 x) (2 y))" + " (2 z))" * 9 + "\n",  # x and y at depth 10
}


def accuracy_run(experiment, dataset, model, n, percent, scale="paper"):
    settings = to_json(run_settings(experiment, dataset, model, n, scale=SCALES[scale], seed=0))
    result = {
        "kind": "result",
        "test_accuracy": round(percent / 100, 4),
        "dev_accuracy": round(percent / 100, 4),
        "best_epoch": 1,
        "epochs": 1,
        "mean_keyword_depth": round(2.4 + 2.6 * math.log(dataset), 2),
        "timing": {"seconds": 1.0},
    }
    row = {"kind": "epoch", "epoch": 1, "loss": 1.0, "dev_accuracy": 0.1, "best": True, "timing": {}}
    return Run(f"{experiment}/{dataset:02}/{model}/{n}", settings, 1, [row], result, [])


def median_ratio(model, epoch, depth):
    """The median ratio as the paper draws it."""
    if model == "RNN":
        return (0.01 + 0.072 * epoch) * 1.2 * 0.97 ** (depth - 5) if epoch else 1e-4 * 0.5**depth
    level = {0: 1e-3 * 0.6**depth, 1: 0.15, 2: 1.9, 3: 1.6}.get(epoch, 1.4)
    return level * 0.99**depth


def gradient_epoch(model, epoch, rng, scale=1.0):
    depths = sorted(COUNTS)
    medians = {depth: scale * median_ratio(model, epoch, depth) for depth in depths}
    depth = rng.choice(depths, 300, p=np.array([COUNTS[d] for d in depths]) / sum(COUNTS.values()))
    noise = np.exp(rng.normal(0, 0.8, 300))
    of = {
        "depth": depths,
        "count": [COUNTS[d] for d in depths],
        "quantiles": [[float(q) for q in medians[d] * QUANTILES] for d in depths],
        "left_out": 0,
        "q95_from_2": 0.3 if epoch <= 1 else 1.0,
        "above_2": 0.0 if model == "RNN" else {0: 0.0, 1: 0.01, 2: 0.4}.get(epoch, 0.1),
        "median_from_8": medians[9],
        "sample": {
            "depth": depth.tolist(),
            "ratio": [medians[int(d)] * float(e) for d, e in zip(depth, noise, strict=True)],
        },
    }
    extra = {}
    for d in (12, 13):
        m = 0.02 if model == "RNN" else medians[d]
        extra[str(d)] = {"n": 2000, "median": m, "lower": 0.9 * m, "upper": 1.1 * m}
    return {
        "kind": "epoch",
        "epoch": epoch,
        "loss": 1.0 if epoch else None,
        "dev_accuracy": DEV[model][epoch] / 100,
        "best": False,
        "timing": {},
        "ratios": {"post": of, "extra": extra},
    }


def gradient_run(model, n, epochs=13, scale="paper"):
    settings = to_json(run_settings("gradient", 3, model, n, scale=SCALES[scale], seed=0))
    rng = np.random.default_rng(n)
    factor = 1 + SPREAD[n - 1] / 20
    rows = [gradient_epoch(model, k, rng, factor) for k in range(epochs + 1)]
    result = {
        "kind": "result",
        "test_accuracy": 0.1,
        "best_epoch": epochs,
        "mean_keyword_depth": 5.7,
        "timing": {"seconds": 1.0},
    }
    return Run(f"gradient/03/{model}/{n}", settings, 1, rows, result, [])


def paper_runs(runs=5, scale="paper"):
    """All runs of the three experiments."""
    made = []
    for n in range(1, runs + 1):
        for model in ("RNN", "RLSTM"):
            for experiment, table in (("length", LENGTH), ("depth", DEPTH)):
                for dataset, percent in enumerate(table[model], 1):
                    value = percent + SPREAD[n - 1]
                    made.append(accuracy_run(experiment, dataset, model, n, value, scale))
            made.append(gradient_run(model, n, 13 if scale == "paper" else 4, scale))
    return made


def ablation_runs():
    """The RNN's runs of `ablate`, and one of the RLSTM's, which no claim reads."""
    made = []
    for setting, (lr, batch, D) in ABLATION.items():
        changes = {"lr": lr, "batch": batch, "D": D}
        question = next(
            (q for q, usual in (("lr", 0.05), ("batch", 20), ("D", 50)) if changes[q] != usual), "default"
        )
        for dataset, percent in ((1, 82.0), (3, 10.2)):
            for n in range(1, 6):
                run = accuracy_run("ablate", dataset, "RNN", n, percent + SPREAD[n - 1])
                name = f"ablate/{question}/{setting}/{dataset:02}/RNN/{n}"
                made.append(Run(name, {**run.settings, **changes}, 1, run.rows, run.result, []))
    other = accuracy_run("ablate", 3, "RLSTM", 1, 90)
    made.append(Run("ablate/l2/0/03/RLSTM/1", other.settings, 1, other.rows, other.result, []))
    return made


def store_treebank(folder):
    """Write a small treebank."""
    folder.mkdir()
    for name, text in TREES.items():
        (folder / name).write_text(text, encoding="utf-8")


def store(out, runs):
    """Write the runs as a sweep leaves them."""
    folder = Folder(out)
    folder.runs.mkdir(parents=True, exist_ok=True)
    for run in runs:
        header = {"kind": "run", "name": run.name, "settings": run.settings, "work": run.work}
        content = b"".join(map(encode, [header, *run.rows, run.result]))
        job = Job(run.name, run.settings, run.work, "made_up:up")
        folder.finished(job.id).write_bytes(content + end_line(content))
