"""Smooth things are evaluated on a sparse lattice and interpolated between its points."""

import numpy as np
from numpy.typing import NDArray


def between(values: NDArray[np.float32], places: list[NDArray[np.float64]]) -> NDArray[np.float32]:
    """Return values of shape (c, x, y, z) at fractional indices along each axis, linear between lattice points.

    Parameters
    ----------
    values
        At the lattice points, at least two along each axis.
    places
        Indices into the lattice along x, y and z, each ascending and of any length.
    """
    for axis, place in enumerate(places, start=1):
        low = np.clip(place.astype(np.int64), 0, values.shape[axis] - 2)
        share = (place - low).astype(np.float32).reshape([-1 if a == axis else 1 for a in range(4)])
        below = values.take(low, axis=axis)
        values = below + share * (values.take(low + 1, axis=axis) - below)
    return values
