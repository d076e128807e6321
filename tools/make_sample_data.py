"""Write the sample pair: two simulated visits of one person as a raw BIDS dataset, and their truth beside it.

    python tools/make_sample_data.py sample_data

The images come from `wbmri.simulation.sample_person`; the same version of it writes the same images every time.
"""

import json
import shutil
import sys
from pathlib import Path

import numpy as np

from wbmri.core.scheme import load_scheme
from wbmri.io import encode_nifti, write_atomic
from wbmri.simulation.sample_person import SESSIONS, sample_visit

SUBJECT = "sub-sample"

README = """\
Two visits of a person who does not exist, simulated by wbmri: a whole-body STIR before treatment and one six months
later, three coronal stations each. They follow the published case of a girl with juvenile dermatomyositis: 48/84 points
with 42 of 42 muscle groups involved, then 19/84 with 19 of 42. Which groups carry which grade is made up.

derivatives/truth holds the true outlines and grades.

Made again with: python tools/make_sample_data.py sample_data

Licence: CC BY 4.0. The simulated body is built from figures measured on BodyParts3D, (c) The Database Center for Life
Science, CC BY 4.0 (see wbmri/simulation/body/body.md).
"""


def write_json(path, content):
    """Write one JSON file."""
    write_atomic(path, (json.dumps(content, indent=2) + "\n").encode())


def main(out):
    """Write the dataset to the folder, replacing what is there."""
    out = Path(out)
    shutil.rmtree(out, ignore_errors=True)
    truth = out / "derivatives" / "truth"
    truth.mkdir(parents=True)
    licence = {"BIDSVersion": "1.10.0", "License": "CC BY 4.0"}
    write_json(out / "dataset_description.json", {"Name": "wbmri sample pair", "DatasetType": "raw", **licence})
    write_json(
        truth / "dataset_description.json",
        {"Name": "Truth", "DatasetType": "derivative", "GeneratedBy": [{"Name": "wbmri"}], **licence},
    )
    write_atomic(out / "README", README.encode())
    groups = load_scheme().groups
    rows = ["session_id\tlabel\tgroup\tgrade"]
    for session in SESSIONS:
        visit = sample_visit(session)
        place = Path(SUBJECT, f"ses-{session}", "anat")
        stem = f"{SUBJECT}_ses-{session}_acq-stir"
        (out / place).mkdir(parents=True)
        (truth / place).mkdir(parents=True)
        for run, station in enumerate(visit.scanned.stations, start=1):
            facts = station.acquisition
            name = out / place / f"{stem}_run-{run}_T2w"
            write_atomic(name.with_suffix(".nii.gz"), encode_nifti(station.data.astype(np.uint8), station.affine))
            write_json(
                name.with_suffix(".json"),
                {
                    "Manufacturer": facts.manufacturer,
                    "MagneticFieldStrength": facts.field_strength_t,
                    "RepetitionTime": facts.repetition_time_ms / 1000,
                    "InversionTime": facts.inversion_time_ms / 1000,
                    "EchoTime": facts.echo_time_ms / 1000,
                    "ScanningSequence": ["SE", "IR"],
                },
            )
        outlines = encode_nifti(visit.scanned.labels, visit.scanned.grid.affine)
        write_atomic(truth / place / f"{stem}_desc-muscles_dseg.nii.gz", outlines)
        rows += [f"ses-{session}\t{g.label}\t{g.id}\t{visit.grades[g.label]}" for g in groups]
    write_atomic(truth / "grades.tsv", ("\n".join(rows) + "\n").encode())


if __name__ == "__main__":
    main(*sys.argv[1:])
