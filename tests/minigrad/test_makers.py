"""A derivative that is forgotten, or given in another form, is answered with the right form."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
import pytest

import minigrad as mg

X = np.array([1.0, 2.0])


def product() -> Any:
    @mg.primitive()
    def product(a: Any, b: Any) -> Any:
        """a ⊙ b

        shapes: equal
        vjp: g ⊙ b, g ⊙ a
        """
        return a * b

    return product


def scaled() -> Any:
    @mg.primitive()
    def scaled(x: Any, *, factor: float) -> Any:
        """factor · x

        shapes: any
        vjp: factor · g
        """
        return factor * x

    return scaled


def joined() -> Any:
    @mg.primitive()
    def joined(*xs: Any) -> Any:
        """All of them

        shapes: vectors
        vjp: a slice of g
        """
        return np.concatenate(xs)

    return joined


def leaf() -> mg.Tensor:
    return mg.tensor(X, requires_grad=True)


def test_a_forgotten_derivative_is_missed_at_its_first_use_with_a_gradient() -> None:
    op = scaled()
    np.testing.assert_array_equal(op(mg.tensor(X), factor=2.0).data, 2 * X)
    with mg.no_grad():
        op(leaf(), factor=2.0)
    text = (
        "scaled has no derivative, but an operand requires a gradient; "
        "write, below the definition of scaled,\n"
        "    scaled.defvjp(lambda y, x, factor: lambda g: …)  # factor · g"
    )
    with pytest.raises(mg.GraphError) as caught:
        op(leaf(), factor=2.0)
    assert str(caught.value) == text
    with pytest.raises(mg.GraphError, match="has no derivative"):
        mg.gradcheck(lambda x: op(x, factor=2.0), [X])


def test_the_form_has_a_line_for_each_operand() -> None:
    with pytest.raises(mg.GraphError) as caught:
        product()(X, leaf())
    assert str(caught.value).endswith(
        "\n    product.defvjp(\n"
        "        lambda y, a, b: lambda g: …,  # g ⊙ b\n"
        "        lambda y, a, b: lambda g: …,  # g ⊙ a\n    )"
    )
    with pytest.raises(mg.GraphError) as caught:
        joined()(X, leaf())
    assert str(caught.value).endswith("\n    joined.defvjp_each(lambda k, y, *operands: lambda g: …)")


@pytest.mark.parametrize(
    "vjp", [lambda g: 2 * g, lambda g, y, x, factor, more: g, lambda g, x: g, lambda *, factor: None]
)
def test_a_vjp_without_its_maker_is_recognised_and_shown_both_forms(vjp: Any) -> None:
    with pytest.raises(TypeError) as caught:
        scaled().defvjp(vjp)
    given, right = str(caught.value).split("Instead of\n")[1].split("\nwrite\n")
    assert given.startswith("    lambda ")
    assert right == "    lambda y, x, factor: lambda g: …"


def test_a_vjp_that_looks_like_a_maker_is_recognised_when_it_runs() -> None:
    op = product()
    op.defvjp(lambda g, a, b: g * b, lambda g, a, b: g * a)
    with pytest.raises(TypeError, match=r"Instead of\n    lambda g, a, b: …\nwrite\n    lambda y, a, b: "):
        op(leaf(), X)
    op.defvjp(lambda y, a, b: None, None)
    with pytest.raises(TypeError, match="a function of the cotangent g"):
        op(leaf(), X)


@pytest.mark.parametrize("makers", [(), (lambda y, a, b: lambda g: g,), (None, None, None)])
def test_there_is_one_maker_for_each_operand(makers: Any) -> None:
    text = rf"2 operands of product, but {len(makers)} makers?: .*\n    product.defvjp\(\n"
    with pytest.raises(TypeError, match=text):
        product().defvjp(*makers)


def test_what_is_no_function_is_refused() -> None:
    with pytest.raises(TypeError, match=r"a maker of scaled is a function, not 3.*\n.*lambda y, x, factor"):
        scaled().defvjp(3)
    with pytest.raises(TypeError, match=r"Instead of\n    lambda g: …\nwrite\n    lambda y, \*operands"):
        joined().defvjp_each(lambda g: g)


def test_makers_of_other_kinds_are_taken() -> None:
    op = product()
    op.defvjp(operator.itemgetter(0), None)  # has no signature that could be checked
    scaled().defvjp(lambda *everything, **settings: lambda g: g)

    @mg.primitive()
    def lifted(x: Any, by: float = 1.0) -> Any:
        """x + by

        shapes: any
        vjp: g, –
        """
        return x + by

    for makers in ([lambda y, x, by=1.0: lambda g: g], [lambda y, x, by: lambda g: g, None]):
        lifted.defvjp(*makers)
        x = leaf()
        lifted(x, 2.0).sum().backward()
        np.testing.assert_array_equal(x.grad, [1, 1])


def test_a_function_without_return_is_told() -> None:
    @mg.primitive()
    def nothing(x: Any) -> Any:
        """x

        shapes: any
        vjp: g
        """

    with pytest.raises(TypeError, match=r"nothing returned None; .*`return …`"):
        nothing(leaf())


@pytest.mark.parametrize("decorator", [mg.primitive, mg.activation])
def test_a_decorator_without_brackets_is_told(decorator: Any) -> None:
    with pytest.raises(TypeError, match=rf"write @mg\.{decorator.__name__}\(\), with brackets"):
        decorator(lambda x: x)


@pytest.mark.parametrize("part", [None, 2.0, [1.0, 2.0]])
def test_a_vjp_that_returns_no_array_is_told(part: Any) -> None:
    op = scaled()
    op.defvjp(lambda y, x, factor: lambda g: part)
    with pytest.raises(TypeError, match=rf"vjp of scaled .* returned a {type(part).__name__}; .* array"):
        op(leaf(), factor=2.0).sum().backward()
