"""What runs hold of gradients through training, as the page and the figures show it."""

from __future__ import annotations

import json

import numpy as np
import pytest

from experiments.studies.text.decades import encode
from experiments.studies.text.figures import falls
from experiments.studies.text.sent_back import itemised_figures, itemised_table, page, record
from experiments.sweep import Run

TEXT = "a = (b)\n# so\n"
LOSSES = len(TEXT) - 1
FACTORS = {"before": 0.5, "during": (0.8, 0.6), "after": 0.9}  # by which a gradient shrinks per character


def _look(factor, parts):
    rows = [encode(factor ** np.arange(t, -1, -1.0)) for t in range(LOSSES)]
    return {
        "bits": [2.0] * LOSSES,
        "arriving": dict.fromkeys(parts, "!" * LOSSES),
        **dict.fromkeys(parts, rows),
    }


def _run(cell, number=1, longest=100):
    """Return a run whose gradients shrink by known factors."""
    parts = ("h", "c") if cell == "LSTM" else ("h",)
    settings = {"cell": cell, "D": 128, "run": number, "corpus": "python"}
    seen = (30_000, 100_000)
    curves = {
        when: {part: (factor ** np.arange(longest + 1.0)).tolist() for part in parts}
        for when, factor in (("before", 0.5), (0, 0.8), (1, 0.6), ("after", 0.9))
    }
    during = [{"characters": n, **curves[k]} for k, n in enumerate(seen)]
    apart = [{"characters": n, **_look(f, parts)} for n, f in zip(seen, FACTORS["during"], strict=True)]
    result = {
        "dev_bits": 2.0, "test_bits": 2.0, "best_epoch": 2, "epochs": 3, "characters": 200_000, "cells": {},
        "reach": {"before": curves["before"], "during": during, "after": curves["after"]},
        "itemised": {
            "text": TEXT, "before": _look(0.5, parts), "during": apart, "after": _look(0.9, parts)
        },
    }  # fmt: skip
    row = {"kind": "epoch", "epoch": 1, "dev_bits": 2.0, "alerts": []}
    return Run(f"text/python/{cell}-128/{number}", settings, 1, [row], result, [])


def test_a_record_has_the_moments_in_their_order_and_the_sizes_that_rows_hold():
    found = record(_run("LSTM"), "LSTM, D 128")
    assert [moment.name for moment in found.moments] == [
        "before training",
        "after 30,000 characters",
        "after 100,000 characters",
        "after 200,000 characters, the best on dev",
    ]
    assert found.parts == ["h", "c"]
    for k, factor in enumerate((0.5, 0.8, 0.6, 0.9)):
        sizes = found.matrix(k, "c")
        t, j = np.tril_indices(LOSSES)
        assert np.abs(np.log10(sizes[t, j]) - (t - j) * np.log10(factor)).max() < 0.05 + 1e-9


def test_the_page_has_every_run_and_begins_with_the_lstm():
    data = json.loads(
        page([_run("LSTM", 2), _run("Elman"), _run("LSTM")]).split('id="data">')[1].split("</")[0]
    )
    names = [(run["network"], run["run"]) for run in data["runs"]]
    assert names == [("Elman, D 128", "run 1"), ("LSTM, D 128", "run 1"), ("LSTM, D 128", "run 2")]
    assert data["first"]["run"] == 1
    assert {run["corpus"] for run in data["runs"]} == {"Python's standard library"}


def test_each_network_has_a_figure_of_its_first_run_all_on_one_scale():
    found = itemised_figures([_run("LSTM", 2), _run("LSTM"), _run("Elman")])
    names = ["itemised-python-Elman-128", "itemised-python-LSTM-128-h", "itemised-python-LSTM-128-c"]
    assert list(found) == names
    scales = {figure.axes[-1].get_xlim() for figure in found.values()}
    assert len(scales) == 1
    titles = [axes.get_title(loc="left") for axes in found["itemised-python-LSTM-128-c"].axes]
    assert "‖∂J/∂c‖" in found["itemised-python-LSTM-128-c"].axes[-1].get_xlabel()
    assert [title for title in titles if title] == [
        "(a) before training",
        "(b) after 100,000 characters",
        "(c) after 200,000 characters, the best on dev",
    ]


def test_shares_are_those_of_the_sizes(monkeypatch):
    monkeypatch.setattr("experiments.studies.text.sent_back.NEAR", 2)
    run = _run("GRU")
    run.result["itemised"] |= {
        "text": "abcde",
        "before": _sizes([[1], [1, 0.1], [2, 0.1, 1], [1, 1, 1, 1]], [2.5, 0.6, 1, 1]),
        "after": _sizes([[1], [0, 1], [0, 0, 1], [0, 1, 0, 1]], [1, 1, 1, 1]),
    }
    said = itemised_table([run])
    # Before, by state: 2 of 5 and 0.2 of 1.2 are from the next two; 2.5 of 5 and 0.6 of 1.2 arrive, rounded.
    # After: 1 of 1 and 1 of 2; 1 of 1 and 1 of 2.
    assert "| GRU, D 128 | h | 28% | 75% | 51% | 75% |" in said
    assert "an excerpt of 4 characters" in said


def _sizes(rows, arriving):
    return {"bits": [2.0] * 4, "arriving": {"h": encode(arriving)}, "h": [encode(row) for row in rows]}


@pytest.mark.parametrize(
    ("share", "longest", "label"),
    [
        (0.5, 100, "characters back, to a half"),
        (0.01, 100, "characters back, to a hundredth"),
        (0.5, 3, "characters back, to a half (at least, where 3)"),
    ],
)
def test_how_far_gradients_fall_through_training(share, longest, label):
    panel = falls([_run("GRU", longest=longest), _run("GRU", 2, longest=longest)], share)
    line = panel.lines["GRU, D 128"]
    assert line.x == pytest.approx([10_000, 30_000, 100_000, 300_000])
    assert panel.marked == pytest.approx({"before": 10_000, "after": 300_000})
    wanted = [min(np.log(share) / np.log(factor), longest) for factor in (0.5, 0.8, 0.6, 0.9)]
    assert [*line.runs] == 2 * [pytest.approx(wanted)]
    assert panel.ylabel == label


def test_falls_of_an_lstm_are_by_h_and_by_c():
    panel = falls([_run("LSTM"), _run("Elman")], 0.5)
    assert list(panel.lines) == ["Elman, D 128", "LSTM, D 128, by h", "LSTM, D 128, by c"]
