"""What lies before the scanner, as maps that disturbances change, and the truth about its muscle groups."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from types import MappingProxyType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from wbmri.core import Box
from wbmri.core.scheme import GradingRule, load_scheme
from wbmri.simulation.body import Rendered
from wbmri.simulation.scanner.signal_equation import Protocol

FAT_TO_DOUBT = 0.3
"""From this share of fat on, a group may be called not gradable by STIR alone."""
FAULT_TO_DOUBT = 0.1
"""From this mean fault on (ghosts, failed inversion, lost signal; relative to muscle) it may be so, too."""


@dataclass(frozen=True, slots=True)
class GroupTruth:
    """What is true of one muscle group.

    Parameters
    ----------
    fraction
        Share of its muscle that is oedematous; fat that has replaced muscle counts as neither.
    ratio
        Signal of the oedema as a multiple of healthy muscle; 1 where there is none.
    fat
        Share of the group that fat has replaced.
    fault
        How far faults of the scan spoil it on average, relative to the signal of muscle.
    """

    fraction: float
    ratio: float = 1.0
    fat: float = 0.0
    fault: float = 0.0

    def grade(self, rule: GradingRule) -> int:
        """Return the grade that the anchors give to the share of oedema."""
        if self.fraction <= rule.involved_fraction:
            return 0
        return 2 if self.fraction >= rule.extensive_fraction else 1

    @property
    def gradable(self) -> bool:
        """Whether STIR shows enough of the muscle for a grade; elsewhere not to give one is right as well."""
        return self.fat < FAT_TO_DOUBT and self.fault < FAULT_TO_DOUBT


@dataclass(frozen=True, eq=False, slots=True)
class Scene:
    """A body as it is scanned: maps of one shape, axes from left to right, back to front and foot to head.

    Parameters
    ----------
    signal
        Signal relative to healthy muscle.
    labels
        Labels of ``jdm42``; 0 elsewhere.
    tissue
        Codes of the tissues.
    oedema
        The factor by which oedema of muscle raises the signal; 1 elsewhere.
    wet
        Which voxels of muscle are oedematous.
    fat
        Share of each voxel of muscle that fat has replaced.
    spacing
        Voxel size in mm.
    slice_axis
        Axis through the slices.
    protocol
        The sequence.
    faults
        Mean fault of the groups that faults of the scan touch, by label.
    """

    signal: NDArray[np.float32]
    labels: NDArray[np.uint8]
    tissue: NDArray[np.uint8]
    oedema: NDArray[np.float32]
    wet: NDArray[np.bool_]
    fat: NDArray[np.float32]
    spacing: tuple[float, float, float]
    slice_axis: int
    protocol: Protocol
    faults: Mapping[int, float] = field(default_factory=lambda: MappingProxyType({}))

    @classmethod
    def of_body(
        cls,
        body: Rendered,
        signal: NDArray[np.float32],
        oedema: NDArray[np.float32],
        slice_axis: int,
        protocol: Protocol,
    ) -> Self:
        """Return the scene of a drawn body; what raises the signal outside muscle is no oedema of muscle."""
        raised = np.where(body.labels > 0, oedema, np.float32(1))
        fat = np.zeros(raised.shape, np.float32)
        return cls(signal, body.labels, body.tissue, raised, raised > 1, fat, body.grid.spacing, slice_axis, protocol)

    def sliced(self, signal: NDArray[np.float32], middle: Box, spacing: tuple[float, float, float]) -> Self:
        """Return the scene as slices: their signal, and the maps of the body in the middle of each."""
        maps = {name: getattr(self, name)[middle] for name in ("labels", "tissue", "oedema", "wet", "fat")}
        return replace(self, signal=signal, spacing=spacing, **maps)

    def groups(self, wanted: frozenset[int] | None = None) -> Iterator[tuple[int, Box, NDArray[np.bool_]]]:
        """Yield label, box and mask within the box of each group in view, of those wanted or of all."""
        from scipy import ndimage

        for label, box in enumerate(ndimage.find_objects(self.labels), start=1):
            if box is not None and (wanted is None or label in wanted):
                i, j, k = box
                yield label, (i, j, k), self.labels[box] == label

    def with_faults(self, fault: NDArray[np.float32]) -> Self:
        """Return the scene with a map of faults, relative to the signal of muscle, put down to the groups."""
        flat = self.labels.ravel()
        count = np.bincount(flat, minlength=_count())
        mean = np.bincount(flat, weights=fault.ravel(), minlength=_count()) / np.maximum(count, 1)
        touched = {label: float(mean[label]) for label in range(1, len(count)) if mean[label] > 0}
        both = {label: self.faults.get(label, 0.0) + touched.get(label, 0.0) for label in {*self.faults, *touched}}
        return replace(self, faults=MappingProxyType(both))

    def truth(self) -> dict[int, GroupTruth]:
        """Return what is true of each group in view, by label."""
        flat = self.labels.ravel()
        size = np.bincount(flat, minlength=_count())
        lean = (1 - self.fat).ravel()
        muscle = np.maximum(np.bincount(flat, weights=lean, minlength=_count()), 1e-6)
        wet_lean = lean * self.wet.ravel()
        wet = np.bincount(flat, weights=wet_lean, minlength=_count())
        raised = np.bincount(flat, weights=wet_lean * self.oedema.ravel(), minlength=_count())
        return {
            label: GroupTruth(
                float(wet[label] / muscle[label]),
                float(raised[label] / wet[label]) if wet[label] else 1.0,
                float(1 - muscle[label] / size[label]),
                self.faults.get(label, 0.0),
            )
            for label in range(1, len(size))
            if size[label]
        }


@cache
def _count() -> int:
    return len(load_scheme().groups) + 1


def texture(
    shape: tuple[int, ...],
    spacing: tuple[float, float, float],
    grain_mm: float | tuple[float, float, float],
    rng: np.random.Generator,
) -> NDArray[np.float32]:
    """Return a smooth random field with a mean of 0 and a standard deviation of 1.

    Parameters
    ----------
    shape, spacing
        Of the map, and its voxel size in mm.
    grain_mm
        Standard deviation of the smoothing along each axis: half the width of what the field shows.
    rng
        What it is drawn with.
    """
    from scipy import ndimage

    grain = np.broadcast_to(grain_mm, 3)
    # Drawn on every so many voxels, where it is smooth, and interpolated between them.
    step = np.maximum(np.floor(grain / np.array(spacing) / 1.5), 1)
    lattice = [int(np.ceil(n / s)) + 2 for n, s in zip(shape, step, strict=True)]
    coarse = ndimage.gaussian_filter(
        rng.standard_normal(lattice, dtype=np.float32), grain / (np.array(spacing) * step), mode="wrap", truncate=3.0
    )
    offset = rng.uniform(0, 1, 3)
    fine: NDArray[np.float32] = ndimage.affine_transform(coarse, 1 / step, offset, output_shape=shape, order=1)
    deviation = float(fine.std())
    return (fine - np.float32(fine.mean())) / np.float32(max(deviation, 1e-6))
