"""The house rules that a program can check."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.import_graph import circles, import_graph, imported_names, sources

ROOT = Path(__file__).parent.parent
ROOMS = ["experiments", "viz", "models", "minigrad"]  # each may import those behind it
SOURCES = sources(ROOT, ROOMS)

# Inside minigrad, from the ground up: a file imports only from its own layer or those before it.
LAYERS = [
    ["errors", "files", "rng", "stack", "symbol", "tiny", "waiting"],
    ["kernels"],  # compiled loops on arrays
    ["cotangent"],  # what flows backward
    ["graph"],  # nodes and the walk
    ["context"],  # what is in force while a graph is built
    ["copies"],  # of tensors
    ["tensor", "record"],
    ["internal", "outline", "primitive"],
    ["explain", "step", "aside", "functional", "jacobians"],
    ["ops"],
    ["nn"],
    ["checks", "fold", "optim"],
    ["exercises", "monitor"],
]

# Inside experiments, from the top down: a room imports only from layers below its own, no sibling.
EXPERIMENTS = [
    ["__main__"],
    ["commands", "tutorials"],
    ["paper", "sentiment", "studies", "bench"],
    ["training"],
    ["sweep"],
    ["dashboard"],
    ["threads"],
]
DECLARED = {("studies/remedies", "paper")}  # it varies the paper's Experiment 3

# One door to Numba for loops, and one for LLVM IR; what both need to know of the processor is in vectors. The
# benchmark emits a loop to measure the processor by.
NUMBA = {
    *(f"minigrad.kernels.{name}" for name in ("jit", "invoke", "machine", "vectors")),
    "experiments.bench.peak",
}
# One class each, with a method for everything that a cell's functions consist of
LONG = {
    f"minigrad/fold/compiler/{name}.py": lines
    for name, lines in {"writer": 340, "numpy_text": 340, "passes": 320, "machine_text": 500}.items()
}


def _files(room: str) -> list[Path]:
    return sorted((ROOT / room).rglob("*.py"))


@pytest.mark.parametrize("room", ROOMS)
def test_rooms_import_downwards_only(room: str) -> None:
    """A student can read minigrad without models, and models without viz and experiments."""
    above = [*ROOMS[: ROOMS.index(room)], "tests"]
    for module, source in SOURCES.items():
        if module.split(".")[0] == room:
            wrong = [name for name in imported_names(source) if name.split(".")[0] in above]
            assert not wrong, f"{module} imports {wrong}"


def test_the_engine_imports_downwards_only() -> None:
    """The engine can be read from the ground up, and its heart knows nothing of what is built on it."""
    level = {name: k for k, layer in enumerate(LAYERS) for name in layer}
    for module, source in SOURCES.items():
        room, _, rest = module.partition(".")
        own = rest.split(".")[0]
        if room != "minigrad" or not own:
            continue
        assert own in level, f"{module} stands in no layer"
        for name in imported_names(source):
            other = name.split(".")[1] if name.startswith("minigrad.") else own
            assert level.get(other, 0) <= level[own], f"{module} imports {name}"


def test_experiments_import_downwards_only() -> None:
    """A study can be read, and removed, without the others."""
    level = {name: k for k, layer in enumerate(EXPERIMENTS) for name in layer}
    found = set()
    for module, source in SOURCES.items():
        room, *parts = module.split(".")
        if room != "experiments" or not parts:
            continue
        assert parts[0] in level, f"{module} stands in no layer"
        for name in imported_names(source):
            other = name.split(".")[1] if name.startswith("experiments.") else parts[0]
            if other != parts[0] and level[other] <= level[parts[0]]:
                found.add(("/".join(parts[:2]), other))
    assert found == DECLARED


def test_few_files_lie_at_the_top_of_experiments() -> None:
    """The folder's listing shows its rooms."""
    assert len(list((ROOT / "experiments").glob("*.py"))) <= 4


@pytest.mark.parametrize("functions", [False, True], ids=["at once", "in functions, too"])
def test_no_modules_import_each_other_in_a_circle(functions: bool) -> None:
    """Every module can be imported first, and understood before those that import it."""
    assert circles(import_graph(SOURCES, functions)) == []


def test_a_circle_is_found_through_any_number_of_modules() -> None:
    """The test above would see one: through packages that an import runs, and inside functions."""
    assert circles({"a": {"b"}, "b": {"c", "d"}, "c": {"a"}, "d": set(), "e": {"a", "d"}}) == [
        ["a", "b", "c"]
    ]
    files = {
        "p": "from p.heart import x\nif TYPE_CHECKING:\n    import q.user",
        "p.heart": "x = 1",
        "p.tool": "def f():\n    from p import heart, x",
        "q": "from q import user",
        "q.user": "import p.tool",
    }
    graph = import_graph(files)
    assert graph == {
        "p": {"p.heart"},
        "p.heart": set(),
        "p.tool": {"p", "p.heart"},
        "q": {"q.user"},
        "q.user": {"p", "p.tool"},
    }
    assert import_graph(files, functions=False)["p.tool"] == set()


def test_numba_is_imported_by_few_files() -> None:
    """How code is compiled and cached is decided in one place."""
    for module, source in SOURCES.items():
        if module not in NUMBA:
            used = {name.split(".")[0] for name in imported_names(source)}
            assert "numba" not in used, f"{module} imports numba past kernels/jit.py"


@pytest.mark.parametrize("room", ROOMS)
def test_files_stay_small(room: str) -> None:
    """A file holds one idea and can be read in one go."""
    for path in _files(room):
        lines = len(path.read_text(encoding="utf-8").splitlines())
        name = path.relative_to(ROOT).as_posix()
        longest = LONG.get(name, 400 if path.parent.name == "kernels" else 300)  # a kernel may be long
        assert lines <= longest, f"{name} has {lines} lines"


@pytest.mark.parametrize("room", [*ROOMS, "tests"])
def test_every_folder_is_a_package(room: str) -> None:
    """Without its ``__init__.py`` tests/models would shadow models."""
    folders = {path.parent for path in _files(room)}
    assert all((folder / "__init__.py").exists() for folder in folders)


def test_no_text_depends_on_where_it_was_written() -> None:
    """What a reader is told holds on the reader's machine, too."""
    elsewhere = re.compile(r"(?<![\w.])(/(home|root|work|tmp|mnt|Users)/|[A-Z]:\\|(\.\./)*shared/)")
    texts = {path.name: path.read_text("utf-8") for path in (ROOT / "README.md", ROOT / "CHANGELOG.md")}
    for room in [*ROOMS, "tests"]:
        texts |= {str(path): path.read_text("utf-8") for path in (ROOT / room).rglob("*.md")}
    for name, text in {**SOURCES, **texts}.items():
        assert not (found := elsewhere.search(text)), f"{name} mentions {found.group()}"


def test_importing_the_engine_is_quick_and_compiles_nothing() -> None:
    """What checks, monitors, optimises, compiles and draws is loaded when it is used."""
    code = """
import sys
import minigrad as mg
ours = {name for name in sys.modules if name.split(".")[0] == "minigrad"}
assert len(ours) <= 68, len(ours)
later = {"minigrad.fold.compiler", "minigrad.checks", "minigrad.monitor", "minigrad.optim"}
heavy = {"matplotlib", "graphviz", "pygraphviz", "tqdm"}
assert not (later | heavy) & set(sys.modules), (later | heavy) & set(sys.modules)
import models
assert not (later | heavy) & set(sys.modules), (later | heavy) & set(sys.modules)
import minigrad.kernels as kernels
functions = [getattr(k, "compiled", k) for k in vars(kernels).values()]
assert not any(getattr(f, "signatures", []) for f in functions)
from minigrad.checks import gradcheck
assert mg.gradcheck is gradcheck
assert mg.optim.SGD and mg.monitor.Monitor and mg.fold_source and mg.explain_fold
assert set(mg.__all__) <= set(dir(mg))
try:
    mg.nonsense
except AttributeError as error:
    assert "nonsense" in str(error)
else:
    raise AssertionError("mg.nonsense was found")
everything = {}
exec("from minigrad import *", everything)
assert set(mg.__all__) <= set(everything)
assert callable(mg.fold) and callable(mg.explain) and callable(mg.gradcheck)
"""
    subprocess.run([sys.executable, "-c", code], check=True)
