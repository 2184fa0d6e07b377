"""The command line: what it writes, what it says, how it exits."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest

import models
import viz
from experiments.__main__ import main
from experiments.paper import demo


@pytest.fixture
def small_demo(monkeypatch):
    monkeypatch.setattr(demo, "SIZES", {"train": 60, "dev": 30, "test": 80})
    monkeypatch.setattr(demo, "EPOCHS", 2)


def test_the_demo_writes_what_it_lists(small_demo, tmp_path, capsys):
    out = tmp_path / "new" / "folder"
    assert main(["demo", "--out", str(out), "--seed", "3"]) == 0
    printed = capsys.readouterr().out
    files = {name.format(file="rlstm") for name in demo.FILES}
    assert {path.name for path in out.iterdir()} == files
    assert all(str(out / name) in printed for name in files)
    for word in ("loss", "dev acc.", "median ratio at keyword depth", "RNN", "RLSTM"):
        assert word in printed

    content = json.loads((out / "demo.json").read_text())
    assert content["settings"] == {
        "seed": 3, "lengths": [11, 20], "sizes": {"train": 60, "dev": 30, "test": 80},
        "shape": "uniform_split",
        "D": 50, "lr": 0.05, "l2": 1e-3, "batch": {"RNN": 20, "RLSTM": 5}, "max_epochs": 2, "patience": 3,
    }  # fmt: skip
    assert set(content) == {"settings", "models", "picture", "seconds", "machine"}
    assert set(content["machine"]) == {"processor", "python"}
    assert list(content["models"]) == ["RNN", "RLSTM"]
    for each in content["models"].values():
        assert set(each) == {"epochs", "best_epoch", "test_accuracy", "seconds", "ratios"}
        assert set(each["ratios"]) == {"depths", "counts", "medians", "dev_accuracy"}
        accuracies = [epoch["dev_accuracy"] for epoch in each["epochs"]]
        assert each["ratios"]["dev_accuracy"] == [None, *accuracies]
        assert each["best_epoch"] == 1 + accuracies.index(max(accuracies))
        assert [epoch["epoch"] for epoch in each["epochs"]] == [1, 2]
        assert all(epoch["loss"] > 0 for epoch in each["epochs"])
        assert f"test accuracy {each['test_accuracy']:.1%} (guessing: 10 %); 2 epochs in" in printed
    rlstm = content["models"]["RLSTM"]
    assert len(rlstm["ratios"]["medians"]) == len(rlstm["epochs"]) + 1  # epoch 0 comes first
    picture = content["picture"]
    forest = models.Forest([models.Tree.parse(picture["tree"])], models.load(out / "rnn.npz").vocabulary)
    assert all(len(both[when]) == forest.n_nodes for both in picture["norms"].values() for when in both)
    assert 0 <= forest.word[picture["keyword_row"]] < 1000

    legends = []
    for name in ("rnn", "rlstm"):
        svg = (out / f"{name}.svg").read_text(encoding="utf-8")
        assert "gradient norm" in svg
        assert f"class {forest.label[forest.root[0]]}" in svg
        assert "keyword" in svg
        ticks = re.findall(r">([\d.]+|(?:\d×)?10[⁻⁰¹²³⁴-⁹]+)</text>", svg.partition('<g id="clust1"')[0])
        legends.append(ticks)
    assert legends[0] == legends[1] != []  # one scale
    assert (out / "ratios.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.slow  # compiles the cell
def test_the_demo_holds_another_cell_against_the_rnn(small_demo, tmp_path, capsys):
    assert main(["demo", "--out", str(tmp_path), "--cell", "HighwayRNN"]) == 0
    printed = capsys.readouterr().out
    assert f"{tmp_path / 'highwayrnn.npz'}: the trained HighwayRNN" in printed
    assert re.search(r"After epoch \d the HighwayRNN's is ", printed)
    assert isinstance(models.load(tmp_path / "highwayrnn.npz").cell, models.HighwayRNN)
    assert list(json.loads((tmp_path / "demo.json").read_text())["models"]) == ["RNN", "HighwayRNN"]


@pytest.mark.slow
def test_the_demo_keeps_every_epoch_on_request_and_else_repeats_bit_for_bit(small_demo, tmp_path, capsys):
    plain = tmp_path.parent / f"{tmp_path.name}-plain"
    assert main(["demo", "--out", str(plain)]) == 0
    assert main(["demo", "--out", str(tmp_path), "--keep-epochs"]) == 0
    folder = tmp_path / "epochs"
    names = {f"{model}-{epoch}.npz" for model in ("rnn", "rlstm") for epoch in range(3)}
    assert {path.name for path in folder.iterdir()} == names
    assert str(folder) in capsys.readouterr().out
    states = [models.load(folder / f"rnn-{epoch}.npz").state_dict()["Ws"] for epoch in range(3)]
    assert not (states[0] == states[1]).all()
    assert not (states[1] == states[2]).all()
    # What is drawn and measured is the same as without.
    first, second = (json.loads((folder / "demo.json").read_text()) for folder in (plain, tmp_path))
    for content in (first, second):
        content.pop("seconds")
        for model in content["models"].values():
            model.pop("seconds")
    assert first == second
    assert (plain / "rnn.svg").read_bytes() == (tmp_path / "rnn.svg").read_bytes()
    assert {name.format(file="rlstm") for name in demo.FILES} == {
        path.name for path in tmp_path.iterdir() if path.is_file()
    }


def test_an_output_that_is_a_file_is_refused_before_training(tmp_path, capsys):
    taken = tmp_path / "taken"
    taken.write_text("mine")
    assert main(["demo", "--out", str(taken)]) == 2
    captured = capsys.readouterr()
    assert "there is a file of that name; name another with --out" in captured.err
    assert captured.err.count("\n") == 1
    assert captured.out == ""
    assert taken.read_text() == "mine"


@pytest.mark.parametrize("argv", [[], ["dmo"], ["demo", "--seed", "-1"], ["demo", "--seed", "x"]])
def test_wrong_arguments_exit_with_2_and_one_message(argv, capsys):
    with pytest.raises(SystemExit) as exit:
        main(argv)
    assert exit.value.code == 2
    assert "minigrad" in capsys.readouterr().err


def test_help_names_every_command(capsys):
    with pytest.raises(SystemExit) as exit:
        main(["--help"])
    assert exit.value.code == 0
    printed = capsys.readouterr().out
    assert "demo" in printed
    assert "bench" in printed


def test_ctrl_c_exits_with_130(small_demo, monkeypatch, capsys, tmp_path):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(demo, "fit", interrupt)
    assert main(["demo", "--out", str(tmp_path)]) == 130
    assert capsys.readouterr().err.endswith("interrupted\n")
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_keeps_the_model_that_is_finished(small_demo, monkeypatch, capsys, tmp_path):
    fit = demo.fit

    def interrupt(model, *args, **options):
        if isinstance(model.cell, models.RLSTM):
            raise KeyboardInterrupt
        return fit(model, *args, **options)

    monkeypatch.setattr(demo, "fit", interrupt)
    assert main(["demo", "--out", str(tmp_path)]) == 130
    assert [path.name for path in tmp_path.iterdir()] == ["rnn.npz"]
    assert isinstance(models.load(tmp_path / "rnn.npz").cell, models.RNN)


def test_models_and_numbers_are_kept_where_nothing_can_draw(small_demo, monkeypatch, capsys, tmp_path):
    def fail(*_):
        raise viz.RenderError("drawing needs a layout engine")

    monkeypatch.setattr(viz.Comparison, "save", fail)
    assert main(["demo", "--out", str(tmp_path)]) == 1
    assert capsys.readouterr().err.endswith("minigrad: drawing needs a layout engine\n")
    assert {path.name for path in tmp_path.iterdir()} == {"rnn.npz", "rlstm.npz", "demo.json"}


def test_blas_is_limited_to_one_thread_before_numpy_loads():
    code = (
        "import sys, os\n"
        "import experiments.threads\n"
        "assert 'numpy' not in sys.modules\n"
        "assert os.environ['OPENBLAS_NUM_THREADS'] == '1'\n"
        "import experiments.__main__\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
