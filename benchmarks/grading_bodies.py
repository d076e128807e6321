"""Rendered bodies whose oedema is known, for the benchmark of grading."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from wbmri.core import Grid, LabelMap, Volume
from wbmri.core.scheme import load_scheme
from wbmri.io.stitching import compose
from wbmri.simulation.body import Body, BodyRanges, Rendered, Tissue, grid_around, random_body
from wbmri.simulation.scanner import Artefacts, Involvement, Protocol, Scan, Scanned, acquire, oedema_ratio

GRID_MM = (2.6, 2.2, 2.6)
SUBSLICES = 3
"""Three drawn slices make one of the scan: voxels of 2.6 x 6.6 x 2.6 mm."""

HABITUS: Mapping[str, tuple[tuple[float, float], tuple[float, float], int]] = {
    "small child": ((1000.0, 1150.0), (0.2, 0.6), 3),
    "lean child": ((1250.0, 1450.0), (0.0, 0.2), 5),
    "child": ((1250.0, 1450.0), (0.3, 0.6), 7),
    "heavy child": ((1300.0, 1500.0), (0.8, 1.0), 11),
    "adolescent": ((1550.0, 1650.0), (0.2, 0.6), 13),
    "adult": ((1680.0, 1780.0), (0.3, 0.7), 17),
}
"""Ranges of height in mm and of stoutness, from thin to obese, and the seed that a body is drawn with."""

PROTOCOLS: Mapping[str, Protocol] = {
    "1.5 T, TE 60 ms": Protocol(),
    "1.5 T, TE 35 ms": Protocol(echo_time_ms=35.0),
    "3 T, TE 60 ms": Protocol(3.0, 5000.0, 220.0, 60.0),
    "3 T, TE 85 ms": Protocol(3.0, 5000.0, 220.0, 85.0),
}

BORDERLINE_SHARE = 0.25
"""Share of the involved groups with 40 to 60 % of the muscle at 1.2 to 1.6 times."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One body at one scan.

    Parameters
    ----------
    habitus, protocol
        Keys of `HABITUS` and `PROTOCOLS`.
    involved
        Oedema by label.
    scan
        Stations, noise, shading and gains.
    pattern
        Seed of where the patches lie.
    lying
        Which way the body lies: shift of the grid, as a share of a voxel along each axis.
    voxel_mm
        Voxels of the drawn body.
    """

    habitus: str
    protocol: str
    involved: Mapping[int, Involvement]
    scan: Scan
    pattern: int = 0
    lying: tuple[float, float, float] = (0.0, 0.0, 0.0)
    voxel_mm: tuple[float, float, float] = GRID_MM

    @property
    def truth(self) -> dict[int, int]:
        """The grade of each label that the anchors give to what was drawn."""
        shares = {label: self.involved[label].fraction if label in self.involved else 0.0 for label in range(1, 43)}
        return {label: 0 if share <= 0.025 else 1 if share < 0.5 else 2 for label, share in shares.items()}

    @property
    def total(self) -> int:
        """Sum of the true grades."""
        return sum(self.truth.values())


@dataclass(frozen=True, eq=False, slots=True)
class Case:
    """What grading gets to see, and what it must not.

    Parameters
    ----------
    stations
        As the scanner delivers them.
    volume
        Composed.
    labels
        The true outlines.
    scanned
        Truth of ghosts and of failed inversion.
    """

    stations: tuple[Volume, ...]
    volume: Volume
    labels: LabelMap
    scanned: Scanned = field(repr=False)


def body_of(habitus: str) -> Body:
    """Return the body of a habitus."""
    heights, stoutness, seed = HABITUS[habitus]
    return random_body(seed, BodyRanges(height_mm=heights, stoutness=stoutness))


@lru_cache(maxsize=2)
def drawn(habitus: str, lying: tuple[float, float, float], voxel_mm: tuple[float, float, float] = GRID_MM) -> Rendered:
    """Draw a healthy body."""
    body = body_of(habitus)
    grid = grid_around(body.parts(), voxel_mm, margin_mm=16.0)
    return body.render(Grid.along_axes(grid.shape, grid.spacing, grid.points([-share for share in lying])))


def scanned(trial: Trial) -> Case:
    """Scan a body, compose its stations, and put the true labels on the grid of the scan."""
    body = drawn(trial.habitus, trial.lying, trial.voxel_mm)
    return scanned_body(body, trial.involved, PROTOCOLS[trial.protocol], trial.scan, trial.pattern)


def scanned_body(
    body: Rendered, involved: Mapping[int, Involvement], protocol: Protocol, scan: Scan, pattern: int
) -> Case:
    """Do so with a body that is drawn already, however it was."""
    ratio = oedema_ratio(body.labels, body.grid.spacing, involved, pattern)
    distract(body, ratio, pattern)
    made = acquire(body, ratio, protocol, scan)
    every = dict.fromkeys(range(1, 43), 1.0)
    labels = LabelMap(np.ascontiguousarray(made.labels), made.grid.affine, load_scheme(), "truth", every)
    return Case(made.stations, compose(made.stations), labels, made)


def distract(body: Rendered, ratio: NDArray[np.float32], seed: int) -> None:
    """Make patches of marrow and subcutis bright, in place: what a reader must not take for muscle."""
    from scipy import ndimage

    rng = np.random.default_rng([seed, 1000])
    for tissue, share, strength in ((Tissue.BONE.code, 0.3, 2.0), (Tissue.FAT.code, 0.1, 4.0)):
        where = body.tissue == tissue
        coarse = rng.standard_normal([n // 6 + 2 for n in where.shape]).astype(np.float32)
        texture = ndimage.zoom(coarse, [n / m for n, m in zip(where.shape, coarse.shape, strict=True)], order=1)
        ratio[where & (texture > np.quantile(texture[where], 1 - share))] *= strength


def involvement(total: int, seed: int, borderline: float = BORDERLINE_SHARE) -> dict[int, Involvement]:
    """Choose oedema whose grades add up to a total, a share of borderline groups and diffuse ones included."""
    rng = np.random.default_rng([seed, total])
    severe = int(rng.integers(max(0, total - 42), total // 2 + 1))
    order = [int(label) for label in rng.permutation(42) + 1]
    made = {}
    for place, label in enumerate(order[: total - severe]):
        marked = place < severe
        if rng.random() < borderline:
            fraction = rng.uniform(0.505, 0.60) if marked else rng.uniform(0.40, 0.495)
            ratio = rng.uniform(1.2, 1.6)
            diffuse = False
        else:
            fraction = rng.uniform(0.60, 1.0) if marked else rng.uniform(0.08, 0.40)
            ratio = rng.uniform(1.6, 3.0) if marked else rng.uniform(1.4, 2.2)
            diffuse = rng.random() < 0.2
        made[label] = Involvement(float(fraction), float(ratio), bool(diffuse))
    return made


def spread_trials(count: int, seed: int) -> list[Trial]:
    """Make bodies whose true totals are spread evenly from 0 to 84, those of one body together."""
    names, protocols = list(HABITUS), list(PROTOCOLS)
    trials = []
    for number in range(count):
        total = round(84 * number / (count - 1))
        rng = np.random.default_rng([seed, number])
        own = seed * 1000 + number
        trials.append(
            Trial(
                names[number % len(names)],
                protocols[int(rng.choice(len(protocols), p=(0.5, 0.2, 0.2, 0.1)))],
                involvement(total, own),
                random_scan(rng, own),
                pattern=own,
            ),
        )
    return sorted(trials, key=lambda trial: names.index(trial.habitus))


def random_scan(rng: np.random.Generator, seed: int, artefacts: Artefacts | None = None) -> Scan:
    """Choose a scanner's noise, shading, gains and counts."""
    return Scan(
        subslices=SUBSLICES,
        noise=float(rng.uniform(0.04, 0.09)),
        shading=float(rng.uniform(0.05, 0.25)),
        gains=float(rng.uniform(0.0, 0.2)),
        muscle_counts=float(rng.choice([25.0, 120.0, 400.0])),
        seed=seed,
        artefacts=artefacts or Artefacts(),
    )


def resampled(volume: Volume, labels: LabelMap, factor: float) -> tuple[Volume, LabelMap]:
    """Put scan and outlines on a grid with other voxels in plane."""
    from scipy.ndimage import affine_transform

    scale = np.array([factor, 1.0, factor])
    shape = tuple(int(n) for n in np.floor((np.array(volume.shape) - 1) / scale) + 1)
    affine = volume.affine @ np.diag([*scale, 1.0])
    data = affine_transform(volume.data, scale, output_shape=shape, order=1)
    drawn = affine_transform(labels.data, scale, output_shape=shape, order=0)
    again = Volume(data, affine, volume.acquisition)
    return again, LabelMap(drawn, affine, labels.scheme, labels.engine, labels.confidence)
