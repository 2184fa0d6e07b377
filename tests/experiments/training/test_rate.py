"""`fit(schedule=…)`: the rate of every update, what is recorded of it, and resumption."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from experiments.training import Watcher
from experiments.training.checkpoint import FORMAT
from experiments.training.recorded import recorded_fit
from minigrad.nn import StateError, load_document, save_document
from minigrad.optim import Cosine, Plateau, Schedule, StepDecay, WarmUp
from tests.experiments.training.test_loop import _fit, _setup


@dataclass
class Noted(Schedule):
    """Notes when it is asked, and what it is shown."""

    def __post_init__(self):
        self.asked, self.shown = [], []

    def at(self, time):
        self.asked.append(time)
        return 1 / (2 + time)

    def observe(self, time, score):
        self.shown.append((time, score))


class Rates(Watcher):
    def __init__(self, optimizer):
        self.optimizer, self.seen = optimizer, []

    def batch(self, trees, forest, states):
        self.seen.append(self.optimizer.lr_factor)


def _scores(*values):
    left = iter(values)
    return lambda model: next(left)


def test_it_is_asked_before_every_update_with_the_part_of_the_trees_that_was_trained_on():
    parts, schedule = _setup(n=50), Noted()
    rates = Rates(parts[1])
    epochs = _fit(*parts, schedule=schedule, max_epochs=2, watchers=[rates])  # of 20, 20 and 10 trees
    times = [0, 0.4, 0.8, 1, 1.4, 1.8]
    assert schedule.asked[-6:] == pytest.approx(times)
    assert rates.seen == pytest.approx([1 / (2 + time) for time in times])
    assert [epoch.lr_factor for epoch in epochs] == pytest.approx([1 / 2.8, 1 / 3.8])
    assert schedule.shown == [(epoch.number, epoch.dev_accuracy) for epoch in epochs]


def test_the_time_within_an_epoch_is_by_the_trees_of_that_epoch():
    model, optimizer, train, dev, rng = _setup(n=60)
    schedule = Noted()
    sizes = {1: 40, 2: 60}
    _fit(model, optimizer, lambda k: train[: sizes[k]], dev, rng, schedule=schedule, max_epochs=2)
    assert schedule.asked[-5:] == pytest.approx([0, 1 / 2, 1, 4 / 3, 5 / 3])


def test_a_scheduled_training_takes_the_steps_of_those_rates():
    """One epoch at 0.2 and one at 0.02, beside two trainings of one epoch each."""
    whole, halves = _setup(lr=0.2), _setup(lr=0.2)
    options = {"max_epochs": 2, "patience": 9, "score": _scores(0.1, 0.2)}
    epochs = _fit(*whole, schedule=StepDecay(1), **options)
    model, optimizer, *_ = halves
    _fit(*halves, max_epochs=1, score=_scores(0.1))
    optimizer.groups[0]["lr"] *= 0.1
    _fit(*halves, max_epochs=1, score=_scores(0.2))
    assert [epoch.lr_factor for epoch in epochs] == [1.0, 0.1]
    assert all(
        np.array_equal(values, model.state_dict()[name]) for name, values in whole[0].state_dict().items()
    )


class _Raise(Watcher):
    def epoch(self, epoch):
        raise KeyboardInterrupt


@pytest.mark.parametrize("stop", [False, True])
def test_afterwards_the_optimiser_has_the_rate_it_had(stop):
    parts = _setup()
    parts[1].lr_factor = 0.75
    if stop:
        with pytest.raises(KeyboardInterrupt):
            _fit(*parts, schedule=Cosine(9), watchers=[_Raise()])
    else:
        _fit(*parts, schedule=Cosine(9), max_epochs=2)
    assert parts[1].lr_factor == 0.75
    assert parts[1].groups[0]["lr"] == 0.05


def test_without_a_schedule_nothing_is_recorded_and_the_factor_is_left():
    parts = _setup()
    parts[1].lr_factor = 0.5
    seen = Rates(parts[1])
    (epoch,) = _fit(*parts, max_epochs=1, watchers=[seen])
    assert seen.seen == [0.5] * 3
    assert epoch.lr_factor == 0.5


def test_a_plateau_follows_the_score_and_begins_anew_with_every_training():
    schedule = Plateau(patience=2)
    for _ in range(2):
        scores = _scores(0.5, 0.4, 0.5, 0.6, 0.1, 0.2, 0.1)
        epochs = _fit(*_setup(), schedule=schedule, max_epochs=7, patience=9, score=scores)
        assert [epoch.lr_factor for epoch in epochs] == [1, 1, 1, 0.5, 0.5, 0.5, 0.25]


@pytest.mark.parametrize("make", [lambda: WarmUp(1.5, Cosine(9)), lambda: WarmUp(1, Plateau(patience=1))])
@pytest.mark.parametrize("cut", [1, 2, 3])
def test_a_resumed_training_goes_on_bit_by_bit(tmp_path, make, cut):
    def run(epochs, checkpoint=None):
        parts = _setup(lr=0.1)
        scores = _scores(*[0.5, 0.4, 0.3, 0.2, 0.6][cut if epochs == 5 and checkpoint else 0 :])
        found = _fit(
            *parts, schedule=make(), max_epochs=epochs, patience=9, score=scores, checkpoint=checkpoint,
            batch_size=7,
        )  # fmt: skip
        return found, {name: values.tobytes() for name, values in parts[0].state_dict().items()}

    path = tmp_path / "run.npz"
    whole = run(5)
    run(cut, path)
    assert run(5, path) == whole
    assert len({epoch.lr_factor for epoch in whole[0]}) > 2


@pytest.mark.parametrize(
    ("then", "now", "text"),
    [
        (Cosine(9), Cosine(10), r"the schedule was Cosine\(epochs=9, .*\), is Cosine\(epochs=10, .*\) now"),
        (None, Cosine(9), r"the schedule was None, is Cosine\(epochs=9"),
        (
            WarmUp(1, Plateau()),
            None,
            r"WarmUp\(epochs=1, then=Plateau\(factor=0\.5, .*start=0\.1\), is None now",
        ),
        (WarmUp(1, Plateau()), WarmUp(1, Plateau(patience=3)), "patience=2.*patience=3"),
    ],
)
def test_another_schedule_than_the_checkpoints_is_refused(tmp_path, then, now, text):
    path = tmp_path / "run.npz"
    _fit(*_setup(), schedule=then, checkpoint=path, max_epochs=1)
    with pytest.raises(StateError, match=text):
        _fit(*_setup(), schedule=now, checkpoint=path)


def test_a_checkpoint_of_an_earlier_version_goes_on_without_a_schedule(tmp_path):
    path = tmp_path / "run.npz"
    whole = _fit(*_setup(), patience=9)
    _fit(*_setup(), max_epochs=2, patience=9, checkpoint=path)
    header, arrays = load_document(path, FORMAT)
    del header["schedule"]
    for epoch in header["epochs"]:
        del epoch["lr_factor"]
    save_document(path, FORMAT, header, arrays)
    assert _fit(*_setup(), patience=9, checkpoint=path) == whole


def test_what_is_no_schedule_or_stands_still_is_refused_before_training(tmp_path):
    seen = []
    for wrong, error, text in (
        (lambda time: 0.5, TypeError, r"a schedule is a minigrad\.optim\.Schedule such as Cosine\(50\), not"),
        (
            Cosine(3),
            ValueError,
            r"learning rates is 0\.0 in epoch 4 of Cosine\(.*\); it is above 0, .* or train for fewer epochs",
        ),
    ):
        with pytest.raises(error, match=text):
            _fit(*_setup(), schedule=wrong, max_epochs=4, progress=seen.append)
    assert not seen
    assert len(_fit(*_setup(), schedule=Cosine(3), max_epochs=3, patience=9)) == 3

    class Nameless(Schedule):
        def at(self, time):
            return 0.5

    assert len(_fit(*_setup(), schedule=Nameless(), max_epochs=1)) == 1
    with pytest.raises(TypeError, match="Nameless has none of its own; make it a dataclass"):
        _fit(*_setup(), schedule=Nameless(), max_epochs=1, checkpoint=tmp_path / "run.npz")
    assert not (tmp_path / "run.npz").exists()


@pytest.mark.parametrize("bad", [float("nan"), -0.5, float("inf")])
def test_a_factor_that_is_none_within_an_epoch_is_an_error(bad):
    @dataclass
    class Sudden(Schedule):
        def at(self, time):
            return bad if 1 < time < 2 else 1.0

    model, optimizer, *rest = _setup()
    with pytest.raises(ValueError, match=f"learning rates is {bad} in epoch 2"):
        _fit(model, optimizer, *rest, schedule=Sudden())


@dataclass
class Jitter(Schedule):
    """Draws from a generator of its own."""

    seed: int

    def __post_init__(self):
        self.rng = np.random.default_rng(self.seed)

    def at(self, time):
        return self.rng.uniform(0.5, 1.5)


def test_a_schedules_own_generator_is_kept_too(tmp_path):
    path = tmp_path / "run.npz"
    options = {"patience": 9, "max_epochs": 4}
    whole = _fit(*_setup(), schedule=Jitter(1), **options)
    _fit(
        *_setup(),
        schedule=Jitter(1),
        checkpoint=path,
        patience=9,
        max_epochs=4,
        enough=lambda e: e.number == 2,
    )
    assert _fit(*_setup(), schedule=Jitter(1), checkpoint=path, **options) == whole


class _Recorder:
    def __init__(self, folder):
        self.rows, self.checkpoint, self.progress = [], folder / "checkpoint", None
        self.live = None
        self.row = self.rows.append

    def rewind(self, epochs):
        self.rows = [row for row in self.rows if row["epoch"] <= epochs]


@pytest.mark.parametrize("schedule", [None, StepDecay(1, 0.5)])
def test_rows_have_the_factor_where_there_is_a_schedule(tmp_path, schedule):
    model, optimizer, train, dev, rng = _setup()
    recorder = _Recorder(tmp_path)
    recorded_fit(
        recorder, model, optimizer, train, dev, epoch_0=True, batch_size=20, rng=rng, max_epochs=2,
        mode="level", schedule=schedule,
    )  # fmt: skip
    factors = [row.get("lr_factor", "none") for row in recorder.rows]
    assert factors == (["none"] * 3 if schedule is None else [None, 1.0, 0.5])
