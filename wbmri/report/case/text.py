"""A reading as plain text, to be put into the report of a radiology information system."""

from collections.abc import Iterator, Sequence

from wbmri.core import AUTO, NOTICE, UNREVIEWED, GradeSource, GroupReading, Reading, SoftTissue, Status, Subtotal
from wbmri.core.scheme import Group, Side

_WORDS = {2: "Marked, or more than half", 1: "Mild to moderate, or less than half"}
_BY_PERSON = {Status.SIGNED: "signed", Status.ADDENDUM: "signed, an addendum"}


def reading_text(reading: Reading, title: str) -> str:
    """Return a reading in lines of plain text.

    Only what a person has decided is reported of a person's reading; of the program's all of it, called automatic.

    Parameters
    ----------
    reading
        The reading, signed or as it stands.
    title
        What to call the case.
    """
    automatic = reading.reader == AUTO
    given = [(group, one) for group, one in reading.by_group() if automatic or one.source is GradeSource.READER]
    scheme = reading.scheme
    lines = [
        f"WHOLE-BODY STIR MRI, MUSCLE OEDEMA ({len(scheme.groups)} groups of {scheme.name}, 0 to 2 each)",
        f"Case: {title}",
        f"Read by: {_reader(reading, len(given))}",
        "",
        *_totals(reading, [entry for _, entry in given]),
        "",
        *_findings(given),
        *_soft_tissue(reading.soft_tissue),
        *_notes(reading),
        *_key_images(reading),
        "",
        f"{NOTICE}{' ' + UNREVIEWED.capitalize() + '.' if automatic else ''}",
    ]
    return "\n".join(lines) + "\n"


def _reader(reading: Reading, read: int) -> str:
    if reading.reader == AUTO:
        return f"nobody ({UNREVIEWED})"
    state = _BY_PERSON.get(reading.status)
    return f"{reading.reader}, {state or f'not signed, {read} of {len(reading.groups)} groups read'}"


def _totals(reading: Reading, given: Sequence[GroupReading]) -> Iterator[str]:
    if reading.undecided:
        yield f"Total: left open by the scan: {reading.score.open_totals} of {reading.scheme.maximum}."
        return
    part = Subtotal.of(given)
    yield f"Total: {part.total} of {2 * part.assessable} ({part.involved} of {part.assessable} groups involved)."
    for region in reading.scheme.regions:
        labels = {group.label for group in reading.scheme.groups if group.region == region}
        own = Subtotal.of(entry for entry in given if entry.label in labels)
        if own.groups:
            yield f"  {region.capitalize()}: {own.total} of {2 * own.assessable}"


def _findings(given: Sequence[tuple[Group, GroupReading]]) -> Iterator[str]:
    for grade, words in _WORDS.items():
        names = _named([group for group, entry in given if entry.grade == grade])
        yield f"{words} (grade {grade}): {names or 'none'}."
    normal = sum(entry.grade == 0 for _, entry in given)
    yield f"No oedema (grade 0): {normal} groups."
    for group, entry in given:
        if entry.grade is None:
            yield f"Not assessable: {group.name} ({entry.reason})."


def _named(groups: Sequence[Group]) -> str:
    """Name groups, both sides of a pair at once."""
    sides: dict[str, list[str]] = {}
    for group in groups:
        name = group.name.rpartition(",")[0] or group.name
        sides.setdefault(name, []).append("left" if group.side is Side.LEFT else "right")
    return "; ".join(f"{name} {'both sides' if len(which) == 2 else which[0]}" for name, which in sides.items())


def _soft_tissue(found: SoftTissue | None) -> Iterator[str]:
    """Say what a person marked beside the score."""
    if found is None:
        return
    for tissue, parts in found.signs.items():
        looked_at = {part: sign.graded for part, sign in parts.items() if sign.graded is not None}
        said = [f"{part} {'oedema' if graded else 'normal'}" for part, graded in looked_at.items()]
        if said:
            yield f"{tissue.capitalize()} (not in the total): {', '.join(said)}."
    calcinosis = found.calcinosis
    if calcinosis.present is not None:
        places = f" ({', '.join(calcinosis.places)})" if calcinosis.places else ""
        course = "" if calcinosis.course is None else f", {calcinosis.course} since the visit before"
        yield f"Calcinosis (not in the total): {'present' if calcinosis.present else 'none'}{places}{course}."
    for deposit in calcinosis.deposits:
        yield f"Calcinosis {deposit.words}."


def _key_images(reading: Reading) -> Iterator[str]:
    kept = () if reading.review is None else reading.review.key_slices
    if kept:
        names = {group.id: group.name for group in reading.scheme.groups}
        yield f"Key images: {'; '.join(f'{one.plane}, {names.get(one.group, one.group)}' for one in kept)}."


def _notes(reading: Reading) -> Iterator[str]:
    """Say what the reader put into words of their own, that on the case last."""
    review = reading.review
    if review is None:
        return
    for group, _ in reading.by_group():
        said = [text for text in (review.notes.get(group.id), review.remarks.get(group.id)) if text]
        if said:
            yield f"Note on {group.name}: {'; '.join(said)}"
    if "case" in review.remarks:
        yield f"Remark: {review.remarks['case']}"
