"""Print ``wbmri/segmentation/quality/reference_ranges.toml``: what is plausible of each muscle group.

Run as ``python tools/make_plausible_ranges.py > wbmri/segmentation/quality/reference_ranges.toml``.
"""

import numpy as np

from wbmri.core import LabelMap
from wbmri.core.scheme import Side, load_scheme
from wbmri.segmentation.quality.measures import Measures, measure
from wbmri.simulation.body import Shape, grid_around, measured_body, render

HEIGHTS_MM = (900, 1150, 1400, 1650, 1900)
GIRTHS = (0.8, 1.0, 1.25)

TOUCHING_MM = 6.0
"""Groups that come this close in every body lie beside each other."""
BELOW_SHARE = 0.04
"""A centroid lies below another where it does so by this share of the height in every body."""

ARMS = ("arm_anterior", "arm_posterior", "forearm_anterior", "forearm_posterior")
"""Posed freely: whatever they may touch, and whatever they may lie above, is no sign of a wrong outline."""
LEGS = ("leg_anterior", "leg_lateral", "leg_posterior")

HEADER = """\
# What is plausible of each muscle group; made by tools/make_plausible_ranges.py from bodies of wbmri.simulation with
# heights of {heights} mm and girths of {girths} times the average, lying straight and bent.
# volume_ml: lowest and highest volume of one side among those bodies, before widening.
# share: lowest, middle and highest volume of one side as a multiple of the mean over all groups, before widening.
# pieces: most connected parts of a tenth of the group or more.
# beside: groups of the same side whose surfaces lie within {touching:g} mm in every body.
# apart_same, apart_other: groups of the same and of the other side that never come within 40 mm; arms, which may be
# posed anywhere, count only towards the legs.
# below: groups of the same side whose centroid lies lower by {below:g} of the height in every body.
# The widening stands in [widening], with its sources.

[widening]
# Between-subject coefficient of variation of lower-limb muscle volumes in older women: up to 36 % (Montefiori 2020,
# PLoS ONE 15:e0242973); two of them are a factor of 2 either way. Healthy adults' upper limbs hold a threefold range
# in all (Holzbaur 2007, J Biomech 40:742), distributed evenly: that range is in the girths above.
volume = 2.0
share = 2.0
# Right-left differences of whole muscle groups, 95 % limits of agreement: 8.8 % (quadriceps), 11.4 % (hamstrings) in
# healthy adults (Kulas 2018, J Orthop Res 36:963); 60 % leaves room for wasting of one side.
left_right = 1.6
# One more piece than the bodies show: a muscle with fat in it may be outlined in two.
pieces = 1
"""


def body(height_mm: int, girth: float, seed: int) -> Measures:
    """Draw and measure one body."""
    shape = Shape(height_mm=height_mm, girth=girth, sway_mm=8.0 * seed, seed=seed)
    parts = measured_body().mapped(shape.mapping())
    drawn = render(parts, grid_around(parts, (4.0, 4.0, 4.0)), 5.0)
    return measure(LabelMap(drawn.labels, drawn.grid.affine, load_scheme(), "drawn", {}))


def main() -> None:
    """Measure all bodies and print the table."""
    scheme = load_scheme()
    shapes = [(height, girth) for height in HEIGHTS_MM for girth in GIRTHS]
    bodies = [body(height, girth, seed) for seed, (height, girth) in enumerate(shapes)]
    pairs = [pair.id for pair in scheme.pairs]
    sides = {side: np.arange(len(pairs)) * 2 + (1 if side is Side.LEFT else 2) for side in Side}
    volume = np.array([[m.volume_ml[sides[side]] for side in Side] for m in bodies])
    share = volume / volume.mean((1, 2), keepdims=True)
    gap = np.array([m.gap_mm for m in bodies])
    same = np.stack([gap[:, rows][:, :, rows] for rows in sides.values()], 1)
    other = gap[:, sides[Side.LEFT]][:, :, sides[Side.RIGHT]]
    other = np.minimum(other, other.transpose(0, 2, 1))
    height = np.array([[m.centre[sides[side], 2] for side in Side] for m in bodies])
    height = height / np.array([tall for tall, _ in shapes])[:, None, None]
    lower = (height[..., None, :] - height[..., :, None]).max((0, 1)) < -BELOW_SHARE

    def named(chosen: np.ndarray) -> str:
        return "[" + ", ".join(f'"{pairs[k]}"' for k in np.flatnonzero(chosen)) + "]"

    print(
        HEADER.format(
            heights=", ".join(map(str, HEIGHTS_MM)),
            girths=", ".join(map(str, GIRTHS)),
            touching=TOUCHING_MM,
            below=BELOW_SHARE,
        ).rstrip(),
    )
    for k, pair in enumerate(pairs):
        free = np.isin(pairs, LEGS) if pair in ARMS else ~np.isin(pairs, ARMS) | (pair in LEGS)
        settled = np.array([pair not in ARMS and name not in ARMS for name in pairs])
        print(
            f"\n[pairs.{pair}]\n"
            f"volume_ml = [{volume[..., k].min():.1f}, {volume[..., k].max():.1f}]\n"
            f"share = [{share[..., k].min():.3g}, {np.median(share[..., k]):.3g}, {share[..., k].max():.3g}]\n"
            f"pieces = {max(int(m.pieces[rows[k]]) for m in bodies for rows in sides.values())}\n"
            f"beside = {named((same[:, :, k].max((0, 1)) <= TOUCHING_MM) & (np.arange(len(pairs)) != k))}\n"
            f"apart_same = {named(np.isinf(same[:, :, k].min((0, 1))) & free)}\n"
            f"apart_other = {named(np.isinf(other[:, k].min(0)) & free)}\n"
            f"below = {named(lower[k] & settled)}",
        )


if __name__ == "__main__":
    main()
