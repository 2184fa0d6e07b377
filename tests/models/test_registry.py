"""Cells by name: near misses, modules that are not there, classes that are no cells."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import models
from models.cells import is_chain_cell

MODULE = """
import numpy as np, minigrad as mg
class Mean(mg.Cell):
    def __init__(self, D, rng):
        self.parts = (mg.Part("h", D),)
    def compose(self, left, right):
        return (left.h + right.h) / 2
class Silent(mg.Cell): pass
class Narrow(Mean):
    def __init__(self, D): pass
class Nothing: pass
class Sum(mg.NaryCell):
    def __init__(self, D, rng):
        self.parts, self.word_width = (mg.Part("h", D),), D
    def compose(self, word, children):
        return word + children.sum(children.h)
class Still(mg.NaryCell): pass
number = 3
"""


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    (tmp_path / "own_cells.py").write_text(MODULE, encoding="utf-8")
    (tmp_path / "broken_cells.py").write_text("1 / 0", encoding="utf-8")
    (tmp_path / "needy_cells.py").write_text("import no_such_package", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    yield
    for name in ("own_cells", "broken_cells", "needy_cells"):
        sys.modules.pop(name, None)


def test_every_name_stands_for_its_class_and_for_trees_or_chains() -> None:
    for name, kind in models.CELLS.items():
        assert models.cell(name) is kind is getattr(models, name)
        made = kind(D=3, rng=np.random.default_rng(0))
        assert (made.right_parts is not None) == (name in models.CHAIN_CELLS)
    assert models.CELLS.keys() == models.TREE_CELLS.keys() | models.CHAIN_CELLS.keys()


def test_a_class_of_chain_cells_and_each_of_its_cells_are_told_from_those_of_trees() -> None:
    for name, kind in models.CELLS.items():
        assert is_chain_cell(kind) is (name in models.CHAIN_CELLS)
        assert is_chain_cell(kind(3, np.random.default_rng(0))) is (name in models.CHAIN_CELLS)


def test_a_cell_of_one_s_own_is_found(own: None) -> None:
    kind = models.cell("own_cells:Mean")
    assert kind.__name__ == "Mean"
    assert issubclass(kind, __import__("minigrad").Cell)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "LTSM",
            r"there is no cell 'LTSM'; did you mean LSTM or .*\? The cells are RNN, .*package.module:Class",
        ),
        (
            "own_cells.Mean",
            r"there is no cell 'own_cells.Mean'; did you mean own_cells:Mean\? The cells are RNN,",
        ),
        ("Peep", "there is no cell 'Peep'; the cells are RNN, .*, or FILE:Class for a class in FILE.py here"),
        ("rlstm", "did you mean RLSTM"),
        ("xyz", r"there is no cell 'xyz'; the cells are"),
        ("", "there is no cell ''"),
        ("own_cells:Meen", "the module own_cells has no 'Meen'; did you mean Mean"),
        (
            "own_cells:number",
            "own_cells:number is no class but int; a cell is a subclass of minigrad.Cell that",
        ),
        ("own_cells:Nothing", "is no cell: its bases are object; a cell is a subclass"),
        ("own_cells:Silent", "has no compose; a cell is"),
        ("own_cells:Narrow", r"own_cells:Narrow\(D\) can't be made as Narrow\(D, rng\): too many positional"),
        ("no_such_cells:A", "there is no module 'no_such_cells' here; .*working directory or on PYTHONPATH"),
        ("own_cells.deeper:A", "there is no module 'own_cells.deeper' here"),
        ("broken_cells:A", "importing broken_cells failed: ZeroDivisionError: division by zero"),
        ("needy_cells:A", "importing needy_cells failed: No module named 'no_such_package'"),
        (":A", "':A' is half a name"),
        ("own_cells:Sum", "own_cells:Sum reads dependency trees; a cell for binary trees or sentences is"),
        ("DependencyRNN", "DependencyRNN reads dependency trees; a cell for binary trees or sentences is"),
        ("own_cells:", "'own_cells:' is half a name"),
    ],
)
def test_a_name_that_stands_for_no_cell_says_what_would(own: None, name: str, text: str) -> None:
    with pytest.raises(models.CellError, match=text):
        models.cell(name)


def test_cells_for_dependency_trees_are_found_on_request(own: None) -> None:
    assert models.cell("own_cells:Sum", nary=True).__name__ == "Sum"
    assert models.cell("DependencyRNN", nary=True) is models.DependencyRNN
    assert models.cell("RNN", nary=True) is models.RNN
    for name, text in [
        ("DependencyRN", r"did you mean DependencyRNN.*, ChildSumTreeLSTM, DependencyRNN; one of your own"),
        (
            "own_cells:Still",
            r"has no compose; .* of minigrad\.NaryCell, with compose\(self, word, children\)",
        ),
    ]:
        with pytest.raises(models.CellError, match=text):
            models.cell(name, nary=True)
