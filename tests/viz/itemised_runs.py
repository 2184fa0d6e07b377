"""Itemised gradients that are made up, for tests of what shows them."""

from __future__ import annotations

import math

from viz.itemised import ItemisedMoment, ItemisedRun

CODE = {"-": 0.0, **{letter: 10.0 ** (k - 7) for k, letter in enumerate("abcdefgh")}}  # 10⁻⁷ … 1
TEXT = 'if x:\n\tsay("<b>", 😀)\n# so it ends\n'
LOSSES = len(TEXT) - 1
MOMENTS = ("before training", "after 1,000 characters", "after 5,000 characters, the best on dev")


def letter(decades):
    """Return the letter for a size, by its nearest power of ten."""
    return "-" if decades < -7.5 else "abcdefgh"[min(7, max(0, round(decades) + 7))]


def sizes(decades_per_step, through="h"):
    """Return sizes that fall by so many decades a step; what goes through c begins a character earlier."""
    return [
        "".join(
            "-" if through == "c" and j == t else letter(math.sin(t) - decades_per_step * (t - j))
            for j in range(t + 1)
        )
        for t in range(LOSSES)
    ]


def made(network="LSTM, D 8", run="run 1", corpus="Python", text=TEXT, slower=1.0):
    """Return a run in which gradients reach farther and farther."""
    parts = ("h", "c") if network.startswith("LSTM") else ("h",)
    moments = [
        ItemisedMoment(
            name,
            [round(6 - 2 * k + math.sin(t), 3) for t in range(LOSSES)],
            {part: sizes(slower * (0.9 - 0.35 * k), part) for part in parts},
        )
        for k, name in enumerate(MOMENTS)
    ]
    return ItemisedRun(corpus, network, run, text, moments, CODE)


def several():
    """Return five runs: of two networks on one text, of one of them on another."""
    elman = [made("Elman, D 8", slower=1.5), made("Elman, D 8", "run 2", slower=1.4)]
    return [*elman, made(), made(run="run 2"), made("Elman, D 8", corpus="prose", text=TEXT.upper())]
