"""The smooth brightness that coil and stations lay over the muscle, kept apart from the brightness of oedema."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from wbmri.errors import InputError
from wbmri.grading.masks import Muscle

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Knots = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]
"""Knots along each of the three axes."""

DEGREE = 2
"""Degree of the spline."""

KNOTS_MM = (160.0, 250.0, 120.0)
"""Distance between the spline's knots from left to right, back to front and foot to head."""

AMPLITUDE = 0.2
"""Standard deviation expected of the logarithm of the field: coils shade by some 20 to 30 %."""

DISAGREEMENT = 0.1
"""Standard deviation of the log intensity of healthy muscle about the field, between places 2 cm apart."""

SAMPLES_PER_GROUP = 300
"""Voxels of each group that the field is fitted to."""

BRIGHT, DARK = 1.4, 1.2
"""Range in log intensity over which oedema lies above, and fat or tendon below, normal muscle."""

REACH_MM = (200.0, 250.0, 150.0)
"""Distance over which the field stays alike along each axis."""

CELL_MM = 80.0
"""Height of the parts of a group whose lower envelope starts the fit."""

ENVELOPE_QUANTILE = 0.15
"""Quantile of the log intensity of such a part that is its lower envelope."""

FAT_DISTANCE = 3.0
"""Voxels darker than the median of muscle by more than this factor are fat, bone or air that an outline took in. Normal
muscle stays above it even where most muscle is three times as bright."""

ENVELOPE_WIDTH = 0.08
"""Smoothing of the histogram of the envelope whose lowest mode starts the fit."""

MODE_HEIGHT = 0.25
"""The share of the highest peak of a histogram that makes a lower peak credible."""

ROUNDS = ((50.0, 0.18), (50.0, 0.15), (50.0, 0.13), (50.0, 0.12), (50.0, 0.12), (50.0, 0.12), (5.0, 0.11), (5.0, 0.11))
"""For each round of the fit: the volume of muscle in ml that counts as one observation, and the width of normal muscle
in log intensity. The first rounds are stiff, so that the field cannot climb onto a limb that is bright altogether;
the last are supple, but take as normal only what the stiff field left there."""


@dataclass(frozen=True, eq=False, slots=True)
class Field:
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

    def log_at(self, index: NDArray[np.intp], spacing: tuple[float, float, float]) -> NDArray[np.float64]:
        """Logarithm of the field at voxels of a grid.

        Parameters
        ----------
        index
            Voxel indices on the canonical grid, shape (n, 3).
        spacing
            Voxel distances of that grid in mm.
        """
        a, b, c = (_basis(np.arange(index[:, k].max() + 1) * spacing[k], self.knots[k]) for k in range(3))
        columns: NDArray[np.float64] = np.einsum("ia,jb,abc->ijc", a, b, self.coefficients, optimize=True)
        made: NDArray[np.float64] = np.einsum("nc,nc->n", columns[index[:, 0], index[:, 1]], c[index[:, 2]])
        return made


def _knots(length: float, distance: float) -> NDArray[np.float64]:
    pieces = max(1, round(length / distance))
    step = max(length, 1.0) / pieces
    return step * np.arange(-DEGREE, pieces + DEGREE + 1, dtype=np.float64)


def _basis(x: NDArray[np.float64], knots: NDArray[np.float64]) -> NDArray[np.float64]:
    from scipy.interpolate import BSpline

    inside = np.clip(x, knots[DEGREE], knots[-1 - DEGREE])
    made: NDArray[np.float64] = BSpline.design_matrix(inside, knots, DEGREE).toarray()
    return made


def _design(points: NDArray[np.float64], knots: Knots) -> tuple["csr_array", tuple[int, int, int]]:
    """Weigh every coefficient at every point; only the few whose splines reach a point are stored."""
    from scipy.interpolate import BSpline
    from scipy.sparse import csr_array

    reach = DEGREE + 1
    column = np.zeros((len(points), 1), dtype=np.intp)
    value = np.ones((len(points), 1))
    sizes = []
    for axis, places in enumerate(knots):
        inside = np.clip(points[:, axis], places[DEGREE], places[-1 - DEGREE])
        basis = BSpline.design_matrix(inside, places, DEGREE)
        sizes.append(basis.shape[1])
        column = (column[:, :, None] * sizes[-1] + basis.indices.reshape(-1, 1, reach)).reshape(len(points), -1)
        value = (value[:, :, None] * basis.data.reshape(-1, 1, reach)).reshape(len(points), -1)
    starts = np.arange(len(points) + 1) * value.shape[1]
    shape = (len(points), int(np.prod(sizes)))
    return csr_array((value.ravel(), column.ravel(), starts), shape=shape), (sizes[0], sizes[1], sizes[2])


def fit_field(muscle: Muscle) -> tuple[Field, float]:
    """Fit the field to the lower mode of muscle, and find the level of that mode.

    Normal muscle lies about the field with a spread of noise; oedema only adds to it. The fit starts flat, at the
    lowest mode of the lower envelope of all parts of all groups, then repeats: the probability of each voxel to be
    normal, given that its group also holds oedema (anything brighter) and fat or tendon (anything darker) in unknown
    shares, weighs it in a penalised least-squares fit (expectation-maximisation). The penalty is a prior on the field's
    size and reach, and muscle counts by its volume and not by its voxels.

    Parameters
    ----------
    muscle
        The labelled voxels.

    Returns
    -------
    tuple of Field and float
        The field, with a mean logarithm of 0 over the samples, and the level of the mode in intensity units.

    Raises
    ------
    InputError
        If no voxel of muscle has a positive intensity.
    """
    sample = _sample(muscle)
    points = muscle.points[sample]
    log = np.log(muscle.quiet[sample].astype(np.float64))
    group = muscle.label[sample]
    extent = np.asarray(muscle.shape) * muscle.spacing
    knots = tuple(_knots(float(extent[axis]), KNOTS_MM[axis]) for axis in range(3))
    design, sizes = _design(points, (knots[0], knots[1], knots[2]))

    volume = np.bincount(muscle.label, minlength=256) * float(np.prod(muscle.spacing)) / 1000.0
    ml_per_sample = (volume / np.maximum(np.bincount(group, minlength=256), 1))[group]
    penalty = _penalty(knots)

    level = lowest_mode(_envelope(log, group, points[:, 2]), ENVELOPE_WIDTH)
    coefficients = np.zeros(design.shape[1])
    for place_ml, width in ROUNDS:
        normal = _normal_share(log - level - design @ coefficients, group, width)
        weight = normal * ml_per_sample / (place_ml * DISAGREEMENT**2)
        coefficients, level = _solve(design, log, weight, penalty)
    shift = float(np.mean(design @ coefficients))
    # A constant added to all coefficients of a B-spline adds that constant to the function.
    field = Field((coefficients - shift).reshape(sizes), (knots[0], knots[1], knots[2]))
    return field, float(np.exp(level + shift))


def _sample(muscle: Muscle) -> NDArray[np.intp]:
    """Choose evenly spread inner voxels of every group, without those too dark to be muscle."""
    even = _evenly(muscle, _usable(muscle, 0.0))
    return _evenly(muscle, _usable(muscle, float(np.median(muscle.quiet[even])) / FAT_DISTANCE))


def _usable(muscle: Muscle, floor: float) -> NDArray[np.intp]:
    usable = np.flatnonzero(muscle.inner & (muscle.quiet > floor))
    if usable.size == 0:
        raise InputError(
            f"muscle whose {muscle.label.size} voxels are all zero or negative",
            "positive intensities where the labels lie",
            "check that the label map belongs to this image",
        )
    return usable


def _evenly(muscle: Muscle, usable: NDArray[np.intp]) -> NDArray[np.intp]:
    by_group = usable[np.argsort(muscle.label[usable], kind="stable")]
    starts = np.flatnonzero(np.diff(muscle.label[by_group], prepend=0))
    parts = np.split(by_group, starts[1:])
    return np.concatenate(
        [p[np.linspace(0, p.size - 1, min(p.size, SAMPLES_PER_GROUP)).round().astype(int)] for p in parts]
    )


def _envelope(log: NDArray[np.float64], group: NDArray[np.uint8], height: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give every sample the low quantile of its part of its group: normal muscle wherever some is left."""
    cell = group.astype(np.intp) * 256 + (height // CELL_MM).astype(np.intp)
    made = np.empty_like(log)
    for value in np.unique(cell):
        inside = cell == value
        made[inside] = np.quantile(log[inside], ENVELOPE_QUANTILE)
    return made


def _normal_share(residual: NDArray[np.float64], group: NDArray[np.uint8], width: float) -> NDArray[np.float64]:
    """Probability of each sample to be normal muscle, with the shares of each group estimated alongside."""
    density = np.stack(
        [
            np.exp(-0.5 * (residual / width) ** 2) / (width * np.sqrt(2 * np.pi)),
            np.where((residual > 0) & (residual < BRIGHT), 1 / BRIGHT, 1e-6),
            np.where((residual < 0) & (residual > -DARK), 1 / DARK, 1e-6),
        ]
    )
    share = np.full((3, 256), 1 / 3)
    count = np.maximum(np.bincount(group, minlength=256), 1)
    for _ in range(5):
        weighted = share[:, group] * density
        probability = weighted / weighted.sum(axis=0)
        share = np.stack([np.bincount(group, row, minlength=256) for row in probability]) / count
    made: NDArray[np.float64] = probability[0]
    return made


def _penalty(knots: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Inverse covariance of the coefficients: a Gaussian process with the field's amplitude and reach."""
    made: NDArray[np.float64] = np.ones((1, 1)) / AMPLITUDE**2
    for places, reach in zip(knots, REACH_MM, strict=True):
        centres = (places[1:-DEGREE] + places[2 : 1 - DEGREE]) / 2
        covariance = np.exp(-0.5 * (np.subtract.outer(centres, centres) / reach) ** 2)
        made = np.kron(made, np.linalg.inv(covariance + 0.01 * np.eye(len(centres)))).astype(np.float64)
    return made


def _solve(
    design: "csr_array", log: NDArray[np.float64], weight: NDArray[np.float64], penalty: NDArray[np.float64]
) -> tuple[NDArray[np.float64], float]:
    """Penalised weighted least squares for the coefficients and a free constant."""
    total = float(weight.sum())
    mean = design.T @ weight / total
    centre = float(weight @ log) / total
    weighted = (design * weight[:, None]).tocsr()
    normal = (weighted.T @ design).toarray() - total * np.outer(mean, mean) + penalty
    right = weighted.T @ log - total * mean * centre
    coefficients = np.asarray(np.linalg.solve(normal, right), dtype=np.float64)
    return coefficients, centre - float(mean @ coefficients)


def lowest_mode(log: NDArray[np.float64], width: float) -> float:
    """Lowest credible mode of log intensities: the first peak with a fair share of the highest one's height.

    Partial volume and fat lie below normal muscle but are few and spread out; oedema lies above it and may be most.
    """
    from scipy.ndimage import gaussian_filter1d

    step = 0.01
    low, high = float(np.quantile(log, 0.001)), float(np.quantile(log, 0.999))
    counts, edges = np.histogram(log, bins=max(3, round((high - low) / step)), range=(low, high + step))
    smooth = gaussian_filter1d(np.pad(counts.astype(float), 1), width / step)[1:-1]
    inner = np.pad(smooth, 1)
    peaks = (inner[1:-1] >= inner[:-2]) & (inner[1:-1] > inner[2:]) & (smooth >= MODE_HEIGHT * smooth.max())
    first = int(np.flatnonzero(peaks)[0])
    return float((edges[first] + edges[first + 1]) / 2)
