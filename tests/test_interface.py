"""The search for defaults finds them wherever they stand."""

from __future__ import annotations

from tests.interface import defaults


def test_defaults_are_found_wherever_they_stand() -> None:
    source = (
        "SIZE = 3\n_HIDDEN = 4\nname = 5\nTABLE = {'a': 1}\nMADE = call()\n"
        "def f(a, b=1, *, c=True, d): pass\ndef _g(a=1): pass\n"
        "class C:\n  x: int = 2\n  y = -1.5\n  def __init__(self, z=None): pass\n  def _h(self, z=0): pass\n"
        "class _D:\n  x = 1\n@dataclass(frozen=True)\nclass E(C):\n  y: int\n"
    )
    assert [*defaults("m", source)] == [
        "m.SIZE = 3", "m.TABLE = {'a': 1}", "m.f(b) = 1", "m.f(c) = True", "m.C.x = 2", "m.C.y = -1.5",
        "m.C.__init__(z) = None", "@m.E = dataclass(frozen=True)",
    ]  # fmt: skip
