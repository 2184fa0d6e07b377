"""What can be set in the explorer: names, ranges and choices, for the page and for the engine."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any


@dataclass(frozen=True)
class Slider:
    """A number between two limits, in steps."""

    label: str
    low: float
    high: float
    step: float


@dataclass(frozen=True)
class Choice:
    """One of several values; `names` are what a reader sees."""

    label: str
    values: tuple[str | int, ...]
    names: tuple[str, ...]


CONTROLS: dict[str, Slider | Choice] = {
    "T": Slider("Steps T", 2, 100, 1),
    "matrix": Choice(
        "Recurrent matrix W",
        ("orthogonal", "gaussian", "identity", "delay"),
        ("orthogonal", "Gaussian", "identity", "delay line"),
    ),
    "scale": Slider("Scale of W", 0.2, 2.0, 0.01),
    "by": Choice("Scale is its", ("norm", "radius"), ("norm ‖W‖", "spectral radius")),
    "D": Choice("Units D", (1, 2, 10, 50), ("1", "2", "10", "50")),
    "f": Choice(
        "Activation (Elman)",
        ("tanh", "sigmoid", "relu", "softsign"),
        ("tanh", "sigmoid", "ReLU", "softsign"),
    ),
    "forget": Slider("Forget bias (LSTM)", -2, 5, 0.1),
    "input": Slider("Size of the inputs", 0, 2, 0.05),
    "seed": Slider("Seed", 1, 100, 1),
}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """One setting of the explorer.

    Attributes
    ----------
    T : int
        Steps, 2 to 100.
    matrix : str
        "orthogonal", "gaussian", "identity" or "delay": the kind of all recurrent matrices.
    scale : float
        Their norm or radius, 0.2 to 2. Beyond 2 a tanh network is chaotic: its gradients depend on rounding.
    by : str
        "norm" or "radius": what `scale` says.
    D : int
        Width of the state and of the words: 1, 2, 10 or 50.
    f : str
        Elman's activation.
    forget : float
        The LSTM's forget bias, −2 to 5.
    input : float
        Standard deviation of the words' elements, 0 to 2.
    seed : int
        1 to 100.

    Raises
    ------
    ValueError
        A value is outside its range or none of the choices; the text names it and what would be right.
    """

    T: int = 50
    matrix: str = "orthogonal"
    scale: float = 1.2
    by: str = "norm"
    D: int = 50
    f: str = "tanh"
    forget: float = 1.0
    input: float = 0.1
    seed: int = 1

    def __post_init__(self) -> None:
        for name, value in self.as_dict().items():
            control = CONTROLS[name]
            if isinstance(control, Choice):
                if value not in control.values:
                    raise ValueError(f"{name} is one of {', '.join(map(str, control.values))}, not {value!r}")
            elif not control.low <= value <= control.high:
                raise ValueError(f"{name} lies between {control.low:g} and {control.high:g}: {value!r}")

    def as_dict(self) -> dict[str, Any]:
        """Return the values by name."""
        return asdict(self)


assert [field.name for field in fields(Settings)] == list(CONTROLS)
