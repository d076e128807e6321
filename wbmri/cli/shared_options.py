"""Arguments and options that several commands share."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option

Inputs = Annotated[
    list[Path],
    Argument(
        metavar="INPUT...",
        help="A DICOM folder of any depth, or one or more .nii, .nii.gz, .nrrd or .mha files (several = stations).",
        show_default=False,
    ),
]
Out = Annotated[
    Path,
    Option("--out", metavar="DIR", help="Folder for the cases (BIDS derivatives).", show_default=False),
]
Participant = Annotated[
    str | None,
    Option("--sub", metavar="LABEL", help="Participant label, letters and digits. Default: the next free number."),
]
Session = Annotated[
    str | None,
    Option("--ses", metavar="LABEL", help="Session label, letters and digits. Default: the next free number."),
]
Engine = Annotated[str, Option("--engine", metavar="NAME", help="Segmentation engine, see 'wbmri engines'.")]
Device = Annotated[
    str,
    Option("--device", metavar="NAME", help="Where the networks run: auto, cpu, cuda or openvino."),
]
Labels = Annotated[
    list[Path] | None,
    Option(
        "--labels",
        metavar="FILE",
        help="Label map or DICOM segmentation of your own, instead of an engine; repeat it to fuse several.",
    ),
]
Mappings = Annotated[
    list[str] | None,
    Option(
        "--mapping",
        metavar="NAME",
        help="What the numbers of --labels mean: musclemap, totalsegmentator-total-mr, "
        "totalsegmentator-thigh-shoulder-muscles-mr or a TOML file; one for all, or one each.",
    ),
]
Fusion = Annotated[str, Option("--fusion", metavar="NAME", help="How several --labels become one: vote or staple.")]
SchemeFile = Annotated[
    str | None,
    Option("--scheme", metavar="FILE", help="A scheme's name or TOML file, see 'wbmri schemes'."),
]
Series = Annotated[
    list[str] | None,
    Option("--series", metavar="KEY", help="Read these series instead of the chosen ones; keys from 'wbmri inspect'."),
]
Controls = Annotated[
    Path | None,
    Option("--controls", metavar="FILE", help="Level of normal muscle by the site's 'wbmri calibrate controls'."),
]
PostContrast = Annotated[
    bool,
    Option("--post-contrast", help="Score a scan made after a contrast agent all the same, and mark the reading."),
]
AsJson = Annotated[bool, Option("--json", help="Write JSON, and nothing else, to standard output.")]
