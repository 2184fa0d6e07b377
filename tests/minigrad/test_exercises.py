"""Each exercise of the tour: its blank fails, its solution passes, and what is wrong is told."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

from minigrad.exercises import NAMES, NotYetError
from minigrad.exercises.__main__ import main
from tests.fresh import python

# What stands in place of the blanks, in order.
SOLUTIONS = {
    "chain_rule": ["1 / v * np.exp(u) * 2 * x"],
    "reused_value": ["operand.grad + vjp(g)"],
    "unbroadcasting": ["g.sum(axis=0)", "g.sum(axis=1, keepdims=True)"],
    "wrong_vjp": ["normalise, lambda y, x: lambda g: (g - y * (g * y).sum()) / np.sqrt((x * x).sum())"],
}
MISTAKES = [
    (
        "chain_rule",
        ["1 / v * np.exp(u)"],
        r"at x = 2.0 you give 0.982014, but .* is 3.92806; .*all three",
    ),
    ("reused_value", ["vjp(g)"], r"dc/db = 6.0 and dc/da = 6.0, not 12 and 24"),
    ("reused_value", ["operand.grad + g"], r"dc/db = 2.0 and dc/da = 4.0"),
    ("unbroadcasting", ["g", "g"], r"row_gradient of a \(3, 2\) array has shape \(3, 2\), not \(2,\)"),
    ("unbroadcasting", ["g.sum(axis=0)", "g.sum(axis=1)"], r"has shape \(3,\), not \(3, 1\).*keepdims"),
    ("unbroadcasting", ["g.mean(axis=0)", "..."], r"add up over the repetitions"),
    ("unbroadcasting", ["g.sum(axis=0)", "..."], r"the blank in `column_gradient` is empty"),
    ("wrong_vjp", ["softplus, None"], r"softplus is right"),
    ("wrong_vjp", ["square, None"], r"square is right"),
    ("wrong_vjp", ["normalise"], r"an operation and a maker, separated by a comma"),
    ("wrong_vjp", ["normalise, lambda y, x: lambda g: g"], r"the new vjp is wrong, too:\n.*analytic"),
]


def _filled(name: str, answers: list[str]) -> ModuleType:
    """Return the exercise with answers in place of its blanks."""
    path = Path(str(import_module(f"minigrad.exercises.{name}").__file__))
    head, *tails = path.read_text(encoding="utf-8").split("    return ...\n")
    assert len(tails) == len(answers)
    source = head + "".join(f"    return {a}\n{tail}" for a, tail in zip(answers, tails, strict=True))
    module = ModuleType(name)
    exec(compile(source, path.name, "exec"), vars(module))
    return module


@pytest.mark.parametrize("name", NAMES)
def test_a_solution_passes_and_the_blank_does_not(name: str) -> None:
    _filled(name, SOLUTIONS[name]).check()
    with pytest.raises(NotYetError, match=r"the blank in `\w+` is empty: write your answer"):
        import_module(f"minigrad.exercises.{name}").check()


@pytest.mark.parametrize(("name", "answers", "message"), MISTAKES)
def test_a_mistake_is_told(name: str, answers: list[str], message: str) -> None:
    with pytest.raises(NotYetError, match=f"(?s){message}"):
        _filled(name, answers).check()


def test_the_command_tells_where_the_exercise_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["3"]) == 1
    told = capsys.readouterr().out
    assert told.startswith("not yet: the blank in `row_gradient` is empty")
    assert "unbroadcasting.py" in told
    assert main([]) == 0
    assert [line.split("  ")[0] for line in capsys.readouterr().out.splitlines()] == [
        "Exercise 1. The chain rule.",
        "Exercise 2. A value that is used twice.",
        "Exercise 3. Un-broadcasting.",
        "Exercise 4. A wrong vjp.",
    ]


def test_an_error_in_an_answer_is_told_with_its_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = _filled("reused_value", ["operand.grad + vjp"])
    monkeypatch.setitem(sys.modules, "minigrad.exercises.reused_value", broken)
    assert main(["2"]) == 1
    first, *_, last = capsys.readouterr().out.splitlines()
    assert first == "not yet: your code raises an error"
    assert last.startswith("TypeError: unsupported operand")


@pytest.mark.parametrize("arguments", [["0"], ["5"], ["one"], ["1", "2"]])
def test_a_number_that_is_no_exercise(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert capsys.readouterr().err == "say which exercise, 1 to 4: python -m minigrad.exercises 1\n"


def test_a_right_answer_is_called_right(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    solved = _filled("chain_rule", SOLUTIONS["chain_rule"])
    monkeypatch.setitem(sys.modules, "minigrad.exercises.chain_rule", solved)
    assert main(["1"]) == 0
    assert capsys.readouterr().out == "right!\n"


def test_it_runs_as_the_tour_says(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    run = python(["-m", "minigrad.exercises", "1"], tmp_path / "run")
    assert run.returncode == 1
    assert "not yet: the blank in `derivative`" in run.stdout
