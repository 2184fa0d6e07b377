"""Node colours are gradient norms: checked by finite differences of the loss, computed from the equations."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import models
from models.tree import Tree
from tests.models.test_cells import rlstm, rnn, σ
from tests.viz.pictures import svg_nodes
from tests.viz.test_layout import trees
from viz.comparison import compare
from viz.directions import jacobian_values
from viz.epochs import epochs
from viz.heat import gradient_norms, root_gradient_norms
from viz.root_class import RootClass, in_words, root_class
from viz.rooted import RootLabelError, own_class
from viz.scale import NormScale, RatioScale
from viz.style import OUTSIDE
from viz.tree_picture import TreePicture

D, CLASSES = 4, 3
TREE = Tree.parse("(2 (1 (0 not) (1 (2 so) (0 bad))) (NP (0 a) (1 film)))")


def model(cell, head="root", seed=0, **options):
    rng = np.random.default_rng(seed)
    made = models.TreeClassifier(
        models.CELLS[cell](D, rng, dtype=np.float64, **options),
        models.Vocabulary(["not", "so", "bad", "a", "film"]),
        CLASSES,
        rng,
        head,
    )
    for parameter in made.parameters():
        parameter.data[...] = rng.normal(size=parameter.shape) * 0.6
    return made


def loss(made, tree, label, row=None, change=0):
    """The cross-entropy at the root, with a change of the hidden vector of one row, from the equations."""
    p = {name.removeprefix("cell."): parameter.data for name, parameter in made.named_parameters()}
    waiting = []
    for here, node in enumerate(tree.postorder()):
        if node.word is not None:
            state = (p["L"][made.vocabulary.lookup([node.word])[0]], np.zeros(D))
        else:
            right, left = waiting.pop(), waiting.pop()
            if isinstance(made.cell, models.RNN):
                state = (rnn(p, np.tanh, left[0], right[0]), np.zeros(D))
            else:
                state = rlstm(p, np.tanh, σ, left, right)
        waiting.append((state[0] + (change if here == row else 0), state[1]))
    scores = p["Ws"] @ waiting[0][0] + p["bs"]
    return np.log(np.exp(scores).sum()) - scores[label]


def by_differences(made, tree, label, step=1e-6):
    """‖∂J/∂p‖ of every node by central differences."""
    norms = []
    for row in range(tree.n_nodes):
        slopes = [
            (loss(made, tree, label, row, step * e) - loss(made, tree, label, row, -step * e)) / (2 * step)
            for e in np.eye(D)
        ]
        norms.append(np.linalg.norm(slopes))
    return np.array(norms)


@pytest.mark.parametrize("cell", ["RNN", "RLSTM"])
@pytest.mark.parametrize("head", ["root", "labelled"])
@pytest.mark.parametrize("mode", ["node", "level"])
def test_norms_are_those_of_finite_differences_of_the_roots_loss(cell, head, mode):
    made = model(cell, head)
    norms = root_gradient_norms(made, TREE, mode=mode)
    np.testing.assert_allclose(norms, by_differences(made, TREE, 2), rtol=1e-6)


@pytest.mark.parametrize("cell", ["RNN", "RLSTM"])
def test_colours_in_a_picture_are_those_of_finite_differences(cell):
    made = model(cell)
    independent = by_differences(made, TREE, 2)
    picture = TreePicture(TREE, root_gradient_norms(made, TREE))
    nodes = svg_nodes(picture.to_svg())
    for node in picture.panels[0].shown:
        expected = independent[node.place.row]
        around = {picture.scale.style(expected * (1 + d)).fill for d in (-1e-6, 0, 1e-6)}
        assert nodes[f"n{node.id}"]["fills"] <= around
        assert float(nodes[f"n{node.id}"]["tooltip"].split("norm ")[1].split()[0]) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("text", "label", "expected"),
    [
        ("(1 (not) (bad))", None, 1),  # the root's own
        ("(1 (not) (bad))", 0, 0),
        ("(7 (not) (bad))", 2, 2),  # 7 is no class of this model, but another is asked for
        ("(? (not) (bad))", None, "predicted"),
        ("(2+1 (not) (bad))", None, 2),  # the topmost of labels in one
        ("(S (not) (bad))", None, "predicted"),
        ("((not) (bad))", None, "predicted"),
    ],
)
@pytest.mark.parametrize("head", ["root", "labelled"])
def test_which_class_it_is(text, label, expected, head):
    made, tree = model("RNN", head), Tree.parse(text)
    if expected == "predicted":
        expected = int(np.argmin([loss(made, tree, k) for k in range(CLASSES)]))
    norms = root_gradient_norms(made, tree, label)
    np.testing.assert_allclose(norms, by_differences(made, tree, expected), rtol=1e-6)


def test_a_lone_word_has_a_norm():
    made, tree = model("RLSTM"), Tree.parse("(1 bad)")
    np.testing.assert_allclose(root_gradient_norms(made, tree), by_differences(made, tree, 1), rtol=1e-6)


@pytest.mark.parametrize("label", [3, -1])
def test_a_class_that_is_none_is_refused(label):
    with pytest.raises(ValueError, match=r"classes of this model are 0\.\.2"):
        root_gradient_norms(model("RNN"), TREE, label)


def test_a_tree_that_is_not_binary_says_how_to_make_it_so():
    with pytest.raises(models.ForestError, match="binarise"):
        root_gradient_norms(model("RNN"), Tree.parse("(1 (a) (a) (a))"))


def test_looking_at_a_model_changes_nothing_in_it():
    made = model("RNN")
    forest = models.Forest([Tree.parse("(1 (not) (bad))")], made.vocabulary)
    made.train()
    made.loss(forest, "level")[0].backward()
    gradients = [parameter.grad for parameter in made.parameters()]
    before = made.state_dict()
    root_gradient_norms(made, TREE)
    gradient_norms(made, forest)
    assert all(a is b for a, b in zip(gradients, [p.grad for p in made.parameters()], strict=True))
    assert all(np.array_equal(before[name], values) for name, values in made.state_dict().items())
    assert made.training
    with pytest.raises(models.VocabularyError):
        root_gradient_norms(made, Tree.parse("(1 (not) (unheard))"))
    assert all(a is b for a, b in zip(gradients, [p.grad for p in made.parameters()], strict=True))
    assert made.training


def test_a_forest_has_the_norms_of_its_trees():
    made = model("RNN")
    both = [Tree.parse("(1 (not) (bad))"), Tree.parse("(0 (film) ((so) (bad)))")]
    together = gradient_norms(made, models.Forest(both, made.vocabulary))
    alone = np.concatenate([root_gradient_norms(made, tree) for tree in both])
    np.testing.assert_allclose(together, alone / 2, rtol=1e-9)  # the loss is the mean over the trees


numbers = st.floats(min_value=0) | st.just(np.nan) | st.sampled_from([0.0, 1.0, 5e-324, 1.7e308])


@settings(derandomize=True, deadline=None)
@given(
    st.data(),
    trees(most=8),
    st.sampled_from(["norm", "ratio"]),
    st.sampled_from(["tree", "compare", "epochs"]),
)
def test_no_picture_has_a_value_outside_its_own_scale(data, tree, scale, kind):
    values = [data.draw(st.lists(numbers, min_size=tree.n_nodes, max_size=tree.n_nodes)) for _ in range(2)]
    if kind == "tree":
        picture = TreePicture(tree, values[0], scale)
    else:
        picture = {"compare": compare, "epochs": epochs}[kind](tree, {"a": values[0], "b": values[1]}, scale)
    for panel in [*picture.panels, *getattr(picture, "frames", [])]:
        for node in panel.shown:
            assert node.style is not OUTSIDE
            if node.style.note is None:
                assert picture.scale.vmin <= panel.numbers[node.place.row] <= picture.scale.vmax
    assert "outside the scale" not in picture.dot


@settings(derandomize=True, deadline=None)
@given(
    st.data(),
    trees(most=8),
    st.sampled_from([NormScale(1e-3, 1), RatioScale(0.01, 10), NormScale(1e-300, 1e300), RatioScale(1, 2)]),
)
def test_a_value_outside_a_given_scale_is_never_drawn_in_a_colour_of_the_map(data, tree, scale):
    values = data.draw(st.lists(numbers, min_size=tree.n_nodes, max_size=tree.n_nodes))
    picture = TreePicture(tree, values, scale)
    for node in picture.panels[0].shown:
        number = float(picture.panels[0].numbers[node.place.row])
        inside = scale.vmin <= number <= scale.vmax
        assert (node.style.note is None) == inside
        assert (node.style is OUTSIDE) == (not inside and 0 < number < np.inf)
    styles = {node.style for node in picture.panels[0].shown}
    assert ("outside the scale" in picture.dot) == (OUTSIDE in styles)


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("0", 0),
        ("2", 2),
        ("02", 2),
        ("1+NP", 1),
        ("+1", 1),
        ("NP", None),
        ("NP+7", None),
        ("?", None),
        (None, None),
    ],
)
def test_a_label_that_is_no_number_is_no_class(label, expected):
    assert own_class(Tree(label, "word"), 3) == expected


@pytest.mark.parametrize("label", ["3", "12", "-1", "+7", "0.25", "7+2", "٣"])
def test_a_label_that_is_a_number_but_no_class_is_refused_wherever_gradients_are_taken(label):
    made, tree = model("RNN"), Tree(label, children=[Tree(None, "not"), Tree(None, "bad")])
    for function in (root_gradient_norms, root_class):
        with pytest.raises(
            RootLabelError, match=r"the root has the label '.*the classes of this model are 0\.\.2"
        ):
            function(made, tree)
    np.testing.assert_allclose(root_gradient_norms(made, tree, 1), by_differences(made, tree, 1), rtol=1e-6)
    assert jacobian_values(made, tree, "rank").shape == (3,)  # where no class matters


@pytest.mark.parametrize("head", ["root", "labelled"])
def test_the_class_that_is_differentiated_and_the_predicted_one_are_told(head):
    made, tree = model("RNN", head), Tree.parse("(1 (0 not) (2 bad))")
    made.train()
    losses = [loss(made, tree, k) for k in range(CLASSES)]
    best = int(np.argmin(losses))
    for label in (None, 0, 2):
        found = root_class(made, tree, label)
        assert (found.of, found.predicted) == (1 if label is None else label, best)
        assert found.probability == pytest.approx(np.exp(-losses[best]), abs=1e-12)
    assert root_class(made, Tree.parse("((not) (bad))")).of == best
    assert made.training


def test_a_caption_says_which_classes_they_are():
    alone = in_words({"": RootClass(1, 0, 0.5)})
    assert alone == "J: cross-entropy of class 1 at the root\npredicted: class 0 (p = 0.50)"
    four = {name: RootClass(k % 2, k, 0.25) for k, name in enumerate("abcd")}
    assert in_words(four) == (
        "J: cross-entropy of the class that each model predicts at the root\npredicted: a: class 0 "
        "(p = 0.25), b: class 1 (p = 0.25), c: class 2 (p = 0.25)\nd: class 3 (p = 0.25)"
    )


def test_classes_by_name_are_named_in_the_caption_and_found_by_name_or_number() -> None:
    rng = np.random.default_rng(0)
    made = models.TreeClassifier(models.RNN(3, rng), models.Vocabulary(["not", "bad"]), ["ill", "well"], rng)
    tree = Tree.parse("(well (not) (bad))")
    assert root_class(made, tree).of == root_class(made, tree, "1").of == root_class(made, tree, 1).of == 1
    assert root_class(made, tree, "ill").of == root_class(made, Tree.parse("(ill+NP (not) (bad))")).of == 0
    told = in_words({"": root_class(made, tree)})
    assert told.startswith("J: cross-entropy of class 'well' at the root\npredicted: class '")
    with pytest.raises(ValueError, match="the classes of this model are ill, well, not good"):
        root_class(made, tree, "good")
    for number in ("1", "+0", "7"):  # a picture would name it, and it is no class
        with pytest.raises(
            RootLabelError, match=r"has the label '.*', but the classes .* are ill, well; say"
        ):
            root_gradient_norms(made, Tree(number, children=tree.children))
    assert root_class(made, Tree("NP", children=tree.children)).of == root_class(made, tree).predicted
