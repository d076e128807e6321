"""How a scan for training looks: random contrast around STIR's, oedema of known truth, coil shading, slices, noise."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from wbmri.core.scheme import load_scheme
from wbmri.simulation.body import Rendered, SmoothField, Tissue
from wbmri.simulation.scanner.artefacts import RandomArtefacts, rician

_PATCH_MM = 11.0
"""Radius of a patch: the smoothing of the random field whose peaks are oedematous."""
_DIFFUSE_MM = 40.0
"""The same for diffuse oedema, which lies in one piece."""
_UNEVEN = 0.12
"""Standard deviation of the signal within diffuse oedema, relative to what it is raised by."""
_DIFFUSE_SHARE = 7 / 34
"""Homogeneous in 7 of 34 children with juvenile dermatomyositis, patchy in 27 (Malattia 2014, Ann Rheum Dis 73)."""


@dataclass(frozen=True, slots=True)
class Involvement:
    """Oedema of one group.

    Parameters
    ----------
    fraction
        Share of the group's voxels that are oedematous.
    ratio
        Their signal as a multiple of healthy muscle; if diffuse, on average.
    diffuse
        Whether they lie in one piece that shades off, instead of in patches of one brightness.
    """

    fraction: float
    ratio: float
    diffuse: bool = False


def oedema_ratio(
    labels: NDArray[np.uint8],
    spacing: tuple[float, float, float],
    involved: Mapping[int, Involvement],
    seed: int,
) -> NDArray[np.float32]:
    """Return the signal of each voxel as a multiple of healthy muscle: 1 outside the patches.

    Parameters
    ----------
    labels
        Muscle labels, shape (i, j, k).
    spacing
        Voxel size in mm.
    involved
        Oedema per label.
    seed
        Where the patches lie; the same seed puts them in the same places of the same labels.
    """
    from scipy import ndimage

    ratio = np.ones(labels.shape, np.float32)
    boxes = ndimage.find_objects(labels)
    for label, oedema in involved.items():
        box = boxes[label - 1] if label <= len(boxes) else None
        if box is None or oedema.fraction <= 0:
            continue
        mask = labels[box] == label
        noise = np.random.default_rng([seed, label]).standard_normal(mask.shape).astype(np.float32)
        grain_mm = _DIFFUSE_MM if oedema.diffuse else _PATCH_MM
        field = ndimage.gaussian_filter(noise, [grain_mm / size for size in spacing])[mask]
        wet = field > np.quantile(field, 1 - oedema.fraction)
        bright = np.full(field.shape, oedema.ratio, np.float32)
        if oedema.diffuse and wet.any():
            deep = (field - field[wet].mean()) / max(float(field[wet].std()), 1e-9)
            bright += np.float32((oedema.ratio - 1) * _UNEVEN) * np.clip(deep, -3, 3)
        ratio[box][mask] = np.where(wet, bright, np.float32(1))
    return ratio


def random_involvement(labels: NDArray[np.uint8], seed: int, borderline: float = 0.3) -> dict[int, Involvement]:
    """Draw the oedema of each group in view: none, mild, marked, or on the border between two grades.

    Parameters
    ----------
    labels
        Muscle labels.
    seed
        Same seed, same oedema.
    borderline
        Share of the groups whose involved fraction lies close to 2.5 % or 50 %, or whose signal is hardly raised.
    """
    rng = np.random.default_rng(seed)
    involved = {}
    for label in np.unique(labels[labels > 0]).tolist():
        close, which = rng.random() < borderline, int(rng.integers(3))
        fraction, ratio = rng.uniform(0.1, 0.95), rng.uniform(1.5, 2.8)
        if close:
            fraction = (rng.uniform(0.015, 0.035), rng.uniform(0.45, 0.55), fraction)[which]
            ratio = rng.uniform(1.15, 1.4) if which == 2 else ratio
        if close or which:
            involved[label] = Involvement(float(fraction), float(ratio), bool(rng.random() < _DIFFUSE_SHARE))
    return involved


@dataclass(frozen=True, eq=False, slots=True)
class RandomOedema:
    """Oedema of every group of a training body: patches of all groups are peaks of one smooth field.

    Parameters
    ----------
    threshold
        Height of the field above which a group's voxels are oedematous, by label; in standard deviations.
    signal
        Signal of oedematous voxels relative to the group's, by label.
    patches
        The field, standard deviation about 1.
    """

    threshold: NDArray[np.float32]
    signal: NDArray[np.float32]
    patches: SmoothField

    def ratio(self, labels: NDArray[np.uint8], axes: list[NDArray[np.float64]]) -> NDArray[np.float32]:
        """Return the signal of the voxels with a label as multiples of their group's, shape (n,).

        Parameters
        ----------
        labels
            Muscle labels, shape (x, y, z).
        axes
            Places of the voxels along x, y and z.
        """
        muscle = labels > 0
        label, patches = labels[muscle], self.patches.on_grid(axes)[0][muscle]
        return np.where(patches > self.threshold[label], self.signal[label], np.float32(1))


STIR_RANGES = {
    Tissue.SKIN: (0.3, 1.3),
    Tissue.FAT: (0.02, 0.4),
    Tissue.MUSCLE: (0.9, 1.1),
    Tissue.CORTICAL: (0.0, 0.2),
    Tissue.BONE: (0.15, 1.3),
    Tissue.BRAIN: (1.5, 4.5),
    Tissue.CSF: (4.0, 14.0),
    Tissue.CORD: (1.5, 4.5),
    Tissue.LUNG: (0.02, 0.5),
    Tissue.HEART: (0.3, 2.2),
    Tissue.BLOOD: (0.0, 3.5),
    Tissue.VEIN: (0.3, 4.5),
    Tissue.LIVER: (0.4, 2.0),
    Tissue.KIDNEY: (1.8, 5.0),
    Tissue.SPLEEN: (1.3, 4.5),
    Tissue.BOWEL: (0.4, 6.0),
    Tissue.BLADDER: (4.0, 14.0),
    Tissue.CARTILAGE: (0.4, 2.0),
    Tissue.TENDON: (0.0, 0.5),
    Tissue.GLAND: (0.8, 3.5),
    Tissue.EYE: (3.0, 12.0),
    Tissue.FLUID: (2.5, 14.0),
    Tissue.SOFT: (0.3, 2.0),
}
"""Signal relative to healthy muscle on STIR, as ranges that hold the signal equation's values at 1.5 and 3 T."""
_BRIGHT_FAT = {Tissue.FAT: (1.5, 4.5), Tissue.SKIN: (0.3, 2.0), Tissue.BONE: (1.0, 4.0), Tissue.MUSCLE: (0.9, 1.1)}
_YELLOW_MARROW = 0.4
"""Share of scans whose marrow is as dark as fat, as an adult's limbs show it."""
_BANDED = 0.15
"""Share of scans whose slices alternate in brightness."""
_FATTY = [tissue.code for tissue in (Tissue.FAT, Tissue.SKIN, Tissue.BONE)]


@dataclass(frozen=True, eq=False, slots=True)
class Appearance:
    """The look of one scan of one body.

    Parameters
    ----------
    signal
        Signal by tissue code, relative to healthy muscle.
    group_gain
        Signal of each muscle group relative to muscle, by label.
    oedema
        Which voxels of the groups are oedematous, and how much.
    texture
        Slow change of signal within tissues, relative.
    shading
        Logarithm of the coil's sensitivity.
    stations
        Heights in mm where a station begins, and the gain of each.
    slice_axis, slice_mm
        Axis along which slices lie, and their thickness.
    banding
        How much brighter or darker every second slice is than its neighbours, relative.
    blur_mm
        Blur within a slice, standard deviation.
    noise
        Standard deviation of the noise relative to muscle.
    level_error
        What the brightness is multiplied by, since the level of a body is only estimated.
    artefacts
        What goes wrong.
    """

    signal: NDArray[np.float32]
    group_gain: NDArray[np.float32]
    oedema: RandomOedema
    texture: SmoothField
    shading: SmoothField
    stations: tuple[NDArray[np.float64], NDArray[np.float32]]
    slice_axis: int
    slice_mm: float
    banding: float
    blur_mm: float
    noise: float
    level_error: float
    artefacts: RandomArtefacts

    @classmethod
    def random(cls, height_mm: float, rng: np.random.Generator) -> Self:
        """Draw the look of a scan of a body of a height."""
        from scipy.stats import norm

        signal = np.zeros(len(Tissue), np.float32)
        kind = rng.choice(["stir", "bright fat", "any"], p=[0.82, 0.09, 0.09])
        for tissue, (low, high) in STIR_RANGES.items():
            if kind == "bright fat":
                low, high = _BRIGHT_FAT.get(tissue, (0.1, 3.0))
            elif kind == "any" and tissue is not Tissue.MUSCLE:
                low, high = 0.0, 3.0
            silent = tissue is Tissue.CORTICAL and kind == "any"
            signal[tissue.code] = 0.0 if silent else rng.uniform(low, high)
        if rng.random() < _YELLOW_MARROW:
            signal[Tissue.BONE.code] = signal[Tissue.FAT.code] * rng.uniform(0.6, 1.4)
        foot, head = np.array([-600.0, -400, -250]), np.array([600.0, 400, height_mm + 250])
        labels = len(load_scheme().groups) + 1
        involved = rng.random(labels) < rng.choice([0.0, 0.5, 1.0], p=[0.25, 0.5, 0.25])
        fraction = np.where(involved, rng.uniform(0.03, 1.0, labels), 1e-6)
        edges = np.arange(-200, height_mm + 300, rng.uniform(200, 450))
        gains = np.exp(rng.normal(0, rng.uniform(0, 0.2), edges.size + 1))
        slice_axis = int(rng.choice([0, 1, 2], p=[0.04, 0.72, 0.24]))
        return cls(
            signal,
            (1 + rng.uniform(0, 0.2) * rng.standard_normal(labels)).clip(0.5, 1.6).astype(np.float32),
            RandomOedema(
                norm.ppf(1 - fraction).astype(np.float32),
                rng.uniform(1.2, 3.2, labels).astype(np.float32),
                SmoothField.random(rng, foot, head, ((rng.uniform(14, 40), 1.7),), 1),
            ),
            SmoothField.random(rng, foot, head, ((rng.uniform(12, 40), rng.uniform(0, 0.15)),), 1),
            SmoothField.random(rng, foot, head, ((220.0, rng.uniform(0, 0.45)),), 1),
            (edges + rng.uniform(0, 200), gains.astype(np.float32)),
            slice_axis,
            float(rng.uniform(2, 10)),
            float(rng.uniform(0, 0.15)) if rng.random() < _BANDED else 0.0,
            float(rng.uniform(0.4, 1.2)),
            float(rng.uniform(0.01, 0.14)),
            float(np.exp(rng.normal(0, 0.25))),
            RandomArtefacts.random(slice_axis, height_mm, rng),
        )

    def paint(self, drawn: Rendered) -> NDArray[np.float32]:
        """Return the signal of a drawn body before blur and noise, healthy muscle at about 1.

        Parameters
        ----------
        drawn
            The body, on a grid along the axes of the world.
        """
        axes = drawn.places()
        signal = self.signal[drawn.tissue]
        if self.artefacts.bright_fat:
            fatty = np.isin(drawn.tissue, _FATTY)
            signal[fatty] = np.maximum(signal, self.artefacts.of_fat(axes))[fatty]
        muscle = drawn.labels > 0
        signal[muscle] *= self.group_gain[drawn.labels[muscle]] * self.oedema.ratio(drawn.labels, axes)
        log = self.shading.on_grid(axes)[0] + self.texture.on_grid(axes)[0]
        gain = self.stations[1][np.searchsorted(self.stations[0], axes[2])]
        painted: NDArray[np.float32] = signal * np.exp(log) * gain
        return painted

    def scanned(
        self,
        painted: NDArray[np.float32],
        spacing_mm: float,
        rng: np.random.Generator,
        noise_share: float,
    ) -> NDArray[np.float32]:
        """Return what the scanner makes of painted signal: slices, blur, artefacts and noise.

        Parameters
        ----------
        painted, spacing_mm
            Signal of all that the scan shows, and voxel size.
        rng
            Of the noise.
        noise_share
            What remains of the noise at this voxel size.
        """
        from scipy import ndimage

        if self.banding:
            slices = (np.arange(painted.shape[self.slice_axis]) * spacing_mm / self.slice_mm).astype(int)
            gain = (1 + self.banding * (-1.0) ** slices).astype(np.float32)
            painted = painted * np.expand_dims(gain, [axis for axis in range(3) if axis != self.slice_axis])
        sigma = [self.blur_mm / spacing_mm] * 3
        # Slices of this thickness, interpolated: box and triangle together blur like 0.45 of the thickness.
        sigma[self.slice_axis] = 0.45 * self.slice_mm / spacing_mm
        shown = self.artefacts.added(ndimage.gaussian_filter(painted, sigma, truncate=2.5), spacing_mm)
        noise = rng.standard_normal((2, *painted.shape), dtype=np.float32)
        noise = ndimage.gaussian_filter(noise, (0, 0.5, 0.5, 0.5), truncate=2.0) * np.float32(2.2 * noise_share)
        return rician(shown, self.noise * noise)
