"""Hold the bodies of `wbmri.simulation` against published volumes, and write the tables into docs/anatomy.md.

    python tools/anatomy_table.py docs/anatomy.md

The tables replace what stands between the two comments in that file. Masses are drawn volumes times density.
"""

import sys
from pathlib import Path

import numpy as np

from wbmri.simulation.body import Body, Shape, Tissue, average_body, grid_around

START, END = "<!-- tools/anatomy_table.py -->\n", "<!-- end of the tables -->\n"
GRID_MM = 4.0
MUSCLE_G_PER_ML, FAT_G_PER_ML, LUNG_G_PER_ML, LEAN_G_PER_ML = 1.05, 0.95, 0.3, 1.07

# ICRP Publication 89 (2002): height (cm), whole body and skeletal muscle (kg) by age.
REFERENCE = {
    "5 years": (109, 19.0, 5.6),
    "10 years": (138, 32.0, 11.0),
    "15 years, girl": (161, 53.0, 17.0),
    "woman": (163, 60.0, 17.5),
    "man": (176, 73.0, 29.0),
}
# Share of all muscle of one lower limb, in percent (Handsfield 2014, mean of 24 young adults).
LOWER_LIMB = {
    "iliopsoas": ((12,), 6.3),
    "gluteus maximus": ((13,), 11.9),
    "gluteus medius, minimus, tensor fasciae latae": ((14,), 6.9),
    "anterior thigh (quadriceps, sartorius)": ((16,), 27.6),
    "posterior thigh (hamstrings)": ((18,), 10.4),
    "posterior leg": ((21,), 15.0),
    "anterior leg": ((19,), 3.4),
    "lateral leg": ((20,), 1.8),
}
ALL_LOWER = (12, 13, 14, 15, 16, 17, 18, 19, 20, 21)


def masses(body: Body) -> tuple[float, float]:
    """Return the mass of the whole body and of its muscle in kg."""
    grid = grid_around(body.parts(), (GRID_MM,) * 3, 10.0 + 2 * body.fat_mm)
    volume = np.bincount(body.render(grid).tissue.ravel(), minlength=len(Tissue)) * GRID_MM**3 / 1e6
    muscle = volume[Tissue.MUSCLE.code] * MUSCLE_G_PER_ML
    fat, lung = volume[Tissue.FAT.code], volume[Tissue.LUNG.code]
    lean = volume[1:].sum() - volume[Tissue.MUSCLE.code] - fat - lung
    return muscle + fat * FAT_G_PER_ML + lung * LUNG_G_PER_ML + lean * LEAN_G_PER_ML, muscle


def by_age() -> list[str]:
    """Compare masses at the heights of the reference persons."""
    rows = [
        "| height of | mass, model | mass, ICRP 89 | muscle, model | muscle, ICRP 89 | share, model | share, ICRP 89 |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, (height, reference_mass, reference_muscle) in REFERENCE.items():
        mass, muscle = masses(average_body(height * 10.0))
        rows.append(
            f"| {name}, {height} cm | {mass:.0f} kg | {reference_mass:.0f} kg | {muscle:.1f} kg | "
            f"{reference_muscle:.1f} kg | {muscle / mass:.0%} | {reference_muscle / reference_mass:.0%} |",
        )
    return rows


def by_group() -> list[str]:
    """Compare the shares of muscle groups in the limbs."""
    measured, average = (body.parts() for body in (Body(Shape(height_mm=1700.0)), average_body(1700.0)))
    rows = ["| quantity | measured man | average body | published | source |", "|---|---|---|---|---|"]

    def pairs(parts, *numbers):
        return sum(parts.group_volumes_ml()[2 * number - 1] for number in numbers)

    for name, (numbers, published) in LOWER_LIMB.items():
        shares = [100 * pairs(parts, *numbers) / pairs(parts, *ALL_LOWER) for parts in (measured, average)]
        rows.append(
            f"| {name}, % of the lower limb | {shares[0]:.1f} | {shares[1]:.1f} | {published} | Handsfield 2014 |",
        )

    def muscles(parts, *names):
        chosen = np.isin(np.array(parts.structure), names) & (parts.side == -1)
        return parts.volume_ml[chosen].sum()

    quadriceps = ("rectus femoris", "vastus intermedius", "vastus lateralis", "vastus medialis")
    ratios = [muscles(parts, *quadriceps) / pairs(parts, 18) for parts in (measured, average)]
    rows.append(f"| quadriceps to hamstrings | {ratios[0]:.2f} | {ratios[1]:.2f} | 2.44 | Handsfield 2014 |")
    at_elbow = ("brachioradialis", "supinator", "humeral head of pronator teres", "ulnar head of pronator teres")
    crossing: list[tuple[float, ...]] = []
    for parts in (measured, average):
        coraco = muscles(parts, "coracobrachialis")
        wrist_only = muscles(parts, *at_elbow)
        shoulder = pairs(parts, 5, 6, 7) + muscles(parts, "latissimus dorsi") + coraco
        elbow = pairs(parts, 8, 9) - coraco + wrist_only
        wrist = pairs(parts, 10, 11) - wrist_only
        whole = shoulder + elbow + wrist
        crossing.append((*(100 * v / whole for v in (shoulder, elbow, wrist, pairs(parts, 5))), (elbow) / wrist))
    names = (
        ("muscles of the shoulder, % of the upper limb", 52.5),
        ("muscles of the elbow, % of the upper limb", 31.4),
        ("muscles of the wrist, % of the upper limb", 16.0),
        ("deltoid, % of the upper limb", 15.2),
        ("muscles of the elbow to those of the wrist", 1.96),
    )
    for (name, published), one, other in zip(names, *crossing, strict=True):
        digits = 2 if published < 10 else 1
        rows.append(f"| {name} | {one:.{digits}f} | {other:.{digits}f} | {published} | Holzbaur 2007 |")
    return rows


def main(path: str) -> None:
    """Write the tables into the page."""
    page = Path(path).read_text(encoding="utf-8")
    before, rest = page.split(START)
    after = rest.split(END)[1]
    tables = "\n".join(["", *by_age(), "", *by_group(), "", ""])
    Path(path).write_text(before + START + tables + END + after, encoding="utf-8")
    print(tables)


if __name__ == "__main__":
    main(*sys.argv[1:])
