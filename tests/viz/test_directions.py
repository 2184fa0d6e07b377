"""One number per node from the singular values of the Jacobian from it to the root."""

import numpy as np
import pytest

import models
from viz.directions import JACOBIANS, Directions, Largest, jacobian_values

TREE = models.Tree.parse("(S (A (B not) (C so)) (D bad))")


@pytest.fixture
def model():
    rng = np.random.default_rng(0)
    made = models.TreeClassifier(models.RLSTM(4, rng), models.Vocabulary(["not", "so", "bad"]), 2, rng)
    made.L.data[:] = rng.normal(size=made.L.shape)
    return made


def test_measures_are_made_of_each_nodes_singular_values(model):
    forest = models.Forest([TREE.map(label=lambda label: None)], model.vocabulary)
    singular = models.path_jacobians(model, forest)
    for row in range(5):
        values = sorted(singular[row])
        expected = {
            "largest": values[3],
            "median": (values[1] + values[2]) / 2,
            "rank": sum(value > 0.1 * values[3] for value in values),
        }
        for measure in JACOBIANS:
            assert jacobian_values(model, TREE, measure)[row] == pytest.approx(expected[measure], rel=1e-12)


def test_at_the_root_everything_arrives(model):
    assert [jacobian_values(model, TREE, measure)[-1] for measure in JACOBIANS] == pytest.approx([1, 1, 4])


def test_a_direction_at_exactly_a_tenth_does_not_count_and_nothing_of_zeros_does():
    count = JACOBIANS["rank"][0]
    singular = np.array([[1.0, 0.5, 0.10001, 0.1], [0, 0, 0, 0]])
    np.testing.assert_array_equal(count(singular), [3, 0])


def test_counts_are_printed_whole_and_singular_values_with_three_digits():
    assert Directions(1, 50).printed(12.0) == "12"
    assert Largest(0.1, 50).printed(12.0) == "12.0"


def test_an_unknown_measure_is_refused(model):
    with pytest.raises(ValueError, match="one of largest, median, rank, not 'trace'"):
        jacobian_values(model, TREE, "trace")
