from __future__ import annotations

import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import minigrad as mg
import models
from tests.viz.pictures import svg_text
from viz.__main__ import main

TREE = "(3 (2 not) (1 bad))"


def drawn(path: Path) -> list[str]:
    return svg_text(path.read_bytes())


def test_a_graph_is_drawn_and_its_path_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "graph.svg"
    assert main(["graph", TREE, "--cell", "RLSTM", "--width", "4", "--seed", "0", "-o", str(out)]) == 0
    assert capsys.readouterr().out == f"{out}\n"
    assert "node 3 of tree 1, 'not bad'" in drawn(out)


def test_the_root_is_expanded_on_request_and_values_are_printed(tmp_path: Path) -> None:
    out = tmp_path / "graph.txt"
    assert main(["graph", TREE, "--cell", "RNN", "--expand", "ROOT", "--values", "-o", str(out)]) == 0
    text = out.read_text(encoding="utf-8")
    assert "tanh" in text
    assert "W1" in text
    assert "value" in text.splitlines()[0]


def test_no_more_boxes_are_drawn_than_asked_for(tmp_path: Path) -> None:
    out = tmp_path / "graph.svg"
    assert main(["graph", TREE, "--expand", "all", "--max-nodes", "5", "-o", str(out)]) == 0
    assert any(line.startswith("+") and line.endswith(" hidden") for line in drawn(out))


@pytest.mark.parametrize("head", ["root", "labelled"])
def test_a_trained_model_is_read(tmp_path: Path, capsys: pytest.CaptureFixture[str], head: str) -> None:
    rng = np.random.default_rng(0)
    model = models.TreeClassifier(
        models.RNN(D=3, rng=rng), models.Vocabulary(["not", "bad"]), 2, rng, head=head
    )
    checkpoint = models.save(tmp_path / "model.npz", model)
    out = tmp_path / "graph.txt"
    # 3 is no class of this model.
    assert main(["graph", TREE, "--model", str(checkpoint), "-o", str(out)]) == 2
    assert "the classes of this model are 0..1; say which" in capsys.readouterr().err
    assert not out.exists()
    assert main(["graph", TREE, "--model", str(checkpoint), "--label", "1", "-o", str(out)]) == 0
    svg = tmp_path / "graph.svg"
    assert main(["graph", TREE, "--model", str(checkpoint), "--label", "1", "-o", str(svg)]) == 0
    assert "J: cross-entropy of class 1 at the root" in svg_text(svg.read_bytes())
    assert "(2, 3)" in out.read_text(encoding="utf-8")


def test_an_own_cell_is_drawn_without_training(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    class Twice(models.RNN):
        def compose(self, left: mg.Child, right: mg.Child) -> mg.Tensor:
            return mg.tanh(2 * (left.h @ self.W1.T + right.h))

    module = ModuleType("own_of_graph")
    vars(module)["Twice"] = Twice
    monkeypatch.setitem(sys.modules, "own_of_graph", module)
    assert main(["graph", TREE, "--cell", "own_of_graph:Twice", "--width", "3", "--expand", "ROOT"]) == 0
    assert "(1, 3)" in capsys.readouterr().out


@pytest.mark.parametrize("tree", ["(NP (2 not) (1 bad))", "(yes)"])
def test_labels_that_are_words_and_a_lone_leaf_are_drawn(tmp_path: Path, tree: str) -> None:
    out = tmp_path / "graph.dot"
    assert main(["graph", tree, "-o", str(out)]) == 0
    assert "linear_cross_entropy" in out.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["(3 (2 not) (1 bad)"], "to close the bracket"),
        (["(3 (2 not) (1 very) (1 bad))"], "with 3 children.*--binarise"),
        ([TREE, "--expand", "node 7"], "no scope 'node 7'"),
        ([TREE, "-o", "OUT/graph.jpg"], r"\.svg"),
        ([TREE, "-o", "OUT/nowhere/graph.svg"], "nowhere"),
        ([TREE, "--model", "OUT/none.npz"], "none.npz"),
        ([TREE, "--model", "OUT/none.npz", "--width", "3"], "leave out --model"),
        ([TREE, "--cell", "LSTN"], "RLSTM"),
        ([TREE, "--cell", "LSTM"], "LSTM reads sequences; choose one of RNN, RLSTM"),
        ([TREE, "--width", "0"], "whole number from 1 on, not '0'"),
        ([TREE, "--max-nodes", "many"], "whole number from 1 on, not 'many'"),
    ],
)
def test_wrong_input_is_one_message_and_nothing_is_written(
    arguments: list[str], message: str, tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    arguments = [argument.replace("OUT", str(tmp_path)) for argument in arguments]
    try:
        code = main(["graph", *arguments])
    except SystemExit as error:
        code = error.code
    assert code == 2
    errors = capsys.readouterr().err
    assert re.search(message, errors)
    assert "Traceback" not in errors
    assert list(tmp_path.iterdir()) == []


def test_without_a_file_the_graph_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["graph", TREE]) == 0
    assert "— node 3 of tree 1, 'not bad': 61 ops on" in capsys.readouterr().out


def test_a_tree_is_taken_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "trees.txt").write_text(f"(1 (2 a) (3 b))\n{TREE}\n", encoding="utf-8")
    out = tmp_path / "graph.txt"
    assert main(["graph", str(tmp_path / "trees.txt"), "--tree", "2", "-o", str(out)]) == 0
    assert "'not bad'" in out.read_text(encoding="utf-8")


def test_help_has_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["graph", "--help"])
    assert end.value.code == 0
    assert 'python -m viz graph "(3 (2 not) (1 bad))"' in capsys.readouterr().out
