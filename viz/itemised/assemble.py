"""The page on which a reader picks a character: HTML, style, scripts and data put together in one file."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from viz.itemised.record import ItemisedRun
from viz.scale import NormScale
from viz.style import map_colours
from viz.text import tick_number
from viz.text_picture import TextPicture
from viz.web import filled, scripts, shared

HERE = Path(__file__).parent
MODEL = ("record", "look")  # what needs no browser
SCREEN = ("text", "curve", "screen")  # what is shown
FAR = 20  # characters back, by which the first loss that is shown is chosen
FROM = -5  # decades: where the colours begin at first, if smaller sizes occur


def itemised_page(runs: Sequence[ItemisedRun], first: int = 0) -> str:
    """Return the page, which loads nothing from the network and can be opened from a disk.

    Parameters
    ----------
    runs : sequence of ItemisedRun
        At least one, all with the same code.
    first : int
        The run that is shown first.

    Raises
    ------
    ValueError
        If there is no run, or two have different codes or the same names.
    """
    if not runs:
        raise ValueError("a page shows at least one run")
    names = [(run.corpus, run.network, run.run) for run in runs]
    if len(set(names)) < len(names):
        raise ValueError(f"each run has a name of its own, unlike {max(names, key=names.count)}")
    if any(run.code != runs[0].code for run in runs):
        raise ValueError("runs on one page have the same code")
    scale = NormScale.fit(*(run.known() for run in runs))
    shown = runs[first]
    place = far_loss(shown) + 1
    parts = {
        "STYLE": (HERE / "itemised.css").read_text(encoding="utf-8"),
        "STILL": _still(shown, place, scale),
        "DATA": _data(runs, first, place, scale),
        "MODEL": shared("ink", "numbers") + scripts(HERE, MODEL),
        "SCREEN": shared("svg", "elements") + scripts(HERE, SCREEN),
    }
    return filled(HERE / "itemised.html", parts)


def far_loss(run: ItemisedRun) -> int:
    """Return the loss of the text's second half that sends most to the state FAR characters before it.

    That is at the last moment; it is the last loss if none has so many characters before it.
    """
    losses = len(run.text) - 1
    first = max(FAR, losses // 2)
    sizes = np.diagonal(run.matrix(-1, run.parts[0]), -FAR)[first - FAR :]
    return first + int(np.argmax(sizes)) if len(sizes) else losses - 1


def _data(runs: Sequence[ItemisedRun], first: int, place: int, scale: NormScale) -> str:
    data: dict[str, Any] = {
        "code": dict(runs[0].code),
        "scale": {"low": scale.vmin, "high": scale.vmax},
        "ticks": [[tick, tick_number(tick)] for tick in _decades(scale)],  # where colours may begin, too
        "colours": map_colours(scale.colormap),
        "first": {"run": first, "place": place, "from": max(10.0**FROM, scale.vmin)},
        "runs": [
            {
                "corpus": run.corpus,
                "network": run.network,
                "run": run.run,
                "text": [*run.text],
                "moments": [
                    {
                        "name": each.name,
                        "bits": [*each.bits],
                        "sizes": {k: [*v] for k, v in each.sizes.items()},
                    }
                    for each in run.moments
                ],
            }
            for run in runs
        ],
    }
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def _decades(scale: NormScale) -> list[float]:
    """Return all powers of ten on the scale, both limits included."""
    powers = range(math.ceil(math.log10(scale.vmin)), math.floor(math.log10(scale.vmax)) + 1)
    return sorted({scale.vmin, *(float(f"1e{power}") for power in powers), scale.vmax})


def _still(run: ItemisedRun, place: int, scale: NormScale) -> str:
    """Return what is shown where no JavaScript runs: the characters before one, coloured."""
    sizes = run.matrix(-1, run.parts[0])[place - 1, :place]
    sizes[sizes == 0] = scale.vmin / 10  # too small to tell: outside the scale, not exactly zero
    said = f"{run.corpus}, {run.network}, {run.run}, {run.moments[-1].name}: what the loss of "
    picture = TextPicture(run.text[:place], sizes, scale, title=f"{said}{run.text[place]!r} sends back")
    return picture.html_body()
