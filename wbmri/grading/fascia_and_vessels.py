"""Brightness of a group that is not its muscle: vessels and septa inside it, and fascia around it, told by shape."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from wbmri.grading.parameters import PARAMETERS
from wbmri.grading.voxels import Muscle

_SHAPES = PARAMETERS.fascia_and_vessels
Mask = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class BrightShape:
    """What of a group's brightness has the shape of fascia or vessels.

    Parameters
    ----------
    believed
        What is left of the confidence, 0..1.
    explanation
        What a reader is told, one sentence.
    by_core
        Whether only the core of the group is measured, and stands for no more than itself.
    doubted
        Places of the group, among the labelled voxels, that are bright and may be no muscle.
    """

    believed: float
    explanation: str
    by_core: bool = False
    doubted: NDArray[np.intp] = field(default_factory=lambda: np.zeros(0, np.intp))


@dataclass(frozen=True, slots=True)
class NotMuscle:
    """What lies in the groups of a scan and is not their muscle.

    Parameters
    ----------
    fat
        Label to the share of the group that fat has replaced.
    shapes
        Label to what of its brightness has the shape of fascia or vessels.
    """

    fat: Mapping[int, float]
    shapes: Mapping[int, BrightShape]

    @property
    def doubted(self) -> frozenset[int]:
        """Labels of the groups that are bright where it may be no muscle."""
        return frozenset(label for label, shape in self.shapes.items() if shape.doubted.size)

    def taken_out(self, muscle: Muscle) -> tuple[Muscle, "NotMuscle"]:
        """Return the muscle without what may be none of it, and what is then said of its shapes."""
        left, shapes = muscle.inner.copy(), dict(self.shapes)
        for label in self.doubted:
            left[shapes[label].doubted] = False
            shapes[label] = replace(shapes[label], by_core=True, doubted=np.zeros(0, np.intp))
        return replace(muscle, inner=left), NotMuscle(self.fat, shapes)


@dataclass(frozen=True, eq=False, slots=True)
class _Group:
    """One group in a block of the scan: its voxels, their log ratios, and along which axes slices are not thick."""

    places: NDArray[np.intp]
    where: tuple[NDArray[np.intp], ...]
    mask: Mask
    log_ratio: NDArray[np.float32]
    thin_axes: tuple[int, ...]
    spacing: tuple[float, float, float]

    @classmethod
    def of(cls, muscle: Muscle, log_ratio: Floats, places: NDArray[np.intp]) -> "_Group":
        index = muscle.index[places]
        low = index.min(axis=0) - 1
        shape = tuple(index.max(axis=0) - low + 2)
        where = tuple((index - low).T)
        mask, values = np.zeros(shape, dtype=bool), np.zeros(shape, dtype=np.float32)
        mask[where] = ~muscle.fat[places]
        values[where] = log_ratio[places]
        least = min(muscle.spacing)
        thin = tuple(axis for axis in range(3) if muscle.spacing[axis] <= _SHAPES.thick_slices * least)
        return cls(places, where, mask, values, thin, muscle.spacing)

    def thin(self) -> Mask:
        """Tell which voxels are bright beside muscle that is not, on nearly all sides: vessels and septa."""
        from scipy import ndimage

        bright = self.mask & (self.log_ratio > np.log(_SHAPES.bright_ratio))
        steps = [
            max(1, int(np.ceil(_SHAPES.width_mm / mm))) if k in self.thin_axes else 0
            for k, mm in enumerate(self.spacing)
        ]
        index = np.argwhere(bright)
        around = np.full((len(index), 3 ** len(self.thin_axes)), np.inf, dtype=np.float32)
        offsets = np.stack(np.meshgrid(*[(-n, 0, n) if n else (0,) for n in steps], indexing="ij"), -1).reshape(-1, 3)
        for column, offset in enumerate(offsets):
            there = index + offset
            inside = ((there >= 0) & (there < self.mask.shape)).all(axis=1)
            at = tuple(there[inside].T)
            around[inside, column] = np.where(self.mask[at], self.log_ratio[at], np.inf)
        around.sort(axis=1)
        count = np.isfinite(around).sum(axis=1)
        middle = np.take_along_axis(around, np.maximum((count - 1) // 2, 0)[:, None], axis=1)[:, 0]
        broad = np.zeros_like(bright)
        broad[tuple(index.T)] = middle > np.log(_SHAPES.broad_ratio)
        # The edge of what is broad belongs to it.
        near = np.zeros((3, 3, 3), dtype=bool)
        near[tuple(slice(None) if axis in self.thin_axes else 1 for axis in range(3))] = True
        grown = ndimage.binary_dilation(broad, near, iterations=max(steps), mask=bright)
        made: Mask = (bright & ~grown)[self.where]
        return made

    def depth(self) -> tuple[Floats, Floats]:
        """Distance of each voxel, within its slice, from the outline and from where the group ends in the next slice.

        Fascia may fill all of a slice where the next one is no longer the group's.
        """
        from scipy import ndimage

        far = [mm if axis in self.thin_axes else 1e4 for axis, mm in enumerate(self.spacing)]
        outline = np.zeros_like(self.mask)
        outline[self.where] = True
        goes_on = outline.copy()
        for axis in set(range(3)) - set(self.thin_axes):
            goes_on &= np.roll(outline, 1, axis) & np.roll(outline, -1, axis)
        # From the middle of a voxel to the middle of the next one outside: the outline lies half a voxel nearer.
        half = self.voxel_mm / 2
        first, second = (
            ndimage.distance_transform_edt(each, sampling=far)[self.where] - half for each in (outline, goes_on)
        )
        return first, second

    @property
    def voxel_mm(self) -> float:
        """Size of a voxel within the slice."""
        return max(self.spacing[axis] for axis in self.thin_axes)


def without_fascia_and_vessels(
    muscle: Muscle, log_ratio: Floats, signed: Sequence[int] = ()
) -> tuple[Muscle, Mapping[int, BrightShape]]:
    """Return the muscle without, among its inner voxels, what has the shape of fascia and vessels.

    Parameters
    ----------
    muscle, log_ratio
        The labelled voxels and the logarithm of each over the level of normal muscle.
    signed
        Labels of the groups of limbs whose fascia is bright, by the sign.

    Returns
    -------
    tuple of Muscle and mapping of int to BrightShape
        And by label what was left out, or could not be told.
    """
    bright = muscle.inner & (log_ratio > np.log(_SHAPES.bright_ratio))
    size = np.maximum(np.bincount(muscle.label[muscle.inner], minlength=256), 1)
    share = np.bincount(muscle.label[bright], minlength=256) / size
    left, seen = muscle.inner.copy(), []
    said: dict[int, BrightShape] = {}
    for label in (int(each) for each in np.flatnonzero(share > _SHAPES.least_share)):
        group = _Group.of(muscle, log_ratio, np.flatnonzero(muscle.label == label))
        thin = group.thin() & muscle.inner[group.places]
        if thin.sum() > _SHAPES.most_vessels * size[label]:
            said[label] = BrightShape(
                1 - _SHAPES.doubt,
                "Much of what is bright lies in thin streaks: oedema along fascicles, or vessels and septa.",
                doubted=group.places[thin],
            )
            thin[:] = False
        left[group.places[thin]] = False
        rim = _Rim.of(group, bright[group.places], left[group.places])
        if rim is not None:
            seen.append((label, rim))
    told = [rim.layered for _, rim in seen if rim.has_core]
    everywhere = len(told) >= _SHAPES.least_groups and sum(told) > _SHAPES.groups_share * len(told)
    alone = sum(rim.alone for _, rim in seen)
    thin_fascia = alone >= _SHAPES.least_alone and alone > _SHAPES.groups_share * len(told)
    for label, rim in seen:
        shape = rim.shape(signed=everywhere or label in signed, thin=thin_fascia) or (rim.unsure() if signed else None)
        if shape is not None:
            said[label] = shape
            if shape.by_core:
                left[rim.places] = rim.deep
    return replace(muscle, inner=left), said


@dataclass(frozen=True, eq=False, slots=True)
class _Rim:
    """How bright a group is along its outline and within: its voxels, the deep ones, and the bright share of either."""

    places: NDArray[np.intp]
    deep: Mask
    around: float
    within: float

    @classmethod
    def of(cls, group: _Group, bright: Mask, measured: Mask) -> "_Rim | None":
        depth, from_end = group.depth()
        deep = measured & (depth > _SHAPES.rim_mm) & (from_end > _SHAPES.outer_mm)
        outer = measured & (depth <= max(_SHAPES.outer_mm, 1.6 * group.voxel_mm))
        if outer.sum() < _SHAPES.least_voxels:
            return None
        return cls(group.places, deep, float(bright[outer].mean()), float(bright[deep].mean()) if deep.any() else 0.0)

    @property
    def has_core(self) -> bool:
        """Whether enough of the group lies deep to tell it from its outline."""
        return bool(self.deep.sum() >= _SHAPES.least_voxels)

    @property
    def alone(self) -> bool:
        """Whether some of the outline is bright and nothing within: thin fascia, sharing voxels with muscle, is so."""
        return self.has_core and self.around >= _SHAPES.around_alone and self.within <= _SHAPES.reached[0]

    @property
    def layered(self) -> bool:
        """Whether nearly all of the outline is bright and much less of what lies within."""
        much_less = max(_SHAPES.within * self.around, self.around - _SHAPES.apart)
        return self.around >= _SHAPES.around and self.within <= much_less

    def unsure(self) -> BrightShape | None:
        """Say what is said where fascia shines in other parts of the body, and this group has no core to tell by."""
        if self.around < _SHAPES.around_thin or self.has_core:
            return None
        words = "Fascia shines elsewhere, and the group is too thin to tell it from its muscle."
        return BrightShape(1 - _SHAPES.doubt, words)

    def shape(self, *, signed: bool, thin: bool) -> BrightShape | None:
        """Say what the group is graded by.

        Parameters
        ----------
        signed
            Whether the fascia of its part of the body shines.
        thin
            Whether many groups of the body are bright along their outlines alone.
        """
        signed = signed and self.around >= _SHAPES.around_signed
        thin = thin and self.around >= _SHAPES.around_alone
        if not (signed or thin or self.layered):
            return None
        doubted = self.places[~self.deep]
        if not self.has_core:
            words = "Fascia shines here, and the group is too thin to tell it from its muscle."
            return BrightShape(1 - _SHAPES.doubt, words, doubted=doubted) if signed or thin else None
        if not signed:
            words = "It is bright along its outline, and little within: oedema at the rim, or fascia."
            return BrightShape(1 - _SHAPES.doubt, words, doubted=doubted)
        reaches = _SHAPES.reached[0] < self.within < _SHAPES.reached[1]
        return BrightShape(
            1 - _SHAPES.doubt if reaches else 1.0,
            f"{100 * self.around:.0f} % of the outline and {100 * self.within:.0f} % of what lies deeper than "
            f"{_SHAPES.rim_mm:g} mm are bright: fascia; graded by the core"
            + (", into which some of it may reach." if reaches else "."),
            by_core=True,
        )
