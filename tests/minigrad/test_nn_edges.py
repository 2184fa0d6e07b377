"""Modules, inits and dropout: arrays that stay the caller's own, defaults, settings at their bounds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from minigrad.nn import Dropout, Module, Parameter, initial, load_npz, save_npz
from tests.minigrad.test_nn import Inner, Outer, rng


def test_a_loaded_state_is_copied() -> None:
    model, state = Inner(), {"W": np.full((2, 2), 3, np.float32)}
    model.load_state_dict(state)
    state["W"][...] = 9
    assert (model.W.data == 3).all()
    model.W.data[...] = 5
    assert (state["W"] == 9).all()


def test_a_state_is_that_of_its_time() -> None:
    model = Outer()
    state = model.state_dict()
    before = {name: values.tobytes() for name, values in state.items()}
    for parameter in model.parameters():
        parameter.data += 1
    assert {name: values.tobytes() for name, values in state.items()} == before


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_module_of_another_dtype_shares_nothing_with_what_it_was(dtype: Any) -> None:
    model = Inner(np.float32)
    before = model.W.data
    model.astype(dtype).W.data[...] = 9
    assert before.tolist() == [[0, 1], [2, 3]]


def test_arrays_read_from_a_file_are_the_readers_own(tmp_path: Any) -> None:
    arrays = {"W": np.zeros(3), "b": np.zeros(3)}
    path = save_npz(tmp_path / "x.npz", arrays)
    arrays["W"][0] = 1
    one, other = load_npz(path), load_npz(path)
    one["W"][0] = 2
    assert [other["W"][0], one["b"][0], load_npz(path)["W"][0]] == [0, 0, 0]


@pytest.mark.parametrize(
    ("name", "options", "norm"),
    [("orthogonal", {"gain": 1.0}, 1.0), ("identity", {"gain": 1.0}, 1.0), ("spectral", {"norm": 1.0}, 1.0)],
)
def test_inits_have_their_defaults(name: str, options: Any, norm: float) -> None:
    drawn = initial(name, rng(), (5, 5), np.float64)
    np.testing.assert_array_equal(drawn, initial(name, rng(), (5, 5), np.float64, **options))
    assert np.linalg.norm(drawn, 2) == pytest.approx(norm, rel=1e-12)


def test_an_inits_array_is_new_each_time() -> None:
    for name in ("zeros", "identity"):
        one, other = (initial(name, rng(), (2, 2)) for _ in range(2))
        one[...] = 7
        assert other.max() <= 1


@pytest.mark.parametrize("shape", [(10, 1), (1,), (3, 2, 4)])
def test_fan_in_is_the_length_of_the_last_axis(shape: Any) -> None:
    bound = 1 / np.sqrt(shape[-1])
    values = initial("fan_in_uniform", rng(), shape, np.float64)
    np.testing.assert_array_equal(values, initial("uniform", rng(), shape, np.float64, bound=bound))
    assert np.abs(values).max() <= bound


def test_a_fan_in_of_1_is_the_least() -> None:
    assert np.abs(initial("fan_in_uniform", rng(), (50, 3), fan_in=1)).max() > 0.9
    with pytest.raises(ValueError, match="at least one input, not 0"):
        initial("fan_in_uniform", rng(), (2, 0))


def test_dropouts_probability_may_be_0_and_not_1() -> None:
    x = np.ones((50, 4))
    np.testing.assert_array_equal(Dropout(0.0, rng())(x).data, x)
    nearly = Dropout(float(np.nextafter(1, 0)), rng())(x).data
    assert (nearly == 0).all()
    for wrong in (1.0, -1e-300, np.nan, 1.5):
        with pytest.raises(ValueError, match=r"Dropout: p is a probability in \[0, 1\)"):
            Dropout(wrong, rng())


def test_dropout_keeps_the_mean() -> None:
    for p in (0.2, 0.5, 0.9):
        y = Dropout(p, rng())(np.ones((200, 200))).data
        np.testing.assert_allclose(y.max(), 1 / (1 - p), rtol=1e-12)
        assert (y == 0).mean() == pytest.approx(p, abs=0.01)
        assert y.mean() == pytest.approx(1, abs=0.04)


def test_modules_that_share_a_class_share_no_mode() -> None:
    one, other = Inner(), Inner()
    one.eval()
    assert other.training
    assert Module.training


def test_a_parameter_without_rows_and_one_of_one_element_are_parameters() -> None:
    for shape in ((0, 3), (), (1,)):
        model = Module()
        model.W = Parameter(np.zeros(shape))
        model.load_state_dict({"W": np.ones(shape)})
        assert model.state_dict()["W"].shape == shape
        assert model.state_dict()["W"].sum() == np.ones(shape).sum()
