"""How long a case is read, pauses left out."""

from time import monotonic

IDLE_S = 120.0
"""A pause longer than this is not reading time."""


class ReadingClock:
    """Adds up the time between signs of activity, as long as they are not too far apart.

    Parameters
    ----------
    earlier
        Seconds read in earlier sittings.
    """

    def __init__(self, earlier: float = 0.0) -> None:
        self._last = monotonic()
        self._taken = earlier
        self._since = 0.0

    def active(self) -> None:
        """Note that the reader did something."""
        moment = monotonic()
        if moment - self._last <= IDLE_S:
            self._since += moment - self._last
        self._last = moment

    @property
    def seconds(self) -> float:
        """Reading time so far."""
        return self._taken + self._since

    @property
    def since(self) -> float:
        """Reading time since `take` was last called."""
        return self._since

    def take(self) -> float:
        """Return the reading time since this was last called."""
        since, self._since = round(self._since, 2), 0.0
        self._taken += since
        return since
