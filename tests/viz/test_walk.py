from hypothesis import given, settings
from hypothesis import strategies as st

from models.tree import Tree
from viz.walk import places

trees = st.recursive(
    st.just(Tree(None, "w")),
    lambda below: st.lists(below, min_size=1, max_size=4).map(lambda c: Tree(None, children=c)),
)


def in_post_order(tree):
    """The definition, recursive: its nodes with their depths."""

    def walk(node, depth):
        for child in node.children:
            yield from walk(child, depth + 1)
        yield node, depth

    return list(walk(tree, 0))


@settings(derandomize=True, deadline=None)
@given(trees)
def test_rows_follow_post_order_even_where_a_subtree_is_shared(tree):
    found = places(tree)
    expected = in_post_order(tree)
    assert sorted(place.row for place in found) == list(range(len(expected)))
    for place in found:
        node, depth = expected[place.row]
        assert place.node is node
        assert place.depth == depth


def test_names_follow_pre_order_left_before_right():
    tree = Tree.parse("(a (b (c x) (d y)) (e z))")
    assert [place.node.label for place in places(tree)] == ["a", "b", "c", "d", "e"]
    assert [place.parent for place in places(tree)] == [-1, 0, 1, 1, 0]


class Counted:
    """A node that counts how often the children of any are asked for."""

    asked = 0

    def __init__(self, *children):
        self._children = children

    @property
    def children(self):
        Counted.asked += 1
        return self._children


def test_a_chain_deeper_than_the_stack_is_walked_in_one_go():
    tree = Counted()
    for _ in range(20_000):
        tree = Counted(tree, Counted())
    found = places(tree)
    assert max(place.depth for place in found) == 20_000
    assert Counted.asked == len(found) == 40_001  # each node once
