"""How the derivative of an op is to be given, and what its author is told if it is not."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from minigrad.errors import GraphError

Kind = inspect.Parameter
OPERANDS = (Kind.POSITIONAL_ONLY, Kind.POSITIONAL_OR_KEYWORD)


class Form:
    """The form that an op's makers have.

    Attributes
    ----------
    name, formula : str
        The op's name, and its vjps as the docstring has them.
    operands : list of str
        Their names.
    least, most : int or None
        How many operands the op takes. Without a most, all have one maker in common.
    settings : list of str
    """

    def __init__(self, name: str, forward: Callable[..., Any], formula: str) -> None:
        parameters = inspect.signature(forward).parameters.values()
        several = any(p.kind is Kind.VAR_POSITIONAL for p in parameters)
        operands = [p for p in parameters if p.kind in OPERANDS]
        self.name, self.formula = name, formula
        self.operands = ["*operands"] if several else [p.name for p in operands]
        self.least = sum(p.default is Kind.empty for p in operands)
        self.most = None if several else len(operands)
        self.settings = [p.name for p in parameters if p.kind is Kind.KEYWORD_ONLY]

    @property
    def maker(self) -> str:
        """One maker, up to what only the op's author knows."""
        return f"lambda {', '.join(['y', *self.operands, *self.settings])}: lambda g: …"

    def __str__(self) -> str:
        if self.most is None:
            return f"    {self.name}.defvjp_each({self.maker.replace('lambda y', 'lambda k, y')})"
        if self.most == 1:
            return f"    {self.name}.defvjp({self.maker})  # {self.formula}"
        formulas = self.formula.split(", ")
        if len(formulas) != self.most:
            formulas = [f"for {operand}" for operand in self.operands]
        lines = "".join(f"        {self.maker},  # {formula}\n" for formula in formulas)
        return f"    {self.name}.defvjp(\n{lines}    )"

    def check(self, makers: Sequence[Any]) -> None:
        """Raise TypeError unless there is a maker, or None, for each operand."""
        n = len(makers)
        if self.most is not None and not self.least <= n <= self.most:
            raise TypeError(
                f"{_count(self.most, 'operand')} of {self.name}, but {_count(n, 'maker')}: "
                f"defvjp takes one for each operand, and None where there is no derivative:\n{self}"
            )
        for maker in makers:
            if maker is not None:
                self.check_one(maker, *[["y", *["x"] * k] for k in (n, self.least)])

    def check_one(self, maker: Any, *arguments: Sequence[Any]) -> None:
        """Raise TypeError unless a maker takes some of these arguments, and the op's settings."""
        if not callable(maker):
            raise TypeError(f"a maker of {self.name} is a function, not {maker!r}:\n{self}")
        try:
            signature = inspect.signature(maker)
        except ValueError:  # a function that is not written in Python
            return
        if not any(_takes(signature, given, self.settings) for given in arguments):
            raise self.not_a_maker(maker)

    def not_a_maker(self, maker: Any) -> TypeError:
        """Return the error of a function that is no maker; most often it is the vjp itself."""
        given = ", ".join(map(str, inspect.signature(maker).parameters.values()))
        return TypeError(
            f"defvjp of {self.name} takes makers. A maker takes the result y and the operands and returns "
            "the vjp, a function of the cotangent g. Instead of\n"
            f"    lambda {given}: …\nwrite\n    {self.maker}"
        )


class Missing:
    """Stands for makers that have not been given: to look for one is an error."""

    def __init__(self, form: Form) -> None:
        self._form = form

    def __getitem__(self, position: int) -> Any:
        name = self._form.name
        raise GraphError(
            f"{name} has no derivative, but an operand requires a gradient; write, below the definition of "
            f"{name},\n{self._form}"
        )


def _count(n: int, what: str) -> str:
    return f"{n} {what}{'' if n == 1 else 's'}"


def _takes(signature: inspect.Signature, arguments: Sequence[Any], settings: Sequence[str]) -> bool:
    try:
        signature.bind(*arguments, **dict.fromkeys(settings))
    except TypeError:
        return False
    return True
