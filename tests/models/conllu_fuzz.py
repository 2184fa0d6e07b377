"""Random files in CoNLL-U, right and wrong: each gives sentences or a TreebankError and nothing else.

``python -m tests.models.conllu_fuzz --count 1000000 --seed 0`` tries a million and says how they went.
"""

from __future__ import annotations

import io
import random
import warnings

from models import DependencyTree, TreebankError, TreebankWarning, read_conllu
from models.reader import ERRORS
from tests.models.fuzzing import changed, main

PIECES = [
    *(bytes([byte]) for byte in b"\t\n\r #_|=.-0123(\xff\x00"),
    *[
        b"\n\n",
        b"\r\n",
        b"1-2\t",
        b"2.1\t",
        b"\xef\xbb\xbf",
        "é\u2028".encode(),
        b"# label = x\n",
        b"\t_" * 9,
    ],
    *[b"label=2", b"99999999999", b"1\ta\t_\t_\t_\t_\t0\troot\t_\t_\n"],
]


def sentence(rng: random.Random, right: bool = True) -> str:
    """Return the lines of a sentence, with what is passed over here and there; some wrong heads, or none."""
    n = rng.randrange(1, 7)
    order = rng.sample(range(1, n + 1), n)
    heads = {order[0]: 0} | {order[k]: order[rng.randrange(k)] for k in range(1, n)}
    if n > 1 and rng.random() < 0.1:
        heads[order[1]] = 0
    if not right:
        heads[rng.choice(order)] = rng.randrange(n + 2)
    lines = [rng.choice(["# text = a", "# label = good", "#"])] if rng.random() < 0.4 else []
    for k in range(1, n + 1):
        if k < n and rng.random() < 0.1:
            lines.append(f"{k}-{k + 1}" + "\tdu" + "\t_" * 8)
        form, misc = rng.choice(["a", "New York", "é", "_", "#", "("]), rng.choice(["_", "_", "a=b|label=3"])
        lines.append(f"{k}\t{form}\t_\tX\t_\t_\t{heads[k]}\t{rng.choice(['_', 'dep'])}\t_\t{misc}")
        if rng.random() < 0.05:
            lines.append(f"{k}.1\te" + "\t_" * 8)
    return "\n".join(lines) + "\n"


def attempt(rng: random.Random) -> str:
    """Read a file from memory; say how it went."""
    right = rng.random() < 0.7
    whole = "\n".join(sentence(rng, right) for _ in range(rng.randrange(4)))
    content = changed(rng, whole.encode(), PIECES)
    errors = rng.choice(ERRORS)
    reader = read_conllu(io.BytesIO(content), errors)  # type: ignore[arg-type]
    found: list[DependencyTree] = []
    raised: list[TreebankError] = []
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            found.extend(reader)
        except TreebankError as error:
            raised.append(error)
    assert all(issubclass(warning.category, TreebankWarning) for warning in told), told
    assert not raised or errors == "raise"
    assert reader.n_trees == len(found)
    assert len(reader.errors) == (reader.n_bad if errors == "collect" else 0)
    lines = content.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape").split("\n")
    for error in reader.errors + raised:
        assert 1 <= error.line <= len(lines)
        assert 1 <= error.column <= len(lines[error.line - 1]) + 1
        assert str(error).encode("utf-8").startswith(b"line ")
    for tree in found:
        assert sorted(tree.postorder()) == list(range(len(tree)))
        assert tree.heads.count(-1) == 1
    if right and content == whole.encode():
        assert not raised
        assert reader.n_bad == 0
    return f"{errors}: {'raised' if raised else 'read'}" + (", passing faults" if reader.n_bad else "")


if __name__ == "__main__":
    main(attempt, __doc__)
