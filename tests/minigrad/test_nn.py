from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn
from minigrad.nn import INITS, Module, Parameter, StateError, initial


class Inner(Module):
    def __init__(self, dtype: Any = np.float32) -> None:
        self.W = Parameter(np.arange(4, dtype=dtype).reshape(2, 2))
        self.note = "not a parameter"


class Outer(Module):
    def __init__(self) -> None:
        self.first = Inner()
        self.b = Parameter(np.zeros(3, np.float32))
        self.a = Parameter(np.ones((), np.float64))
        self.second = Inner()


@dataclass
class Held:
    """Not looked into, as any object that is no module."""

    W: Parameter


class Tied(Module):
    def __init__(self) -> None:
        self.one = Inner()
        self.other = Inner()
        self.other.W = self.one.W
        self.V = self.one.W


def test_parameters_come_in_order_of_assignment_own_ones_before_those_below() -> None:
    assert [name for name, _ in Outer().named_parameters()] == ["b", "a", "first.W", "second.W"]
    assert next(Outer().named_parameters("model."))[0] == "model.b"


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ([Parameter(np.zeros(2))], "Parameter"),
        ((1, Parameter(np.zeros(2))), "Parameter"),
        ({"one": [Parameter(np.zeros(2))]}, "Parameter"),
        ([Inner()], "Inner"),
        (deque([Inner()]), "Inner"),
        (np.array([None, Inner()], object), "Inner"),
        (Held(Parameter(np.zeros(2))), "Parameter"),
    ],
)
def test_parameters_and_modules_in_a_container_are_refused_with_the_cure(value: Any, kind: str) -> None:
    model = Inner()
    listed = "ParameterList" if kind == "Parameter" else "ModuleList"
    text = rf"Inner\.bs is a {type(value).__name__} that holds a {kind}, .*self\.bs = nn\.{listed}\(\[…\]\)"
    with pytest.raises(TypeError, match=text):
        model.bs = value
    assert "bs" not in vars(model)
    vars(model)["bs"] = value
    with pytest.raises(TypeError, match=text):
        model.parameters()


def test_a_parameter_put_into_a_list_later_is_refused_by_all_that_look_for_parameters() -> None:
    model = Outer()
    model.first.others = ["a", 1]
    assert len(model.parameters()) == 4
    model.first.others.append(Parameter(np.zeros(2)))
    for look in (model.parameters, model.state_dict, model.zero_grad, lambda: model.astype(np.float64)):
        with pytest.raises(TypeError, match=r"Inner\.others is a list"):
            look()


def test_a_shared_parameter_is_listed_once_and_stays_shared() -> None:
    model = Tied()
    assert [name for name, _ in model.named_parameters()] == ["V"]
    model.load_state_dict({"V": np.full((2, 2), 7)})
    assert model.one.W.data[0, 0] == 7
    model.astype(np.float64)
    assert model.V is model.one.W is model.other.W
    assert model.V.dtype == np.float64


def test_a_parameter_is_named_by_its_first_attribute_unless_it_has_a_name() -> None:
    model = Tied()
    assert model.V.name == "W"
    model.c = Parameter(np.zeros(1), name="given")
    assert model.c.name == "given"


def test_a_parameter_copies_and_requires_a_gradient() -> None:
    values = np.zeros(3)
    parameter = Parameter(values)
    values[0] = 1
    assert parameter.data[0] == 0
    assert parameter.requires_grad
    with mg.no_grad():
        assert Parameter(values).requires_grad
    assert Parameter(np.zeros((2, 3), order="F")).data.flags.c_contiguous


@pytest.mark.parametrize("data", [np.zeros(2, int), np.zeros(2, np.float16), ["a"], np.zeros(2, complex)])
def test_a_parameter_of_another_dtype_is_refused(data: Any) -> None:
    with pytest.raises(TypeError, match="float32 or float64"):
        Parameter(data)


def test_a_result_is_not_a_parameter() -> None:
    model = Outer()
    model.doubled = model.b * 2
    assert "doubled" not in dict(model.named_parameters())


def test_zero_grad_forgets_the_gradients_of_all_modules_below() -> None:
    model = Outer()
    (model.first.W.sum() + model.b.sum()).backward()
    assert model.first.W.grad is not None
    model.zero_grad()
    assert all(parameter.grad is None for parameter in model.parameters())


def test_train_and_eval_reach_all_modules_below() -> None:
    model = Outer()
    assert model.training
    assert model.first.training
    assert model.eval() is model
    assert not model.training
    assert not model.first.training
    assert model.train().second.training


def test_astype_converts_values_and_gradients_of_the_same_parameters() -> None:
    model = Inner()
    model.W.sum().backward()
    before = model.W
    assert model.astype(np.float64) is model
    assert model.W is before
    assert model.W.dtype == model.W.node.dtype == np.float64
    assert model.W.data.tolist() == [[0, 1], [2, 3]]
    assert model.W.name == "W"
    assert model.W.grad.dtype == np.float64
    assert model.W.grad.tolist() == [[1, 1], [1, 1]]
    with pytest.raises(TypeError, match="float32 or float64, not int64"):
        model.astype(int)
    assert model.W.dtype == np.float64


@pytest.mark.parametrize("kind", [mg.optim.SGD, mg.optim.AdaGrad, mg.optim.Adam])
@pytest.mark.parametrize("dtypes", [(np.float32, np.float64), (np.float64, np.float32)])
def test_an_optimiser_made_before_astype_moves_the_parameters(kind: Any, dtypes: Any) -> None:
    """And so do gradients that are flat, and a graph that was built before."""
    model, twin = Inner().astype(dtypes[0]), Inner().astype(dtypes[1])
    optimizers = [kind(m.parameters(), lr=0.1) for m in (model, twin)]
    loss = (model.W * model.W).sum()
    model.astype(dtypes[1])
    loss.backward()
    (twin.W * twin.W).sum().backward()
    for optimizer in optimizers:
        optimizer.step()
    assert model.W.dtype == model.W.grad.dtype == dtypes[1]
    np.testing.assert_allclose(model.W.data, twin.W.data, rtol=1e-6)
    assert (model.W.data[1] != Inner().W.data[1]).all()


def test_lists_of_parameters_and_modules_are_found() -> None:
    model = Module()
    model.W = nn.ParameterList(Parameter(np.full(2, k, float)) for k in range(12))
    model.layers = nn.ModuleList([Inner(), Inner()])
    model.W.append(Parameter(np.full(2, 12.0)))
    model.layers.extend([Inner()])
    names = [name for name, _ in model.named_parameters()]
    assert names == [*(f"W.{k}" for k in range(13)), *(f"layers.{k}.W" for k in range(3))]
    assert [p.name for p in model.W] == names[:13], "messages call them by these names, too"
    assert len(model.W) == 13
    assert model.W[-1].data[0] == 12
    assert [p.data[0] for p in model.W[9:11]] == [9, 10]
    sum((p.sum() for p in model.W), start=mg.tensor(0.0)).backward()
    mg.optim.SGD(model.W, lr=1.0).step()
    assert model.state_dict()["W.12"].tolist() == [11, 11]
    model.load_state_dict({name: values + 1 for name, values in model.state_dict().items()})
    assert model.W[12].data.tolist() == [12, 12]
    for wrong in (lambda: model.W.append(np.ones(2)), lambda: nn.ModuleList([Parameter(np.ones(2))])):
        with pytest.raises(TypeError, match=r"(Parameter|Module)List holds (Parameter|Module)s, not"):
            wrong()


def test_modules_that_refer_to_each_other_are_walked_once() -> None:
    model = Outer()
    model.first.parent = model.itself = model
    names = [name for name, _ in Outer().named_parameters()]
    assert [name for name, _ in model.named_parameters()] == names
    assert model.eval().first.training is False
    assert len(model.astype(np.float64).state_dict()) == len(names)
    deep = top = Module()
    for _ in range(3000):
        deep.below = Module()
        deep = deep.below
    deep.W = Parameter(np.ones(1))
    assert len(top.parameters()) == 1


def test_a_list_that_contains_itself_holds_no_parameters() -> None:
    model, items = Inner(), []
    items.append(items)
    model.items = items
    assert len(model.parameters()) == 1
    items.append({"more": (Parameter(np.ones(1)),)})
    with pytest.raises(TypeError, match="items is a list that holds a Parameter"):
        model.parameters()


def test_state_dict_is_a_copy() -> None:
    model = Inner()
    state = model.state_dict()
    state["W"][...] = 9
    assert model.W.data[0, 0] == 0


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"a": None}, r"missing \['a'\], unknown none"),
        ({"c": np.zeros(1)}, r"missing none, unknown \['c'\]"),
        ({"second.W": np.zeros((2, 3))}, r"second.W has shape \(2, 2\) here and \(2, 3\) in the state"),
        ({"a": np.zeros(1)}, r"a has shape \(\) here and \(1,\)"),
        ({"second.W": np.full((2, 2), "x")}, "second.W in the state holds <U1, not real numbers"),
        ({"second.W": np.full((2, 2), 1j)}, "second.W in the state holds complex128"),
        ({"second.W": np.full((2, 2), None)}, "second.W in the state holds object"),
    ],
)
def test_a_state_that_does_not_fit_changes_nothing(change: dict[str, Any], text: str) -> None:
    model = Outer()
    before = model.state_dict()
    state = {name: values + 1 for name, values in before.items()} | change
    with pytest.raises(StateError, match=text):
        model.load_state_dict({name: values for name, values in state.items() if values is not None})
    assert all(np.array_equal(before[name], values) for name, values in model.state_dict().items())


def test_loading_makes_backward_of_an_older_graph_an_error() -> None:
    model = Inner()
    loss = (model.W * model.W).sum()
    model.load_state_dict(model.state_dict())
    with pytest.raises(mg.GraphError, match="changed in place"):
        loss.backward()


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.mark.parametrize(
    ("name", "shape", "options", "bound"),
    [
        ("uniform", (200, 50), {"bound": 0.3}, 0.3),
        ("fan_in_uniform", (200, 25), {}, 0.2),
        ("fan_in_uniform", (200, 25), {"fan_in": 100}, 0.1),
    ],
)
def test_uniform_inits_fill_their_bounds(name: str, shape: Any, options: Any, bound: float) -> None:
    values = initial(name, rng(), shape, np.float64, **options)
    assert values.shape == shape
    assert np.abs(values).max() <= bound
    assert values.max() > 0.99 * bound
    assert values.min() < -0.99 * bound
    assert abs(values.mean()) < 0.02 * bound


@pytest.mark.parametrize("shape", [(4, 4), (6, 3), (3, 6), (1, 1)])
def test_orthogonal_has_orthonormal_rows_or_columns(shape: tuple[int, int]) -> None:
    q = initial("orthogonal", rng(), shape, np.float64, gain=2.0) / 2
    gram = q.T @ q if shape[0] >= shape[1] else q @ q.T
    np.testing.assert_allclose(gram, np.eye(min(shape)), atol=1e-14)


def test_orthogonal_draws_reflections_and_rotations_alike() -> None:
    generator = rng()
    signs = [np.linalg.det(initial("orthogonal", generator, (3, 3), np.float64)) for _ in range(200)]
    assert 70 < np.sum(np.array(signs) > 0) < 130


def test_identity_and_zeros_draw_nothing() -> None:
    generator = rng()
    np.testing.assert_array_equal(initial("identity", generator, (2, 3), gain=0.5), 0.5 * np.eye(2, 3))
    np.testing.assert_array_equal(initial("zeros", generator, (2, 3)), np.zeros((2, 3)))
    assert generator.random() == rng().random()


@pytest.mark.parametrize("name", INITS)
def test_every_init_is_repeatable_and_float32_unless_asked(name: str) -> None:
    options = {"uniform": {"bound": 1.0}, "constant": {"value": 1.0}}.get(name, {})
    one, other = (initial(name, rng(), (3, 3), **options) for _ in range(2))
    assert one.dtype == np.float32
    np.testing.assert_array_equal(one, other)


def test_inits_refuse_what_they_cannot_do() -> None:
    with pytest.raises(ValueError, match="no init 'xavier'; choose one of uniform, fan_in_uniform"):
        initial("xavier", rng(), (2, 2))
    with pytest.raises(TypeError, match=r"the init 'zeros': rng is a numpy\.random\.Generator, not int"):
        initial("zeros", 0, (2, 2))  # type: ignore[arg-type]
    for name in ("orthogonal", "identity"):
        with pytest.raises(ValueError, match=rf"{name}' makes matrices, not shape \(3,\)"):
            initial(name, rng(), (3,))
