"""The twins: what is measured of a minibatch is what the equations say, and watching changes nothing."""

from __future__ import annotations

import functools
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

import models
from experiments import sweep
from experiments.__main__ import main
from experiments.paper.data import CLASSES, KEYWORDS, VOCABULARY, keyword_rows, sentences
from experiments.paper.why import mechanism, mechanism_page
from experiments.paper.why.figures import mechanism_figure
from experiments.sweep import finished
from experiments.training import Watcher, fit
from experiments.training.ratios import gradient_ratios
from minigrad.optim import AdaGrad


def _parts():
    rng = np.random.default_rng(0)
    train = sentences(rng, 70, (3, 6))
    model = models.TreeClassifier(models.RLSTM(5, rng), VOCABULARY, CLASSES, rng)
    return model, train, AdaGrad(model.parameters(), lr=0.05, l2=1e-3), rng


class _Losses(Watcher):
    """The losses that the loop itself adds up."""

    def epoch(self, epoch):
        self.loss = epoch.loss


def test_twins_differ_in_l2_on_words_only():
    with_l2, without = (job.json for job in mechanism.jobs("paper", 78))
    assert {key for key in with_l2 if with_l2[key] != without[key]} == {"l2_words"}
    assert (with_l2["l2_words"], without["l2_words"]) == (1e-3, 0.0)
    assert with_l2["min_epochs"] == with_l2["max_epochs"] == 10


def test_losses_are_those_before_the_update():
    model, train, optimizer, rng = _parts()
    windows, losses = mechanism.Windows(model), _Losses()
    fit(model, optimizer, train, train, batch_size=1, rng=rng, max_epochs=1, mode="level",
        watchers=[windows, losses])  # fmt: skip
    means = windows.of_epoch["loss"]
    assert len(means) == 4  # windows of 20, 20, 20 and 10 minibatches
    assert np.average(means, weights=[20, 20, 20, 10]) == pytest.approx(losses.loss, rel=1e-3)


def test_norms_and_gradients_are_those_of_the_minibatch():
    model, train, _, _ = _parts()
    windows = mechanism.Windows(model)
    batch = train.select(range(6))
    leaves = np.flatnonzero((batch.left < 0) & (batch.word >= KEYWORDS))
    batch.word[leaves[::2]] = KEYWORDS  # the first that is no keyword
    loss, states = model.loss(batch, "level")
    loss.backward()
    windows.batch(np.arange(6), batch, states)
    windows.epoch(None)
    found = {name: value for name, (value,) in windows.of_epoch.items()}
    keyword, gradient = keyword_rows(batch), np.asarray(states.h.grad)
    norms = np.linalg.norm(model.L.data, axis=1)
    pull = np.linalg.norm(gradient, axis=1)
    expected = {
        "loss": float(loss),
        "root": np.median(np.linalg.norm(states.h.data[batch.root], axis=1)),
        "ratio": np.median(gradient_ratios(batch, states, keyword_rows)[1]),
        "keywords": np.median(norms[:KEYWORDS]),
        "others": np.median(norms[KEYWORDS:]),
        "pull_keywords": np.median(pull[keyword] / norms[batch.word[keyword]]),
        "pull_others": np.median(pull[leaves] / norms[batch.word[leaves]]),
        "input": np.sqrt(_squares(model, "i")),
        "forget": np.sqrt(_squares(model, "f")),
        "candidate": np.sqrt(_squares(model, "c")),
        "output": np.sqrt(_squares(model, "o")),
    }
    assert found == pytest.approx(expected, rel=1e-3)


LINES = {
    "i": ("Wi1", "Wi2", "Wci1", "Wci2", "bi"),
    "f": ("Wf1", "Wf2", "Wcf1", "Wcf2", "bf"),
    "c": ("Wc1", "Wc2", "bc"),
    "o": ("Wo1", "Wo2", "Wco", "bo"),
}


def _squares(model, line):
    return sum(np.square(getattr(model.cell, name).data).sum() for name in LINES[line])


def test_every_parameter_stands_in_one_line_of_the_equations():
    rng = np.random.default_rng(0)
    for form in ("shared", "separate"):
        for name, _ in models.RLSTM(2, rng, leaf_weights=form).named_parameters():
            (line,) = [line for line, names in LINES.items() if name.partition(".")[0] in names]
            assert mechanism._line(name) == line


@pytest.fixture(scope="module")
def twins(tmp_path_factory):
    """Two runs of a few sentences, once for all tests."""
    out = tmp_path_factory.mktemp("twins")
    size = replace(mechanism.SCALES["smoke"], sizes={"train": 220, "dev": 20, "test": 20})
    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(1) as executor:
        patch.setattr("experiments.sweep.run", functools.partial(sweep.run, executor=executor))
        patch.setitem(mechanism.SCALES, "smoke", size)
        patch.setattr("viz.save_figure", lambda figure, path: None)
        patch.setitem(mechanism.EPOCHS, "smoke", 2)
        assert main(["why", "--mechanism", "--out", str(out)]) == 0
    return out


@pytest.mark.slow
def test_the_command_writes_rows_and_a_page(twins):
    runs = finished(twins)
    assert [run.name for run in runs] == [f"why/mechanism/{n}/RLSTM/length-04/1" for n in ("with", "without")]
    for run in runs:
        assert [len(row["windows"]["loss"]) for row in run.rows] == [3, 3]  # 44 minibatches in an epoch
    text = (twins / "why.md").read_text()
    assert text == mechanism_page.page(runs) + "\n"
    assert "| at minibatch | 120 |" in text  # no column of a minibatch that was not reached
    assert "L2 0 on words: no alert" in text


@pytest.mark.parametrize("option", [["--runs", "2"], ["--hours", "1"]])
def test_options_of_the_plan_are_refused(option, tmp_path, capsys):
    out = tmp_path / "none"
    assert main(["why", "--mechanism", "--out", str(out), *option]) == 2
    assert f"{option[0]}: not with --mechanism" in capsys.readouterr().err
    assert not out.exists()


def test_the_figure_has_both_runs_in_every_panel(twins):
    figure = mechanism_figure(finished(twins))
    panels = [axes for axes in figure.axes if axes.lines]
    assert len(panels) == 6
    for axes in panels:
        assert sum(len(line.get_xdata()) == 6 for line in axes.lines) == 2
