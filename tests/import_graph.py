"""Which module imports which, read from the source."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

Graph = dict[str, set[str]]


@cache
def imported_names(source: str, functions: bool = True) -> list[str]:
    """Return what a source imports: package, package.name for ``from package import name``.

    Without `functions`, only what is imported when the module itself is. What only type checkers read is
    never imported.
    """
    names: list[str] = []
    nodes: list[ast.AST] = [_parsed(source)]
    for node in nodes:  # which grows meanwhile
        if isinstance(node, ast.Import):
            names += (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names += (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) and not functions:
            continue
        elif isinstance(node, ast.If) and _for_type_checkers(node.test):
            nodes += node.orelse
        else:
            nodes += ast.iter_child_nodes(node)
    return names


_parsed = cache(ast.parse)


def _for_type_checkers(test: ast.expr) -> bool:
    name = test.attr if isinstance(test, ast.Attribute) else getattr(test, "id", None)
    return name == "TYPE_CHECKING"


def import_graph(files: dict[str, str], functions: bool = True) -> Graph:
    """Return the modules that each module runs by its imports, `__init__` included.

    Parameters
    ----------
    files : dict of module name -> source
        A package is named without ``.__init__``.
    functions : bool
        Whether imports inside functions count.
    """
    return {
        importer: {
            module
            for name in imported_names(source, functions)
            for module in _run_by(name, importer, files)
            if module != importer
        }
        for importer, source in files.items()
    }


def _run_by(name: str, importer: str, files: dict[str, str]) -> set[str]:
    """Return the module that `name` is, or is in, and the packages above it whose ``__init__`` runs first.

    The packages that the importer is in itself have been started already.
    """
    above = [part for part in _prefixes(name) if part in files]
    return {*above[-1:], *(set(above) - set(_prefixes(importer)))}


def _prefixes(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[: k + 1]) for k in range(len(parts))]


def circles(graph: Graph) -> list[list[str]]:
    """Return the strongly connected components of more than one module, by Kosaraju's algorithm."""
    back: Graph = {name: set() for name in graph}
    for name, others in graph.items():
        for other in others:
            back[other].add(name)
    order: list[str] = []
    seen: set[str] = set()
    for name in graph:
        order += _depth_first(name, graph, seen)
    seen.clear()
    components = [_depth_first(name, back, seen) for name in reversed(order)]
    return [sorted(component) for component in components if len(component) > 1]


def _depth_first(start: str, edges: Graph, seen: set[str]) -> list[str]:
    """Return what can be reached from `start` and has not been seen, a module after those it leads to."""
    found: list[str] = []
    stack = [(start, iter(edges[start]))] if start not in seen else []
    seen.add(start)
    while stack:
        following = next((other for other in stack[-1][1] if other not in seen), None)
        if following is None:
            found.append(stack.pop()[0])
        else:
            seen.add(following)
            stack.append((following, iter(edges[following])))
    return found


def sources(root: Path, rooms: list[str]) -> dict[str, str]:
    """Return the source of every module of some packages, by the module's name."""
    found = {}
    for path in (path for room in rooms for path in sorted((root / room).rglob("*.py"))):
        parts = path.relative_to(root).with_suffix("").parts
        found[".".join(parts).removesuffix(".__init__")] = path.read_text("utf-8")
    return found
