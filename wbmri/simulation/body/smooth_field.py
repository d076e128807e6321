"""Smooth random fields, and values between the points of a lattice."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from wbmri.simulation.body.parts import Points


@dataclass(frozen=True, eq=False, slots=True)
class SmoothField:
    """A smooth random field over a box: cubic between random values at control points."""

    nodes: tuple[NDArray[np.float32], ...]
    step: tuple[float, ...]
    low: NDArray[np.float64]

    @classmethod
    def random(
        cls,
        rng: np.random.Generator,
        low: Points,
        high: Points,
        scales: tuple[tuple[float, float], ...],
        channels: int,
    ) -> Self:
        """Draw control values for every scale (distance in mm, standard deviation)."""
        nodes = []
        for step, deviation in scales:
            count = [int(n) + 4 for n in np.ceil((high - low) / step)]
            nodes.append((deviation * rng.standard_normal((channels, *count))).astype(np.float32))
        return cls(tuple(nodes), tuple(step for step, _ in scales), low)

    def __call__(self, points: Points) -> NDArray[np.float32]:
        """Return the field at points of shape (n, 3), shape (n, channels)."""
        from scipy import ndimage

        total = np.zeros((len(points), self.nodes[0].shape[0]), np.float32)
        for nodes, step in zip(self.nodes, self.step, strict=True):
            index = ((points - self.low) / step + 1.5).T
            for channel in range(total.shape[1]):
                total[:, channel] += ndimage.map_coordinates(
                    nodes[channel],
                    index,
                    order=3,
                    prefilter=False,
                    mode="nearest",
                )
        return total

    def on_grid(self, axes: list[NDArray[np.float64]]) -> NDArray[np.float32]:
        """Return the field at places along x, y and z, shape (channels, x, y, z): products of matrices, so it is fast.

        Beyond the control points the field is 0.
        """
        total = np.zeros((), np.float32)
        for values, step in zip(self.nodes, self.step, strict=True):
            for number, places in enumerate(axes):
                index = (places - self.low[number]) / step + 1.5
                away = np.abs(index[:, None] - np.arange(values.shape[number + 1]))
                near = 2 / 3 - away**2 + away**3 / 2
                weight = np.where(away < 1, near, np.clip(2 - away, 0, None) ** 3 / 6).astype(np.float32)
                values = np.moveaxis(np.tensordot(weight, values, (1, number + 1)), 0, number + 1)
            total = total + values
        return total


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
