"""How often something may be done if it is to cost no more than a share of the time."""

from __future__ import annotations


class Throttle:
    """Tells when something is due: after its last cost divided by the share, and not before `least`.

    The first time loads what later ones use, so its cost does not count.

    Parameters
    ----------
    share : float
        Of the time that may be spent, such as 0.01.
    least : float
        Seconds between two times, at least.
    free : float
        Seconds that are spent as if they cost nothing, so that short trainings are looked at, too.
    doubled_after : int, optional
        Times after which `least` doubles, and again after as many: a long training has no longer a file.

    Attributes
    ----------
    times : int
        How often it was done.
    next : float
        The instant from which on it is due, in seconds.
    """

    def __init__(
        self, share: float, least: float = 0.0, doubled_after: int | None = None, free: float = 0.0
    ) -> None:
        self._share, self._least, self._doubled_after, self._free = share, least, doubled_after, free
        self.times, self.next = 0, 0.0

    def spent(self, start: float, end: float) -> None:
        """Note that it was done between two instants."""
        cost = end - start if self.times else 0.0
        doublings = self.times // self._doubled_after if self._doubled_after else 0
        self.times += 1
        self._free -= cost
        if self._free > 0:
            self.next = end
            return
        self.next = end + max(self._least * 2**doublings, cost / self._share)
