"""Quotients that may not be defined."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def ratio(top: Array, bottom: Array) -> Array:
    """Divide; not a number where the divisor is 0, but for rounding."""
    usable = np.abs(bottom) > 1e-9
    return np.asarray(np.where(usable, top, np.nan) / np.where(usable, bottom, 1.0))
