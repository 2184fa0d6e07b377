"""Trees in box characters, a line per node, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from viz.scale import Scale
from viz.style import Style
from viz.text import tick_number, visible
from viz.tree_panel import Shown, TreePanel

BAR = 8  # characters
LEVELS = 40  # of indentation; that of deeper nodes is cut at its beginning
_EIGHTHS = "▏▎▍▌▋▊▉█"


def sheet_text(panels: Sequence[TreePanel], scale: Scale, caption: str, heading: str = "") -> str:
    """Return heading, trees and what their bars mean, one below the other, ending with a line break."""
    blocks = [f"{visible(heading)}\n"] if heading else []
    blocks += [panel_text(panel) for panel in panels]
    if any(panel.styles for panel in panels):
        low, high = tick_number(scale.vmin), tick_number(scale.vmax)
        told = "\n".join(map(visible, caption.split("\n")))
        blocks.append(f"{told}\nbars: from {low} (empty) to {high} (full), logarithmic\n")
    return "\n".join(blocks)


def panel_text(panel: TreePanel) -> str:
    """Return one tree: number, bar and depth in columns, then the tree; parents above their children."""
    lines = [] if panel.title is None else [visible(panel.title)]
    width = max((len(node.number) for node in panel.shown), default=0)
    deepest = len(str(panel.deepest))
    for indent, node in _indented(panel.shown):
        columns = []
        if panel.styles:
            columns.append(
                f"{node.number:>{width}} {_bar(panel, node):{BAR}}" if width else _bar(panel, node)
            )
        if panel.with_numbers:
            columns.append(f"{node.place.depth:>{deepest}}")
        columns.append(indent + " ".join(map(visible, node.names)))
        lines.append("  ".join([*columns, *_remarks(node)]).rstrip())
        if node.hidden:
            blank = " " * (len("  ".join(columns[:-1])) + 2 * (len(columns) > 1))
            keyword = "  ← keyword" if panel.hides_keyword(node) else ""
            lines.append(f"{blank}{_below(indent)}└╌ +{node.hidden} hidden{keyword}")
    return "\n".join(lines) + "\n"


def _indented(shown: Sequence[Shown]) -> Iterator[tuple[str, Shown]]:
    """Yield every node with the lines that lead to it from its ancestors, in pre-order."""
    last_child = {node.parent: node.id for node in shown}  # the last one stays
    lead: dict[int, str] = {}  # what stands before the children of a node
    for node in shown:
        branches = bool(node.hidden or not node.place.is_leaf)
        if node.parent < 0:
            lead[node.id] = ""
            yield "", node
            continue
        before = lead[node.parent]
        is_last = last_child[node.parent] == node.id
        if branches:
            deeper = before + ("  " if is_last else "│ ")
            lead[node.id] = deeper if len(deeper) <= 2 * LEVELS else "…" + deeper[3:]
        yield before + ("└─" if is_last else "├─") + ("┬ " if branches else " "), node


def _below(indent: str) -> str:
    """Return the indentation of what hangs below a node with this one."""
    return indent.replace("├─┬ ", "│ ").replace("└─┬ ", "  ")


def _bar(panel: TreePanel, node: Shown) -> str:
    if not _has_colour(node.style) or panel.numbers is None:
        return " " * BAR
    eighths = round(8 * BAR * panel.scale.position(float(panel.numbers[node.place.row])))
    full, rest = divmod(eighths, 8)
    return f"{'█' * full + (_EIGHTHS[rest - 1] if rest else ''):{BAR}}"


def _has_colour(style: Style | None) -> bool:
    return style is not None and style.note is None


def _remarks(node: Shown) -> list[str]:
    remarks = ["keyword"] if node.is_keyword else []
    if node.style is not None and node.style.note is not None:
        remarks.append(node.style.note)
    return [f"← {', '.join(remarks)}"] if remarks else []
