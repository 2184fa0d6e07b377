"""Random treebanks, right and wrong: each gives trees or a TreebankError and nothing else.

``python -m tests.models.treebank_fuzz --count 1000000 --seed 0`` tries a million and says how they went.
"""

from __future__ import annotations

import argparse
import io
import random
import sys
import time
from collections import Counter

from models.blocks import LAYOUTS
from models.errors import DependencyError, TreebankError
from models.reader import ERRORS, read_trees
from models.tree import Tree

PIECES = [
    *"()() \n\\a3\t\r\f\x00\xa0\x85\u2028\ufeffé語😀\ud800\udce9@+",
    *["\r\n", "\n(", "\n (", "\n\n", "NP", "-LRB-", "(2 not)", "(3 (2 not) (1 bad))", "( (S (N a)) )"],
    *["# text = a (b)\n", "1\ta\t_\t_\t_\t_\t_\t_\t_\t_\n"],
]
WORDS = ["not", "-RRB-", "é", r"1\/2", r"\(", r"a\ b"]


def tree(rng: random.Random, size: int) -> str:
    """A right tree of about `size` nodes, in brackets."""
    made = f"({rng.choice(['2 ', '', 'N '])}{rng.choice(WORDS)})"
    for _ in range(size):
        blank = rng.choice(["", " ", "\n  ", " \t"])
        sister = rng.choice(["", f"{blank}(x y)"])
        made = f"({rng.choice(['3', '', 'NP'])}{sister}{blank}{made}{blank})"
    return made


def text(rng: random.Random) -> str:
    """A text: pieces of trees, trees with a few changes, or any characters."""
    kind = rng.random()
    if kind < 0.4:
        return "".join(rng.choices(PIECES, k=rng.randrange(14)))
    if kind < 0.5:
        limits = rng.choices([128, 0x3000, 0x110000], k=rng.randrange(20))
        return "".join(chr(rng.randrange(limit)) for limit in limits)
    made = "\n".join(tree(rng, rng.randrange(4)) for _ in range(rng.randrange(1, 4)))
    for _ in range(rng.choice([0, 1, 1, 2, 5])):
        at = rng.randrange(len(made) + 1)
        made = made[:at] + rng.choice(["", rng.choice(PIECES)]) + made[at + rng.randrange(2) :]
    return made


def check_parse(content: str) -> str:
    """Read one tree; say how it went."""
    try:
        found = Tree.parse(content)
    except TreebankError as error:
        check_error(error, content)
        return "no tree"
    assert Tree.parse(str(found)) == found
    return "a tree"


def check_read(content: str | bytes, errors: str, layout: str) -> str:
    """Read a treebank from memory; say how it went."""
    source = io.BytesIO(content) if isinstance(content, bytes) else io.StringIO(content, newline="\n")
    shown = content.decode("utf-8", "surrogateescape") if isinstance(content, bytes) else content
    reader = read_trees(source, errors, layout=layout)  # type: ignore[arg-type]
    trees: list[Tree] = []
    raised: list[TreebankError] = []
    try:
        trees.extend(reader)
    except TreebankError as error:
        raised.append(error)
    outcome = "read"
    if raised:
        outcome = "dependencies" if isinstance(raised[0], DependencyError) else "raised"
    assert outcome != "raised" or errors == "raise"
    assert reader.n_trees == len(trees)
    assert len(reader.errors) == (reader.n_bad if errors == "collect" else 0)
    for error in reader.errors + raised:
        check_error(error, shown.removeprefix("\ufeff"))
    for found in trees:
        assert next(read_trees([f"({found})"])) == found
    return outcome + (", passing faults" if reader.n_bad else "")


def check_error(error: TreebankError, content: str) -> None:
    """The place is inside the text, and the message can be written."""
    lines = content.split("\n")
    assert 1 <= error.line <= len(lines)
    assert 1 <= error.column <= len(lines[error.line - 1]) + 1
    assert str(error).encode("utf-8").startswith(b"line ")


def fuzz(count: int, seed: int) -> Counter[str]:
    """Try `count` inputs; return how many went in which way."""
    rng = random.Random(seed)
    outcomes: Counter[str] = Counter()
    for number in range(count):
        content: str | bytes = text(rng)
        assert isinstance(content, str)
        errors, layout = rng.choice(ERRORS), rng.choice(list(LAYOUTS))
        try:
            outcomes[f"parse: {check_parse(content)}"] += 1
            if rng.random() < 0.3:  # as bytes, some of them changed
                content = content.encode("utf-8", "surrogatepass")
                for _ in range(rng.randrange(3)):
                    at = rng.randrange(len(content) + 1)
                    content = content[:at] + rng.randbytes(1) + content[at + 1 :]
            outcomes[f"{errors}: {check_read(content, errors, layout)}"] += 1
        except Exception as error:
            raise AssertionError(f"input {number} of seed {seed}: {content!r}, {errors}, {layout}") from error
    return outcomes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    start = time.perf_counter()
    outcomes = fuzz(args.count, args.seed)
    sys.stdout.write(f"{args.count} inputs in {time.perf_counter() - start:.0f} s\n")
    for outcome, number in sorted(outcomes.items()):
        sys.stdout.write(f"{number:9} {outcome}\n")


if __name__ == "__main__":
    main()
