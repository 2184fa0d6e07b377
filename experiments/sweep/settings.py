"""Settings of a run as a frozen dataclass, and their JSON, which is stored and gives the run its id.

A field of the dataclass is a setting. Its values are what JSON has, with tuples for lists: numbers, text,
booleans, None, tuples and dicts with text keys. Another value is `dataclasses.replace(settings, lr=0.1)`.

A field that is added to settings of which rows are stored is declared as `later(default)`. At its default it
stands in no JSON, so that the ids of those rows stay what they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, Field, field, fields
from typing import TYPE_CHECKING, Any, TypeVar, cast

from experiments.sweep.errors import SweepError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    S = TypeVar("S", bound=DataclassInstance)

T = TypeVar("T")


_LATER = "later"


def later(default: T) -> T:
    """Return a field for `default`, number, text, boolean or None, that is stored only where it differs."""
    declared: Any = field(default=default, metadata={_LATER: True})
    return cast("T", declared)


def to_json(settings: DataclassInstance) -> dict[str, Any]:
    """Return settings as JSON values, in the order of the fields; tuples become lists."""
    stored = {}
    for one in fields(settings):
        value = getattr(settings, one.name)
        if not _is_later(one) or value != one.default:
            stored[one.name] = _listed(value)
    return stored


def from_json(kind: type[S], stored: Mapping[str, Any]) -> S:
    """Return the settings that `to_json` made these values of; lists become tuples.

    Raises
    ------
    SweepError
        If a setting is missing that is no `later` one, or there is one that the dataclass does not have.
    """
    known = {one.name: _is_later(one) for one in fields(kind)}
    wrong = {
        "missing": [name for name, is_later in known.items() if name not in stored and not is_later],
        "unknown": [name for name in stored if name not in known],
    }
    if any(wrong.values()):
        told = "; ".join(f"{what}: {', '.join(names)}" for what, names in wrong.items() if names)
        raise SweepError(f"these are not the settings of {kind.__module__}.{kind.__qualname__}: {told}")
    return kind(**{name: _tupled(value) for name, value in stored.items()})


def defaults(kind: type[DataclassInstance]) -> dict[str, Any]:
    """Return the settings that have a default, for a manifest to name the differences from."""
    return {one.name: one.default for one in fields(kind) if one.default is not MISSING}


def _is_later(one: Field[Any]) -> bool:
    return _LATER in one.metadata


def _listed(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _listed(item) for key, item in value.items()}
    return [_listed(item) for item in value] if isinstance(value, list | tuple) else value


def _tupled(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _tupled(item) for key, item in value.items()}
    return tuple(_tupled(item) for item in value) if isinstance(value, list) else value
