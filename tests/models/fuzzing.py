"""What the fuzzers of readers have in common: inputs from a seed, and a count of how they went."""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from collections.abc import Callable


def tried(attempt: Callable[[random.Random], str], count: int, seed: int) -> Counter[str]:
    """Call ``attempt(rng)`` so often; return how many times it said what."""
    rng = random.Random(seed)
    outcomes: Counter[str] = Counter()
    for number in range(count):
        before = rng.getstate()
        try:
            outcomes[attempt(rng)] += 1
        except Exception as error:
            raise AssertionError(f"input {number} of seed {seed}, with the state {hash(before)}") from error
    return outcomes


def main(attempt: Callable[[random.Random], str], text: str | None) -> None:
    """Try as many inputs as the command line says, and print how they went."""
    parser = argparse.ArgumentParser(description=text)
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    start = time.perf_counter()
    outcomes = tried(attempt, args.count, args.seed)
    sys.stdout.write(f"{args.count} inputs in {time.perf_counter() - start:.0f} s\n")
    for outcome, number in sorted(outcomes.items()):
        sys.stdout.write(f"{number:9} {outcome}\n")


def changed(rng: random.Random, content: bytes, pieces: list[bytes]) -> bytes:
    """Return the content with a few pieces put in, taken out, or doubled."""
    for _ in range(rng.choice([0, 1, 1, 2, 5])):
        at = rng.randrange(len(content) + 1)
        to = min(len(content), at + rng.choice([0, 0, 1, 3, 10]))
        middle = rng.choice([b"", rng.choice(pieces), content[at:to] * 2, rng.randbytes(1)])
        content = content[:at] + middle + content[to:]
    return content
