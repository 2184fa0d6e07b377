"""``python -m experiments sentiment``: what it writes, what it says, what it refuses."""

from __future__ import annotations

import functools
import html
import json
import os
from concurrent.futures import ThreadPoolExecutor

import pytest

import models
from experiments.__main__ import main
from experiments.sentiment import command, data, figures, report
from experiments.sentiment.accuracies import NAMES
from experiments.sentiment.names import root_names, with_numbers
from experiments.sentiment.polarity import polarity
from experiments.sentiment.settings import run_settings
from experiments.sweep import Run, finished
from minigrad import waiting
from tests.clock import FakeClock
from tests.experiments.sentiment import bank as sentiment_bank
from tests.viz.pictures import svg_text
from viz.reading import Reading

TINY = {"D": 4, "mode": "level", "max_epochs": 2, "batch": 8}


@pytest.fixture
def bank(tmp_path):
    data.read_treebank.cache_clear()
    return sentiment_bank.store(tmp_path / "bank")


@pytest.fixture
def tiny(monkeypatch):
    monkeypatch.setattr(command, "run_settings", functools.partial(run_settings, **TINY))
    monkeypatch.setattr(figures, "FORMATS", ("svg",))


@pytest.fixture
def here(monkeypatch):
    """Runs are done in this process, which spares seconds."""
    with ThreadPoolExecutor(1) as executor:
        monkeypatch.setattr(command.sweep, "run", functools.partial(command.sweep.run, executor=executor))
        yield


@pytest.fixture
def undrawn(monkeypatch):
    """Nothing is drawn: of a test that looks at no figure. What is drawn, others look at."""
    monkeypatch.setattr(command, "save_figures", lambda *_: [])


def _main(*arguments):
    return main(["sentiment", *map(str, arguments)])


def test_it_trains_both_models_once_reports_and_draws(tiny, here, bank, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(figures, "FORMATS", ("svg", "png"))
    out = tmp_path / "out"
    assert _main("--treebank", bank, "--out", out, "--draw", 3) == 0
    printed = capsys.readouterr().out
    runs = finished(out)
    assert [run.name for run in runs] == ["sentiment/RLSTM/1", "sentiment/RNN/1"]
    table = (out / "sentiment.md").read_text(encoding="utf-8")
    assert table in printed
    for run in runs:
        accuracies = " | ".join(f"{100 * run.result['test'][name]:.1f}" for name in NAMES)
        assert f"| {run.settings['model']} 1 | {accuracies} |" in table
        assert f"{run.settings['model']}: " in printed
        assert " trees per second of one core in training" in printed
        model = models.load(out / "models" / f"{run.id}.npz")
        assert model.head == "labelled"
    drawn = {path.name for path in (out / "figures").iterdir()}
    assert drawn == {f"{name}.{suffix}" for name in ("ratios", "sentence-3") for suffix in ("svg", "png")}
    svg = html.unescape((out / "figures" / "sentence-3.svg").read_text(encoding="utf-8"))
    for word in data.read_treebank(bank).trees["test"][2].words():
        assert f">{word}<" in svg
    for run in runs:
        assert f">{run.settings['model']} after epoch {run.result['best_epoch']}<" in svg
    assert svg.count("/ at the root<") == 1  # one scale for both
    ratios = (out / "figures" / "ratios.svg").read_text(encoding="utf-8")
    assert "at word / at root" in ratios
    assert ratios.index(">RNN<") < ratios.index(">RLSTM<")

    monkeypatch.setattr(figures, "FORMATS", ("svg",))
    before = {path: path.read_bytes() for path in [*out.glob("runs/*"), *out.glob("figures/*.svg")]}
    assert _main("--treebank", bank, "--out", out, "--draw", 3) == 0
    assert {path: path.read_bytes() for path in before} == before  # nothing was trained again
    assert "2 of 2 runs are finished" in capsys.readouterr().out

    everything = b"".join(path.read_bytes() for path in out.rglob("*.json*"))
    assert os.fsencode(tmp_path) not in everything  # paths of this machine are in no row


def test_sentences_are_chosen_if_nobody_names_any(tiny, here, bank, tmp_path, capsys):
    out = tmp_path / "out"
    assert _main("--treebank", bank, "--out", out, "--runs", 2) == 0
    assert len(list((out / "figures").glob("sentence-*.svg"))) == command.DRAWN
    assert len(list((out / "models").iterdir())) == 2  # of the first runs
    assert "| RLSTM, 2 runs |" in (out / "sentiment.md").read_text(encoding="utf-8")


def _counted(read, seen):
    return lambda path, *args, **options: (seen.append(path.name), read(path, *args, **options))[1]


def test_words_start_from_the_vectors_of_a_file(tiny, here, undrawn, monkeypatch, bank, tmp_path, capsys):
    monkeypatch.setattr(command, "run_settings", functools.partial(run_settings, mode="level", max_epochs=1))
    vectors = tmp_path / "vectors.txt"
    vectors.write_text("the 1 2 3\ngood 4 5 6\nonly-in-test 7 8 9\n", encoding="utf-8")
    out = tmp_path / "out"
    read = []
    for name in ("read_trees", "read_vectors"):
        monkeypatch.setattr(models, name, _counted(getattr(models, name), read))
    monkeypatch.chdir(tmp_path)
    assert _main("--treebank", bank.name, "--out", out, "--vectors", vectors.name, "--draw", 1) == 0
    assert sorted(read) == ["dev.txt", "test.txt", "train.txt", "vectors.txt"]  # once each
    for run in finished(out):
        assert run.settings["vectors"]["width"] == run.settings["D"] == 3
        model = models.load(out / "models" / f"{run.id}.npz")
        # No sentence of train has this word, so it is as it was read.
        assert model.L.data[model.vocabulary["only-in-test"]].tolist() == [7, 8, 9]


def test_a_treebank_is_read_as_the_options_say_and_a_run_is_another_then(
    tiny, here, undrawn, bank, tmp_path, capsys
):
    out = tmp_path / "out"
    odd = tmp_path / "odd"
    odd.mkdir()
    for path in bank.iterdir():
        text = path.read_text("utf-8").replace("(2 the)", "(2 bête)")
        lines = [
            f"% {path.name}",
            *("(2-X (1 (1 awful) (-NONE- 0)) (2 the)\n(3=1 film))\n\n" + text).split("\n"),
        ]
        (odd / path.name).write_text("\n\n".join(lines).replace("the)\n\n", "the)\n"), "latin-1")
    options = ["--encoding", "latin-1", "--layout", "paragraphs", "--comments", "%", "--binarise", "right"]
    options += ["--strip-traces", "--strip-functions", "--out", out, "--cell", "RNN", "--draw", 1]
    assert _main("--treebank", odd, *options) == 0
    [run] = finished(out)
    told = {"encoding": "latin-1", "layout": "paragraphs", "comments": "%", "binarise": "right"}
    told |= {"strip_traces": "yes", "strip_functions": "yes"}
    assert {key: run.settings["treebank"][key] for key in told} == told
    read = data.read_treebank(odd, Reading.from_told(run.settings["treebank"])).trees["test"]
    assert str(read[0]) == "(2 (1+1 awful) (@2 (2 the) (3 film)))"
    assert any("bête" in tree.words() for tree in read)
    capsys.readouterr()
    for spoilt, told in [
        ("--layout", "--layout paragraphs"),
        ("--encoding", "--encoding NAME"),
        ("--comments", "--comments %"),
        ("--binarise", "--binarise left, right or balanced"),
    ]:
        fewer = [*options]
        del fewer[fewer.index(spoilt) : fewer.index(spoilt) + 2]
        assert _main("--treebank", odd, *fewer) == 2
        assert told in capsys.readouterr().err, spoilt


@pytest.mark.parametrize("names", [("bad", "good"), ("a", "b", "c", "d", "e", "f", "g")])
def test_classes_may_have_names_beside_labels_of_phrases(names, tiny, here, bank, tmp_path, capsys):
    for path in bank.iterdir():
        lines = [
            f"({names[k % len(names)]} (NP (X {names[k % len(names)]}er) (X film)) ({names[0]} fun))"
            for k in range(20)
        ]
        path.write_text("\n".join(lines), encoding="utf-8")
    out = tmp_path / "out"
    sides = ["--polarity", "bad::good"] if len(names) == 2 else []
    assert _main("--treebank", bank, "--out", out, "--cell", "RNN", "--draw", 1, *sides) == 0
    told = capsys.readouterr()
    note = "train.txt: 60 nodes below the roots have labels that are no class (NP, X); they are read without"
    assert note in told.err
    assert ("binary" in told.out) == (len(names) == 2)
    [run] = finished(out)
    model = models.load(out / "models" / f"{run.id}.npz")
    assert model.names == names
    assert data.read_treebank(bank.absolute()).trees["test"][1].label == "1"
    drawn = svg_text((out / "figures" / "sentence-1.svg").read_bytes())
    assert "film" in drawn
    assert drawn.count(names[0]) == 1  # the root's, and no number
    lines = " ".join(drawn)
    assert f"J: cross-entropy of class '{names[0]}' at the root predicted: class '" in lines
    if sides:
        assert "positive where\np(good) > p(bad)." in told.out

    sentences = tmp_path / "new.txt"
    sentences.write_text(f"(S ({names[1]}er) (NP (zyx) (film)))\n\n(zyx)", encoding="utf-8")
    capsys.readouterr()
    assert main(["predict", str(out / "models" / f"{run.id}.npz"), str(sentences)]) == 0
    told = capsys.readouterr()
    records = list(map(json.loads, told.out.splitlines()))
    assert [(record["file"], record["line"]) for record in records] == [
        (str(sentences), 1),
        (str(sentences), 3),
    ]
    assert [record["unknown"] for record in records] == [["zyx"], ["zyx"]]
    trees = [models.Tree.parse(f"(0 ({names[1]}er) ((zyx) (film)))"), models.Tree("0", "zyx")]
    for record, p in zip(records, model.probabilities(models.Forest(trees, model.vocabulary)), strict=True):
        assert record["probabilities"] == pytest.approx(dict(zip(names, p.tolist(), strict=True)), abs=1e-6)
        assert record["label"] == names[p.argmax()]
    assert "note: 2 of 4 words are unknown to the model, which reads them as '<unknown>': 'zyx'" in told.err


def test_a_root_whose_label_is_no_number_beside_others_is_told(tiny, here, bank, tmp_path, capsys):
    train = bank / "train.txt"
    lines = train.read_text(encoding="utf-8").splitlines()
    run = "--treebank", bank, "--out", tmp_path / "out", "--dry-run"
    assert _main(*run) == 0
    assert "so all labels are names" not in capsys.readouterr().err
    train.write_text("\n".join([*lines[:4], "(? film)", *lines[4:]]), encoding="utf-8")
    data.read_treebank.cache_clear()
    assert _main(*run) == 0
    told = (
        "train.txt: 1 root has a label that is no number, the first in line 5, so all labels are names, of 6"
    )
    assert f"{told} classes: 0, 1, 2, 3, 4, ?\n" in capsys.readouterr().err


def test_a_label_that_is_no_class_is_refused_in_the_words_of_the_command_line(
    tiny, here, bank, tmp_path, capsys
):
    (bank / "dev.txt").write_text("(2 the)\n(2 (+ the) (2 film))", encoding="utf-8")
    assert _main("--treebank", bank, "--out", tmp_path / "out", "--dry-run") == 2
    err = capsys.readouterr().err
    assert "dev.txt, line 2: node 1, 'the', has the label '+'; (+ the) is the word 'the' labelled '+'" in err
    assert err.endswith(" from 0 on, and a node without one has no label: write them so in the file\n")


def test_the_class_of_a_root_is_that_of_its_topmost_node(tmp_path):
    texts = ["(good+NP (X a) (@good (bad b) (c)))", "(bad d)"]
    trees = list(map(models.Tree.parse, texts))
    assert root_names(trees) == ("bad", "good")
    made = with_numbers(tmp_path, trees, [1, 2], ("bad", "good"))
    assert list(map(str, made)) == ["(1 (a) ((0 b) (c)))", "(0 d)"]


def test_classes_with_names_that_do_not_fit_are_refused_with_the_line(tiny, bank, tmp_path, capsys):
    (bank / "train.txt").write_text("(good a)\n(bad b)\n", encoding="utf-8")
    (bank / "dev.txt").write_text("(good a)\n\n(ugly b)\n", encoding="utf-8")
    assert _main("--treebank", bank, "--out", tmp_path / "out") == 2
    assert "dev.txt, line 3: the root has the label 'ugly'; the classes" in capsys.readouterr().err
    (bank / "train.txt").write_text("(good a)\n(good b)\n", encoding="utf-8")
    assert _main("--treebank", bank, "--out", tmp_path / "out") == 2
    assert "all roots have the label 'good'; there are at least two classes" in capsys.readouterr().err
    for name in ("train", "dev", "test"):
        (bank / f"{name}.txt").write_text("(good a)\n(bad b)\n", encoding="utf-8")
    assert _main("--treebank", bank, "--out", tmp_path / "out", "--polarity", "bad::fine") == 2
    assert "--polarity is none, or the negative" in capsys.readouterr().err


def test_the_width_is_chosen(here, undrawn, bank, tmp_path, monkeypatch, capsys):
    less = functools.partial(run_settings, mode="level", max_epochs=1)
    monkeypatch.setattr(command, "run_settings", less)
    shown = ["--treebank", bank, "--out", tmp_path / "out", "--cell", "RNN", "--width", 7]
    assert _main(*shown) == 0
    [run] = finished(tmp_path / "out")
    model = models.load(tmp_path / "out" / "models" / f"{run.id}.npz")
    assert run.settings["D"] == model.L.shape[1] == model.cell.parts[0].width == 7
    assert _main(*shown, "--vectors", "v.txt") == 2
    assert "--width: with --vectors the width is that of the vectors" in capsys.readouterr().err


def test_vectors_have_an_encoding_and_the_message_names_its_option(tiny, here, bank, tmp_path, capsys):
    vectors = tmp_path / "v.txt"
    vectors.write_bytes("the 1 2 3\nbête 4 5 6\n".encode("latin-1"))
    shown = [
        "--treebank",
        bank,
        "--out",
        tmp_path / "out",
        "--cell",
        "RNN",
        "--dry-run",
        "--vectors",
        vectors,
    ]
    assert _main(*shown) == 0
    assert "or name it with --vectors-encoding NAME" in capsys.readouterr().err
    data.read_vectors.cache_clear()
    assert _main(*shown, "--vectors-encoding", "latin-1") == 0
    assert "--vectors-encoding" not in capsys.readouterr().err
    assert _main("--treebank", bank, "--vectors-encoding", "latin-1") == 2
    assert "--vectors-encoding: there is no file of vectors" in capsys.readouterr().err


@pytest.mark.slow
def test_sentences_of_a_sample_are_drawn_under_their_number_in_the_file(
    tiny, here, monkeypatch, bank, tmp_path
):
    changes = functools.partial(run_settings, **TINY, trees=6)
    monkeypatch.setattr(command, "run_settings", changes)
    out = tmp_path / "out"
    assert _main("--treebank", bank, "--out", out) == 0
    treebank = data.read_treebank(bank)
    places = data.sample(changes("RNN", 1, scale=command.SCALES["smoke"], seed=0, treebank={}), treebank)
    drawn = {int(path.stem.partition("-")[2]) for path in (out / "figures").glob("sentence-*.svg")}
    assert len(drawn) == command.DRAWN
    assert drawn <= {place + 1 for place in places["test"]}
    for number in drawn:
        svg = html.unescape((out / "figures" / f"sentence-{number}.svg").read_text(encoding="utf-8"))
        assert all(f">{word}<" in svg for word in treebank.trees["test"][number - 1].words())
    assert "2 runs of RNN, RLSTM on 6 training sentences; rows in out, made by" in (
        out / "figures" / "ratios.svg"
    ).read_text(encoding="utf-8")


def test_reading_is_told_where_it_takes_long(tiny, bank, tmp_path, monkeypatch, caplog):
    clock = FakeClock()
    monkeypatch.setattr(waiting, "CLOCK", clock)
    read = models.read_trees
    monkeypatch.setattr(
        models, "read_trees", lambda path, **options: (read(path, **options), clock.pass_(3.5))[0]
    )
    assert _main("--treebank", bank, "--out", tmp_path / "out", "--dry-run") == 0
    told = [record.getMessage().removeprefix("minigrad: ") for record in caplog.records]
    assert told == [f"reading {bank / name}.txt" for name in ("train", "dev", "test")]


def _relabelled(bank, change):
    for path in bank.glob("*.txt"):
        trees = [tree.map(label=change) for tree in models.read_trees(path)]
        path.write_text("".join(f"{tree}\n" for tree in trees), encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "options", "classes", "binary"),
    [
        (lambda label: str(int(int(label) > 2)), [], 2, "positive where\np(1) > p(0)."),
        (
            lambda label: str((int(label) > 1) + (int(label) > 2)),
            [],
            3,
            "neutral labels left out; positive where",
        ),
        pytest.param(lambda label: str(min(int(label), 3)), [], 4, "", marks=pytest.mark.slow),
        (lambda label: str(min(int(label), 3)), ["--polarity", "3:0:1,2"], 4, "p(1) + p(2) > p(3)."),
        (lambda label: str(int(label) + 1), ["--polarity", "none"], 6, ""),
    ],
)
def test_there_are_as_many_classes_as_the_treebank_has(
    tiny, here, undrawn, bank, tmp_path, capsys, change, options, classes, binary
):
    _relabelled(bank, change)  # drawn are those with names, above
    out = tmp_path / "out"
    assert _main("--treebank", bank, "--out", out, "--draw", 1, *options) == 0
    table = (out / "sentiment.md").read_text(encoding="utf-8")
    assert f"| model | root, {classes} classes |" in table
    assert ("root, binary" in table) == bool(binary)
    assert binary in table
    told = capsys.readouterr().err
    assert ("no node has the label 0" in told) == (classes == 6)
    for run in finished(out):
        assert models.load(out / "models" / f"{run.id}.npz").classes == classes
        # A share of two sides, not of whatever lies right of the third class.
        assert (run.result["test"]["all_binary"] is None) == (not binary)
        if classes == 2:
            assert run.result["test"]["all_binary"] == run.result["test"]["all_fine"]


def test_a_dry_run_writes_nothing(tiny, bank, tmp_path, capsys):
    assert _main("--treebank", bank, "--out", tmp_path / "out", "--scale", "paper", "--dry-run") == 0
    printed = capsys.readouterr().out
    assert "6 of 6 runs to do" in printed
    nodes = models.Forest(data.read_treebank(bank).trees["train"]).n_nodes
    assert f"{nodes} nodes per epoch" in printed
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("spoil", "more", "text"),
    [
        (lambda bank: (bank / "dev.txt").unlink(), [], "dev.txt: No such file or directory"),
        (lambda bank: (bank / "dev.txt").write_text("(2 (2 a)\n"), [], "dev.txt, line "),
        (
            lambda bank: (bank / "dev.txt").write_text("(7 a)\n"),
            [],
            "dev.txt, line 1: a node has the label 7; the classes of train.txt are 0..4",
        ),
        (lambda bank: (bank / "train.txt").write_text("(0 a)\n(0 b)\n"), [], "all labels are 0; there are"),
        (
            lambda bank: (bank / "test.txt").write_text("(1 a)\n\n(2 (1 a)\n (1 b) (0 c)) (1 d)\n"),
            [],
            "test.txt, line 3: node 4, 'a b c', has 3 children",
        ),
        (
            lambda bank: (bank / "dev.txt").write_text("(1 a)\n\n\n(2 b) ((1 a) (2 b))\n"),
            [],
            "dev.txt, line 4: node 3, 'a b', has no label; the root has a class",
        ),
        (
            lambda bank: None,
            ["--polarity", "0:1:2"],
            "--polarity names every class of the treebank once, 0..4",
        ),
        (lambda bank: None, ["--draw", "26"], "--draw 26: the test set has 25 sentences"),
        (lambda bank: None, ["--vectors", "none.txt"], "none.txt: No such file or directory"),
        (lambda bank: None, ["--vectors", "ragged.txt"], "ragged.txt, line 2: expected a word and 2 numbers"),
    ],
)
def test_wrong_input_is_told_in_one_message_and_nothing_is_written(
    tiny, bank, tmp_path, monkeypatch, capsys, spoil, more, text
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ragged.txt").write_text("the 1 2\ngood 1\n", encoding="utf-8")
    spoil(bank)
    assert _main("--treebank", bank, "--out", tmp_path / "out", *more) == 2
    err = capsys.readouterr().err
    assert text in err
    assert err.startswith("minigrad: ")
    assert "Traceback" not in err
    assert not (tmp_path / "out").exists()


def test_a_file_of_trees_is_no_folder(bank, tmp_path, capsys):
    assert _main("--treebank", bank / "train.txt", "--out", tmp_path / "out") == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert "train.txt is a file; what is wanted is the folder that holds train.txt, dev.txt, test.txt" in err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("argv", [[], ["--treebank"], ["--treebank", "x", "--draw", "0"]])
def test_a_treebank_has_to_be_named_and_sentences_count_from_1(argv, capsys):
    with pytest.raises(SystemExit) as exit:
        _main(*argv)
    assert exit.value.code == 2


def test_help_has_an_example(capsys):
    with pytest.raises(SystemExit) as exit:
        _main("--help")
    assert exit.value.code == 0
    assert "example: python -m experiments sentiment --treebank trees" in capsys.readouterr().out


def _run(model, n, shares, epoch_medians=((0.5, 0.1), (0.4, 0.2))):
    test = dict(zip(NAMES, shares, strict=True))
    rows = [
        {
            "kind": "epoch", "epoch": k, "dev_accuracy": 0.1 * k,
            "ratios": {"depth": [1, 2], "count": [30, 7], "quantiles": [[0, 0, m, 1, 1] for m in medians]},
        }
        for k, medians in enumerate(epoch_medians)
    ]  # fmt: skip
    result = {
        "test": test,
        "dev": test,
        "epochs": 4,
        "best_epoch": n,
        "timing": {"trees_per_second": 1000.0 * n},
    }
    return Run(f"sentiment/{model}/{n}", {"model": model, "run": n}, 1, rows, result, [])


def test_the_table_has_means_and_deviations_over_the_runs_in_percent():
    runs = [
        _run("RLSTM", 1, [0.45, 0.8, 0.8, None]),
        _run("RNN", 1, [0.4] * 4),
        _run("RNN", 2, [0.42, 0.4, 0.4, 0.4]),
    ]
    guess = dict(zip(NAMES, [0.2, 0.5, 0.6, 0.7], strict=True))
    lines = report.as_markdown(runs, {"test": guess, "dev": {"root_fine": 0.25}}, 5, polarity(5)).splitlines()
    always = [line for line in lines if line.startswith("| always the most frequent class |")]
    assert always == 2 * ["| always the most frequent class | 20.0 | 50.0 | 60.0 | 70.0 | 25.0 | – |"]
    rows = [line for line in lines if line.startswith("| R")]
    assert rows[0].startswith("| RNN, 2 runs | 41.0 ± 1.4 | 40.0 ± 0.0 |")
    assert rows[1].startswith("| RLSTM, 1 run | 45.0 | 80.0 | 80.0 | – |")
    assert [row.split("|")[1].strip() for row in rows[2:]] == ["RNN 1", "RNN 2", "RLSTM 1"]
    assert "RNN: 1,500 trees per second" in report.speed(runs)


def test_the_figure_s_points_are_medians_over_the_runs_of_epochs_that_all_have():
    runs = [
        _run("RNN", 1, [0.4] * 4, [(0.5, 0.1), (0.4, 0.2)]),
        _run("RNN", 2, [0.4] * 4, [(0.3, 0.1), (0.6, 0.2), (0.9, 0.9)]),
        _run("RNN", 3, [0.4] * 4, [(0.1, 0.1), (0.5, 0.2), (0.9, 0.9)]),
    ]
    found = figures.ratios(runs)
    assert found["medians"] == [[0.3, 0.1], [0.5, 0.2]]
    assert (found["depths"], found["counts"]) == ([1, 2], [30, 7])
    assert found["dev_accuracy"] == pytest.approx([0.0, 0.1])


@pytest.mark.slow
@pytest.mark.skipif(
    "MINIGRAD_TREEBANK" not in os.environ, reason="MINIGRAD_TREEBANK names no treebank's folder"
)
def test_the_real_treebank_is_learned_as_well_as_the_readme_says(tmp_path, capsys):
    bank = os.environ["MINIGRAD_TREEBANK"]
    assert _main("--treebank", bank, "--out", tmp_path, "--scale", "paper", "--runs", 1, "--jobs", 2) == 0
    trees = data.read_treebank(data.Path(bank)).trees
    assert [len(part) for part in trees.values()] == [8544, 1101, 2210]
    found = {run.settings["model"]: run.result for run in finished(tmp_path)}
    assert found["RLSTM"]["test"]["root_fine"] > 0.43
    assert found["RLSTM"]["test"]["root_binary"] > 0.83
    assert found["RNN"]["test"]["root_binary"] > 0.81
