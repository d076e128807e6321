"""The report of one case: one HTML file to read on a screen or on A4."""

from base64 import b64encode

from wbmri.core import AUTO, LabelMap, Reading, Volume
from wbmri.core.scheme import Side
from wbmri.report.figures import (
    WINDOW_RATIO,
    Upright,
    body_map_svg,
    choose_slices,
    muscle_projection,
    percentile_window,
    picture_svg,
    ratio_window,
    slice_picture,
    upright,
    white_in_words,
    whole_projection,
)
from wbmri.report.page import acquisition_facts, by_region, markup, reading_facts, render

SLICES = 6
"""How many coronal slices are shown: with the two projections they fill one printed page."""


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
    window = ratio_window(volume, labels, reading.reference)
    return render(
        "case.html.j2",
        f"Muscle oedema on whole-body STIR: {case}",
        participant=participant,
        session=session,
        reading=reading,
        reviewed=reading.reader != AUTO,
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
        pictures=_pictures(upright(volume, labels, window or percentile_window(volume)), reading),
        white=white_in_words(WINDOW_RATIO if window else None),
        flags=[(group, entry.flags) for group, entry in reading.by_group() if entry.flags],
        mosaic=None if mosaic is None else b64encode(mosaic).decode(),
        facts={**reading_facts(reading), **acquisition_facts(reading.acquisition)},
    )


def _pictures(scan: Upright, reading: Reading) -> list[tuple[object, str]]:
    """Draw the projections and the slices, each with its caption."""
    drawn = [("Projection", whole_projection(scan)), ("Projection", muscle_projection(scan, reading))]
    drawn += [("Slice", slice_picture(scan, j, reading)) for j in choose_slices(scan.labels, SLICES)]
    captions = [f"{kind}: {picture.caption}" for kind, picture in drawn]
    return [
        (markup(picture_svg(picture, title=caption)), caption)
        for (_, picture), caption in zip(drawn, captions, strict=True)
    ]
