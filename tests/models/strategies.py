"""Random trees for Hypothesis, with words that try to break the notation."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st

from models.tree import Tree

modest = settings(max_examples=60, derandomize=True, deadline=None)

nasty = st.text(alphabet="()\\ \t\n\r\xa0\u3000ab'\"", min_size=1, max_size=6)
words = st.one_of(st.text(min_size=1, max_size=6), nasty, st.sampled_from(["-LRB-", "\\/", "n't"]))
labels = st.one_of(st.none(), words)


def trees(
    labels: st.SearchStrategy[str | None] = labels,
    words: st.SearchStrategy[str] = words,
    arity: tuple[int, int] = (1, 4),
) -> st.SearchStrategy[Tree]:
    leaves = st.builds(Tree, labels, words)
    children = {"min_size": arity[0], "max_size": arity[1]}
    return st.recursive(
        leaves,
        lambda nodes: st.builds(lambda a, c: Tree(a, children=c), labels, st.lists(nodes, **children)),
        max_leaves=12,
    )


def binary_trees() -> st.SearchStrategy[Tree]:
    numbers = st.one_of(st.none(), st.integers(0, 9).map(str))
    return trees(numbers, st.sampled_from(["not", "bad", "very", "good"]), arity=(2, 2))
