"""``wbmri export``: a case in the formats of others."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option, echo

from wbmri.cli.shared_options import AsJson, Series
from wbmri.cli.terminal import shown_progress


def export(
    case: Annotated[
        Path,
        Argument(
            metavar="CASE",
            help="Folder of a case, OUT/sub-X/ses-Y; or a comparison, OUT/sub-X/*_change.json.",
            show_default=False,
        ),
    ],
    out: Annotated[Path, Option("--out", metavar="DIR", help="Folder for the files.", show_default=False)],
    to: Annotated[
        str | None,
        Option(
            "--to",
            metavar="FORMATS",
            help="What to write, with commas: mr (the composed scan), seg (outlines), sr (grades), pdf (report), key "
            "(slices with the outlines burnt in), labelmap (outlines as one label map, for new archives alone), all "
            "DICOM; seg.nrrd (outlines for 3D Slicer), itksnap (for ITK-SNAP); fhir (a bundle). Default: "
            "mr,seg,sr,pdf; of a comparison sr,pdf, which are all it has.",
            show_default=False,
        ),
    ] = None,
    source: Annotated[
        list[Path] | None,
        Option(
            "--source",
            metavar="DICOM",
            help="The study that was scored: DICOM objects then belong to it and CARRY THE PATIENT'S IDENTIFIERS. "
            "Without it they carry the participant label alone. Of a comparison, repeat it, earlier visit first.",
            show_default=False,
        ),
    ] = None,
    series: Series = None,
    deidentify: Annotated[
        Path | None,
        Option(
            "--deidentify",
            metavar="KEYFILE",
            help="With --source: replace names, numbers, identifiers and dates, always by the same ones under the "
            "secret in this file. A new file is made if there is none; keep it apart. Pixels are NOT cleaned, but see "
            "--deface.",
            show_default=False,
        ),
    ] = None,
    deface: Annotated[
        bool,
        Option("--deface", help="Of a case: set the face to 0 in all images. Look at them: nobody has checked it."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write a case or a comparison for others: for an archive, or a case for a desktop program."""
    from wbmri.case import ChangePaths
    from wbmri.cli.display import show_json
    from wbmri.core import InputError, unreviewed_sentence
    from wbmri.export import FACE_REMOVED, NO_HEAD, PIXELS_KEPT
    from wbmri.pipeline import COMPARISON_FORMATS, DICOM_FORMATS, ExportedCase, export_case, export_comparison

    compared = bool(ChangePaths.at(case))
    if compared and deface:
        raise InputError(
            "a comparison to be defaced, whose pages are drawn already",
            "a case, or the report of the comparison alone",
            "leave --deface out and choose --to sr, which has no pictures",
        )
    formats = [name.strip() for name in to.split(",")] if to else COMPARISON_FORMATS if compared else DICOM_FORMATS
    with shown_progress() as progress:
        made = (
            export_comparison(case, out, to=formats, sources=source, deidentify=deidentify, progress=progress)
            if compared
            else export_case(
                case,
                out,
                to=formats,
                source=source,
                series=series,
                deidentify=deidentify,
                deface=deface,
                progress=progress,
            )
        )
    warnings = []
    if isinstance(made, ExportedCase) and made.defaced is not None:
        warnings.append(FACE_REMOVED if made.defaced else NO_HEAD)
    if made.deidentified and FACE_REMOVED not in warnings:
        warnings.append(PIXELS_KEPT)
    if as_json:
        files = [str(path) for path in made.files]
        show_json({"files": files, "identified": made.identified, "warnings": warnings})
        return
    places = dict.fromkeys(path.parent if path.parent != out else path for path in made.files)
    for place in places:
        inside = sum(path.parent == place for path in made.files)
        echo(f"{place}, {inside} images" if inside else f"{place}")
    if isinstance(made, ExportedCase):
        echo(f"Reading: {made.reading.read_by}")
    else:
        echo(unreviewed_sentence(made.document.unreviewed) or "Both readings are signed.")
    if made.identified:
        echo("The DICOM objects carry the name and the identifiers of the patient, as the source does.")
    if made.deidentified:
        echo("De-identified; the key file undoes that, so give it to nobody.")
    for warning in warnings:
        echo(warning)
