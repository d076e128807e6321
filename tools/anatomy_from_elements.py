"""Bring an anatomy labelled structure by structure into the form that `wbmri train --anatomy` reads.

    python tools/anatomy_from_elements.py ELEMENTS.nii.gz MUSCLE_GROUPS.csv TISSUE.nii.gz TISSUE_CODES.csv OUT_FOLDER

ELEMENTS.nii.gz holds one label per structure and MUSCLE_GROUPS.csv the columns label, side (L or R) and group (a pair
of ``jdm42``); TISSUE.nii.gz holds tissue codes on the same grid and TISSUE_CODES.csv their names (name,code).
"""

import csv
import shutil
import sys
from pathlib import Path

import nibabel as nib
import numpy as np

from wbmri.core.scheme import load_scheme


def main(elements_file: str, groups_file: str, tissue_file: str, codes_file: str, out: str) -> None:
    """Write tissue.nii.gz, tissue.csv, labels.nii.gz and structures.nii.gz."""
    label = {(group.pair.id, group.side.value[0].upper()): group.label for group in load_scheme().groups}
    elements = nib.load(elements_file)
    data = np.asarray(elements.dataobj)
    table = np.zeros(int(data.max()) + 1, np.uint8)
    with Path(groups_file).open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            table[int(row["label"])] = label.get((row["group"], row["side"]), 0)
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    nib.save(nib.Nifti1Image(table[data], elements.affine), folder / "labels.nii.gz")
    nib.save(nib.Nifti1Image(data.astype(np.int16), elements.affine), folder / "structures.nii.gz")
    shutil.copyfile(tissue_file, folder / "tissue.nii.gz")
    with Path(codes_file).open(encoding="utf-8") as file:
        rows = list(csv.reader(file))[1:]
    with (folder / "tissue.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("tissue", "code"), *rows])


if __name__ == "__main__":
    main(*sys.argv[1:])
