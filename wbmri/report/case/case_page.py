"""The report of one case: one HTML file to read on a screen or on A4."""

from base64 import b64encode
from collections.abc import Sequence

from wbmri.core import LabelMap, Reading, Volume
from wbmri.core.scheme import Side
from wbmri.report.case.key_slices import key_pictures
from wbmri.report.figures import (
    FieldMap,
    Picture,
    Upright,
    body_map_svg,
    choose_slices,
    field_svg,
    muscle_projection,
    picture_svg,
    slice_picture,
    upright,
    whole_projection,
    window_presets,
)
from wbmri.report.page import acquisition_facts, by_region, level_facts, markup, reading_facts, render

SLICES = 6
"""How many coronal slices are shown: with the two projections they fill one printed page."""

AXIAL_SLICES = 8
"""How many axial slices are shown: they fill another."""


def case_report(
    volume: Volume,
    labels: LabelMap,
    reading: Reading,
    *,
    participant: str,
    session: str,
    mosaic: bytes | None = None,
) -> str:
    """Write the report of one case.

    Parameters
    ----------
    volume
        The composed scan.
    labels
        The outlines the reading rests on, on the volume's grid.
    reading
        The grades.
    participant, session
        BIDS labels without their prefixes, such as ``01`` and ``baseline``.
    mosaic
        The outlines on slices of the scan, PNG, where the report shall show them.

    Returns
    -------
    str
        A complete HTML document that refers to nothing outside itself and needs no script. Equal input gives an equal
        document.

    Raises
    ------
    InputError
        If the labels lie on another grid than the volume.
    """
    case = f"sub-{participant} ses-{session}"
    labels.check_grid(volume)
    score = reading.score
    window = window_presets(volume, labels, reading.reference)[0]
    scan = upright(volume, labels, window.limits)
    return render(
        "case.html.j2",
        f"Muscle oedema on whole-body STIR: {case}",
        participant=participant,
        session=session,
        reading=reading,
        unreviewed="" if reading.reviewed else f"{reading.read_by.capitalize()}.",
        score=score,
        subtotals=[*score.regions.values(), score.sides[Side.RIGHT], score.sides[Side.LEFT]],
        regions=by_region(reading.scheme, reading.by_group()),
        body_map=markup(
            body_map_svg(
                reading.scheme,
                {entry.label: entry.grade for entry in reading.groups},
                title=f"Grades of {case}",
            ),
        ),
        pictures=_coronal(scan, reading),
        axial=_axial(scan, reading),
        keys=[
            (markup(picture_svg(one, title=one.caption)), one.caption) for one in key_pictures(volume, scan, reading)
        ],
        window=window.words,
        field=_field(labels, reading),
        level=level_facts(reading),
        flags=[(group, entry.flags) for group, entry in reading.by_group() if entry.flags],
        mosaic=None if mosaic is None else b64encode(mosaic).decode(),
        facts={**reading_facts(reading), **acquisition_facts(reading.acquisition)},
    )


def _coronal(scan: Upright, reading: Reading) -> list[tuple[object, str]]:
    """Draw the projections and the coronal slices, each with its caption."""
    drawn = [("Projection", whole_projection(scan)), ("Projection", muscle_projection(scan, reading))]
    drawn += [("Slice", slice_picture(scan, j, reading)) for j in choose_slices(scan.labels, SLICES)]
    return _captioned(drawn)


def _axial(scan: Upright, reading: Reading) -> list[tuple[object, str]]:
    """Draw the axial slices, each with its caption."""
    levels = choose_slices(scan.labels, AXIAL_SLICES, axis=2)
    return _captioned([("Slice", slice_picture(scan, k, reading, axis=2)) for k in levels])


def _field(labels: LabelMap, reading: Reading) -> list[tuple[object, str]]:
    """Draw the field that was taken off, and those that the scan leaves open, each with what it says."""
    model = reading.intensity_model
    if model is None:
        return []
    fields = [(model.bias_field, reading.candidates[0].source if reading.candidates else "")]
    fields += [(other.bias_field, other.source) for other in model.alternatives if other.bias_field is not None]
    drawn = []
    for number, (spline, source) in enumerate(fields):
        field = FieldMap.of(labels, spline)
        if field is not None:
            words = f"If {source}: {field.words[:1].lower()}{field.words[1:]}" if source else field.words
            drawn.append((markup(field_svg(field, f"Bias field {number + 1} over the muscle, from the front")), words))
    return drawn


def _captioned(drawn: Sequence[tuple[str, Picture]]) -> list[tuple[object, str]]:
    captions = [f"{kind}: {picture.caption}" for kind, picture in drawn]
    return [
        (markup(picture_svg(picture, title=caption)), caption)
        for (_, picture), caption in zip(drawn, captions, strict=True)
    ]
