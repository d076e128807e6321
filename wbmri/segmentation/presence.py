"""Whether an image shows a human body or a part of one.

Asked before an engine runs, because an engine lays 42 groups over whatever it is given. What any part of a human body
has on any contrast: it stands out from the background and does not fill the image; inside it is a mixture of bone, fat
and muscle, not one substance; its outline, seen from the front, is alike on both sides; and its width, depth and area
change from level to level as those of a body do.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from wbmri.errors import InputError
from wbmri.provenance import Step
from wbmri.segmentation.levels import LOOK_MM, Levels, mismatch, outline
from wbmri.segmentation.resampling import linear_on_axes
from wbmri.volume import Volume, canonical

_SIGNAL_SHARE = 0.4
"""What is brighter than this share of the typical signal belongs to the outline."""

_TEXTURE_MM = 16.0
"""The mixture of tissues is seen over this distance; what varies more slowly may be the coil."""

_IN_PLANE = np.ones((3, 3, 1), bool)

LEAST_ML, LEAST_MM, LEAST_CONTRAST = 300.0, 80.0, 1.8
"""Less than this is no part of a body that could be graded."""


@dataclass(frozen=True, slots=True)
class Limit:
    """From where on a measure is doubtful, and from where on it rules a body out."""

    doubtful: float
    refused: float


EDGE = Limit(0.3, 0.55)
TEXTURE = Limit(0.14, 0.12)
SYMMETRY = Limit(0.84, 0.75)
MISMATCH = Limit(0.19, 0.215)


@dataclass(frozen=True, slots=True)
class Presence:
    """What speaks for and against a body.

    Parameters
    ----------
    contrast
        Typical signal as a multiple of the background's; 1000 and more is given as 1000.
    volume_ml
        Volume inside the outline.
    length_mm
        Extent of the levels that hold something.
    edge
        Share of the outline that lies on the lateral, front or back edge of the image.
    texture
        Interquartile range of the intensities inside, relative to their surroundings.
    symmetry
        Overlap of the outline's shadow on the coronal plane with its own mirror image, level by level, 0..1.
    mismatch
        Mean difference between the logarithms of width, depth and area and those of the best fitting levels of a body.
    """

    contrast: float
    volume_ml: float
    length_mm: float
    edge: float
    texture: float
    symmetry: float
    mismatch: float

    @property
    def step(self) -> Step:
        """What was measured, for the provenance."""
        return Step("recognise", {name: float(f"{value:.4g}") for name, value in asdict(self).items()})

    @property
    def doubts(self) -> tuple[str, ...]:
        """What makes it doubtful that this is a human body, one sentence each."""
        return tuple(
            f"It is doubtful that this is a human body: {found}, where {wanted} is expected."
            for found, wanted, doubtful, _ in self._findings()
            if doubtful
        )

    def check(self) -> None:
        """Refuse what is no part of a human body.

        Raises
        ------
        InputError
            With what was found instead.
        """
        findings = list(self._findings())
        # Two measures that are doubtful each rule a body out together.
        together = sum(doubtful for _, _, doubtful, _ in findings) > 1
        for found, wanted, doubtful, refused in findings:
            if refused or (together and doubtful):
                raise InputError(
                    f"an image in which no human body is found: {found}",
                    f"a scan of a body or a part of one: {wanted}",
                    "check with 'wbmri inspect' that the right series was chosen, or bring outlines with --labels",
                )

    def _findings(self) -> Iterator[tuple[str, str, bool, bool]]:
        """Say what was found, what was wanted, whether it is doubtful and whether it rules a body out."""
        small = self.volume_ml < LEAST_ML or self.length_mm < LEAST_MM
        flat = self.contrast < LEAST_CONTRAST
        yield (
            f"what is bright is {self.contrast:.2g} times as bright as the rest",
            f"{LEAST_CONTRAST:g} times or more",
            False,
            flat,
        )
        yield (
            f"{self.volume_ml:.0f} ml over {self.length_mm:.0f} mm stand out",
            f"{LEAST_ML:.0f} ml over {LEAST_MM:.0f} mm or more",
            False,
            small,
        )
        yield (
            f"{100 * self.edge:.0f} % of its outline lies on the edge of the image",
            f"at most {100 * EDGE.doubtful:.0f} %",
            self.edge > EDGE.doubtful,
            self.edge > EDGE.refused,
        )
        yield (
            f"its inside varies by {100 * self.texture:.0f} %, as one substance does",
            f"a mixture of muscle, fat and bone that varies by {100 * TEXTURE.doubtful:.0f} % or more",
            self.texture < TEXTURE.doubtful,
            self.texture < TEXTURE.refused,
        )
        yield (
            f"left and right halves of its outline agree by {100 * self.symmetry:.0f} %",
            f"{100 * SYMMETRY.doubtful:.0f} % or more",
            self.symmetry < SYMMETRY.doubtful,
            self.symmetry < SYMMETRY.refused,
        )
        yield (
            f"its width and depth from level to level differ from a body's by {100 * self.mismatch:.0f} %",
            f"at most {100 * MISMATCH.doubtful:.0f} %",
            self.mismatch > MISMATCH.doubtful,
            self.mismatch > MISMATCH.refused,
        )


NOTHING = Presence(1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0)


def find_body(volume: Volume) -> Presence:
    """Measure what speaks for a human body, whole or in part, in a scan of any contrast."""
    from scipy import ndimage
    from skimage.filters import threshold_otsu

    image, inside = _looked_at(volume)
    seen = image[inside]
    top = float(np.percentile(seen, 99)) if seen.size else 0.0
    if top <= 0:
        return NOTHING
    # Otsu on log intensities, so that fluid twenty times as bright as fat does not draw the threshold above muscle.
    logs = np.log1p(np.maximum(seen, 0) * (50 / top))
    threshold = float(np.expm1(threshold_otsu(logs))) * top / 50 if np.ptp(logs) > 0 else top
    high, low = seen[seen > threshold], seen[seen <= threshold]
    if high.size == 0:
        return NOTHING
    level, background = float(np.median(high)), float(np.median(low))
    body = outline((image > max(threshold, _SIGNAL_SHARE * level)) & inside)
    levels = Levels.of(body)
    if levels.index.size == 0:
        return NOTHING
    shell = body & ~ndimage.binary_erosion(body, _IN_PLANE)
    at_edge = ~ndimage.binary_erosion(inside, _IN_PLANE)
    return Presence(
        contrast=min(level / max(background, 1e-3 * level), 1000.0),
        volume_ml=float(np.count_nonzero(body)) * LOOK_MM**3 / 1000,
        length_mm=float(levels.index.size) * LOOK_MM,
        edge=float((shell & at_edge).sum() / shell.sum()),
        texture=_texture(image, body),
        symmetry=_symmetry(body, levels.index),
        mismatch=mismatch(levels),
    )


def _looked_at(volume: Volume) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return the image on a coarse grid along the world axes, and which of its voxels lie inside the image."""
    stored = canonical(volume)
    block = np.maximum(1, np.floor(LOOK_MM / np.array(stored.spacing))).astype(int)
    block = np.minimum(block, stored.shape)
    size = np.array(stored.shape) // block
    cut = stored.data[tuple(slice(0, int(n)) for n in size * block)]
    mean = cut.reshape(size[0], block[0], size[1], block[1], size[2], block[2]).mean((1, 3, 5))
    if float(mean.min()) == float(mean.max()):
        return np.zeros((1, 1, 1), np.float32), np.zeros((1, 1, 1), bool)
    affine = stored.affine @ np.diag([*block, 1.0])
    affine[:3, 3] += stored.affine[:3, :3] @ ((block - 1) / 2)
    coarse = Volume(mean, affine)
    corners = np.stack(np.meshgrid(*([-0.5, n - 0.5] for n in coarse.shape), indexing="ij"), -1).reshape(-1, 3)
    world = corners @ affine[:3, :3].T + affine[:3, 3]
    extent = world.max(0) - world.min(0)
    x, y, z = (max(1, int(n)) for n in extent / LOOK_MM)
    origin = (world.max(0) + world.min(0)) / 2 - (np.array([x, y, z]) - 1) * LOOK_MM / 2
    image = linear_on_axes(coarse, (x, y, z), LOOK_MM, origin)
    into = np.linalg.inv(affine)
    places = [origin[axis] + LOOK_MM * np.arange(n) for axis, n in enumerate((x, y, z))]
    inside = np.ones((x, y, z), bool)
    for axis, count in enumerate(coarse.shape):
        along = (
            into[axis, 0] * places[0][:, None, None] + into[axis, 1] * places[1][:, None] + into[axis, 2] * places[2]
        )
        inside &= np.abs(along + into[axis, 3] - (count - 1) / 2) <= count / 2
    return image, inside


def _texture(image: NDArray[np.float32], body: NDArray[np.bool_]) -> float:
    """Return the interquartile range of the intensities below the surface, relative to their surroundings."""
    from scipy import ndimage

    below = ndimage.binary_erosion(body, _IN_PLANE)
    if not below.any():
        below = body
    sigma = _TEXTURE_MM / LOOK_MM
    around = ndimage.gaussian_filter(np.where(below, image, np.float32(0)), sigma)
    weight = ndimage.gaussian_filter(below.astype(np.float32), sigma)
    ratio = image[below] * weight[below] / np.maximum(around[below], 1e-9)
    low, middle, high = np.percentile(ratio, (25, 50, 75))
    return float((high - low) / max(middle, 1e-9))


def _symmetry(body: NDArray[np.bool_], index: NDArray[np.intp]) -> float:
    """Return the share of the outline that its best mirror image from left to right covers, level by level.

    Seen from the front: a leg or an arm that lies further forward than the other is posed, not lopsided.
    """
    shadow = body.sum(1)
    columns = np.arange(body.shape[0])
    covered = 0
    for k in index:
        level = shadow[:, k]
        middle = round(2 * float(np.average(columns, weights=level)))
        best = 0
        for fold in range(middle - 3, middle + 4):
            partner = fold - columns
            there = (partner >= 0) & (partner < columns.size)
            best = max(best, int(np.minimum(level[there], level[partner[there]]).sum()))
        covered += best
    return covered / int(shadow[:, index].sum())
