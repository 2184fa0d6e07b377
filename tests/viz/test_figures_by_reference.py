"""What figures look like, to the last dash: each kind beside its reference, with an edge of its own.

The text of a figure says how everything in it is drawn (`figure_text.py`). A wanted change:
``REWRITE_REFERENCES=1 python -m pytest tests/viz``.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from contextlib import contextmanager

import pytest
from matplotlib.figure import Figure

from tests.references import assert_reference
from tests.viz.figure_text import figure_text
from tests.viz.itemised_runs import TEXT, made
from viz import (
    BLUE,
    COLUMN,
    RED,
    Curve,
    DepthQuantiles,
    EpochPanel,
    Line,
    LinePanel,
    Ratios,
    accuracy_figure,
    caption,
    line_panels,
    ratio_curves,
    ratio_figure,
    ratio_panels,
    save_figure,
)
from viz import page as of_pages
from viz.explorer.settings import Settings
from viz.itemised import itemised_figure

nan = math.nan
STEPS = (0.3, 0.6, 1.0, 1.7, 3.0)
RUNS = [[80.0, 82, 81], [13.0, 12], [], [10.0]]
NAMES = ["1–10", "11–20", "21–30", "31–40"]


def _quantiles(level: float, depths: range, counts: tuple[int, ...] = ()) -> DepthQuantiles:
    return DepthQuantiles(depths, [[level * 0.8**d * step for step in STEPS] for d in depths], counts)


def _ratios() -> Figure:
    """Three models in two rows, few trees, ratios that no logarithmic axis shows, an epoch not measured."""
    plain: Ratios = {
        "depths": [1, 2, 4],
        "medians": [[0.1, 0.02, 1e-3], [0.5, 0.3, None]],
        "counts": [1200, 300, 12],
        "dev_accuracy": [0.1, 0.6],
    }
    odd = Ratios(
        depths=[2, 3], medians=[[0.0, math.inf], [2.0, 1.0], [1.5, 0.9]], counts=[20, 19],
        dev_accuracy=[None, 0.5, 0.25],
    )  # fmt: skip
    unknown = Ratios(depths=[1], medians=[[0.3]], counts=[40], dev_accuracy=[None])
    return ratio_figure({"RNN": plain, "RLSTM": odd, "GRU": unknown}, at="word", counted="words")


def _one_model() -> Figure:
    many = [[0.1 * (epoch + 1)] for epoch in range(18)]
    return ratio_figure(
        {"RNN": Ratios(depths=[3], medians=many, counts=[50], dev_accuracy=[k / 20 for k in range(18)])}
    )


def _panels() -> Figure:
    """Four epochs, one of them not run; a run with fewer depths; points beyond the axes."""
    few = (3, 20, 19, 40, 40, 40)
    runs = [_quantiles(2, range(1, 7), few), _quantiles(3, range(1, 6)), _quantiles(4, range(2, 7))]
    panels = [EpochPanel(f"epoch {k}", runs[:k], [1, 1, 5, 15][:k], [0.5, 5.1, 1, 2][:k]) for k in range(4)]
    return ratio_panels(panels, colour=RED)


def _chain_panels() -> Figure:
    return ratio_panels([EpochPanel("epoch 1", [_quantiles(2, range(1, 31, 8))])] * 3, colour=BLUE,
                        width=COLUMN, deepest=30)  # fmt: skip


def _curves() -> Figure:
    """A model of two runs, one longer than the axis; one with few trees; one without runs."""
    long = Curve([[0.3 * k * step for step in STEPS] for k in range(15)], [5.0 * k for k in range(15)])
    short = Curve([[0.5 * step for step in STEPS]] * 3, [10.0, nan, 30.0], [19, 20, 5])
    return ratio_curves({"RNN": [long, short], "RLSTM": [short], "GRU": []})


def _accuracies() -> Figure:
    return accuracy_figure(NAMES, {"RNN": RUNS, "RLSTM": RUNS[::-1]}, xlabel="length", chance=10.0,
                           depths=[2.5, 4.0, nan, 5.5])  # fmt: skip


def _accuracies_of_many() -> Figure:
    results = {"RNN": RUNS, "LSTM": RUNS[::-1], "GRU": RUNS}
    return accuracy_figure(NAMES, results, xlabel="depth", chance=12.5)


def _accuracies_in_a_column() -> Figure:
    return accuracy_figure(NAMES, {"RNN": RUNS}, xlabel="length", chance=10.0, width=COLUMN)


def _lines() -> Figure:
    """Every look; references, marked places, scales and limits; three panels in two columns."""
    looks = {f"line {k}": Line([0, 1, 2], [[k, k + 1.0, nan]]) for k in range(len(of_pages.LOOKS))}
    falling = Line([1.0, 10.0], [[1.0, 0.1]])
    spread = Line([1.0, 10.0, 100.5], [[1.0, 0.1, nan], [2.0, 0.4, nan], [4.0, nan, nan]])
    many = Line(list(range(14)), [[float(k) for k in range(14)]])
    panels = [
        LinePanel("looks", looks, "x", "y"),
        LinePanel("spread", {"line 0": spread}, "T", "loss", {"guess": 0.5, "bound": falling},
                  xscale="log", yscale="log", xlim=(0.5, 200), ylim=(0.05, 8), marked={"end": 20}),
        LinePanel("rising", {"line 1": many}, "x", "y", {"bound": Line([0, 13], [[0, 9]])}),
    ]  # fmt: skip
    figure = line_panels(panels)
    caption(figure, "whose rows these are: " + 20 * "letters ")
    return figure


def _legends_in_panels() -> Figure:
    spread = Line([0, 0.5], [[1, 2], [2, 4]])
    panels = [LinePanel("a", {"one": spread}, "x", "y"), LinePanel("b", {"two": spread}, "x", "y")]
    return line_panels(panels, columns=1, width=COLUMN, height=1.5, legends="panels")


KINDS: dict[str, Callable[[], Figure]] = {
    "ratios": _ratios,
    "ratios-one-model": _one_model,
    "ratio-panels": _panels,
    "ratio-panels-chain": _chain_panels,
    "ratio-curves": _curves,
    "accuracies": _accuracies,
    "accuracies-many": _accuracies_of_many,
    "accuracies-column": _accuracies_in_a_column,
    "lines": _lines,
    "lines-legends": _legends_in_panels,
    "itemised": lambda: itemised_figure(made(text=TEXT.replace("😀", "n")), "c", [0, 2], columns=20),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_figure_is_that_of_its_reference(kind: str) -> None:
    assert_reference(f"viz/references/{kind}.txt", figure_text(KINDS[kind](), laid_out=True))


def test_the_explorers_still_is_that_of_its_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    import viz.explorer.still as module

    kept = []

    @contextmanager
    def kept_figure(*size: float):
        with of_pages.new_figure(*size) as figure:
            kept.append(figure)
            yield figure

    monkeypatch.setattr(module, "new_figure", kept_figure)
    svg = module.still(Settings(T=6, D=2, scale=1.1))
    assert "<metadata" not in svg
    assert_reference("viz/references/still.txt", figure_text(kept[0]))


def test_files_of_figures_have_the_size_and_the_letters_of_the_page(tmp_path) -> None:
    from PIL import Image

    figure = line_panels([LinePanel("", {"a": Line([0, 1], [[0, 1]])}, "x", "y")], width=COLUMN)
    image = Image.open(io.BytesIO(save_figure(figure, tmp_path / "f.png").read_bytes()))
    assert image.size == (200 * COLUMN, round(200 * 2.6))  # 200 dots per inch
    svg = save_figure(figure, tmp_path / "f.svg").read_text(encoding="utf-8")
    assert ">x</text>" in svg  # letters, not their outlines
    assert b"/Type3" not in save_figure(figure, tmp_path / "f.pdf").read_bytes()
