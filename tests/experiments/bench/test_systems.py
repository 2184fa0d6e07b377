"""Peers take part where their library is installed, in the cells that they were written for."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import pytest

from experiments.bench import systems


@pytest.mark.parametrize(
    ("cell", "there", "peers"),
    [
        ("RNN", ("torch", "dynet"), ["torch-level", "torch-cell", "dynet"]),
        ("RLSTM", ("torch",), ["torch-level", "torch-cell"]),
        ("LSTM", ("torch", "dynet"), ["torch-lstm"]),
        ("TreeGRU", ("torch", "dynet"), []),
        ("RNN", (), []),
    ],
)
def test_peers_are_those_of_installed_packages(
    cell: str, there: tuple[str, ...], peers: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(systems, "installed", lambda package: package in there)
    assert [name for name in systems.builders(cell) if not name.startswith("minigrad-")] == peers


def test_a_peer_is_imported_when_it_is_wanted_and_made_from_the_model(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[Any] = []
    monkeypatch.setattr(systems, "installed", lambda package: True)
    build = systems.builders("RNN")["dynet"]
    module = ModuleType("experiments.bench.dynet_peer")
    module.Dynet = lambda model: made.append(model) or "a system"  # type: ignore[attr-defined, func-returns-value]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    assert build("a model") == "a system"  # type: ignore[arg-type, comparison-overlap]
    assert made == ["a model"]


def test_a_package_is_installed_or_not() -> None:
    assert systems.installed("numpy")
    assert not systems.installed("no_package_of_this_name")
