"""The results as tables in Markdown: accuracies, and the speed of training."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence

from experiments.sentiment.accuracies import titles
from experiments.sentiment.polarity import Polarity, rule
from experiments.sentiment.settings import MODELS
from experiments.sweep import Run
from experiments.sweep.rows import number
from experiments.sweep.wording import counted, table
from experiments.training.evaluation import MAJORITY

_WORDS = {2: "two", 3: "three", 4: "four", 5: "five"}


def note(classes: int, polarity: Polarity | None, names: Sequence[str] | None = None) -> str:
    """Return what the numbers of the table are."""
    text = (
        "Test accuracy in %, mean over the runs ± standard deviation, with the parameters of the epoch in "
        "which\n"
        f"most roots of dev were right, of {_WORDS.get(classes, classes)} classes."
    )
    if polarity is None:
        return f"{text}\n"
    left_out = "neutral labels left out; " if polarity.neutral else ""
    return f"{text} Binary: {left_out}positive where\n{rule(polarity, names)}.\n"


def by_model(runs: Sequence[Run]) -> dict[str, list[Run]]:
    """Return the runs by model: RNN, RLSTM, then others in their order."""
    order = dict.fromkeys([*MODELS, *(run.settings["model"] for run in runs)])
    found = {model: [run for run in runs if run.settings["model"] == model] for model in order}
    return {model: members for model, members in found.items() if members}


def as_markdown(
    runs: Sequence[Run],
    majority: Mapping[str, Mapping[str, float | None]],
    classes: int,
    polarity: Polarity | None,
    class_names: Sequence[str] | None = None,
) -> str:
    """Return the table of all models, and one with every run.

    Parameters
    ----------
    runs : sequence of Run
    majority : mapping of "test" and "dev" to accuracies
        Those of always answering the most frequent class.
    classes : int
    polarity : Polarity or None
        Of the classes; without it binary accuracies are left out.
    class_names : sequence of str, optional
    """
    names = titles(classes, polarity is not None)
    models, single = [], []
    for model, members in by_model(runs).items():
        results = [run.result for run in members]
        cells = [_spread([number(result["test"][name]) for result in results]) for name in names]
        dev = _spread([number(result["dev"]["root_fine"]) for result in results])
        epochs = f"{statistics.fmean(result['epochs'] for result in results):.0f}"
        models.append([f"{model}, {counted(len(members))}", *cells, dev, epochs])
        for run in members:
            shown = _percents(run.result, names)
            single.append([f"{model} {run.settings['run']}", *shown, str(run.result["best_epoch"])])
    guess = [MAJORITY, *_percents(majority, names), "–"]
    columns = [*names.values(), "dev root"]
    all_models = table(["model", *columns, "epochs"], [*models, guess])
    all_runs = table(["run", *columns, "best epoch"], [*single, guess])
    return f"{note(classes, polarity, class_names)}\n{all_models}\n\n{all_runs}\n"


def speed(runs: Sequence[Run]) -> str:
    """Return a line per model on the speed of its training on one core, which depends on the machine."""
    lines = []
    for model, members in by_model(runs).items():
        known = [run.result["timing"]["trees_per_second"] for run in members]
        known = [rate for rate in known if rate is not None]
        if known:
            lines.append(
                f"{model}: {statistics.median(known):,.0f} trees per second of one core in training\n"
            )
    return "".join(lines)


def _spread(shares: Sequence[float]) -> str:
    mean = _percent(statistics.fmean(shares))
    return (
        mean
        if math.isnan(sum(shares)) or len(shares) < 2
        else f"{mean} ± {_percent(statistics.stdev(shares))}"
    )


def _percents(of: Mapping[str, Mapping[str, float | None]], names: Iterable[str]) -> list[str]:
    return [_percent(number(share)) for share in (*map(of["test"].get, names), of["dev"]["root_fine"])]


def _percent(share: float) -> str:
    return "–" if math.isnan(share) else f"{100 * share:.1f}"
