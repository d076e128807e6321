"""Complete the anatomy of a part of a body from that of a whole one, and make what lies between the two and beyond.

    python tools/complete_anatomy.py WHOLE ELEMENTS.csv PART.nii.gz PART_LABELS.nii.gz PART.csv OUT

WHOLE is a folder that `tools/anatomy_from_elements.py` wrote, ELEMENTS.csv names its structures (label,name,side).
PART.nii.gz holds one label per muscle or bone, PART_LABELS.nii.gz the labels of ``jdm42`` on the same grid, PART.csv
the columns label, name and side. Structures of one name are matched along their length, and a thin-plate spline carries
one body onto the other. What the part does not know (organs, subcutis, skin, arms, head) is taken from the whole.

OUT gets one folder per anatomy, as `wbmri train --anatomy` reads them: ``part`` is the part completed, ``part_half``
and ``whole_half`` have the muscles of either in the shape halfway between, ``part_beyond`` and ``whole_beyond`` those
of either in a shape that lies beyond it, away from the other.
"""

import csv
import re
import shutil
import sys
from pathlib import Path

import nibabel as nib
import numpy as np
from scipy import ndimage
from scipy.interpolate import RBFInterpolator

from wbmri.core import Grid
from wbmri.simulation.body import between

SPACING_MM = 2.5
LOW, HIGH = np.array([-400.0, -100.0, -60.0]), np.array([400.0, 310.0, 1960.0])
LATTICE_MM = 20.0
STIFFNESS = 30.0
SLABS = 5
"""A structure is cut into so many along its length, so that its shape counts; a short one into fewer."""
SCALES = (0.85, 1.2)
"""By how much trunk and arms of the two may differ in size."""
HEAD_MM = np.array([[x, y, 1690.0] for x in (-40.0, 40.0) for y in (0.0, 100.0)])
"""Where the head of the whole lies."""
CORTEX_MM, SKIN_MM, COVER_MM = 2.6, 2.0, 5.0
OWN = 10000
"""Added to the part's numbers, so that they differ from those of the whole."""
NAMES = {
    "biceps femoris longus": "long head of biceps femoris",
    "biceps femoris long": "long head of biceps femoris",
    "biceps femoris short": "short head of biceps femoris",
    "gastrocnemius lateral": "lateral head of gastrocnemius",
    "gastrocnemius medial": "medial head of gastrocnemius",
    "illiacus": "iliacus",
    "inferior gemellus": "gemellus inferior",
    "superior gemellus": "gemellus superior",
    "peroneus longus": "fibularis longus",
    "semitendonosus": "semitendinosus",
    "quadratis femoris": "quadratus femoris",
    "flexor hallicus longus": "flexor hallucis longus",
    "extensor hallicus longus": "extensor hallucis longus",
    "calcaneous": "calcaneus",
    "cuboid": "cuboid bone",
    "navicular": "navicular bone of foot",
}


def main(whole: str, whole_csv: str, part_file: str, labels_file: str, part_csv: str, out: str) -> None:
    """Write the anatomies."""
    folder = Path(whole)
    tissue, labels, structures = (
        nib.as_closest_canonical(nib.load(folder / f"{kind}.nii.gz")) for kind in ("tissue", "labels", "structures")
    )
    code = {row["tissue"]: int(row["code"]) for row in rows(folder / "tissue.csv")}
    part, part_labels = (nib.as_closest_canonical(nib.load(file)) for file in (part_file, labels_file))
    names, part_names = (
        {name_of(row): int(row["label"]) for row in rows(Path(file))} for file in (whole_csv, part_csv)
    )
    here, there = landmarks(structures, names, part, part_names)
    here, there = with_rest(labels, here, there)
    shift = there.mean(0) - here.mean(0)
    # Soles at 0.
    lowest = np.argwhere(np.asarray(part.dataobj).any((0, 1)))[0, 0]
    shift[2] = part.affine[2, 2] * lowest + part.affine[2, 3]
    known = np.unique(np.asarray(part_labels.dataobj))[1:]
    for name, share, of_part in (
        ("part", 1.0, True),
        ("part_half", 0.5, True),
        ("part_beyond", 1.4, True),
        ("whole_half", 0.5, False),
        ("whole_beyond", -0.5, False),
    ):
        middle = (1 - share) * here + share * (there - shift)
        grid = Grid.along_axes(np.ceil((HIGH - LOW) / SPACING_MM).astype(int), SPACING_MM, LOW)
        to_whole, to_part = places(grid, middle, here), places(grid, middle, there)
        drawn = tuple(look_up(image, to_whole) for image in (tissue, labels, structures))
        if of_part:
            own, own_labels = look_up(part, to_part).astype(np.int16), look_up(part_labels, to_part)
            drawn = completed(*drawn, own, own_labels, known, code)
        kinds = dict(zip(("tissue", "labels", "structures"), drawn, strict=True))
        write(Path(out) / name, grid, folder / "tissue.csv", **kinds)


def rows(file: Path) -> list[dict[str, str]]:
    """Return the rows of a table."""
    with file.open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def name_of(row: dict[str, str]) -> tuple[str, str]:
    """Return side and plain name of a structure."""
    words = re.sub(r"^[A-Z]+_(Left|Right)_(Muscle|Bone)_", "", row["name"]).split("_")[0]
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", words).lower()
    words = re.sub(r"\b(left|right) ", "", words)
    return row["side"], NAMES.get(words, words)


def landmarks(whole, names, part, part_names):
    """Return the middles of slabs of all structures that both know, RAS mm, shape (n, 3) each."""
    here, there = [], []
    boxes = [ndimage.find_objects(np.asarray(image.dataobj).astype(np.int32)) for image in (whole, part)]
    for key in sorted(set(names) & set(part_names)):
        points = [
            voxels(image, found, number[key])
            for image, found, number in zip((whole, part), boxes, (names, part_names), strict=True)
        ]
        if min(len(p) for p in points) < 50:
            continue
        axes = [
            np.linalg.svd(p - p.mean(0), full_matrices=False)[2][0]
            for p in (q[:: max(1, len(q) // 3000)] for q in points)
        ]
        length = np.ptp(points[0] @ axes[0])
        axis = (
            axes[0] * np.sign(axes[0] @ [0.2, 0.1, 1]),
            axes[1] * np.sign(axes[1] @ axes[0]) * np.sign(axes[0] @ [0.2, 0.1, 1]),
        )
        count = SLABS if length > 120 else 3 if length > 50 else 1
        for out, p, a in zip((here, there), points, axis, strict=True):
            order = np.argsort(p @ a)
            out += [p[chosen].mean(0) for chosen in np.array_split(order, count)]
    return np.array(here), np.array(there)


def length_of(points):
    """Return the direction in which a structure is longest."""
    some = points[:: max(1, len(points) // 3000)]
    return np.linalg.svd(some - some.mean(0), full_matrices=False)[2][0]


def voxels(image, boxes, label):
    """Return the places of a structure's voxels, RAS mm."""
    box = boxes[label - 1] if label <= len(boxes) else None
    if box is None:
        return np.zeros((0, 3))
    index = np.argwhere(np.asarray(image.dataobj[box]) == label) + [part.start for part in box]
    return nib.affines.apply_affine(image.affine, index)


def with_rest(labels, here, there):
    """Add the middles of the muscles above the landmarks, carried on as the pelvis is, so that the rest follows."""
    ones = np.column_stack([here, np.ones(len(here))])
    # In width and depth an affine map of slim legs would mislead.
    scale = np.clip(np.diag(np.linalg.lstsq(ones, there, rcond=None)[0]), *SCALES)
    data = np.asarray(labels.dataobj)
    middles = [HEAD_MM]
    for label, box in enumerate(ndimage.find_objects(data.astype(np.int32)), start=1):
        if box is not None:
            index = np.argwhere(data[box] == label) + [part.start for part in box]
            middles.append(nib.affines.apply_affine(labels.affine, index).mean(0)[None])
    rest = np.concatenate(middles)
    rest = rest[rest[:, 2] > here[:, 2].max() + 60]
    pelvis = here[:, 2] > np.percentile(here[:, 2], 85)
    carried = (rest - here[pelvis].mean(0)) * scale + there[pelvis].mean(0)
    return np.vstack([here, rest]), np.vstack([there, carried])


def places(grid, source, target):
    """Return where the voxels of a grid lie in another body, RAS mm, shape (3, x, y, z)."""
    spline = RBFInterpolator(source, target, kernel="thin_plate_spline", smoothing=STIFFNESS)
    step = LATTICE_MM / SPACING_MM
    coarse = [np.arange(int(np.ceil(n / step)) + 2) * step for n in grid.shape]
    lattice = grid.points(np.stack(np.meshgrid(*coarse, indexing="ij"), -1).reshape(-1, 3))
    values = spline(lattice).T.reshape(3, *(len(c) for c in coarse)).astype(np.float32)
    return between(values, [np.arange(n) / step for n in grid.shape])


def look_up(image, place):
    """Return the nearest voxels of an image; 0 beyond it."""
    data = np.asarray(image.dataobj)
    inverse = np.linalg.inv(image.affine)
    out = np.zeros(place.shape[1:], data.dtype)
    for x in range(len(out)):
        index = np.rint(np.einsum("ij,jyz->iyz", inverse[:3, :3], place[:, x]) + inverse[:3, 3, None, None]).astype(int)
        inside = np.all((index >= 0) & (index < np.array(data.shape)[:, None, None]), axis=0)
        out[x][inside] = data[tuple(axis[inside] for axis in index)]
    return out


def completed(tissue, labels, structures, own, own_labels, known, code):
    """Return tissue, labels and structures with the part's own, and those of the whole where the part knows nothing."""
    solid = np.zeros(own.shape, bool)
    numbers = np.where(own_labels > 0, 0, own)
    for number, box in enumerate(ndimage.find_objects(numbers.astype(np.int32)), start=1):
        if box is None:
            continue
        bone = ndimage.binary_closing(np.pad(numbers[box] == number, 3), iterations=2)
        for k in range(bone.shape[2]):
            bone[:, :, k] = ndimage.binary_fill_holes(bone[:, :, k])
        bone = bone[3:-3, 3:-3, 3:-3] & (own_labels[box] == 0)
        solid[box] |= bone
        structures[box][bone] = OWN + number
    muscle = own_labels > 0
    # A muscle that the part draws elsewhere is not here.
    tissue[np.isin(labels, known) & ~muscle & ~solid] = code["fat"]
    labels[np.isin(labels, known) & ~muscle] = 0
    low = muscle.any((0, 1)).nonzero()[0]
    legs = np.zeros(own.shape[2], bool)
    legs[: low[0] + int(0.55 * (low[-1] - low[0]))] = True
    bony = np.isin(tissue, [code["cortical"], code["marrow"]])
    near = ndimage.binary_dilation(solid, iterations=8)
    tissue[bony & near & ~solid & legs] = code["fat"]
    deep = ndimage.distance_transform_edt(solid, sampling=SPACING_MM)
    tissue[solid] = np.where(deep[solid] > CORTEX_MM, code["marrow"], code["cortical"])
    labels[solid] = 0
    tissue[muscle], labels[muscle] = code["muscle"], own_labels[muscle]
    structures[muscle] = OWN + own[muscle]
    structures[(labels == 0) & ~solid & (tissue == code["fat"])] = 0
    firm = (tissue > 0) & (tissue != code["skin"])
    cover = ndimage.binary_dilation(muscle | solid, iterations=round(COVER_MM / SPACING_MM))
    body = ndimage.binary_closing(firm | cover, iterations=2) | firm | cover | (tissue > 0)
    for k in range(body.shape[2]):
        body[:, :, k] = ndimage.binary_fill_holes(body[:, :, k])
    depth = ndimage.distance_transform_edt(body, sampling=SPACING_MM)
    plain = body & np.isin(tissue, [0, code["skin"]])
    tissue[plain] = code["fat"]
    tissue[body & (depth <= SKIN_MM) & (labels == 0) & ~solid] = code["skin"]
    return tissue, labels, structures


def write(folder: Path, grid: Grid, codes: Path, **images) -> None:
    """Write an anatomy."""
    folder.mkdir(parents=True, exist_ok=True)
    for kind, data in images.items():
        nib.save(nib.Nifti1Image(data.astype(np.int16), grid.affine), folder / f"{kind}.nii.gz")
    shutil.copyfile(codes, folder / "tissue.csv")
    counts = np.bincount(images["labels"].ravel(), minlength=43)
    print(folder.name, "ml by label:", (counts[1:] * SPACING_MM**3 / 1000).round().astype(int).tolist())


if __name__ == "__main__":
    main(*sys.argv[1:])
