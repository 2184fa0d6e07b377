"""Options that commands share."""

from __future__ import annotations

import subprocess
import sys

import pytest

from experiments.__main__ import COMMANDS, main
from experiments.sweep.output import RESULTS

SWEEPS = ("length", "depth", "gradient", "all", "ablate", "sentiment", "tasks", "copy", "count", "agreement")


def test_a_worker_loads_no_pictures():
    code = (
        "import sys, experiments.sweep.worker\n"
        "loaded = {name.split('.')[0] for name in sys.modules}\n"
        "assert not loaded & {'viz', 'matplotlib'}, loaded\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("command", [name for name in COMMANDS if name in SWEEPS])
def test_every_sweep_has_the_same_scale_runs_seed_and_cell(command, capsys):
    with pytest.raises(SystemExit):
        main([command, "--help"])
    told = " ".join(capsys.readouterr().out.split())
    for option in (
        "--scale {smoke,paper}",
        "--runs N runs of each kind, if not as many as the scale has",
        "--seed N seed of data, weights and order (default: 0)",
        "--cell NAME train this cell, not ",
        ": a name of models.CELLS, or package.module:Class for one of your own; may be given several times; "
        "rows go into experiments/results/cells-SCALE",
    ):
        assert option in told


def test_rows_of_other_cells_go_into_folders_beside_each_other(monkeypatch):
    seen = {}
    for command in ("length", "ablate", "copy", "count", "agreement", "tasks"):
        monkeypatch.setattr(
            "experiments.sweep.run",
            lambda jobs, args, base=None, command=command: seen.update({command: args.out}) or 1,
        )
        main([command, "--cell", "TreeLSTM", "--dry-run"])
    studies = {name: f"cells-smoke/{name}" for name in ("copy", "count", "agreement", "tasks")}
    expected = {"length": "cells-smoke", "ablate": "cells-smoke", **studies}
    assert seen == {name: RESULTS / folder for name, folder in expected.items()}
