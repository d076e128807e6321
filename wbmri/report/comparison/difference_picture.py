"""The registered difference of two visits inside muscle: a picture, not a measurement."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from wbmri.core import InputError
from wbmri.registration import PointMap, intensities_at
from wbmri.report.comparison.visits import FOOTER, GAP, SLICES, WIDTH, Visits, foot_words
from wbmri.report.figures import SOFT, Sheet, coronal_index, upright

HEADER, KEY = 17.0, 14.0

RANGE = 1.5
"""The colours reach from this much darker to this much brighter, in multiples of normal muscle."""

TITLE = "Illustration only: registered difference inside muscle"

EXPLAINED = (
    "B laid over A; brightness as a multiple of normal muscle. It rests on the registration, and on brightness that",
    "coils shade differently at each visit. No grade and no total uses it.",
)


def voxels_height(visits: Visits) -> float:
    """Return the height in mm that `draw_voxels` takes at `WIDTH`."""
    scan = visits.scans[0]
    wide, tall = scan.labels.shape[0] * scan.spacing[0], scan.labels.shape[2] * scan.spacing[2]
    height: float = HEADER + _width() * tall / wide + KEY + FOOTER
    return height


def _width() -> float:
    return (WIDTH - GAP / 2 * (SLICES - 1)) / SLICES


def draw_voxels(sheet: Sheet, visits: Visits, forth: PointMap) -> None:
    """Draw on slices of the earlier visit how much brighter each voxel of muscle became.

    The scale runs from dark blue (less) to yellow (more) with an even rise of lightness, which colour-blind people see
    and grey prints keep.

    Parameters
    ----------
    sheet
        Where to draw; its height should be `voxels_height`.
    visits
        Both visits; the level of normal muscle must be known at both.
    forth
        From the points of the earlier visit to the later.

    Raises
    ------
    InputError
        If that level is not known.
    """
    from matplotlib import colormaps
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    scan, change = visits.scans[0], _change(visits, forth)
    sheet.write(0, 7, TITLE, fontsize=12, fontweight="bold")
    for number, words in enumerate(EXPLAINED):
        sheet.write(0, 11.5 + 3.2 * number, words, fontsize=6.5, color=SOFT)
    wide = _width()
    tall = wide * scan.labels.shape[2] * scan.spacing[2] / (scan.labels.shape[0] * scan.spacing[0])
    colours = colormaps["cividis"]
    for number, j in enumerate(visits.chosen):
        grey = np.clip(scan.data[:, j].T, 0, 1)[..., None] * np.float32(0.55)
        painted = colours(np.clip((change[:, j].T + RANGE) / (2 * RANGE), 0, 1))[..., :3]
        shown = np.where(scan.labels[:, j].T[..., None] > 0, painted, grey)
        axes = sheet.axes(number * (wide + GAP / 2), HEADER, wide, tall)
        axes.imshow(shown, aspect="auto", interpolation="bilinear")
        axes.text(0.04, 0.985, "R", color="white", fontsize=8, fontweight="bold", va="top", transform=axes.transAxes)
        axes.text(
            0.96,
            0.985,
            "L",
            color="white",
            fontsize=8,
            fontweight="bold",
            va="top",
            ha="right",
            transform=axes.transAxes,
        )
        axes.axis("off")
    scale = sheet.axes(45, HEADER + tall + 4, 90, 3)
    bar = sheet.figure.colorbar(ScalarMappable(Normalize(-RANGE, RANGE), colours), cax=scale, orientation="horizontal")
    bar.set_ticks(
        [-1.5, -1, -0.5, 0, 0.5, 1, 1.5],
        labels=["−1.5", "−1", "−0.5", "0", "+0.5", "+1", "+1.5"],
        fontsize=7,
    )
    sheet.write(43, HEADER + tall + 6.6, "less", fontsize=8, ha="right")
    sheet.write(137, HEADER + tall + 6.6, "more, × normal muscle", fontsize=8)
    sheet.write(1, sheet.height - 2, foot_words(visits.comparison), fontsize=6.5, color=SOFT)


def _change(visits: Visits, forth: PointMap) -> NDArray[np.float32]:
    """Return how much brighter the muscle on the chosen slices became, in multiples of normal muscle, oriented as they.

    Elsewhere it is 0: every voxel that is not shown would cost as much as one that is.
    """
    before, after = visits.comparison.baseline.reference, visits.comparison.followup.reference
    if before is None or after is None:
        raise InputError("a visit without a level of normal muscle", "one at both visits", "score the visit again")
    (volume, labels), (later, _) = visits.images
    axis, shown = coronal_index(volume, visits.chosen)
    index = np.argwhere(labels.data > 0)
    index = index[np.isin(index[:, axis], shown)]
    own = volume.data[tuple(index.T)]
    values = intensities_at(later, forth.points(index @ volume.affine[:3, :3].T + volume.affine[:3, 3]))
    change = np.zeros(volume.shape, np.float32)
    # The later scan in the units of the earlier; where it does not reach, nothing is taken to have changed.
    change[tuple(index.T)] = np.where(np.isnan(values), 0.0, values * before.level / after.level - own)
    return upright(replace(volume, data=change), labels, (0.0, before.level)).data
