"""What tests of several commands share."""

from __future__ import annotations

import functools
from concurrent.futures import ThreadPoolExecutor

import pytest

from experiments import sweep
from experiments.sweep import figures


@pytest.fixture
def in_process(monkeypatch):
    """Runs are done in this process and figures are drawn once, which spares seconds."""
    monkeypatch.setattr(figures, "FORMATS", ("svg",))
    with ThreadPoolExecutor(1) as executor:
        monkeypatch.setattr("experiments.sweep.run", functools.partial(sweep.run, executor=executor))
        yield


@pytest.fixture
def drawn(monkeypatch, in_process):
    """The figures that a study's command would write, by the names of their files; drawing takes a second."""
    found = {}
    monkeypatch.setattr("viz.save_figure", lambda figure, path: found.update({path.name: figure}))
    return found


@pytest.fixture
def planned(monkeypatch):
    """A list of (folder, jobs) of the sweeps that would be run; none is."""
    seen = []
    monkeypatch.setattr("experiments.sweep.run", lambda jobs, args: seen.append((args.out, jobs)) or 1)
    return seen
