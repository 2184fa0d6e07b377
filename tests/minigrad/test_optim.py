from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import minigrad as mg
from minigrad.nn import Parameter, StateError
from minigrad.optim import OPTIMIZERS, SGD, AdaGrad, Adam, AdamW, Optimizer, by_name

W = np.array([[1.0, -2.0], [3.0, 0.5], [-1.0, 4.0]])
ROWS = np.array([2, 0, 2])  # row 1 is not read, row 2 twice
G_DENSE = np.array([[0.5, -1.0], [2.0, 0.0], [1e-3, 3.0]])
G_ROWS = np.array([[1.0, 2.0], [-3.0, 0.5], [0.25, -1.0]])
G_SUMMED = np.array([[-3.0, 0.5], [0.0, 0.0], [1.25, 1.0]])

everyone = pytest.mark.parametrize("make", OPTIMIZERS.values(), ids=OPTIMIZERS)
dtypes = pytest.mark.parametrize("dtype", [np.float64, np.float32])


def parameter(dtype: Any = np.float64) -> Parameter:
    return Parameter(W.astype(dtype), name="W")


def give(p: Parameter, sparse: bool, scale: float = 1.0) -> None:
    if sparse:
        p.grad = mg.SparseRows(ROWS, (scale * G_ROWS).astype(p.dtype), len(W))
    else:
        p.grad = (scale * G_DENSE).astype(p.dtype)


def adagrad(
    gradients: list[np.ndarray], lr: float, eps: float, l2: float, read: Any, sgd: bool
) -> np.ndarray:
    """AdaGrad as Duchi et al. write it, on the rows that were read."""
    w, G, fresh = W.copy(), np.zeros_like(W), np.full(len(W), sgd)
    for gradient in gradients:
        for row in read:
            g = gradient[row] + l2 * w[row]
            G[row] += g * g
            w[row] -= lr * g if fresh[row] else lr * g / (np.sqrt(G[row]) + eps)
            fresh[row] = False
    return w


@dtypes
@pytest.mark.parametrize("l2", [0.0, 0.3])
@pytest.mark.parametrize("first_step", ["adagrad", "sgd"])
@pytest.mark.parametrize("sparse", [False, True])
def test_adagrad_is_its_formula(dtype: Any, l2: float, first_step: str, sparse: bool) -> None:
    p = parameter(dtype)
    optimizer = AdaGrad([p], lr=0.1, eps=1e-3, l2=l2, first_step=first_step)
    scales = (1.0, -0.5, 2.0)
    for scale in scales:
        give(p, sparse, scale)
        optimizer.step()
    gradients = [scale * (G_SUMMED if sparse else G_DENSE) for scale in scales]
    read = (0, 2) if sparse else (0, 1, 2)
    expected = adagrad(gradients, 0.1, 1e-3, l2, read, first_step == "sgd")
    np.testing.assert_allclose(p.data, expected, rtol=1e-13 if dtype is np.float64 else 1e-5)
    assert p.dtype == dtype


@everyone
@pytest.mark.parametrize("l2", [0.0, 0.3])
def test_rows_that_were_not_read_keep_every_bit(make: Callable[..., Optimizer], l2: float) -> None:
    p = parameter()
    give(p, sparse=True)
    make([p], lr=0.1, l2=l2).step()
    assert p.data[1].tobytes() == W[1].tobytes()
    assert (p.data[[0, 2]] != W[[0, 2]]).all()


def test_repeated_rows_are_summed_before_they_are_squared() -> None:
    p = Parameter(np.zeros((2, 1)))
    p.grad = mg.SparseRows(np.array([1, 1]), np.array([[3.0], [1.0]]), 2)
    optimizer = AdaGrad([p], lr=1.0, eps=0.0)
    optimizer.step()
    assert optimizer.state_dict()["G0"].tolist() == [[0.0], [16.0]]
    assert p.data.tolist() == [[0.0], [-1.0]]


def test_the_sgd_first_step_is_counted_by_row() -> None:
    p = Parameter(np.zeros((2, 1)))
    optimizer = AdaGrad([p], lr=1.0, eps=0.0, first_step="sgd")
    for rows in ([0], [0, 1]):
        p.grad = mg.SparseRows(np.array(rows), np.full((len(rows), 1), 3.0), 2)
        optimizer.step()
    np.testing.assert_allclose(p.data, [[-3 - 3 / np.sqrt(18)], [-3]], rtol=1e-14)


def test_the_sgd_first_step_is_counted_by_array() -> None:
    early, late = Parameter(np.zeros(1)), Parameter(np.zeros(1))
    optimizer = AdaGrad([early, late], lr=1.0, eps=0.0, first_step="sgd")
    early.grad = np.array([3.0])
    optimizer.step()
    late.grad = np.array([3.0])
    optimizer.step()
    np.testing.assert_allclose(early.data, [-3 - 3 / np.sqrt(18)], rtol=1e-14)
    assert late.data.tolist() == [-3.0]


@everyone
def test_groups_have_settings_of_their_own(make: Callable[..., Optimizer]) -> None:
    decayed, plain, alone = (Parameter(np.ones(2)) for _ in range(3))
    for p in (decayed, plain, alone):
        p.grad = np.zeros(2)
    groups = [
        {"params": [decayed], "l2": 0.5},
        {"params": [plain]},
        {"params": iter([alone]), "lr": 2.0, "l2": 0.5},
    ]
    make(groups, lr=0.1, **({"weight_decay": 0.0} if make is AdamW else {})).step()
    assert (decayed.data < 1).all()
    assert (plain.data == 1).all()
    assert (alone.data < decayed.data).all()


@everyone
def test_a_parameter_without_gradient_is_left_alone(make: Callable[..., Optimizer]) -> None:
    p = parameter()
    make([p], lr=0.1, l2=0.5).step()
    np.testing.assert_array_equal(p.data, W)


@pytest.mark.parametrize("make", [SGD, AdaGrad])
def test_a_number_can_be_a_parameter(make: Callable[..., Optimizer]) -> None:
    p = Parameter(np.array(2.0))
    (p * p).backward()
    make([p], lr=0.1).step()
    assert p.shape == ()
    assert p.data == pytest.approx(1.6 if make is SGD else 1.9)


@pytest.mark.parametrize("make", [SGD, AdaGrad])
@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"lr": -0.1}, "lr is -0.1; it can't be negative"),
        ({"lr": float("nan")}, "lr is nan"),
        ({"l2": -1.0}, "l2 is -1.0"),
    ],
)
def test_negative_settings_are_refused(make: Any, settings: dict[str, float], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        make([parameter()], **settings)
    with pytest.raises(ValueError, match=text):
        make([{"params": [parameter()], **settings}])


@pytest.mark.parametrize("make", [SGD, AdaGrad])
def test_wrong_groups_are_refused(make: Any) -> None:
    p = parameter()
    with pytest.raises(ValueError, match="'W' stands twice"):
        make([p, p])
    with pytest.raises(ValueError, match="'W' stands twice"):
        make([{"params": [p]}, {"params": [p]}])
    with pytest.raises(ValueError, match=r"has no option dampening; it has lr, .*l2, l1"):
        make([{"params": [p], "dampening": 0.9}])
    for nothing in ([], [{"params": []}]):
        with pytest.raises(ValueError, match=r"without parameters; pass model\.parameters\(\)"):
            make(nothing)


@pytest.mark.parametrize("wrong", [[np.ones(2)], [mg.tensor([1.0])], parameter(), [parameter() * 2]])
def test_only_leaves_that_require_a_gradient_can_be_optimised(wrong: Any) -> None:
    with pytest.raises(TypeError, match=r"as model\.parameters\(\) returns"):
        SGD(wrong)


def test_adagrad_refuses_other_first_steps_and_negative_eps() -> None:
    with pytest.raises(ValueError, match="first_step is 'adagrad' or 'sgd', not 'plain'"):
        AdaGrad([parameter()], first_step="plain")
    with pytest.raises(ValueError, match="eps is -1"):
        AdaGrad([parameter()], eps=-1)


RESUMED: dict[str, dict[str, Any]] = {
    "adagrad": {"first_step": "sgd"},
    "sgd": {"momentum": 0.9, "nesterov": True},
    "rmsprop": {},
    "adadelta": {},
    "adam": {},
    "adamw": {"weight_decay": 0.1},
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_resumed_run_goes_on_bit_by_bit(name: str) -> None:
    def optimizer(*parameters: Parameter) -> Optimizer:
        return by_name(name, parameters, lr=0.1, l2=1e-3, **RESUMED[name])

    def train(optimizer: Optimizer, table: Parameter, p: Parameter, steps: range) -> None:
        for k in steps:
            table.grad = mg.SparseRows(np.array([k % 3]), np.full((1, 2), 0.3 * k), 3)
            p.grad = np.sin(k + G_DENSE)
            optimizer.step()

    table, p = parameter(), parameter()
    whole = optimizer(table, p)
    train(whole, table, p, range(2))
    other_table, other = Parameter(table.data), Parameter(p.data)
    resumed = optimizer(other_table, other)
    resumed.load_state_dict({name: values.copy() for name, values in whole.state_dict().items()})
    train(whole, table, p, range(2, 6))
    train(resumed, other_table, other, range(2, 6))
    assert p.data.tobytes() == other.data.tobytes()
    assert table.data.tobytes() == other_table.data.tobytes()


@everyone
def test_many_parameters_take_the_steps_they_take_alone(make: Any) -> None:
    rng = np.random.default_rng(0)

    def run(optimizers: list[Optimizer], parameters: list[Parameter]) -> bytes:
        draws = np.random.default_rng(1)
        for step in range(3):
            for k, p in enumerate(parameters):
                g = draws.normal(size=p.shape).astype(p.dtype)
                p.grad = None if (k + step) % 5 == 0 else g
                if k % 7 == 6 and p.grad is not None:
                    p.grad = mg.SparseRows(np.array([2, 0, 2]), g, 3)
            for optimizer in optimizers:
                optimizer.step()
        return b"".join(p.data.tobytes() for p in parameters)

    arrays = [rng.normal(size=(3, 1 + k % 4)).astype([np.float32, np.float64][k % 3 == 1]) for k in range(21)]
    together, alone = ([Parameter(x) for x in arrays] for _ in range(2))
    settings: dict[str, Any] = {"lr": 0.1, "l2": 0.1}
    many = run([make(together, **settings)], together)
    assert many == run([make([p], **settings) for p in alone], alone)


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize(
    "rebind",
    [
        lambda x: x.copy(),
        np.asfortranarray,
        lambda x: np.repeat(x, 2, axis=1)[:, ::2],
        lambda x: x.astype(np.float32),
    ],
    ids=["copy", "Fortran", "strided", "float32"],
)
def test_data_that_were_replaced_are_updated_in_place(rebind: Any, sparse: bool) -> None:
    # A flat copy of an array in another memory order would swallow the update.
    p, twin = parameter(), parameter()
    optimizers = [AdaGrad([q], lr=0.1, l2=0.1) for q in (p, twin)]
    for step in range(3):
        if step == 1:
            p.data = data = rebind(p.data)
        for q, optimizer in zip((p, twin), optimizers, strict=True):
            q.grad = mg.SparseRows(ROWS, G_ROWS, 3) if sparse else G_DENSE
            optimizer.step()
    assert p.data is data
    np.testing.assert_allclose(data, twin.data, rtol=1e-6 if data.dtype == np.float32 else 1e-13)


def test_data_of_another_shape_are_refused() -> None:
    p = parameter()
    optimizer = AdaGrad([p])
    p.data = np.zeros((2, 2))
    p.grad = np.ones((2, 2))
    with pytest.raises(mg.ShapeError, match=r"'W' had the shape \(3, 2\).* has \(2, 2\) now"):
        optimizer.step()


@pytest.mark.parametrize(
    "gradient",
    [
        np.broadcast_to(2.0, (3, 2)),
        np.full((3, 4), 2.0)[:, ::2],
        np.full((3, 2), 2.0, np.float32),
        np.full((3, 2), 2.0, order="F"),
    ],
    ids=["read-only", "strided", "float32", "Fortran"],
)
def test_gradients_of_any_layout(gradient: np.ndarray) -> None:
    p = parameter()
    p.grad = gradient
    AdaGrad([p], lr=0.5).step()
    np.testing.assert_allclose(p.data, W - 0.5, atol=1e-9)


@pytest.mark.parametrize("shape", [(4,), (4, 2, 3)])
def test_sparse_steps_on_tables_of_any_number_of_axes(shape: tuple[int, ...]) -> None:
    p = Parameter(np.ones(shape))
    mg.sum(p[np.array([3, 1, 3])]).backward()
    AdaGrad([p], lr=0.5).step()
    np.testing.assert_allclose(p.data[[1, 3]], 0.5, rtol=1e-9)
    np.testing.assert_array_equal(p.data[[0, 2]], 1.0)


def test_a_state_of_other_parameters_is_refused() -> None:
    optimizer = AdaGrad([parameter()])
    others = (AdaGrad([Parameter(np.zeros(3))]), Adam([parameter()]))
    for state in ({}, {"G0": W}, *(other.state_dict() for other in others)):
        with pytest.raises(StateError, match=r"do not fit this optimiser|has shape .* here"):
            optimizer.load_state_dict(state)
    assert SGD([parameter()]).state_dict() == {}
    SGD([parameter()]).load_state_dict({})
    with pytest.raises(StateError, match=r"SGD keeps no state, but was given \['G0'\]"):
        SGD([parameter()]).load_state_dict({"G0": W})


@pytest.mark.parametrize("make", [SGD, AdaGrad])
def test_a_step_before_backward_of_an_older_graph_is_noticed(make: Any) -> None:
    p = parameter()
    optimizer = make([p])
    loss = mg.sum(mg.tensor(W) @ p.T)
    give(p, sparse=False)
    optimizer.step()
    with pytest.raises(mg.GraphError, match="changed in place"):
        loss.backward()


def test_zero_grad_forgets_the_gradients_of_all_groups() -> None:
    p, q = parameter(), parameter()
    give(p, sparse=False)
    give(q, sparse=True)
    SGD([{"params": [p]}, {"params": [q], "lr": 1.0}]).zero_grad()
    assert p.grad is None
    assert q.grad is None


@pytest.mark.parametrize(("sparse", "l2"), [(False, 0.0), (False, 0.1), (True, 0.0)])
def test_adagrad_takes_the_steps_of_pytorch(sparse: bool, l2: float) -> None:
    torch = pytest.importorskip("torch")
    p = parameter()
    theirs = torch.nn.Parameter(torch.tensor(W))
    optimizer = AdaGrad([p], lr=0.1, eps=1e-10, l2=l2)
    reference = torch.optim.Adagrad([theirs], lr=0.1, eps=1e-10, weight_decay=l2)
    for scale in (1.0, -0.3, 5.0):
        give(p, sparse, scale)
        optimizer.step()
        theirs.grad = torch.tensor(scale * (G_ROWS if sparse else G_DENSE))
        with torch.sparse.check_sparse_tensor_invariants(True):  # PyTorch warns unless told yes or no
            if sparse:
                theirs.grad = torch.sparse_coo_tensor(torch.tensor(ROWS)[None], theirs.grad, W.shape)
            reference.step()
        np.testing.assert_allclose(p.data, theirs.detach().numpy(), rtol=1e-12)
