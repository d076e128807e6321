"""The smooth brightness that coil and stations lay over the muscle, kept apart from the brightness of oedema."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from wbmri.core import BiasFieldSpline, InputError
from wbmri.grading.parameters import PARAMETERS
from wbmri.grading.voxels import Muscle

if TYPE_CHECKING:
    from scipy.sparse import csr_array

_FIELD = PARAMETERS.bias_field


Knots = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]
"""Knots along each of the three axes."""

DEGREE = 2
"""Degree of the spline."""


@dataclass(frozen=True, eq=False, slots=True)
class BiasField:
    """A smooth positive factor over the grid: a tensor-product quadratic B-spline of its logarithm.

    Parameters
    ----------
    coefficients
        Shape (a, b, c), natural logarithms.
    knots
        Knots along each axis, in mm from the first voxel of the canonical grid.
    """

    coefficients: NDArray[np.float64]
    knots: Knots

    @classmethod
    def of(cls, spline: BiasFieldSpline) -> Self:
        """Return the field that a reading records."""
        x, y, z = (np.asarray(axis, dtype=np.float64) for axis in spline.knots_mm)
        shape = tuple(axis.size - DEGREE - 1 for axis in (x, y, z))
        return cls(np.asarray(spline.log_coefficients, dtype=np.float64).reshape(shape), (x, y, z))

    def recorded(self) -> BiasFieldSpline:
        """Return the field as a reading records it: to a micrometre, and to a hundred-thousandth of its size."""
        x, y, z = (tuple(round(float(knot), 3) for knot in axis) for axis in self.knots)
        return BiasFieldSpline((x, y, z), tuple(round(float(value), 5) for value in self.coefficients.ravel()))

    def log_at(self, index: NDArray[np.intp], spacing: tuple[float, float, float]) -> NDArray[np.float64]:
        """Logarithm of the field at voxels of a grid.

        Parameters
        ----------
        index
            Voxel indices on the canonical grid, shape (n, 3).
        spacing
            Voxel distances of that grid in mm.
        """
        if len(index) == 0:
            return np.zeros(0)
        low = index.min(axis=0)
        columns, c = self._columns(low, index.max(axis=0) + 1 - low, spacing)
        i, j, k = (index - low).T
        # Only the few splines of the last axis that reach a voxel count.
        first = (c > 0).argmax(axis=1).clip(max=c.shape[1] - DEGREE - 1)
        column = (i * columns.shape[1] + j) * columns.shape[2] + first[k]
        flat, near = columns.ravel(), np.take_along_axis(c, first[:, None] + np.arange(DEGREE + 1), axis=1)
        made = np.zeros(len(index))
        for step in range(DEGREE + 1):
            made += flat[column + step] * near[k, step]
        return made

    def log_on(
        self,
        first: NDArray[np.intp],
        shape: tuple[int, ...],
        spacing: tuple[float, float, float],
    ) -> NDArray[np.float64]:
        """Logarithm of the field on a block of a grid.

        Parameters
        ----------
        first
            Index of the block's first voxel on the canonical grid, shape (3,).
        shape
            Voxels of the block along each axis.
        spacing
            Voxel distances of that grid in mm.
        """
        columns, c = self._columns(first, np.asarray(shape), spacing)
        # One product rather than one for each slice, whose threads wait for each other where processors are busy.
        made: NDArray[np.float64] = (columns.reshape(-1, columns.shape[2]) @ c.T).reshape(shape)
        return made

    def _columns(
        self,
        first: NDArray[np.intp],
        count: NDArray[np.intp],
        spacing: tuple[float, float, float],
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the coefficients of the last axis' splines for each column of a block, and those splines."""
        a, b, c = (_basis((first[k] + np.arange(count[k])) * spacing[k], self.knots[k]).toarray() for k in range(3))
        columns: NDArray[np.float64] = np.einsum("ia,jb,abc->ijc", a, b, self.coefficients, optimize=True)
        return columns, c


_WIDE_MM = tuple(1000.0 * step for step in range(-DEGREE, DEGREE + 2))

FLAT = BiasField(np.zeros((DEGREE + 1,) * 3), (np.array(_WIDE_MM),) * 3)
"""A field that is 1 everywhere."""


def _knots(length: float, distance: float) -> NDArray[np.float64]:
    pieces = max(1, round(length / distance))
    step = max(length, 1.0) / pieces
    return step * np.arange(-DEGREE, pieces + DEGREE + 1, dtype=np.float64)


def _basis(x: NDArray[np.float64], knots: NDArray[np.float64]) -> "csr_array":
    """Value of every spline of one axis at each place; `DEGREE` + 1 of them are stored per row."""
    from scipy.interpolate import BSpline

    return BSpline.design_matrix(np.clip(x, knots[DEGREE], knots[-1 - DEGREE]), knots, DEGREE)


def _design(points: NDArray[np.float64], knots: Knots) -> tuple["csr_array", tuple[int, int, int]]:
    """Weigh every coefficient at every point; only the few whose splines reach a point are stored."""
    from scipy.sparse import csr_array

    column = np.zeros((len(points), 1), dtype=np.intp)
    value = np.ones((len(points), 1))
    bases = [_basis(points[:, axis], places) for axis, places in enumerate(knots)]
    for basis in bases:
        near = basis.indices.reshape(-1, 1, DEGREE + 1)
        column = (column[:, :, None] * basis.shape[1] + near).reshape(len(points), -1)
        value = (value[:, :, None] * basis.data.reshape(-1, 1, DEGREE + 1)).reshape(len(points), -1)
    a, b, c = (basis.shape[1] for basis in bases)
    starts = np.arange(len(points) + 1) * value.shape[1]
    return csr_array((value.ravel(), column.ravel(), starts), shape=(len(points), a * b * c)), (a, b, c)


class FieldFit:
    """The fit of the field to the lower mode of muscle.

    Normal muscle lies about the field with a spread of noise; oedema only adds to it. The fit starts flat, just below
    the lowest credible mode of muscle, and climbs to it: the probability of each voxel to be normal, given that its
    group also holds oedema (anything brighter) and fat or tendon (anything darker) in unknown shares, weighs it in a
    penalised least-squares fit (expectation-maximisation). The penalty is a prior on the field's size and reach, and
    muscle counts by its volume and not by its voxels. What follows can fit again with better probabilities.

    Parameters
    ----------
    muscle
        The labelled voxels.

    Raises
    ------
    InputError
        If no voxel of muscle has a positive intensity.
    """

    def __init__(self, muscle: Muscle) -> None:
        self.sample = _sample(muscle)
        self.label = muscle.label[self.sample]
        self._log = np.log(muscle.quiet[self.sample].astype(np.float64))
        extent = np.asarray(muscle.shape) * muscle.spacing
        self._stiff, self._supple = (
            _Basis(muscle.points[self.sample], extent, knots_mm, scales)
            for knots_mm, scales in (
                (_FIELD.stiff_knots_mm, _FIELD.processes[:1]),
                (_FIELD.supple_knots_mm, _FIELD.processes),
            )
        )
        volume = np.bincount(muscle.label, minlength=256) * float(np.prod(muscle.spacing)) / 1000.0
        self._ml = (volume / np.maximum(np.bincount(self.label, minlength=256), 1))[self.label]
        self._muscle = muscle

    def start(self) -> tuple[BiasField, float]:
        """Fit a stiff field by intensity alone.

        Returns
        -------
        tuple of BiasField and float
            The field, with a mean logarithm of 0 over the samples, and the level of the mode in intensity units.
        """
        level = _start(self._muscle) - _FIELD.normal_width
        basis = self._stiff
        coefficients = np.zeros(basis.design.shape[1])
        for _ in range(_FIELD.start_rounds):
            normal = _normal_share(self._log - level - basis.design @ coefficients, self.label)
            coefficients, level = self._solve(basis, normal, _FIELD.stiff_observation_ml)
        return basis.field(coefficients, level)

    def again(self, normal: NDArray[np.float64]) -> tuple[BiasField, float]:
        """Fit a supple field to the voxels that are normal.

        Parameters
        ----------
        normal
            Probability of each voxel of `sample` to be normal muscle.
        """
        return self._supple.field(*self._solve(self._supple, normal, _FIELD.supple_observation_ml))

    def _solve(
        self,
        basis: "_Basis",
        normal: NDArray[np.float64],
        place_ml: float,
    ) -> tuple[NDArray[np.float64], float]:
        return basis.solve(self._log, normal * self._ml / (place_ml * _FIELD.disagreement**2))


class _Basis:
    """The splines of one spacing of knots, what they are at the samples, and the prior on their coefficients."""

    def __init__(
        self,
        points: NDArray[np.float64],
        extent: NDArray[np.float64],
        knots_mm: tuple[float, float, float],
        scales: Sequence[tuple[float, tuple[float, float, float]]],
    ) -> None:
        x, y, z = (_knots(float(length), distance) for length, distance in zip(extent, knots_mm, strict=True))
        self.knots = (x, y, z)
        self.design, self.sizes = _design(points, self.knots)
        self._penalty = _penalty(self.knots, scales)
        # Samples between the same knots have the same splines: taken together, theirs are small dense matrices.
        reached = self.design.indices.reshape(len(points), -1)
        self._order = np.argsort(reached[:, 0], kind="stable")
        self._values = self.design.data.reshape(reached.shape)[self._order]
        starts = np.flatnonzero(np.diff(reached[self._order, 0], prepend=-1))
        self._cells = [
            (slice(start, stop), reached[self._order[start]])
            for start, stop in zip(starts, [*starts[1:], len(points)], strict=True)
        ]

    def solve(self, log: NDArray[np.float64], weight: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
        """Return the coefficients, and a free constant, of the penalised weighted least-squares fit to the samples."""
        total = float(weight.sum())
        mean = self.design.T @ weight / total
        centre = float(weight @ log) / total
        normal = self._penalty - total * np.outer(mean, mean)
        weighted = self._values * np.sqrt(weight[self._order])[:, None]
        for samples, splines in self._cells:
            normal[np.ix_(splines, splines)] += weighted[samples].T @ weighted[samples]
        right = self.design.T @ (weight * log) - total * mean * centre
        # The last digits depend on how many threads the linear algebra runs on; the result must not.
        coefficients = np.asarray(np.round(np.linalg.solve(normal, right), _FIELD.digits), dtype=np.float64)
        return coefficients, round(centre - float(mean @ coefficients), _FIELD.digits)

    def field(self, coefficients: NDArray[np.float64], level: float) -> tuple[BiasField, float]:
        shift = float(np.mean(self.design @ coefficients))
        # A constant added to all coefficients of a B-spline adds that constant to the function.
        return BiasField((coefficients - shift).reshape(self.sizes), self.knots), float(np.exp(level + shift))


def _usable(muscle: Muscle) -> NDArray[np.intp]:
    usable = np.flatnonzero(muscle.core & (muscle.quiet > 0))
    if usable.size == 0:
        raise InputError(
            f"muscle whose {muscle.label.size} voxels are all zero or negative",
            "positive intensities where the labels lie",
            "check that the label map belongs to this image",
        )
    return usable


def _sample(muscle: Muscle) -> NDArray[np.intp]:
    """Choose evenly spread voxels of the core of every group."""
    usable = _usable(muscle)
    by_group = usable[np.argsort(muscle.label[usable], kind="stable")]
    starts = np.flatnonzero(np.diff(muscle.label[by_group], prepend=0))
    parts = np.split(by_group, starts[1:])
    return np.concatenate(
        [p[np.linspace(0, p.size - 1, min(p.size, _FIELD.samples_per_group)).round().astype(int)] for p in parts],
    )


def _start(muscle: Muscle) -> float:
    """Find the logarithm of the level at which to start: the lowest mode among the lower modes of all parts of groups.

    A part in which some normal muscle is left shows it as a peak of its histogram below that of oedema. What an outline
    took in beside muscle, fat or bone, is spread out more, and parts without normal muscle agree less on where theirs
    lies.
    """
    from scipy.ndimage import gaussian_filter1d

    usable = _usable(muscle)
    log = np.log(muscle.quiet[usable].astype(np.float64))
    middle = float(np.median(log))
    height = muscle.index[usable, 2] * muscle.spacing[2]
    _, block_of = np.unique(
        muscle.label[usable].astype(np.intp) * 65536 + (height // _FIELD.block_mm).astype(np.intp),
        return_inverse=True,
    )
    bins = round(2 * _FIELD.start_range / _FIELD.start_step)
    bin_of = np.floor((log - middle + _FIELD.start_range) / _FIELD.start_step).astype(np.intp)
    seen = (bin_of >= 0) & (bin_of < bins)
    blocks = int(block_of.max()) + 1
    counts = np.bincount(block_of[seen] * bins + bin_of[seen], minlength=blocks * bins).reshape(blocks, bins)
    smooth = gaussian_filter1d(counts.astype(float), _FIELD.block_width / _FIELD.start_step, axis=1, mode="constant")
    modes = np.zeros(bins)
    large = smooth[counts.sum(axis=1) >= _FIELD.block_voxels]
    for row in large if len(large) else smooth.sum(axis=0, keepdims=True):
        modes[_lowest_peak(row, _FIELD.block_height)] += np.sqrt(row.sum())
    together = gaussian_filter1d(modes, _FIELD.start_width / _FIELD.start_step, mode="constant")
    return middle - _FIELD.start_range + _FIELD.start_step * (_lowest_peak(together, _FIELD.start_height) + 0.5)


def _lowest_peak(histogram: NDArray[np.float64], share: float) -> int:
    """Return the bin of the lowest peak that has at least this share of the highest one's height."""
    padded = np.pad(histogram, 1)
    peak = (histogram >= padded[:-2]) & (histogram > padded[2:]) & (histogram >= share * histogram.max())
    return int(np.flatnonzero(peak)[0])


def _normal_share(residual: NDArray[np.float64], group: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Probability of each sample to be normal muscle, with the shares of each group estimated alongside."""
    density = np.stack(
        [
            np.exp(-0.5 * (residual / _FIELD.normal_width) ** 2) / (_FIELD.normal_width * np.sqrt(2 * np.pi)),
            np.where((residual > 0) & (residual < _FIELD.bright_range), 1 / _FIELD.bright_range, 1e-6),
            np.where((residual < 0) & (residual > -_FIELD.dark_range), 1 / _FIELD.dark_range, 1e-6),
        ],
    )
    share = np.full((3, 256), 1 / 3)
    count = np.maximum(np.bincount(group, minlength=256), 1)
    for _ in range(_FIELD.share_rounds):
        weighted = share[:, group] * density
        probability = weighted / weighted.sum(axis=0)
        share = np.stack([np.bincount(group, row, minlength=256) for row in probability]) / count
    made: NDArray[np.float64] = probability[0]
    return made


def _penalty(
    knots: Sequence[NDArray[np.float64]],
    scales: Sequence[tuple[float, tuple[float, float, float]]],
) -> NDArray[np.float64]:
    """Inverse covariance of the coefficients: a sum of Gaussian processes, each with its amplitude and reach."""
    covariance: NDArray[np.float64] | float = 0.0
    for amplitude, reach_mm in scales:
        one: NDArray[np.float64] = np.full((1, 1), amplitude**2)
        for places, reach in zip(knots, reach_mm, strict=True):
            centres = (places[1:-DEGREE] + places[2 : 1 - DEGREE]) / 2
            alike = np.exp(-0.5 * (np.subtract.outer(centres, centres) / reach) ** 2)
            one = np.asarray(np.kron(one, alike + 0.01 * np.eye(len(centres))), dtype=np.float64)
        covariance = covariance + one
    return np.asarray(np.linalg.inv(covariance), dtype=np.float64)
