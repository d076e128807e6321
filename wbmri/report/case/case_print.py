"""The report of one case for print, and for an archive that takes PDF: A4 pages with vector text."""

from collections.abc import Iterator, Sequence

from wbmri.core import NOTICE, LabelMap, Reading, Score, SoftTissue, Subtotal, Volume
from wbmri.core.scheme import Side
from wbmri.report.case.case_page import AXIAL_SLICES, SLICES
from wbmri.report.case.key_slices import key_pictures
from wbmri.report.figures import (
    GRADE_LEGEND,
    INK,
    SOFT,
    Picture,
    Sheet,
    body_height,
    choose_slices,
    draw_body,
    draw_picture,
    fill_of,
    grade_areas,
    mark_of,
    muscle_projection,
    slice_picture,
    style,
    text_of,
    upright,
    whole_projection,
    window_presets,
)
from wbmri.report.page import LOW_CONFIDENCE, acquisition_facts, level_facts, reading_facts, step_parameters
from wbmri.report.print_pages import A4, MARGIN, WIDTH, PrintPages, draw_chip

_TALLEST, _GAP, _CAPTION = 240.0, 4.0, 5.0
_ALARM = "#8f1d14"


def case_pdf(volume: Volume, labels: LabelMap, reading: Reading, *, participant: str, session: str) -> bytes:
    """Write the report of one case as a PDF.

    Parameters
    ----------
    volume, labels, reading, participant, session
        As for `wbmri.report.case.case_report`.

    Returns
    -------
    bytes
        A PDF of A4 pages; equal input gives equal bytes.

    Raises
    ------
    InputError
        If the labels lie on another grid than the volume.
    """
    labels.check_grid(volume)
    case = f"sub-{participant} ses-{session}"
    unreviewed = "" if reading.reviewed else f"{reading.read_by.capitalize()}."
    with style("report"):
        pages = PrintPages(f"Muscle oedema on whole-body STIR: {case}", unreviewed)
        _summary(pages, reading, case)
        _groups(pages, reading)
        window = window_presets(volume, labels, reading.reference)[0]
        scan = upright(volume, labels, window.limits)
        chosen = key_pictures(volume, scan, reading)
        if chosen:
            pages.insert(_pictures(chosen, 2, window.words), "Key images that the reader chose")
        coronal = [whole_projection(scan), muscle_projection(scan, reading)]
        coronal += [slice_picture(scan, j, reading) for j in choose_slices(scan.labels, SLICES)]
        axial = [slice_picture(scan, k, reading, axis=2) for k in choose_slices(scan.labels, AXIAL_SLICES, axis=2)]
        pages.insert(_pictures(coronal, 4, window.words), "Coronal images")
        pages.insert(_pictures(axial, 2, window.words), "Axial images, seen from the feet")
        _method(pages, reading)
        return pages.saved()


def _total(score: Score) -> tuple[str, str]:
    """Return the total and what is to be said about it."""
    whole = score.whole
    if score.candidates:
        return f"{score.open_totals} /{whole.max_assessable}", "no single total: the scan leaves open which is right"
    if score.total is None:
        few = f"only {whole.assessable} of {whole.groups} groups are assessable"
        return "no total", f"{few}; their grades sum to {whole.total} of {whole.max_assessable}"
    if whole.max_assessable < score.maximum:
        prorated = f"prorated {score.prorated:.1f}/{score.maximum}"
        return score.said, f"total of the {whole.assessable} assessable groups, {prorated}"
    return score.said, f"total, 0 to {score.maximum}"


def _summary(pages: PrintPages, reading: Reading, case: str) -> None:
    score = reading.score
    whole = score.whole
    pages.turn()
    pages.line("Muscle oedema on whole-body STIR", 15, fontweight="bold")
    pages.y += 1
    pages.line(f"{case}   {reading.read_by}", 11)
    pages.y += 1
    pages.line(f"{NOTICE} {pages.unreviewed}".strip(), 9, fontweight="bold", color=_ALARM)
    pages.y += 4
    total, about = _total(score)
    pages.line(total, 28, fontweight="bold")
    pages.y += 1
    pages.line(about, 10)
    pages.line(
        f"groups involved: {whole.involved} of {whole.assessable}; of grade 2: {whole.grade2}; "
        f"assessable: {whole.assessable} of {whole.groups}",
        10,
    )
    for one in score.candidates:
        pages.line(f"• {one.total}, {one.involved} involved, {100 * one.weight:.0f} %: if {one.source}", 8)
    pages.y += 3
    parts = {**score.regions, "right": score.sides[Side.RIGHT], "left": score.sides[Side.LEFT]}
    pages.y = pages.rows(MARGIN, (16, *[20] * len(parts)), _subtotals(parts)) + 3
    if reading.warnings:
        pages.heading("Before relying on this reading")
        for warning in reading.warnings:
            pages.line(f"• {warning}")
    tall = body_height(WIDTH)
    if pages.y + tall > A4[1] - 22:
        pages.turn()
    grades = {entry.label: entry.grade for entry in reading.groups}
    sheet = pages.sheet.part(MARGIN, pages.y + 2, WIDTH, tall)
    draw_body(sheet, reading.scheme, grade_areas(reading.scheme, grades), GRADE_LEGEND)
    pages.y += tall


def _subtotals(parts: dict[str, Subtotal]) -> list[Sequence[str]]:
    return [
        ("", *parts),
        ("Sum", *(f"{part.total}/{part.max_assessable}" for part in parts.values())),
        ("Involved", *(f"{part.involved}/{part.assessable}" for part in parts.values())),
    ]


def _groups(pages: PrintPages, reading: Reading) -> None:
    pages.turn("Muscle groups")
    axes = pages.plane()
    columns = (68.0, 134.0)
    for x, side in zip(columns, ("right", "left"), strict=True):
        axes.text(x, pages.y + 3, f"patient’s {side}", fontsize=8, fontweight="bold", color=INK)
        for place, words in zip((20, 32, 43), ("oedema", "ratio", "mL"), strict=True):
            axes.text(x + place, pages.y + 7, words, fontsize=7, ha="right", color=SOFT)
        axes.text(x + 46, pages.y + 7, "confidence", fontsize=7, color=SOFT)
    pages.y += 7
    for sides in pages.pairs(axes, reading.scheme, reading.by_group()):
        for x, (_, entry) in zip(columns, sides, strict=True):
            draw_chip(axes, x, pages.y, mark_of(entry.grade), fill_of(entry.grade), text_of(entry.grade))
            if entry.reason is not None:
                axes.text(x + 10, pages.y, str(entry.reason), fontsize=8, color=INK)
                continue
            measured = entry.evidence
            if measured is not None:
                ratio = "–" if measured.oedema_ratio is None else f"{measured.oedema_ratio:.2f}"
                numbers = (f"{100 * measured.oedema_fraction:.0f} %", ratio, f"{measured.volume_ml:.0f}")
                for place, number in zip((20, 32, 43), numbers, strict=True):
                    axes.text(x + place, pages.y, number, fontsize=8, ha="right", color=INK)
            marks = ("†" if entry.confidence < LOW_CONFIDENCE else "") + ("‡" if entry.flags else "")
            axes.text(x + 46, pages.y, f"{entry.confidence:.2f}{marks}", fontsize=8, color=INK)
            if entry.auto_grade != entry.grade:
                axes.text(x + 56, pages.y, f"auto {mark_of(entry.auto_grade)}", fontsize=6, color=SOFT)
    pages.line(
        "Oedema: share of the muscle. Ratio: oedematous part over normal muscle. † Low confidence: look at these "
        "first. ‡ The outline is not plausible.",
        7,
        color=SOFT,
    )
    if reading.soft_tissue is not None:
        _beside(pages, reading.soft_tissue)
    _remarks(pages, reading)


def _remarks(pages: PrintPages, reading: Reading) -> None:
    """Write what the reader put into words."""
    review = reading.review
    if review is None:
        return
    said = [
        (group.name, text)
        for group, _ in reading.by_group()
        for text in (review.notes.get(group.id), review.remarks.get(group.id))
        if text
    ]
    if "case" in review.remarks:
        said.append(("On the case", review.remarks["case"]))
    if said:
        pages.heading("Remarks of the reader")
    for what, words in said:
        pages.line(f"{what}: {words}")


def _beside(pages: PrintPages, found: SoftTissue) -> None:
    """Write what was seen beside the muscles."""
    pages.heading("Beside the score: fascia and subcutis (0 or 1 each), calcinosis; none of it counts in the total")
    for tissue, signs in found.signs.items():
        for part, sign in signs.items():
            value = "n/a" if sign.value is None else f"{sign.value}"
            suggested = " (suggested)" if sign.graded is None and sign.value is not None else ""
            pages.line(f"{tissue.capitalize()}, {part}: {value}{suggested}. {sign.explanation}")
    calcinosis = found.calcinosis
    places = f" ({', '.join(calcinosis.places)})" if calcinosis.places else ""
    said = {None: "not marked; only a reader can", True: "present", False: "none"}[calcinosis.present]
    pages.line(f"Calcinosis: {said}{places}.")
    for deposit in calcinosis.deposits:
        pages.line(f"Calcinosis {deposit.words}.")


def _pictures(pictures: Sequence[Picture], columns: int, words: str) -> Sheet:
    """Return a sheet with pictures in rows, all on one scale, below a line of words."""
    rows = -(-len(pictures) // columns)
    widest = max(picture.width_mm for picture in pictures)
    tallest = max(picture.height_mm for picture in pictures)
    scale = min(
        (WIDTH - _GAP * (columns - 1)) / columns / widest,
        (_TALLEST / rows - _CAPTION) / tallest,
    )
    sheet = Sheet.blank(WIDTH, _TALLEST + _CAPTION)
    sheet.write(0, 3, words, fontsize=7, color=SOFT)
    for number, picture in enumerate(pictures):
        down, along = divmod(number, columns)
        left, top = along * (widest * scale + _GAP), _CAPTION + down * (tallest * scale + _CAPTION)
        axes = sheet.axes(left, top, widest * scale, tallest * scale)
        draw_picture(axes, picture, tallest, legend=False, wide=widest)
        sheet.write(left, top + tallest * scale + 3, picture.caption, fontsize=5, color=SOFT)
    return sheet


def _method(pages: PrintPages, reading: Reading) -> None:
    scheme = reading.scheme
    pages.turn("Method")
    anchors = "; ".join(f"grade {grade}: {words}" for grade, words in enumerate(scheme.anchors))
    pages.line(f"Scheme {scheme.name} {scheme.version}: {scheme.title}. {anchors}.")
    for what, known in {
        **reading_facts(reading),
        **level_facts(reading),
        **acquisition_facts(reading.acquisition),
    }.items():
        pages.line(f"{what}: {known}")
    flagged = list(_flags(reading))
    if flagged:
        pages.heading("Outlines that are not plausible")
        for words in flagged:
            pages.line(f"• {words}")
    pages.heading("Every processing step, its parameters shortened; the reading file has them in full")
    for step in reading.provenance:
        pages.line(f"{step.name} {step_parameters(step)}", 6.5, color=SOFT)


def _flags(reading: Reading) -> Iterator[str]:
    for group, entry in reading.by_group():
        for flag in entry.flags:
            yield f"{group.name}: {flag}"
