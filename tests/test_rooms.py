"""The house rules that a program can check."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ["experiments", "viz", "models", "minigrad"]  # each may import those behind it
# Inside minigrad, from the ground up: a file imports only from its own layer or those before it.
LAYERS = [
    ["errors", "files", "rng", "symbol", "tiny", "waiting"],
    ["kernels"],
    ["cotangent"],
    ["graph"],
    ["context"],
    ["tensor", "record"],
    ["internal", "outline", "primitive"],
    ["explain", "step"],
    ["ops"],
    ["nn"],
    ["optim", "fold", "checks"],
    ["monitor", "exercises"],
]


def _files(room: str) -> list[Path]:
    return sorted((ROOT / room).rglob("*.py"))


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("room", ROOMS)
def test_rooms_import_downwards_only(room: str) -> None:
    above = [*ROOMS[: ROOMS.index(room)], "tests"]
    for path in _files(room):
        wrong = [name for name in _imports(path) if name.split(".")[0] in above]
        assert not wrong, f"{path.relative_to(ROOT)} imports {wrong}"


def test_the_engine_imports_downwards_only() -> None:
    level = {name: k for k, layer in enumerate(LAYERS) for name in layer}
    for path in _files("minigrad"):
        own = path.relative_to(ROOT / "minigrad").parts[0].removesuffix(".py")
        if own == "__init__":
            continue
        assert own in level, f"{path} has no place in LAYERS"
        for name in _imports(path):
            room, _, rest = name.partition(".")
            other = rest.split(".")[0]
            if room == "minigrad" and other in level:
                assert level[other] <= level[own], f"minigrad/{own} imports minigrad.{other}"


# Inside experiments, from the top down: a room imports only from layers below its own, no sibling.
EXPERIMENTS = [
    ["__main__"],
    ["commands"],
    ["paper", "sentiment", "studies", "bench"],
    ["training"],
    ["sweep"],
    ["threads"],
]
DECLARED = {("studies/remedies", "paper")}  # it varies the paper's Experiment 3


def test_experiments_import_downwards_only() -> None:
    level = {name: k for k, layer in enumerate(EXPERIMENTS) for name in layer}
    found = set()
    for path in _files("experiments"):
        parts = path.relative_to(ROOT / "experiments").parts
        own = parts[0].removesuffix(".py")
        if own == "__init__":
            continue
        assert own in level, f"{path.relative_to(ROOT)} has no place in EXPERIMENTS"
        for name in _imports(path):
            room, _, rest = name.partition(".")
            other = rest.split(".")[0]
            if room == "experiments" and other != own and other in level and level[other] <= level[own]:
                found.add(("/".join(parts[:2]), other))
    assert found == DECLARED


def test_few_files_lie_at_the_top_of_experiments() -> None:
    assert len(list((ROOT / "experiments").glob("*.py"))) <= 4


# One door to Numba. Vectors, and what is made of them, stand in the modules that build.py compiles, too; the
# benchmark emits a loop to measure the processor by.
NUMBA = {
    *(f"kernels/{name}.py" for name in ("jit", "invoke", "vectors", "product", "packing")),
    "compiler/build.py",
    "compiler/machine_code.py",
    "bench/peak.py",
}


def test_numba_is_imported_by_few_files() -> None:
    for room in ROOMS:
        for path in _files(room):
            if "/".join(path.parts[-2:]) not in NUMBA:
                assert "numba" not in set(_imports(path)), f"{path} imports numba past kernels/jit.py"


@pytest.mark.parametrize("room", ROOMS)
def test_files_stay_small(room: str) -> None:
    for path in _files(room):
        lines = len(path.read_text(encoding="utf-8").splitlines())
        longest = 400 if path.parent.name == "kernels" else 300  # a kernel may be long
        assert lines <= longest, f"{path.relative_to(ROOT)} has {lines} lines"


@pytest.mark.parametrize("room", [*ROOMS, "tests"])
def test_every_folder_is_a_package(room: str) -> None:
    # Without it tests/models would shadow models.
    folders = {path.parent for path in _files(room)}
    assert all((folder / "__init__.py").exists() for folder in folders)


def _graph() -> dict[str, set[str]]:
    """Every module of ours, and those of ours that it imports: at the top, in functions, `__init__` included.

    What only type checkers read does not count. ``from package import name`` is an import of package.name if
    that is a module, otherwise of the package's ``__init__``.
    """
    files = {}
    for room in ROOMS:
        for path in _files(room):
            parts = path.relative_to(ROOT).with_suffix("").parts
            files[".".join(parts).removesuffix(".__init__")] = path
    return {
        name: _imported(ast.parse(path.read_text("utf-8")), set(files)) - {name}
        for name, path in files.items()
    }


def _imported(node: ast.AST, ours: set[str]) -> set[str]:
    if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
        return set()
    if isinstance(node, ast.Import):
        return {alias.name for alias in node.names} & ours
    if isinstance(node, ast.ImportFrom):
        names = [(f"{node.module}.{alias.name}", node.module or "") for alias in node.names]
        return {module if module in ours else package for module, package in names} & ours
    return {name for child in ast.iter_child_nodes(node) for name in _imported(child, ours)}


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """Return the strongly connected components of more than one module, by Kosaraju's algorithm."""
    order: list[str] = []
    seen: set[str] = set()

    def visit(start: str, edges: dict[str, set[str]], found: list[str]) -> list[str]:
        stack = [(start, iter(edges[start]))] if start not in seen else []
        seen.add(start)
        while stack:
            _, rest = stack[-1]
            following = next((other for other in rest if other not in seen), None)
            if following is None:
                found.append(stack.pop()[0])
            else:
                seen.add(following)
                stack.append((following, iter(edges[following])))
        return found

    for name in graph:
        visit(name, graph, order)
    back: dict[str, set[str]] = {name: set() for name in graph}
    for name, others in graph.items():
        for other in others:
            back[other].add(name)
    seen.clear()
    components = [visit(name, back, []) for name in reversed(order)]
    return [sorted(component) for component in components if len(component) > 1]


def test_no_modules_import_each_other_in_a_circle() -> None:
    assert circles(_graph()) == []


def test_a_circle_is_found_through_any_number_of_modules() -> None:
    assert circles({"a": {"b"}, "b": {"c", "d"}, "c": {"a"}, "d": set(), "e": {"a", "d"}}) == [
        ["a", "b", "c"]
    ]
    source = "def f():\n    from minigrad import kernels, Tensor\nif TYPE_CHECKING:\n    import models"
    assert _imported(ast.parse(source), {"minigrad", "minigrad.kernels", "models"}) == {
        "minigrad",
        "minigrad.kernels",
    }


def test_importing_the_engine_is_quick_and_compiles_nothing() -> None:
    code = """
import sys
import minigrad as mg
import minigrad.kernels as kernels
functions = [getattr(k, "compiled", k) for k in vars(kernels).values()]
assert not any(getattr(f, "signatures", []) for f in functions)
ours = {name for name in sys.modules if name.split(".")[0] == "minigrad"}
assert len(ours) <= 65, len(ours)
later = {"minigrad.fold.compiler", "minigrad.checks", "minigrad.monitor", "minigrad.optim"}
heavy = {"matplotlib", "graphviz", "pygraphviz", "tqdm"}
assert not (later | heavy) & set(sys.modules)
from minigrad.checks import gradcheck
assert mg.gradcheck is gradcheck
assert mg.optim.SGD and mg.monitor.Monitor and mg.fold_source and mg.explain_fold
assert set(mg.__all__) <= set(dir(mg))
try:
    mg.nonsense
except AttributeError as error:
    assert "nonsense" in str(error)
"""
    subprocess.run([sys.executable, "-c", code], check=True)
