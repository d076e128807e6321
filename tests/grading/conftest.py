"""A synthetic body whose oedema is known: 42 muscles in fat, a head above them, noise and shading."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from wbmri.core import Acquisition, LabelMap, Volume
from wbmri.core.scheme import load_scheme

SPACING = np.array([2.9, 6.0, 2.9])
SHAPE = (112, 15, 300)
FAT, BRAIN, FLUID = 0.25, 2.9, 5.9
STIR = Acquisition(sequence="STIR", field_strength_t=1.5, echo_time_ms=68.0, inversion_time_ms=160.0)


@dataclass(frozen=True)
class Body:
    """Settings of one synthetic scan; ``oedema`` is label -> (share of the group, multiple of normal muscle)."""

    oedema: Mapping[int, tuple[float, float]] = field(default_factory=dict)
    seed: int = 0
    noise: float = 0.08
    shading: float = 0.0
    head: bool = True
    acquisition: Acquisition = STIR

    @property
    def truth(self) -> list[int]:
        shares = [self.oedema.get(label, (0.0, 1.0))[0] for label in range(1, 43)]
        return [0 if share < 0.025 else 1 if share < 0.5 else 2 for share in shares]

    @property
    def affine(self) -> NDArray[np.float64]:
        made = np.diag([*SPACING, 1.0])
        made[:3, 3] = -SPACING * (np.array(SHAPE) - 1) / 2
        return made

    def labels(self) -> LabelMap:
        data = muscles()
        return LabelMap(data, self.affine, load_scheme(), "phantom", dict.fromkeys(range(1, 43), 1.0))

    def volume(self) -> Volume:
        rng = np.random.default_rng(self.seed)
        x, y, z = positions()
        labels = muscles()
        image = np.where((np.abs(x) < 150) & (np.abs(y) < 42) & (z < 320), FAT, 0.0)
        image[labels > 0] = 1.0
        if self.head:
            radius = np.sqrt(x**2 + y**2 + (z - 374) ** 2)
            image[radius < 60] = FLUID
            image[radius < 54] = BRAIN
            image[radius < 20] = FLUID
        texture = gaussian_filter(rng.standard_normal(SHAPE), 10.0 / SPACING)
        for label, (share, ratio) in self.oedema.items():
            own = labels == label
            above = own & (texture >= np.quantile(texture[own], 1 - share)) if share < 1 else own
            image[above] *= ratio
        image = image * np.exp(self.shading * np.sin(x / 90 + 0.5) * np.cos(z / 150 + self.seed))
        image = np.abs(image + self.noise * rng.standard_normal(SHAPE))
        return Volume(100.0 * image, self.affine, self.acquisition)


def positions() -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    x, y, z = ((np.arange(n) - (n - 1) / 2) * mm for n, mm in zip(SHAPE, SPACING, strict=True))
    return np.broadcast_arrays(x[:, None, None], y[None, :, None], z[None, None, :])


def muscles() -> NDArray[np.uint8]:
    """Seven rows of three ellipsoids on each side; the patient's left is at negative x."""
    x, y, z = positions()
    made = np.zeros(SHAPE, np.uint8)
    for pair in range(21):
        row, column = divmod(pair, 3)
        for side in (0, 1):
            cx = (27.0 + 46.0 * column) * (2 * side - 1)
            cz = 250.0 - 105.0 * row
            inside = ((x - cx) / 20) ** 2 + (y / 36) ** 2 + ((z - cz) / 49) ** 2 < 1
            made[inside] = 2 * pair + 1 + side
    return made


def _involvement(mild: int, severe: int, seed: int) -> dict[int, tuple[float, float]]:
    """Choose groups with patches in 10-42 % at 1.5-1.95 times, and others in 60-95 % at 1.8-3 times normal muscle."""
    rng = np.random.default_rng(seed)
    order = [int(label) for label in rng.permutation(42) + 1]
    made = {label: (rng.uniform(0.10, 0.42), rng.uniform(1.5, 1.95)) for label in order[:mild]}
    made |= {label: (rng.uniform(0.60, 0.95), rng.uniform(1.8, 3.0)) for label in order[mild : mild + severe]}
    return made


@pytest.fixture(scope="session")
def body():
    """Return the class of synthetic scans."""
    return Body


@pytest.fixture(scope="session")
def involvement():
    """Return the function that chooses groups and their oedema."""
    return _involvement
