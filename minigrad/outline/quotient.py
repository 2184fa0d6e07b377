"""A graph whose nodes are gathered into groups: arrows between groups, their order, cycles split."""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence

Home = tuple[Hashable, ...]
Sources = Mapping[int, Sequence[int]]
Arrows = dict[tuple[Home, Home], int]


def arrows_between(homes: Mapping[int, Home], sources: Sources) -> Arrows:
    """Return the arrows (group, group), each with the number of arrows between their nodes.

    Parameters
    ----------
    homes : dict of node id -> group
        A node without a group has no arrows.
    sources : dict of node id -> ids of what it reads
    """
    found: Arrows = defaultdict(int)
    for number, home in homes.items():
        for source in sources[number]:
            if homes.get(source, home) != home:
                found[homes[source], home] += 1
    return dict(found)


def split_cycles(homes: Mapping[int, Home], sources: Sources) -> dict[int, Home]:
    """Split groups that read each other in a circle into runs of consecutive nodes, which never do.

    A scope that is entered again, to use what was computed from its first results, would be such a group.
    """
    circular = _circular(homes, arrows_between(homes, sources))
    split = dict(homes)
    previous, run = None, 0
    for number in sorted(homes):
        home = homes[number]
        if home != previous:
            previous, run = home, number
        if home in circular:
            split[number] = (*home, run)
    return split


def order(groups: Sequence[Home], arrows: Iterable[tuple[Home, Home]]) -> list[Home]:
    """Return the groups in topological order, and in the order of `groups` where that leaves a choice.

    Groups on a circle of arrows, and what can be reached from one, are left out.
    """
    rank = {home: k for k, home in enumerate(groups)}
    targets: dict[Home, list[Home]] = defaultdict(list)
    waiting: Counter[Home] = Counter()
    for source, target in arrows:
        if source in rank and target in rank:
            targets[source].append(target)
            waiting[target] += 1
    ready = [(rank[home], home) for home in groups if not waiting[home]]
    found = []
    while ready:
        home = heapq.heappop(ready)[1]
        found.append(home)
        for target in targets[home]:
            waiting[target] -= 1
            if not waiting[target]:
                heapq.heappush(ready, (rank[target], target))
    return found


def _circular(homes: Mapping[int, Home], arrows: Iterable[tuple[Home, Home]]) -> set[Home]:
    """Return the groups on circles of arrows, and any that lie between two circles."""
    pairs = [*arrows]
    groups = set(homes.values())
    groups -= set(order([*groups], pairs))  # all that no circle leads to
    return groups - set(order([*groups], [(target, source) for source, target in pairs]))
