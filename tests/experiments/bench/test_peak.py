"""The benchmark's yardstick: the arithmetic that a step needs, and that one thread can do."""

from dataclasses import replace

import numpy as np
import pytest

import models
from experiments.bench import peak
from experiments.bench.steps import OWN
from experiments.bench.workload import Config, minibatches, new_model
from minigrad.kernels.jit import JIT_ENABLED

PER_PRODUCT = 3 * 2 * 50 * 50  # forward, and two derivatives; a multiply and an add for each weight


@pytest.mark.parametrize(
    ("cell", "of_n"),
    [
        ("RLSTM", (16, -21)), ("TreeLSTM", (13, -10)), ("SLSTM", (13, -17)), ("TreeGRU", (15, -15)),
        ("RNN", (2, -2)), ("ResidualRNN", (2, -2)), ("HighwayRNN", (4, -4)), ("DenseRNN", (3, -4)),
    ],
)  # fmt: skip
def test_the_arithmetic_of_the_equations_is_counted(cell, of_n):
    config = Config(cell, (2, 40), 7)
    (forest,) = minibatches(config, 1)
    products = of_n[0] * len(forest.leaves) + of_n[1] * len(forest)
    assert peak.training_flop(config, forest) == products * PER_PRODUCT
    assert peak.training_flop(replace(config, D=150), forest) == 9 * products * PER_PRODUCT


@pytest.mark.parametrize("cell", [name for name in peak.PRODUCTS if name != "RLSTM"])
def test_a_node_with_inner_children_meets_every_matrix_but_those_of_leaves_once(cell):
    # In the RLSTM i1 and i2 share theirs, and so do f1 and f2.
    sizes = [p.size for p in new_model(Config(cell, (1, 1), 1)).cell.parameters() if p.ndim > 1]
    matrices = sum(sizes) // 50**2
    of_leaf, of_inner, of_node = peak.PRODUCTS[cell]
    of_node += 50 * peak.TENSORS.get(cell, 0)
    only_of_leaves = 3 if cell == "TreeLSTM" else 0
    if cell in models.CHAIN_CELLS:
        assert matrices == of_leaf + of_inner + of_node
    else:
        shared = cell.endswith("Attention")  # by both children: the matrix of the scores
        assert matrices - only_of_leaves + shared == 2 * of_inner + of_node


def test_every_cell_for_trees_has_its_count():
    own = {config.cell for config in OWN}
    assert set(models.TREE_CELLS) <= set(peak.PRODUCTS) <= {*models.CELLS, *own}


def test_the_state_before_a_chain_s_first_word_is_multiplied_with_nothing():
    config = Config("LSTM", (7, 7), 3)
    (forest,) = minibatches(config, 1)
    assert peak.training_flop(config, forest) == 3 * (8 * 7 - 4) * PER_PRODUCT


def test_a_tree_of_one_word_needs_no_products():
    config = Config("RLSTM", (1, 1), 3)
    (forest,) = minibatches(config, 1)
    assert peak.training_flop(config, forest) == 0


@pytest.mark.skipif(not JIT_ENABLED, reason="measures compiled code")
def test_the_peak_is_computed_and_timed():
    assert peak._burst(np.float32(0.5), 100) == peak.CHAINS  # s = s/2 + 1/2 tends to 1 in every chain
    assert peak.fma_peak(bursts=1) > 0.1
