"""The explorer's page: HTML, style, scripts and data put together in one file."""

from __future__ import annotations

import json
from dataclasses import asdict
from html import escape
from pathlib import Path

from viz.explorer.looks import looks_json, strip_json
from viz.explorer.presets import PRESETS, Preset
from viz.explorer.settings import CONTROLS, Choice, Settings, Slider
from viz.explorer.still import still
from viz.web import filled, scripts, shared

HERE = Path(__file__).parent
MODEL = ("random", "linear", "matrices", "cells", "flow", "state")  # what needs no browser
SCREEN = ("charts", "screen")  # what is shown
FIRST = "orthogonal"  # the preset that the page opens with


def explorer_page() -> str:
    """Return the page, which loads nothing from the network and can be opened from a disk."""
    first = next(preset for preset in PRESETS if preset.name == FIRST)
    shown = first.as_dict()
    parts = {
        "STYLE": (HERE / "explorer.css").read_text(encoding="utf-8"),
        "PRESETS": "\n".join(map(_button, PRESETS)),
        "CONTROLS": "\n".join(_control(name, first.settings) for name in CONTROLS),
        "QUESTION": escape(shown["question"]),
        "ANSWER": escape(shown["answer"]),
        "STILL_NAME": escape(first.title),
        "STILL": still(first.settings),
        "DATA": _data(first.settings),
        "MODEL": scripts(HERE, MODEL),
        "SCREEN": shared("numbers", "svg") + scripts(HERE, SCREEN),
    }
    return filled(HERE / "explorer.html", parts)


def _data(first: Settings) -> str:
    data = {
        "controls": {name: asdict(control) for name, control in CONTROLS.items()},
        "defaults": first.as_dict(),
        "presets": [preset.as_dict() for preset in PRESETS],
        "looks": looks_json(),
        "strip": strip_json(),
    }
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def _button(preset: Preset) -> str:
    name, title = escape(preset.name), escape(preset.title)
    return f'<button type="button" data-preset="{name}" aria-pressed="false">{title}</button>'


def _control(name: str, settings: Settings) -> str:
    control, value = CONTROLS[name], settings.as_dict()[name]
    label = f'<label for="{name}">{escape(control.label)}</label>'
    if isinstance(control, Slider):
        output = f'<output id="{name}-value" for="{name}">{value:g}</output>'
        limits = f'min="{control.low:g}" max="{control.high:g}" step="{control.step:g}" value="{value:g}"'
        return f'<div class="field">{label}{output}<input type="range" id="{name}" {limits}></div>'
    assert isinstance(control, Choice)
    options = "".join(
        f'<option value="{of}"{" selected" * (of == value)}>{escape(text)}</option>'
        for of, text in zip(control.values, control.names, strict=True)
    )
    return f'<div class="field">{label}<select id="{name}">{options}</select></div>'
