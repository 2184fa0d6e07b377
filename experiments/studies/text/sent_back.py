"""Itemised gradients as they are shown: on the page, as figures, and in the summary."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from experiments.studies.runs import Runs, by
from experiments.studies.text.decades import CODE, decode
from experiments.studies.text.groups import TITLES, networks_of, trained
from experiments.sweep import Run
from experiments.sweep.wording import median_range, table
from viz.itemised import ItemisedMoment, ItemisedRun, itemised_figure, itemised_page
from viz.scale import NormScale

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MEANING = dict(zip(CODE, decode(CODE).tolist(), strict=True))
NEAR = 10  # losses
LEAST = 1e-5  # of the figures' colours
FIRST = "LSTM"  # the cell that the page begins with


def page(runs: Runs) -> str:
    """Return the page on which a reader picks a character, with all runs of networks."""
    shown = [one for own in by(runs, "corpus", TITLES).values() for one in _of_corpus(own)]
    first = next((k for k, one in enumerate(shown) if one.network.startswith(FIRST)), 0)
    return itemised_page(shown, first)


def itemised_figures(runs: Runs) -> dict[str, Figure]:
    """Return figures of the first run of each network of a corpus, all on one scale.

    Their names are "itemised-CORPUS-CELL-D", and of an LSTM "…-h" and "…-c". They show the second half of the
    excerpt, as many characters before each.
    """
    shown = {name: min(own, key=lambda run: run.settings["run"]) for name, own in networks_of(runs).items()}
    records = {name: record(run, name) for name, run in shown.items()}
    scale = NormScale(LEAST, NormScale.fit(*(one.known() for one in records.values())).vmax)
    found = {}
    for name, run in shown.items():
        one, settings = records[name], run.settings
        for part in one.parts:
            of_part = f"-{part}" if len(one.parts) > 1 else ""
            found[f"itemised-{settings['corpus']}-{settings['cell']}-{settings['D']}{of_part}"] = (
                itemised_figure(one, part, _three(len(one.moments)), scale=scale, columns=len(one.text) // 2)
            )
    return found


def itemised_table(runs: Runs) -> str:
    """Return a table of what losses send to the states of the excerpt, a row per network and part."""
    rows = []
    losses = len(trained(runs)[0].result["itemised"]["text"]) - 1
    for name, own in networks_of(runs).items():
        for part in own[0].result["itemised"]["before"]["arriving"]:
            by_moment = [[_shares(run, when, part) for run in own] for when in ("before", "after")]
            shown = [median_range([share[k] for share in of], "{:.0%}") for k in (0, 1) for of in by_moment]
            rows.append([name, part, *shown])
    head = [
        "what losses send to a state", "by", f"from the next {NEAR}, before training", "after",
        "arrives, before training", "after",
    ]  # fmt: skip
    said = (
        f"Of all that the losses of an excerpt of {losses} characters send to a state, by the sum of their "
        f"sizes: the share of the next {NEAR} losses, and what is left when they are added up as vectors. "
        "Medians over the states of the excerpt's first half."
    )
    return f"{said}\n\n{table(head, rows)}"


def _shares(run: Run, when: str, part: str) -> tuple[float, float]:
    """Return the median share of the next NEAR losses, and of what arrives, before or after training."""
    look = run.result["itemised"][when]
    sizes = np.zeros((len(look[part]), len(look[part])))
    for t, row in enumerate(look[part]):
        sizes[t, : t + 1] = decode(row)
    half = len(sizes) // 2
    sent = sizes[:, :half].sum(axis=0)
    near = np.array([sizes[j : j + NEAR, j].sum() for j in range(half)])
    arrives = decode(look["arriving"][part])[:half]
    return float(np.median(near / sent)), float(np.median(arrives / sent))


def record(run: Run, network: str) -> ItemisedRun:
    """Return the itemised gradients of a run."""
    found = run.result["itemised"]
    named = [("before training", found["before"])]
    named += [(f"after {one['characters']:,} characters", one) for one in found["during"]]
    named.append((f"after {run.result['characters']:,} characters, the best on dev", found["after"]))
    moments = [
        ItemisedMoment(name, one["bits"], {part: one[part] for part in one["arriving"]})
        for name, one in named
    ]
    corpus = TITLES[run.settings["corpus"]]
    return ItemisedRun(corpus, network, f"run {run.settings['run']}", found["text"], moments, MEANING)


def _of_corpus(runs: Runs) -> Iterator[ItemisedRun]:
    for name, own in networks_of(runs).items():
        for run in sorted(own, key=lambda run: run.settings["run"]):
            yield record(run, name)


def _three(moments: int) -> list[int]:
    """Return the numbers of the first moment, one in the middle, and the last."""
    return sorted({0, moments // 2, moments - 1})
