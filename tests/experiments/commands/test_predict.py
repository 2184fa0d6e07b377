"""``python -m experiments predict``: what it writes of any model, and what it refuses."""

from __future__ import annotations

import io
import json
import sys

import numpy as np
import pytest

import models
from experiments.__main__ import main
from models import LSTM, RNN, TreeClassifier, Vocabulary
from viz.__main__ import main as draw


def stored(path, kind=RNN, unknown="<unk>", head="root"):
    rng = np.random.default_rng(0)
    model = TreeClassifier(kind(3, rng), Vocabulary(["not", "bad"], unknown), 2, rng, head)
    for parameter in model.parameters():
        parameter.data[...] = rng.normal(size=parameter.shape)
    models.save(path, model)
    return model


def records(capsys, *argv):
    assert main(["predict", *map(str, argv)]) == 0
    told = capsys.readouterr()
    return list(map(json.loads, told.out.splitlines())), told.err


@pytest.mark.parametrize("head", ["root", "labelled"])
@pytest.mark.parametrize("kind", [RNN, LSTM])
def test_labels_are_those_of_the_roots_whatever_the_model_reads(tmp_path, capsys, kind, head):
    model = stored(tmp_path / "m.npz", kind, head=head)
    (tmp_path / "t.txt").write_text("(S (X not) (VP (X not) (X bad)))\n(X bad)\n", encoding="utf-8")
    found, err = records(capsys, tmp_path / "m.npz", tmp_path / "t.txt")
    trees = [models.Tree.parse("(0 (not) ((not) (bad)))"), models.Tree("0", "bad")]
    forest = models.Forest(trees, model.vocabulary)
    p = model.probabilities(forest if kind is RNN else models.as_chains(forest), "level")
    for record, of in zip(found, p, strict=True):
        assert set(record) == {"file", "line", "label", "probabilities"}
        assert record["label"] == str(of.argmax())
        assert record["probabilities"] == pytest.approx({"0": of[0], "1": of[1]}, abs=2e-6)
    assert "note" not in err


def test_trees_of_any_shape_are_read_with_the_options_of_all_commands(tmp_path, capsys, monkeypatch):
    stored(tmp_path / "m.npz")
    (tmp_path / "a.mrg").write_text("( (S (NP-SBJ (-NONE- *)) (X not) (X bad) (X bad)) )", encoding="utf-8")
    argv = [tmp_path / "m.npz", tmp_path]
    assert main(["predict", *map(str, argv)]) == 2
    err = capsys.readouterr().err
    assert "a.mrg, line 1: node 2, '*', has 1 child; a Forest holds binary trees: --binarise left" in err
    found, _ = records(capsys, *argv, "--binarise", "right", "--strip-traces")
    assert [(record["file"], record["line"]) for record in found] == [(str(tmp_path / "a.mrg"), 1)]
    monkeypatch.setattr(sys, "stdin", io.StringIO("(S (not) (bad))\n"))
    found, _ = records(capsys, argv[0], "-")
    assert found[0]["file"] == "standard input"


def test_a_word_that_a_model_has_no_entry_for_is_refused(tmp_path, capsys):
    stored(tmp_path / "m.npz", unknown=None)
    (tmp_path / "t.txt").write_text("(S (not) (nice))\n", encoding="utf-8")
    assert main(["predict", str(tmp_path / "m.npz"), str(tmp_path / "t.txt")]) == 2
    told = f"{tmp_path / 't.txt'}, line 1: node 2: the word 'nice' is not among the 2 words"
    assert told in capsys.readouterr().err
    assert main(["predict", str(tmp_path / "t.txt"), str(tmp_path / "t.txt")]) == 2
    assert "is not an .npz" in capsys.readouterr().err
    assert main(["predict", str(tmp_path / "m.npz"), str(tmp_path / "no.txt")]) == 2
    assert "no.txt: No such file" in capsys.readouterr().err


def test_lines_are_json_whatever_the_encoding_of_the_output(tmp_path, monkeypatch):
    stored(tmp_path / "m.npz")
    (tmp_path / "t.txt").write_text("(S (bête) (語))", encoding="utf-8")
    for encoding in ("utf-8", "latin-1"):
        printed = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
        monkeypatch.setattr(sys, "stdout", printed)
        assert main(["predict", str(tmp_path / "m.npz"), str(tmp_path / "t.txt")]) == 0
        printed.flush()
        content = printed.buffer.getvalue()
        assert json.loads(content.decode(encoding))["unknown"] == ["bête", "語"]
        assert (b"\\u8a9e" in content) == (encoding == "latin-1")


@pytest.mark.parametrize("name", ["t.txt", "t.conllu"])
def test_a_file_without_trees_has_no_records_which_is_told(tmp_path, capsys, name):
    stored(tmp_path / "m.npz")
    (tmp_path / name).touch()
    assert records(capsys, tmp_path / "m.npz", tmp_path / name) == (
        [],
        f"note: there are no trees in {tmp_path / name}\n",
    )


CONLLU = "# label = 1\n1\tnot\t_\t_\t_\t_\t2\tadvmod\t_\t_\n2\tbad\t_\t_\t_\t_\t0\troot\t_\t_\n"


@pytest.mark.filterwarnings("ignore::minigrad.CompileWarning")
def test_dependency_trees_are_read_by_models_for_them_and_drawn(tmp_path, capsys):
    model = stored(tmp_path / "m.npz", models.ChildSumTreeLSTM)
    stored(tmp_path / "binary.npz")
    path = tmp_path / "a.conllu"
    path.write_text(f"{CONLLU}\n{CONLLU}", encoding="utf-8")
    found, _ = records(capsys, tmp_path / "m.npz", path)
    assert [record["line"] for record in found] == [1, 5]
    p = model.probabilities(model.forest(models.read_conllu(path)), "level")
    assert [record["probabilities"]["1"] for record in found] == pytest.approx(p[:, 1].tolist(), abs=2e-6)
    assert main(["predict", str(tmp_path / "binary.npz"), str(path)]) == 2
    assert "a.conllu, line 1: RNN can't read a TreeForest: dependency trees" in capsys.readouterr().err

    assert draw(["tree", str(path), "--tree", "2", "--model", str(tmp_path / "m.npz")]) == 0
    drawn = capsys.readouterr().out
    assert "J: cross-entropy of class 1 at the root" in drawn
    assert drawn.index("bad") < drawn.index("not")
    for more in (
        ["tree", "--keyword", "bad"],
        ["compare"],
        ["epochs"],
        ["graph"],
        ["tree", "--align-leaves"],
    ):
        assert draw([more[0], str(path), "--model", str(tmp_path / "m.npz"), *more[1:]]) == 0
    assert "← keyword" in capsys.readouterr().out
    assert draw(["tree", str(path), "--model", str(tmp_path / "m.npz"), "--jacobian", "rank"]) == 2
    assert "--jacobian: path_jacobians follows one cell from the leaves" in capsys.readouterr().err
    assert draw(["graph", str(path), "--cell", "RNN"]) == 2
    assert draw(["tree", str(path)]) == 0
    assert draw(["tree", str(path), "--model", str(tmp_path / "binary.npz")]) == 2
    assert "RNN can't read a TreeForest" in capsys.readouterr().err
    (tmp_path / "t.txt").write_text("(1 (not) (bad))\n", encoding="utf-8")
    assert main(["predict", str(tmp_path / "m.npz"), str(tmp_path / "t.txt")]) == 2
    assert "ChildSumTreeLSTM can't read a Forest" in capsys.readouterr().err
