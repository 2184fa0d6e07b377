"""What is asked of fresh processes before the first fast step, and what is made of their answers."""

from __future__ import annotations

from typing import Any

import pytest

from experiments.bench import startup, steps, systems


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """Processes that would be started; the n-th says n."""
    seen: list[tuple[Any, ...]] = []

    def fresh(*arguments: str, env: Any = None) -> float:
        seen.append((*arguments, env))
        return 10.0 if len(seen) == 1 else float(len(seen))

    def call(function: Any, *arguments: Any, env: Any = None) -> dict[str, Any]:
        seen.append((function, *arguments, env))
        return {"first_step_s": len(seen)}

    monkeypatch.setattr(startup, "fresh", fresh)
    monkeypatch.setattr(startup, "call", call)
    return seen


def test_an_import_is_timed_after_one_that_writes_byte_code(asked: list[tuple[Any, ...]]) -> None:
    assert startup.imports("a.b", 3) == {"package": "a.b", "seconds": 3.0}  # of 2, 3, 4; the first says 10
    assert len(asked) == 4
    for flag, code, env in asked:
        assert flag == "-c"
        assert "; import a.b; print(" in code
        assert env == {"PYTHONDONTWRITEBYTECODE": ""}  # else nothing would be kept for the next


@pytest.mark.parametrize(("quick", "repeats"), [(True, 3), (False, 7)])
def test_all_systems_and_both_modes_are_measured_in_processes_of_their_own(
    quick: bool, repeats: int, asked: list[tuple[Any, ...]]
) -> None:
    found = startup.startup(quick)
    names = [*systems.builders(steps.CONFIGS[0].cell)]
    assert [entry["system"] for entry in found["memory"]] == names
    assert [entry["package"] for entry in found["import"]] == ["minigrad", "numba"]
    assert len([one for one in asked if one[0] == "-c"]) == 2 * (repeats + 1)
    for key, mode in (("compile", "minigrad-level"), ("first_use", "minigrad-compiled")):
        assert [entry["caches"] for entry in found[key]] == ["empty", "filled"]
        envs = [one[2] for one in asked if one[0] is startup.first_steps and one[1] == mode and one[2]]
        assert len(envs) == 2
        assert envs[0] == envs[1]  # the second finds what the first has kept
        assert set(envs[0]) == {"NUMBA_CACHE_DIR", "MINIGRAD_CACHE_DIR"}
        assert len(set(envs[0].values())) == 1


def test_the_two_first_of_eight_steps_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 3.0, 10.0, 12.0, *range(100, 200)])
    trained: list[Any] = []

    class Pretended:
        def __init__(self, model: Any) -> None:
            pass

        def prepare(self, forest: Any) -> Any:
            return forest

        def step(self, batch: Any) -> float:
            trained.append(batch)
            return 0.0

    held = iter([50.0, 70.0])
    monkeypatch.setattr(startup.time, "perf_counter", lambda: float(next(clock)))
    monkeypatch.setattr(startup, "builders", lambda cell: {"pretended": Pretended})
    monkeypatch.setattr(startup, "megabytes", lambda: next(held))
    assert startup.first_steps("pretended") == {
        "first_step_s": 3.0, "second_step_s": 2.0, "before_mb": 50.0, "peak_mb": 70.0,
    }  # fmt: skip
    assert len(trained) == 8


@pytest.mark.parametrize(("platform", "megabytes"), [("linux", 2048.0), ("darwin", 2.0)])
def test_megabytes_are_counted_as_the_system_counts(
    platform: str, megabytes: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    resource = pytest.importorskip("resource")

    class Usage:
        ru_maxrss = 2_048_000

    monkeypatch.setattr(resource, "getrusage", lambda who: Usage)
    monkeypatch.setattr(startup.sys, "platform", platform)
    assert startup.megabytes() == pytest.approx(megabytes, abs=0.1)
