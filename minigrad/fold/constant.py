"""Values that can't be changed, for `compose` to read."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np


def constant(value: Any) -> Any:
    """Return a copy of a list, dict, set or array that can't be changed.

    Mode "compiled" traces ``compose`` once, so it refuses whatever it could not notice a change of. A
    constant may be read: it is changed by giving the name another constant.

    Parameters
    ----------
    value : list, tuple, dict, set, array, number, string, bool or None
        Lists, tuples, dicts and sets are copied with all that they contain.

    Returns
    -------
    tuple for a list or tuple, ``types.MappingProxyType`` for a dict, frozenset for a set, a read-only array
    for an array; other values as they are.

    Raises
    ------
    TypeError
        If the value, or one inside it, is none of these.

    Examples
    --------
    >>> constant([1, {"left": [0.5]}])
    (1, mappingproxy({'left': (0.5,)}))
    """
    if isinstance(value, np.ndarray):
        array = np.array(value)
        array.flags.writeable = False
        return array
    if isinstance(value, Mapping):
        return MappingProxyType({key: constant(inner) for key, inner in value.items()})
    if type(value) in (list, tuple):
        return tuple(map(constant, value))
    if isinstance(value, set | frozenset):
        return frozenset(map(constant, value))
    if value is None or isinstance(value, str | bytes | bool | int | float | complex | np.generic):
        return value
    raise TypeError(f"constant: numbers, strings, lists, dicts, sets and arrays can be copied, not {value!r}")
