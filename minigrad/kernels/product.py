"""Matrix products of a few rows by a matrix that stays in cache, as functions in LLVM IR.

The rows of float32 or float64 matrices are contiguous and lie any distance apart, given in bytes. The caller
owns every buffer, nothing is allocated, shapes are trusted, and the result must not overlap an operand.

C is cut into tiles of at most ROWS × VECTORS vectors. A tile's sums live in registers while the reduction
runs, and are stored in C, or added to it, at its end. Each sum is one chain of multiply-adds in the order of
the reduction, so its bits depend neither on the alignment nor on the rows and columns computed beside it.

A last vector of which at most half the lanes are columns of C is *shared*: it takes two rows, or four if a
quarter suffices. Its multiply-adds are a half, or a quarter; bringing the rows' factors together takes moves
instead, which a processor does beside its multiply-adds. 50 columns of float32 are 3⅛ vectors of 16 lanes.

A *packed* matrix B of shape (k, n) is a vector: the columns are cut into panels, and the panel that starts
at column j is a C-ordered (k, panel width) block from element k·j on. The last panel is padded to whole
vectors; what the padding holds does not matter, since nothing that is made of it is stored. See packing.py.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir

from minigrad.kernels.vectors import ROWS, VECTOR_BYTES, VECTORS, WORD, Emitter

# Of the vectors at a tile's right edge: WHOLE ones, all of whose lanes are columns of C, CUT ones, which take
# a mask, and cut ones that 2 or 4 rows share. A mask costs AVX-512 nothing: CUT serves whole ones too.
WHOLE, CUT, *SHARED = 0, 1, 2, 4
_EDGES = (CUT, *SHARED) if VECTOR_BYTES == 64 else (WHOLE, CUT, *SHARED)
# Rows that a tall product reduces at a time: a panel of B takes at most 12 KiB of the first cache then, which
# leaves room for as many rows of A.
_DEPTH = min(256, 12 * 1024 // (VECTORS * VECTOR_BYTES))


def _emit_tile(emit: Emitter, c: Any, a: Any, b: Any, numbers: Any, shape: tuple[int, int, int]) -> None:
    """Emit a tile of rows × vectors, of which the last are WHOLE, CUT, or shared by so many rows.

    c_step                     bytes from one row of C to the next
    a_row, a_column            the same for A, and from one column to the next
    b_step, depth              the same for B, and its rows
    used                       lanes of the last vector that are columns of C
    add                        0 if the tile's former values are forgotten
    """
    c_step, a_row, a_column, b_step, depth, used, add = numbers
    rows, vectors, edge = shape
    last = vectors - 1
    builder, vector = emit.builder, emit.vector
    if edge:
        emit.mask_lanes(used)
    share, own = max(1, edge), emit.lanes // max(1, edge)  # rows, and lanes of each, in a last vector
    groups = [range(r, min(r + share, rows)) for r in range(0, rows, share)]
    parts = [emit.lanes_from(own * k) for k in range(1, share)]
    # Each row's address in a register of its own: LLVM would find all from one every time
    a_rows = [emit.opaque(emit.row(a, emit.integer(r), a_row)) for r in range(rows)]
    start = builder.block
    head, body, end = (builder.append_basic_block(f"{part}.{rows}x{vectors}") for part in ("k", "fma", "add"))
    builder.branch(head)

    builder.position_at_end(head)
    step, a_at, b_at = (builder.phi(WORD) for _ in range(3))
    sums = [[builder.phi(vector) for _ in range(last)] for _ in range(rows)]
    edges = [builder.phi(vector) for _ in groups]
    builder.cbranch(builder.icmp_signed("<", step, depth), body, end)

    builder.position_at_end(body)
    places = [emit.at(b, builder.add(b_at, emit.integer(v * VECTOR_BYTES))) for v in range(vectors)]
    b_row = [emit.load(place) for place in places[:-1]]
    b_edge = emit.load(places[-1], masked=edge != WHOLE)
    if share > 1:
        b_edge = emit.shuffle(b_edge, b_edge, [*range(own)] * share)
    turns = [
        (step, emit.integer(0), builder.add(step, emit.integer(1))),
        (a_at, emit.integer(0), builder.add(a_at, a_column)),
        (b_at, emit.integer(0), builder.add(b_at, b_step)),
    ]

    def add_product(total: ir.Value, factor: ir.Value, b_vector: ir.Value) -> None:
        # fmuladd is fused where the processor can; fma would be a library call per lane elsewhere.
        turns.append((total, emit.zero, emit.call("llvm.fmuladd.{}", vector, factor, b_vector, total)))

    for group, edge_total in zip(groups, edges, strict=True):
        found = [builder.load(emit.at(a_rows[r], a_at), align=emit.size, typ=emit.scalar) for r in group]
        factors = [emit.splat(factor) for factor in found]
        for r, factor in zip(group, factors, strict=True):
            for total, b_vector in zip(sums[r], b_row, strict=True):
                add_product(total, factor, b_vector)
        joined = factors[0]
        for lanes, factor in zip(parts, factors[1:], strict=False):
            joined = builder.select(lanes, factor, joined)
        add_product(edge_total, joined, b_edge)
    again = builder.branch(head)
    for phi, first, then in turns:
        phi.add_incoming(first, start)
        phi.add_incoming(then, body)
    emit.keep_rolled(again)

    builder.position_at_end(end)
    for group, total in zip(groups, edges, strict=True):
        for k, r in enumerate(group):
            lanes = [(own * k + lane) % emit.lanes for lane in range(emit.lanes)]
            sums[r].append(emit.shuffle(total, total, lanes) if k else total)
    with builder.if_else(builder.icmp_signed("!=", add, emit.integer(0))) as cases:
        for adds, case in zip((True, False), cases, strict=True):
            with case:
                for r, row_sums in enumerate(sums):
                    c_row = emit.row(c, emit.integer(r), c_step)
                    for v, total in enumerate(row_sums):
                        place = emit.at(c_row, emit.integer(v * VECTOR_BYTES))
                        cut = edge != WHOLE and v == last
                        emit.store(builder.fadd(emit.load(place, cut), total) if adds else total, place, cut)


def _emit_any_tile(emit: Emitter, pointers: Any, numbers: Any, rows: ir.Value, vectors: ir.Value) -> None:
    """Emit a switch between the tiles of all shapes."""
    builder, used = emit.builder, numbers[-2]
    c, a, b = pointers
    edges = [edge for edge in _EDGES if edge <= emit.lanes]
    shape = emit.plus(emit.times(rows, emit.integer(VECTORS)), vectors)
    case = emit.times(shape, emit.integer(len(edges)))
    for edge in edges[1:]:  # how many lanes it is for, at most
        most = emit.lanes - 1 if edge == CUT else emit.lanes // edge
        case = builder.add(case, builder.zext(builder.icmp_signed("<=", used, emit.integer(most)), WORD))
    done = builder.append_basic_block("tile.done")
    switch = builder.switch(case, done)
    for r in range(1, ROWS + 1):
        for v in range(1, VECTORS + 1):
            blocks: dict[int, ir.Block] = {}
            for k, edge in enumerate(edges):
                # A small tile has too few sums to keep the processor busy: fewer would take as long
                made = edge if r > ROWS // 2 and v > 1 else min(edge, CUT)
                if made not in blocks:
                    blocks[made] = builder.append_basic_block(f"tile.{r}x{v}")
                    builder.position_at_end(blocks[made])
                    _emit_tile(emit, c, a, b, numbers, (r, v, made))
                    builder.branch(done)
                switch.add_case(emit.integer((r * VECTORS + v) * len(edges) + k), blocks[made])
    builder.position_at_end(done)


def panel(left: int) -> int:
    """Return how many vectors the next panel has, of those that are left."""
    # One vector alone in the last panel would have too few sums to hide the latency of their chains.
    return (left + 1) // 2 if left == VECTORS + 1 else min(left, VECTORS)


def emit_panel(emit: Emitter, left: ir.Value) -> ir.Value:
    """Emit what `panel` says."""
    b = emit.builder
    half = emit.integer(panel(VECTORS + 1))
    one_more = b.icmp_signed("==", left, emit.integer(VECTORS + 1))
    return b.select(one_more, half, emit.least(left, emit.integer(VECTORS)))


def emit_tiles(emit: Emitter, arguments: Any) -> None:
    """Emit C = A @ B, or C += A @ B if `add`.

    Arguments: c, c_step, a, a_row, a_column, b, b_step, b_column, m, k, n, add; pointers, steps in bytes,
    shapes. `b_column` is k·size for a packed B.
    """
    c, c_step, a, a_row, a_column, b, b_step, b_column, m, depth, n, add = arguments
    builder, lanes, word = emit.builder, emit.lanes, emit.integer
    tiles = builder.udiv(emit.plus(m, word(ROWS - 1)), word(ROWS))
    low = builder.udiv(m, emit.most(tiles, word(1)))  # even heights: a last tile of one row would be slow
    higher = builder.sub(m, builder.mul(low, tiles))  # tiles that have a row more
    packed = builder.icmp_signed("!=", b_column, word(emit.size))
    left = emit.variable(builder.udiv(emit.plus(n, word(lanes - 1)), word(lanes)))
    column = emit.variable(word(0))
    with emit.repeat() as go_on:
        now = emit.read(left)
        go_on(builder.icmp_signed(">", now, word(0)))
        # A panel of B stays in the first cache while the rows of A pass
        vectors, j = emit_panel(emit, now), emit.read(column)
        end = builder.add(j, builder.mul(vectors, word(lanes)))
        used = builder.sub(word(lanes), emit.most(word(0), builder.sub(end, n)))
        step = builder.select(packed, builder.mul(vectors, word(VECTOR_BYTES)), b_step)
        of_c, of_b = emit.element(c, j), emit.row(b, j, b_column)
        row = emit.variable(word(0))
        with emit.loop(tiles) as tile:
            i = emit.read(row)
            rows = builder.add(low, builder.zext(builder.icmp_signed("<", tile, higher), WORD))
            pointers = emit.row(of_c, i, c_step), emit.row(a, i, a_row), of_b
            _emit_any_tile(emit, pointers, (c_step, a_row, a_column, step, depth, used, add), rows, vectors)
            builder.store(builder.add(i, rows), row)
        builder.store(builder.sub(now, vectors), left)
        builder.store(end, column)


def emit_product_tn(emit: Emitter, arguments: Any, tiles: ir.Function) -> None:
    """Emit C = Aᵀ @ B, or C += Aᵀ @ B if `add`: the gradient of a weight, over all nodes.

    Arguments: c, c_step, a, a_step, b, b_step, m, k, n, add, for (k, n), (m, k), (m, n). Even parts of m,
    each short enough for the first cache, are reduced one by one.
    """
    c, c_step, a, a_step, b, b_step, m, k, n, add = arguments
    builder, word = emit.builder, emit.integer
    size = word(emit.size)
    parts = emit.most(word(1), builder.udiv(emit.plus(m, word(_DEPTH - 1)), word(_DEPTH)))
    start, more = emit.variable(word(0)), emit.variable(add)
    with emit.loop(parts) as part:
        first, left = emit.read(start), builder.sub(parts, part)
        rest = builder.sub(m, first)
        depth = builder.udiv(builder.add(rest, builder.sub(left, word(1))), left)
        of_a, of_b = emit.row(a, first, a_step), emit.row(b, first, b_step)
        builder.call(tiles, [c, c_step, of_a, size, a_step, of_b, b_step, size, k, depth, n, emit.read(more)])
        builder.store(builder.add(first, depth), start)
        builder.store(word(1), more)
