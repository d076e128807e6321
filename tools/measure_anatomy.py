"""Measure a labelled anatomy: position, volume and second moments of the parts of every structure.

    python tools/measure_anatomy.py ELEMENTS.nii.gz ELEMENTS.csv MUSCLE_GROUPS.csv OUT.csv

ELEMENTS.nii.gz holds one label per structure (RAS, mm). ELEMENTS.csv has the columns label, name, side (L, R or M) and
category; MUSCLE_GROUPS.csv the columns label and group. OUT.csv is what `wbmri.simulation` builds its body from: no
voxel of the anatomy is in it, only figures. A structure is described by a Gaussian mixture, that is by the volumes,
centroids and covariances of its parts (more parts for thin structures). Only the left one of paired structures is
measured; the right one is its mirror image.

Needs scikit-learn, pandas and nibabel.
"""

import sys

import nibabel as nib
import numpy as np
import pandas as pd
from scipy import ndimage
from sklearn.cluster import KMeans
from sklearn.mixture import GaussianMixture

# Category of a structure -> tissue it is rendered as, smallest structure worth a part (ml), ml per part and mm of
# thickness.
TISSUES = {
    "muscle": ("muscle", 0.0, 1.0),
    "bone": ("bone", 0.5, 1.3),
    "brain": ("brain", 30.0, 6.0),
    "csf": ("csf", 1.0, 2.0),
    "cord": ("cord", 1.0, 1.0),
    "lung": ("lung", 20.0, 5.0),
    "heart": ("heart", 10.0, 5.0),
    "blood": ("blood", 5.0, 5.0),
    "artery": ("blood", 4.0, 2.0),
    "vein": ("blood", 4.0, 2.0),
    "liver": ("liver", 20.0, 5.0),
    "kidney": ("kidney", 20.0, 5.0),
    "spleen": ("spleen", 20.0, 5.0),
    "bowel": ("bowel", 10.0, 4.0),
    "bladder": ("bladder", 10.0, 5.0),
    "cartilage": ("cartilage", 3.0, 2.0),
    "tendon": ("tendon", 3.0, 2.0),
    "gland": ("gland", 5.0, 3.0),
    "eye": ("eye", 1.0, 3.0),
    "airway": ("airway", 5.0, 3.0),
}
# Organs that lie on one side, or differ from side to side: both sides are measured as they are.
UNPAIRED = {"lung", "liver", "spleen", "bowel", "heart", "blood", "airway", "bladder"}
# Muscles that no group of the scheme takes, but that a scan shows; smaller ones are left out.
SMALLEST_OTHER_MUSCLE_ML = 4.0


def parts(points, spacing_mm, ml_per_part_and_mm):
    """Volume (ml), centroid (mm) and covariance (mm^2) of the parts of a structure given as voxel centres."""
    volume = len(points) * spacing_mm**3 / 1000
    low = points.min(0) - spacing_mm
    index = np.rint((points - low) / spacing_mm).astype(int)
    mask = np.zeros(index.max(0) + 2, bool)
    mask[tuple(index.T)] = True
    thickness = ndimage.distance_transform_edt(mask, spacing_mm)[mask].mean()
    size = np.clip(1.2 * thickness * ml_per_part_and_mm, 2, 60)
    count = int(np.clip(round(volume / size) + 1, 1, min(60, max(1, len(points) // 12))))
    rng = np.random.default_rng(0)
    sample = points if len(points) <= 6000 else points[rng.choice(len(points), 6000, replace=False)]
    sample = sample + rng.uniform(-spacing_mm / 2, spacing_mm / 2, sample.shape)
    start = KMeans(count, n_init=1, random_state=0).fit(sample).cluster_centers_
    mixture = GaussianMixture(count, means_init=start, random_state=0, max_iter=60, reg_covar=1.0, tol=1e-3).fit(sample)
    return [(w * volume, m, c) for w, m, c in zip(mixture.weights_, mixture.means_, mixture.covariances_, strict=True)]


def main(elements_path, table_path, groups_path, out_path):
    """Measure every structure and write the table."""
    image = nib.load(elements_path)
    labels = np.asarray(image.dataobj)
    spacing = float(np.abs(np.diag(image.affine)[:3]).mean())
    order = np.argsort(labels.ravel(), kind="stable")
    bounds = np.searchsorted(labels.ravel()[order], np.arange(labels.max() + 2))
    table = pd.read_csv(table_path)
    group_of = pd.read_csv(groups_path).dropna(subset=["group"]).set_index("label").group.to_dict()
    rows = []

    def add(name, tissue, group, paired, points, fineness):
        for volume, centre, covariance in parts(points, spacing, fineness):
            rows.append(
                {
                    "structure": name,
                    "tissue": tissue,
                    "group": group,
                    "paired": int(paired),
                    "volume_ml": round(volume, 2),
                }
                | {axis: round(value, 1) for axis, value in zip("xyz", centre, strict=True)}
                | {
                    "xyz"[i] + "xyz"[j]: round(covariance[i, j])
                    for i, j in ((0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2))
                },
            )

    def points_of(label):
        index = order[bounds[label] : bounds[label + 1]]
        return np.stack(np.unravel_index(index, labels.shape), 1) * spacing + image.affine[:3, 3]

    def key(name):
        return " ".join(word for word in name.lower().replace(",", "").split() if word not in ("left", "right"))

    sided = {side: {key(name) for name in table[table.side == side].name} for side in "LR"}
    small = {}
    for row in table.itertuples():
        if row.category not in TISSUES:
            continue
        paired = row.category not in UNPAIRED and row.side != "M" and key(row.name) in sided["L"] & sided["R"]
        if paired and row.side == "R":
            continue
        tissue, smallest, fineness = TISSUES[row.category]
        group = group_of.get(row.label, "")
        points = points_of(row.label)
        volume = len(points) * spacing**3 / 1000
        if tissue == "muscle" and not group:
            smallest = SMALLEST_OTHER_MUSCLE_ML
        # Sets named on one side only hold muscles of both.
        if volume < max(smallest, 0.05) or (group and not paired):
            continue
        if group and volume < 2:
            small.setdefault(group, []).append(points)
            continue
        add(key(row.name) if paired else row.name.lower().replace(",", ""), tissue, group, paired, points, fineness)
    for group, pieces in small.items():
        add(f"small muscles of {group}", "muscle", group, True, np.concatenate(pieces), 1.0)
    pd.DataFrame(rows).to_csv(out_path, index=False)
    print(len(rows), "parts of", len({r["structure"] for r in rows}), "structures")


if __name__ == "__main__":
    main(*sys.argv[1:])
