"""How long work reports where it stands."""

from collections.abc import Callable

Progress = Callable[[float, str], None]
"""Called with the share of the work that is done, 0..1, and what is being done now."""


def silent(fraction: float, doing: str) -> None:
    """Report nothing."""


def part(progress: Progress, start: float, end: float) -> Progress:
    """Return a progress function for a step that covers ``start``..``end`` of the whole."""
    return lambda fraction, doing: progress(start + (end - start) * fraction, doing)
