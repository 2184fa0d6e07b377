"""The yardstick: how many multiply-adds one thread can do, and how many a training step needs."""

from __future__ import annotations

import functools
import timeit
from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from experiments.bench.workload import Config
from minigrad.kernels.vectors import VECTOR_BYTES, Emitter
from models import CHAIN_CELLS, Forest, TreeForest

LANES = VECTOR_BYTES // 4
CHAINS = 12  # two units with a latency of four cycles need eight; with the factor, they fit sixteen registers
TURNS = 100_000

# Products of a D × D matrix with a vector: for a child that is a leaf, for one that is not, for the node.
# RLSTM: Wi1, Wi2, Wc, Wo and, for its sister's gate, Wf; with a memory, also Wf for its own gate and four
#        Wci, Wcf; for the node Wco. In a tree of n leaves, that makes 16n − 21.
# RNN, ResidualRNN: W1 or W2. 2(n − 1).
# TreeLSTM: Ui, Uf of both gates, Uo, Uu; for a leaf also Wi, Wo, Wu. 13n − 10.
# SLSTM: Wi, Wx, Wo and, for its sister's gate, Wf; with a memory, also Wf for its own gate and Wci and two
#        Wcf; for the node Wco. 13n − 17.
# TreeGRU: Wr of both gates and three Wz; for the node W1, W2 and three Wz. 15(n − 1).
# HighwayRNN: W and Wt. 4(n − 1).
# DenseRNN: W; with nodes below it, also V. 3n − 4.
# LSTM:  four U for a word, four W for a state. In a chain of n words, 8n − 4.
PRODUCTS = {
    "RLSTM": (5, 10, 1), "RNN": (1, 1, 0), "TreeLSTM": (8, 5, 0), "SLSTM": (4, 8, 1), "TreeGRU": (5, 5, 5),
    "ResidualRNN": (1, 1, 0), "HighwayRNN": (2, 2, 0), "DenseRNN": (1, 2, 0), "LSTM": (4, 4, 0),
    "RNTN": (1, 1, 0), "experiments.bench.own_cells:NormedTreeLSTM": (5, 5, 0),
    "experiments.bench.own_cells:Attention": (2, 2, 0),
}  # fmt: skip
CHILDREN = {"ChildSumTreeLSTM": (7, 1), "DependencyRNN": (2, 0)}  # at a node, and for each child
TENSORS = {"RNTN": 4}  # of D × D × D, at a node


def training_flop(config: Config, forest: Forest | TreeForest) -> int:
    """Return the floating-point operations of the products in one training step.

    Those are as many forward as for the derivatives by the vectors and for those by the matrices;
    activations, the softmax and the update are not counted. The equations are taken as they are written, also
    where a compiler finds a way with fewer products.
    """
    if isinstance(forest, TreeForest):
        of_node, of_child = CHILDREN[config.cell]
        return 3 * (of_node * forest.n_nodes + of_child * len(forest.child)) * 2 * config.D**2
    left, right = forest.left[forest.inner], forest.right[forest.inner]
    if config.cell in CHAIN_CELLS:
        left = left[forest.left[left] >= 0]  # the state before the first word is 0
    children = np.concatenate([left, right])
    leaves = int((forest.left[children] < 0).sum())
    of_leaf, of_inner, of_node = PRODUCTS[config.cell]
    of_node += TENSORS.get(config.cell, 0) * config.D
    products = of_leaf * leaves + of_inner * (len(children) - leaves) + of_node * len(forest.inner)
    return 3 * products * 2 * config.D**2


@intrinsic
def _multiply_adds(typing_context: Any, x: Any, turns: Any) -> Any:
    """Return something made of CHAINS vectors s after `turns` times s = s·x + x, all of it in registers."""

    def generate(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        value, count = arguments
        emit = Emitter(builder, ir.FloatType())
        factor = emit.splat(value)
        sums: list[ir.Value] = []  # each with a start of its own, or LLVM would compute one for all
        for _ in range(CHAINS):
            start = builder.fadd(factor, builder.load(sums[-1])) if sums else factor
            sums.append(cgutils.alloca_once_value(builder, start))  # type: ignore[no-untyped-call]
        with cgutils.for_range(builder, count):
            for s in sums:
                total = emit.call("llvm.fmuladd.{}", emit.vector, builder.load(s), factor, factor)
                builder.store(total, s)
        total = functools.reduce(builder.fadd, map(builder.load, sums))
        return builder.extract_element(total, ir.Constant(ir.IntType(32), 0))

    return types.float32(types.float32, types.intp), generate


@numba.njit
def _burst(x: Any, turns: int) -> Any:
    return _multiply_adds(x, turns)  # type: ignore[call-arg, unused-ignore]


def fma_peak(bursts: int = 5) -> float:
    """Return the GFLOP/s of multiply-adds in float32 on registers alone, the best of some short bursts."""
    x = np.float32(0.5)
    _burst(x, 1)  # compiles
    seconds = min(timeit.repeat(lambda: _burst(x, TURNS), repeat=bursts, number=1))
    return 2 * CHAINS * LANES * TURNS / seconds / 1e9
