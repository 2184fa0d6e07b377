"""One row per op, for the tests that every op has to pass."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.special

import minigrad as mg

Shape = tuple[int, ...]


def _alone(*shapes: Shape) -> tuple[tuple[Shape, ...], ...]:
    """Return shapes of single operands."""
    return tuple((shape,) for shape in shapes)


VECTORS = _alone((), (1,), (4,), (0,), (1, 1), (3, 5), (0, 5), (2, 1, 3))
PAIRS: tuple[tuple[Shape, ...], ...] = (
    ((), ()),
    ((3,), (3,)),
    ((3, 4), (4,)),
    ((3, 4), (3, 1)),
    ((3, 1), (1, 4)),
    ((1, 4), ()),
    ((), (2, 3)),
    ((2, 1, 3), (4, 1)),
    ((0, 4), (4,)),
    ((0, 1), (1, 3)),
    ((1,), (0,)),
)
MATRICES = _alone((1, 1), (3, 5), (1, 4), (0, 5), (5, 2))
SAME: tuple[tuple[Shape, ...], ...] = (((2, 3), (2, 3)), ((0, 3), (0, 3)), ((1, 1), (1, 1)))


@dataclass(frozen=True)
class Row:
    """An op with settings: what it is called, what it must equal, and on which operands to try it.

    `function` takes tensors, `oracle` arrays and `torch` (if torch has the op) torch's tensors. Operands
    are drawn from the open interval `domain`. An op of two operands takes two square matrices, if `square`.
    """

    name: str
    function: Callable[..., Any]
    oracle: Callable[..., Any]
    shapes: tuple[tuple[Shape, ...], ...]
    domain: tuple[float, float] = (-2.0, 2.0)
    torch: Callable[..., Any] | None = None
    setting: str = ""
    square: bool = True

    def __str__(self) -> str:
        return f"{self.name}({self.setting})" if self.setting else self.name

    def operands(self, shapes: tuple[Shape, ...], dtype: Any = np.float64) -> list[np.ndarray]:
        rng = np.random.default_rng([len(shapes), *(n for shape in shapes for n in shape)])
        return [np.asarray(rng.uniform(*self.domain, shape), dtype) for shape in shapes]


CONDITION = np.array([True, False, True, True])
ROWS_READ = np.array([2, 0, 2, 4])
LABELS = np.array([1, 0, 1, 1, 0])


def _torch(name: str, *path: str, **settings: Any) -> Callable[..., Any]:
    """Return torch's function of that name; torch itself is looked up at the call."""

    def call(*xs: Any) -> Any:
        import torch

        home: Any = torch
        for step in path:
            home = getattr(home, step)
        return getattr(home, name)(*xs, **settings)

    return call


def _mask(shape: Shape) -> np.ndarray:
    return (np.random.default_rng(7).random(shape) >= 0.4) / 0.6


def _softmax(x: np.ndarray, axis: int = -1) -> np.ndarray:
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def _losses(x: np.ndarray) -> np.ndarray:
    return -np.log(_softmax(x))[np.arange(len(x)), LABELS[: len(x)]]


def _general_losses(
    x: np.ndarray, reduction: str, weight: Any = None, ignore_index: Any = None, label_smoothing: float = 0
) -> Any:
    """Return the loss as PyTorch's manual has it, row by row."""
    log_p, w = np.log(_softmax(x)), np.ones(x.shape[1]) if weight is None else np.array(weight)
    losses, counts = np.zeros(len(x)), 0.0
    for i, y in enumerate(LABELS[: len(x)]):
        if y != ignore_index:
            losses[i] = -(1 - label_smoothing) * w[y] * log_p[i, y] - label_smoothing * (w * log_p[i]).mean()
            counts += w[y]
    return losses if reduction == "none" else losses.sum() / (counts if reduction == "mean" else 1)


def _head_loss(x: np.ndarray, W: np.ndarray, b: np.ndarray, rows: Any = slice(None)) -> Any:
    return _losses(x[rows] @ W.T + b)


def _torch_cross_entropy(reduction: str, **options: Any) -> Callable[..., Any]:
    def call(x: Any) -> Any:
        import torch

        made = options | {"weight": torch.tensor(options["weight"]).to(x)} if "weight" in options else options
        labels = torch.tensor(LABELS[: len(x)])
        return torch.nn.functional.cross_entropy(x, labels, reduction=reduction, **made)

    return call


def _elementwise(name: str, oracle: Callable[..., Any], torch: Callable[..., Any], **rest: Any) -> Row:
    return Row(name, getattr(mg, name), oracle, VECTORS, torch=torch, **rest)


def _pair(name: str, oracle: Callable[..., Any], torch: Callable[..., Any], **rest: Any) -> Row:
    return Row(name, getattr(mg, name), oracle, PAIRS, torch=torch, **rest)


def _reductions(name: str, oracle: Callable[..., Any], empty: bool) -> list[Row]:
    full = ((3, 4), (1, 1), (4, 1))
    some = ((0, 4), *full) if empty else full
    op = getattr(mg, name)

    def row(shapes: tuple[Shape, ...], **axes: Any) -> Row:
        setting = ", ".join(f"{key}={value}" for key, value in axes.items())
        torch_axes = {{"axis": "dim", "keepdims": "keepdim"}[key]: value for key, value in axes.items()}
        peer = _torch({"max": "amax", "min": "amin"}.get(name, name), **torch_axes) if axes else None
        return Row(
            name,
            lambda x: op(x, **axes),
            lambda x: oracle(x, **axes),
            _alone(*shapes),
            torch=peer,
            setting=setting,
        )

    return [
        row((*some, (), (2,))),
        row(((0, 4), *full, (2, 3, 2)), axis=1),
        row((*some, (2, 3, 2)), axis=-2, keepdims=True),
        row((*full, (2, 0, 3), (2, 3, 2)), axis=(0, -1)),
    ]


def _logsumexp(x: np.ndarray, **axes: Any) -> np.ndarray:
    return np.log(np.exp(x).sum(**axes))


def _fused_reductions(
    name: str, oracle: Callable[..., Any], shapes: tuple[Shape, ...] = ((4,), (3, 4), (2, 3, 2)), **rest: Any
) -> list[Row]:
    """Return rows with NumPy's axes for what torch calls otherwise."""
    op = getattr(mg, name)
    axes: tuple[dict[str, Any], ...] = ({}, {"axis": -1}, {"axis": (0, -1), "keepdims": True}, {"axis": 0})
    return [
        Row(
            name,
            lambda x, s=settings: op(x, **s, **rest),
            lambda x, s=settings: oracle(x, **s, **rest),
            _alone(*(s for s in shapes if len(s) > 1 or not isinstance(settings.get("axis"), tuple))),
            setting=", ".join(f"{key}={value}" for key, value in (settings | rest).items()),
        )
        for settings in axes
    ]


def _norm(x: np.ndarray, axis: Any = None, keepdims: bool = False) -> Any:
    return np.sqrt((x * x).sum(axis=axis, keepdims=keepdims))


def _layer_norm(x: np.ndarray, axis: Any = -1, eps: float = 1e-5) -> Any:
    return (x - x.mean(axis, keepdims=True)) / np.sqrt(x.var(axis, keepdims=True) + eps)


def _gelu(x: np.ndarray) -> Any:
    return x * scipy.special.ndtr(x)


def _bilinear(x: np.ndarray, y: np.ndarray, W: np.ndarray) -> Any:
    return np.stack([((x @ matrix) * y).sum(-1) for matrix in W], axis=-1) if len(W) else x[..., :0]


def _einsum(subscripts: str, *shapes: tuple[Shape, Shape], torch: bool = True) -> Row:
    return Row(
        "einsum",
        lambda x, y: mg.einsum(subscripts, x, y),
        lambda x, y: np.einsum(subscripts, x, y),
        shapes,
        torch=(lambda x, y: _torch("einsum")(subscripts, x, y)) if torch else None,
        setting=subscripts,
        square=[*map(len, shapes[0])] == [2, 2],
    )


def _index(setting: str, index: Any, shapes: tuple[Shape, ...]) -> Row:
    return Row(
        "getitem", lambda x: x[index], lambda x: x[index], tuple((s,) for s in shapes), setting=setting
    )


TABLE: tuple[Row, ...] = (
    _pair("add", np.add, _torch("add")),
    _pair("sub", np.subtract, _torch("sub")),
    _pair("mul", np.multiply, _torch("mul")),
    _pair("div", np.divide, _torch("div"), domain=(0.5, 2.0)),
    _pair("pow", np.power, _torch("pow"), domain=(0.5, 2.0)),
    _pair("maximum", np.maximum, _torch("maximum")),
    _pair("minimum", np.minimum, _torch("minimum")),
    Row("pow", lambda x: x**2, lambda x: x**2, VECTORS, torch=lambda x: x**2, setting="square"),
    Row("pow", lambda x: x**-1.0, lambda x: x**-1.0, VECTORS, (0.5, 2.0), lambda x: x**-1, "y=-1"),
    Row("pow", lambda x: 2.0**x, lambda x: 2.0**x, VECTORS, torch=lambda x: 2**x, setting="2**x"),
    Row("sub", lambda x: 1 - x, lambda x: 1 - x, VECTORS, torch=lambda x: 1 - x, setting="1-x"),
    Row("div", lambda x: 1 / x, lambda x: 1 / x, VECTORS, (0.5, 2.0), lambda x: 1 / x, "1/x"),
    Row(
        "where",
        lambda x, y: mg.where(CONDITION, x, y),
        lambda x, y: np.where(CONDITION, x, y),
        (((3, 4), (4,)), ((), (3, 4)), ((3, 1), (1, 4)), ((4,), (4,)), ((0, 4), (1, 1))),
    ),
    _elementwise("neg", np.negative, _torch("neg")),
    _elementwise("exp", np.exp, _torch("exp")),
    _elementwise("log", np.log, _torch("log"), domain=(0.2, 3.0)),
    _elementwise("sqrt", np.sqrt, _torch("sqrt"), domain=(0.2, 3.0)),
    _elementwise("abs", np.abs, _torch("abs")),
    _elementwise("tanh", np.tanh, _torch("tanh")),
    _elementwise("sigmoid", lambda x: 1 / (1 + np.exp(-x)), _torch("sigmoid")),
    _elementwise("relu", lambda x: x * (x > 0), _torch("relu")),
    _elementwise("softsign", lambda x: x / (1 + np.abs(x)), _torch("softsign", "nn", "functional")),
    _elementwise("softplus", lambda x: np.log(1 + np.exp(x)), _torch("softplus", "nn", "functional")),
    _elementwise("silu", lambda x: x / (1 + np.exp(-x)), _torch("silu", "nn", "functional")),
    _elementwise("sin", np.sin, _torch("sin")),
    _elementwise("cos", np.cos, _torch("cos")),
    _elementwise("erf", scipy.special.erf, _torch("erf")),
    _elementwise("erf", scipy.special.erf, _torch("erf"), domain=(-7.0, 7.0), setting="wide"),
    _elementwise("gelu", _gelu, _torch("gelu", "nn", "functional")),
    *[
        Row(
            "clip",
            lambda x, bounds=bounds: mg.clip(x, **bounds),
            lambda x, bounds=bounds: np.clip(x, bounds.get("min"), bounds.get("max")),
            VECTORS,
            torch=_torch("clamp", **bounds),
            setting=setting,
        )
        for setting, bounds in (
            ("both", {"min": -0.5, "max": 1}), ("min", {"min": 0.25}), ("max", {"max": -1}),
        )
    ],
    Row(
        "clip",
        lambda x: x.clip(np.array([[0], [1]], np.float32), np.float64(1.5)),
        lambda x: np.clip(x, [[0], [1]], 1.5),
        (((3,),), ((2, 3),), ((1, 1),), ((0,),)),
        setting="arrays",
    ),
    *_reductions("sum", np.sum, empty=True),
    *_reductions("mean", np.mean, empty=False),
    *_reductions("max", np.max, empty=False),
    *_reductions("min", np.min, empty=False),
    *_reductions("logsumexp", _logsumexp, empty=False),
    *_fused_reductions("prod", np.prod, ((4,), (3, 4), (2, 3, 2), (0, 3), (3, 0), (1, 1))),
    *_fused_reductions("norm", _norm, ((4,), (3, 4), (2, 3, 2), (0, 3), (1, 1))),
    *_fused_reductions("var", np.var),
    *_fused_reductions("std", np.std),
    *_fused_reductions("var", np.var, ((4,), (3, 4), (2, 3, 2)), ddof=1),
    *_fused_reductions("std", np.std, ((4,), (3, 4), (2, 3, 2)), ddof=1),
    Row("prod", mg.prod, np.prod, _alone((), (3, 2)), torch=_torch("prod"), setting="torch"),
    Row("norm", mg.norm, _norm, _alone((), (3, 2)), torch=_torch("norm"), setting="torch"),
    Row(
        "var",
        lambda x: mg.var(x, 1),
        lambda x: x.var(1),
        _alone((3, 2), (3, 1)),
        torch=_torch("var", dim=1, correction=0),
        setting="torch",
    ),
    # torch warns of no rows
    Row("var", lambda x: mg.var(x, 1), lambda x: x.var(1), _alone((0, 2)), setting="no rows"),
    Row(
        "std",
        lambda x: mg.std(x, ddof=1),
        lambda x: x.std(ddof=1),
        _alone((3, 2), (4,)),
        torch=_torch("std"),
        setting="torch",
    ),
    *[
        Row(
            "cumsum",
            lambda x, axis=axis: x.cumsum(axis),
            lambda x, axis=axis: x.cumsum(axis),
            shapes,
            torch=None if axis is None else _torch("cumsum", dim=axis),
            setting=f"axis={axis}",
        )
        for axis, shapes in (
            (None, _alone((), (4,), (2, 3), (0, 3))),
            (0, _alone((4,), (1, 3), (3, 2), (0, 2))),
            (-2, _alone((2, 3, 2), (3, 0))),
        )
    ],
    Row(
        "layer_norm",
        mg.layer_norm,
        _layer_norm,
        _alone((4,), (3, 5), (0, 5), (2, 1, 3), (3, 1)),
        torch=lambda x: _torch("layer_norm", "nn", "functional")(x, x.shape[-1:]),
    ),
    Row(
        "layer_norm",
        lambda x, weight, bias: mg.layer_norm(x, weight, bias, axis=(0, -1), eps=0.1),
        lambda x, weight, bias: _layer_norm(x, (0, -1), 0.1) * weight + bias,
        (((2, 3, 4), (4,), (4,)), ((3, 4), (3, 4), (1,))),
        setting="axes, weight, bias",
    ),
    Row("layer_norm", lambda x: mg.layer_norm(x, eps=0), lambda x: _layer_norm(x, eps=0), MATRICES[1:2]),
    Row(
        "bilinear",
        mg.bilinear,
        _bilinear,
        (
            ((4, 3), (4, 2), (5, 3, 2)),
            ((3,), (2,), (1, 3, 2)),
            ((0, 3), (0, 2), (2, 3, 2)),
            ((2, 2, 1), (2, 2, 1), (3, 1, 1)),
        ),
        torch=lambda x, y, W: _torch("bilinear", "nn", "functional")(x, y, W),
    ),
    Row(
        "bilinear",
        mg.bilinear,
        lambda x, y, W, b: _bilinear(x, y, W) + b,
        (((4, 3), (4, 2), (5, 3, 2), (5,)),),
        torch=lambda x, y, W, b: _torch("bilinear", "nn", "functional")(x, y, W, b),
        setting="bias",
    ),
    _einsum("ij,jk->ik", ((2, 3), (3, 4)), ((0, 3), (3, 2)), ((2, 0), (0, 2)), ((1, 3), (3, 1))),
    _einsum("bi,bj->bij", ((3, 2), (3, 4)), ((0, 2), (0, 1)), ((3, 2), (1, 4))),
    _einsum("i,i->", ((3,), (3,)), ((0,), (0,)), ((1,), (4,))),
    _einsum("i,j", ((3,), (2,)), ((0,), (3,))),
    _einsum("ba,cb", ((3, 2), (4, 3)), ((3, 2), (4, 1))),
    _einsum(" ij , k -> k j ", ((2, 3), (2,)), ((0, 3), (2,)), ((2, 3), (0,))),
    _einsum("ijk,ilm->jm", ((2, 3, 4), (2, 1, 3))),
    _einsum(",i->i", ((), (3,))),
    _einsum("ii,ij->j", ((3, 3), (3, 2)), ((0, 0), (0, 2))),
    _einsum("iji,k->ji", ((2, 3, 2), (4,)), ((1, 0, 1), (2,))),
    Row(
        "matmul",
        mg.matmul,
        np.matmul,
        (
            ((3, 4), (4, 2)),
            ((1, 1), (1, 1)),
            ((0, 4), (4, 2)),
            ((3, 0), (0, 2)),
            ((4,), (4,)),
            ((4,), (4, 2)),
            ((3, 4), (4,)),
            ((2, 3, 4), (4, 2)),
            ((3, 4), (2, 4, 2)),
            ((2, 3, 4), (2, 4, 2)),
            ((2, 1, 3, 4), (5, 4, 2)),
            ((2, 3, 4), (4,)),
            ((4,), (2, 4, 3)),
            ((0, 3, 4), (4, 2)),
        ),
        torch=_torch("matmul"),
    ),
    Row("transpose", mg.transpose, np.transpose, VECTORS, setting="reversed"),
    Row("transpose", lambda x: x.T, lambda x: x.T, MATRICES, torch=lambda x: x.T, setting=".T"),
    Row(
        "transpose",
        lambda x: mg.transpose(x, (1, -1, 0)),
        lambda x: x.transpose(1, 2, 0),
        (((2, 3, 4),), ((0, 1, 2),)),
        torch=lambda x: x.permute(1, 2, 0),
        setting="axes",
    ),
    Row(
        "transpose",
        lambda x: x.transpose(2, 0, -2),
        lambda x: x.transpose(2, 0, 1),
        (((2, 3, 4),), ((0, 1, 2),)),
        torch=lambda x: x.permute(2, 0, 1),
        setting="axis by axis",
    ),
    Row("reshape", lambda x: x.reshape(-1), lambda x: x.reshape(-1), VECTORS, setting="-1"),
    Row("reshape", lambda x: mg.reshape(x, (5, 3)), lambda x: x.reshape(5, 3), (((3, 5),), ((15,),))),
    Row("squeeze", mg.squeeze, np.squeeze, VECTORS, torch=_torch("squeeze")),
    Row(
        "squeeze",
        lambda x: x.squeeze((0, -2)),
        lambda x: x.squeeze((0, -2)),
        _alone((1, 1, 3), (1, 1, 1), (1, 0, 1, 2)),
        setting="axes",
    ),
    Row(
        "expand_dims",
        lambda x: mg.expand_dims(x, 1),
        lambda x: np.expand_dims(x, 1),
        _alone((3,), (2, 3), (0, 2), (1,)),
        torch=_torch("unsqueeze", dim=1),
    ),
    Row(
        "expand_dims",
        lambda x: mg.expand_dims(x, (0, -1)),
        lambda x: np.expand_dims(x, (0, -1)),
        VECTORS,
        setting="axes",
    ),
    Row(
        "broadcast_to",
        lambda x: mg.broadcast_to(x, (2, 3, 4)),
        lambda x: np.broadcast_to(x, (2, 3, 4)),
        _alone((), (4,), (3, 1), (1, 3, 4), (2, 3, 4)),
        torch=lambda x: x.broadcast_to(2, 3, 4),
    ),
    Row("broadcast_to", lambda x: mg.broadcast_to(x, 3), lambda x: np.broadcast_to(x, 3), _alone((), (1,))),
    Row(
        "broadcast_to",
        lambda x: mg.broadcast_to(x, (0, 3)),
        lambda x: np.broadcast_to(x, (0, 3)),
        _alone((3,), (1, 3), (0, 1)),
        setting="nothing",
    ),
    Row(
        "concat",
        lambda *xs: mg.concat(xs),
        lambda *xs: np.concatenate(xs),
        (((2, 3), (1, 3), (0, 3)), ((4,),)),
    ),
    Row(
        "concat",
        lambda *xs: mg.concat(xs, axis=-1),
        lambda *xs: np.concatenate(xs, axis=-1),
        (((2, 3), (2, 1)), ((0, 3), (0, 2)), ((2, 0), (2, 0), (2, 1))),
        torch=lambda *xs: _torch("concat", dim=-1)(xs),
        setting="axis=-1",
    ),
    Row("stack", lambda *xs: mg.stack(xs), lambda *xs: np.stack(xs), (*SAME, ((), ()), ((3,),))),
    Row(
        "stack",
        lambda *xs: mg.stack(xs, axis=-1),
        lambda *xs: np.stack(xs, axis=-1),
        (*SAME, ((2,), (2,), (2,))),
        torch=lambda *xs: _torch("stack", dim=-1)(xs),
        setting="axis=-1",
    ),
    Row("split", lambda x: mg.split(x, 2)[1], lambda x: np.split(x, 2)[1], (((4, 3),), ((2,),), ((0, 2),))),
    Row(
        "split",
        lambda x: mg.split(x, [1, 0, 2], axis=-1)[2],
        lambda x: x[..., 1:],
        (((4, 3),), ((3,),), ((0, 3),)),
        setting="lengths",
    ),
    _index("integer", -2, ((3,), (3, 4), (2, 1, 3))),
    _index("slice", slice(None, None, -2), ((5,), (5, 3), (0, 3), (1, 3))),
    _index("repeated rows", np.array([0, 1, 0, -1]), ((3,), (3, 4), (2, 2, 2))),
    _index("no rows", np.array([], np.intp), ((3,), (3, 4))),
    _index("mask of rows", np.array([True, False, True]), ((3,), (3, 4))),
    _index("element", (1, -1), ((3, 4), (2, 1))),
    _index("columns", (slice(None), [0, 0, 2]), ((2, 3), (0, 3))),
    _index("pairs", ([0, 1, 0], [2, 0, 2]), ((2, 3),)),
    _index("new axis", (None, ..., 0), ((2, 3), (3,))),
    Row("gather", lambda x: mg.gather(x, ROWS_READ), lambda x: x[ROWS_READ], (((5, 3),), ((5, 0),))),
    Row("gather", lambda x: mg.gather(x, []), lambda x: x[:0], (((5, 3),), ((0, 3),)), setting="nothing"),
    *[
        Row(
            name,
            lambda x, op=op, axis=axis: op(x, axis=axis),
            lambda x, oracle=oracle, axis=axis: oracle(x, axis),
            shapes,
            torch=_torch(name, dim=axis),
            setting=f"axis={axis}",
        )
        for name, op, oracle in (
            ("softmax", mg.softmax, _softmax),
            ("log_softmax", mg.log_softmax, lambda x, axis: np.log(_softmax(x, axis))),
        )
        for axis, shapes in ((-1, (*MATRICES, *_alone((4,), (2, 3, 2)))), (-2, _alone((3, 4), (3, 0))))
    ],
    *[
        Row(
            "cross_entropy",
            lambda x, r=reduction: mg.cross_entropy(x, LABELS[: len(x)], r),
            lambda x, r=reduce: r(_losses(x)),
            shapes,
            torch=_torch_cross_entropy(reduction),
            setting=reduction,
        )
        for reduction, reduce, shapes in (
            ("none", np.asarray, (((5, 2),), ((1, 3),), ((0, 3),))),
            ("sum", np.sum, (((5, 2),), ((1, 3),), ((0, 3),))),
            ("mean", np.mean, (((5, 2),), ((1, 3),))),
        )
    ],
    *[
        Row(
            "cross_entropy",
            lambda x, r=reduction, o=options: mg.cross_entropy(x, LABELS[: len(x)], r, **o),
            lambda x, r=reduction, o=options: _general_losses(x, r, **o),
            shapes,
            torch=_torch_cross_entropy(reduction, **options),
            setting=f"{reduction}, {', '.join(options)}",
        )
        for reduction, shapes in (
            ("none", (((5, 2),), ((0, 2),))),
            ("sum", (((5, 2),), ((1, 2),))),
            ("mean", (((5, 2),), ((2, 2),))),
        )
        for options in (
            {"weight": [0.5, 3.0]},
            {"ignore_index": 0},
            {"label_smoothing": 0.3},
            {"weight": [2.0, 0.25], "ignore_index": 1, "label_smoothing": 0.2},
        )
    ],
    Row(
        "linear_cross_entropy",
        lambda x, W, b: mg.linear_cross_entropy(x, W, b, LABELS[: len(x)]),
        lambda x, W, b: _head_loss(x, W, b).mean(),
        (((5, 3), (2, 3), (2,)), ((1, 1), (2, 1), (2,)), ((2, 0), (2, 0), (2,))),
        torch=lambda x, W, b: _torch_cross_entropy("mean")(x @ W.T + b),
    ),
    Row(
        "linear_cross_entropy",
        lambda x, W, b: mg.linear_cross_entropy(x, W, b, LABELS[:4], ROWS_READ, divisor=3),
        lambda x, W, b: _head_loss(x, W, b, ROWS_READ).sum() / 3,
        (((5, 3), (2, 3), (2,)), ((5, 1), (4, 1), (4,))),
        setting="repeated rows, divisor",
    ),
    Row(
        "linear_cross_entropy",
        lambda x, W, b: mg.linear_cross_entropy(x, W, b, [], [], divisor=2),
        lambda x, W, b: np.zeros(()),
        (((5, 3), (2, 3), (2,)), ((0, 3), (2, 3), (2,))),
        setting="nothing",
    ),
    Row(
        "dropout",
        lambda x: mg.dropout(x, 0.4, np.random.default_rng(7)),
        lambda x: x * _mask(x.shape),
        (((6, 5),), ((0, 5),), ((),)),
    ),
    Row("dropout", lambda x: mg.dropout(x, 0, np.random.default_rng(7)) * 1.0, np.copy, VECTORS),
)  # fmt: skip
