"""The compiled parts on other processors than this one: those that it can stand in for."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from minigrad.kernels import JIT_ENABLED, vectors

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not JIT_ENABLED, reason="NUMBA_DISABLE_JIT=1: nothing is compiled"),
    pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="the names are those of x86-64"),
]
HERE = Path(__file__).parent
NAMES = (
    "butterflies",
    "fold_compiled",
    "large_weights",
    "passes",
    "product",
    "elements",
    "kernels",
    "optim_formulas",
)
FILES = (
    HERE / "fold_contract",
    *(HERE / f"test_{name}.py" for name in NAMES),
    HERE.parent / "models" / "test_step_memory.py",
)


class Place(NamedTuple):
    """A processor, by LLVM's name and features, and the bytes of a vector there."""

    name: str
    features: str
    vector: int


PLACES = {
    "no FMA": Place("generic", "", 16),
    "FMA, 128 bits": Place("haswell", "+avx,+fma,-avx2", 16),
    "AVX2": Place("haswell", "+avx,+avx2,+fma", 32),
}


@pytest.mark.parametrize("place", PLACES)
def test_elsewhere(place: str, tmp_path: Path) -> None:
    name, features, vector = PLACES[place]
    if vectors.VECTOR_BYTES == 16 or vector > vectors.VECTOR_BYTES:
        pytest.skip("this is elsewhere, or it has less")
    caches = {"NUMBA_CACHE_DIR": str(tmp_path), "MINIGRAD_CACHE_DIR": str(tmp_path / "minigrad")}
    environment = {**os.environ, "NUMBA_CPU_NAME": name, "NUMBA_CPU_FEATURES": features, **caches}
    asked = "from minigrad.kernels import vectors; print(vectors.VECTOR_BYTES)"
    assert int(_run(["-c", asked], environment)) == vector
    options = ["-q", "-x", "-p", "no:xdist", "-p", "no:cacheprovider"]
    _run(["-m", "pytest", *options, *map(str, FILES)], environment)


def _run(arguments: list[str], environment: dict[str, str]) -> str:
    run = subprocess.run([sys.executable, *arguments], env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout
