"""How a training body looks: random contrast around STIR's, oedema, coil shading, stations, slices, noise."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from wbmri.simulation.training.anatomy import TISSUES
from wbmri.simulation.training.drawing import Drawn
from wbmri.simulation.training.posed_body import Posed, Wobble


@dataclass(frozen=True, eq=False, slots=True)
class Artefacts:
    """The artefacts of one scan; most scans have few of them.

    Parameters
    ----------
    ghosts
        Signal of both ghosts together, relative to the body's; 0 for none.
    ghost_axis, ghost_mm
        Where they lie: along which axis, and how far to either side.
    wrapped
        Signal of what is wrapped in from beyond the left and right edges; 0 for none.
    wrap_share
        Width of what is wrapped in, relative to the grid's.
    bright_fat
        Signal of fat where its suppression fails, relative to muscle; 0 if it fails nowhere.
    bright_above
        Height of `bright_where` above which it fails.
    bright_where
        A smooth field, standard deviation about 1.
    """

    ghosts: float
    ghost_axis: int
    ghost_mm: float
    wrapped: float
    wrap_share: float
    bright_fat: float
    bright_above: float
    bright_where: Wobble

    @classmethod
    def random(cls, slice_axis: int, height_mm: float, rng: np.random.Generator) -> Self:
        """Draw what goes wrong; ghosts lie within slices, along the body or across it."""
        foot, head = np.array([-700.0, -500, -350]), np.array([700.0, 500, height_mm + 350])
        return cls(
            ghosts=float(rng.uniform(0.02, 0.12)) if rng.random() < 0.25 else 0.0,
            ghost_axis=int(rng.choice((1, 2) if slice_axis == 0 else (0, 3 - slice_axis))),
            ghost_mm=float(rng.uniform(40, 250)),
            wrapped=float(rng.uniform(0.1, 0.5)) if rng.random() < 0.08 else 0.0,
            wrap_share=float(rng.uniform(0.06, 0.2)),
            bright_fat=float(rng.uniform(0.4, 2.5)) if rng.random() < 0.2 else 0.0,
            bright_above=float(rng.uniform(0.3, 1.5)),
            bright_where=Wobble.random(rng, foot, head, ((200.0, 1.7),), 1),
        )

    def of_fat(self, axes: list[NDArray[np.float64]]) -> NDArray[np.float32]:
        """Return the least signal of fat at places along x, y and z, shape (x, y, z)."""
        least: NDArray[np.float32] = self.bright_fat / (
            1 + np.exp(4 * (np.float32(self.bright_above) - self.bright_where.on_grid(axes)[0]))
        )
        return least

    def added(self, image: NDArray[np.float32], spacing_mm: float) -> NDArray[np.float32]:
        """Return an image with ghosts and with what wraps in; at its edges there is nothing then."""
        seen = image
        if self.ghosts:
            away = max(1, round(self.ghost_mm / spacing_mm))
            both = np.roll(image, away, self.ghost_axis) + np.roll(image, -away, self.ghost_axis)
            seen = seen + np.float32(self.ghosts / 2) * both
        width = int(self.wrap_share * len(image))
        if self.wrapped and width:
            inner = seen[width:-width].copy()
            inner[-width:] += np.float32(self.wrapped) * seen[:width]
            inner[:width] += np.float32(self.wrapped) * seen[-width:]
            seen = np.pad(inner, ((width, width), (0, 0), (0, 0)))
        return seen


# Signal relative to healthy muscle on STIR, as ranges that hold the signal equation's values at 1.5 and 3 T.
_STIR = {
    "skin": (0.3, 1.3),
    "fat": (0.02, 0.4),
    "muscle": (0.9, 1.1),
    "cortical": (0.0, 0.2),
    "marrow": (0.15, 1.3),
    "brain": (1.5, 4.5),
    "csf": (4.0, 14.0),
    "cord": (1.5, 4.5),
    "lung": (0.02, 0.5),
    "heart": (0.3, 2.2),
    "artery": (0.0, 3.5),
    "vein": (0.3, 4.5),
    "liver": (0.4, 2.0),
    "kidney": (1.8, 5.0),
    "spleen": (1.3, 4.5),
    "bowel": (0.4, 6.0),
    "bladder": (4.0, 14.0),
    "cartilage": (0.4, 2.0),
    "tendon": (0.0, 0.5),
    "gland": (0.8, 3.5),
    "eye": (3.0, 12.0),
    "fluid": (2.5, 14.0),
    "soft": (0.3, 2.0),
}
_BRIGHT_FAT = {"fat": (1.5, 4.5), "skin": (0.3, 2.0), "marrow": (1.0, 4.0), "muscle": (0.9, 1.1)}
_SILENT = ("air", "cortical", "airway")
_FATTY = [TISSUES.index(name) for name in ("fat", "skin", "marrow")]


@dataclass(frozen=True, eq=False, slots=True)
class Appearance:
    """The look of one scan of one body.

    Parameters
    ----------
    signal
        Signal of each tissue of `TISSUES`, relative to healthy muscle.
    group_gain
        Signal of each muscle group relative to muscle, by label.
    patchiness
        Height of the oedema field above which a group's voxels are oedematous, by label; in standard deviations.
    oedema
        Signal of oedematous voxels relative to the group's, by label.
    patches
        The oedema field, standard deviation about 1.
    texture
        Slow change of signal within tissues, relative.
    shading
        Logarithm of the coil's sensitivity.
    stations
        Heights in mm where a station begins, and the gain of each.
    slice_axis, slice_mm
        Axis along which slices lie, and their thickness.
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
    patchiness: NDArray[np.float32]
    oedema: NDArray[np.float32]
    patches: Wobble
    texture: Wobble
    shading: Wobble
    stations: tuple[NDArray[np.float64], NDArray[np.float32]]
    slice_axis: int
    slice_mm: float
    blur_mm: float
    noise: float
    level_error: float
    artefacts: Artefacts

    @classmethod
    def random(cls, body: Posed, rng: np.random.Generator) -> Self:
        """Draw the look of a scan."""
        from scipy.stats import norm

        signal = np.zeros(len(TISSUES), np.float32)
        kind = rng.choice(["stir", "bright fat", "any"], p=[0.82, 0.09, 0.09])
        for name, (low, high) in _STIR.items():
            if kind == "bright fat":
                low, high = _BRIGHT_FAT.get(name, (0.1, 3.0))
            elif kind == "any" and name != "muscle":
                low, high = 0.0, 3.0
            signal[TISSUES.index(name)] = 0.0 if name in _SILENT and kind == "any" else rng.uniform(low, high)
        foot, head = np.array([-600.0, -400, -250]), np.array([600.0, 400, body.height_mm + 250])
        involved = rng.random(43) < rng.choice([0.0, 0.5, 1.0], p=[0.25, 0.5, 0.25])
        fraction = np.where(involved, rng.uniform(0.03, 1.0, 43), 1e-6)
        edges = np.arange(-200, body.height_mm + 300, rng.uniform(200, 450))
        gains = np.exp(rng.normal(0, rng.uniform(0, 0.2), edges.size + 1))
        slice_axis = int(rng.choice([0, 1, 2], p=[0.04, 0.72, 0.24]))
        return cls(
            signal,
            (1 + rng.uniform(0, 0.2) * rng.standard_normal(43)).clip(0.5, 1.6).astype(np.float32),
            norm.ppf(1 - fraction).astype(np.float32),
            rng.uniform(1.2, 3.2, 43).astype(np.float32),
            Wobble.random(rng, foot, head, ((rng.uniform(14, 40), 1.7),), 1),
            Wobble.random(rng, foot, head, ((rng.uniform(12, 40), rng.uniform(0, 0.15)),), 1),
            Wobble.random(rng, foot, head, ((220.0, rng.uniform(0, 0.45)),), 1),
            (edges + rng.uniform(0, 200), gains.astype(np.float32)),
            slice_axis,
            float(rng.uniform(2, 8)),
            float(rng.uniform(0.4, 1.2)),
            float(rng.uniform(0.01, 0.14)),
            float(np.exp(rng.normal(0, 0.25))),
            Artefacts.random(slice_axis, body.height_mm, rng),
        )

    def paint(self, drawn: Drawn, spacing_mm: float, origin: NDArray[np.float64]) -> NDArray[np.float32]:
        """Return the signal of a drawn body before blur and noise, healthy muscle at about 1.

        Parameters
        ----------
        drawn, spacing_mm, origin
            The body and its grid.
        """
        axes = [o + spacing_mm * np.arange(n) for o, n in zip(origin, drawn.tissue.shape, strict=True)]
        signal = self.signal[drawn.tissue]
        if self.artefacts.bright_fat:
            fatty = np.isin(drawn.tissue, _FATTY)
            signal[fatty] = np.maximum(signal, self.artefacts.of_fat(axes))[fatty]
        muscle = drawn.labels > 0
        label = drawn.labels[muscle]
        patches = self.patches.on_grid(axes)[0][muscle]
        ratio = np.where(patches > self.patchiness[label], self.oedema[label], np.float32(1))
        signal[muscle] *= self.group_gain[label] * ratio
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

        sigma = [self.blur_mm / spacing_mm] * 3
        # Slices of this thickness, interpolated: box and triangle together blur like 0.45 of the thickness.
        sigma[self.slice_axis] = 0.45 * self.slice_mm / spacing_mm
        shown = self.artefacts.added(ndimage.gaussian_filter(painted, sigma, truncate=2.5), spacing_mm)
        noise = rng.standard_normal((2, *painted.shape), dtype=np.float32)
        noise = ndimage.gaussian_filter(noise, (0, 0.5, 0.5, 0.5), truncate=2.0) * np.float32(2.2 * noise_share)
        seen: NDArray[np.float32] = np.hypot(shown + self.noise * noise[0], self.noise * noise[1])
        return seen
