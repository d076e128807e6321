"""From decisions to a reading, as it is signed."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType

from wbmri.core import (
    GradeSource,
    GroupReading,
    Json,
    KeySlice,
    Reading,
    Reason,
    ReviewRecord,
    SoftTissue,
    Status,
    Step,
)
from wbmri.core.scheme import Scheme
from wbmri.review.history import Decision, Terms

CASE = "case"
"""Under which the remark on the case stands among those on its groups."""


def decided(entry: GroupReading, decision: Decision) -> GroupReading:
    """Return a reader's entry of a group.

    Parameters
    ----------
    entry
        The program's entry for the outline as it is; its grade and evidence stay beside the reader's.
    decision
        The reader's grade or reason.
    """
    words = decision.note or (
        entry.explanation if decision.reason is None else f"Not assessable for the reader: {decision.reason}."
    )
    return replace(entry, grade=decision.grade, reason=decision.reason, source=GradeSource.READER, explanation=words)


def with_marks(suggested: SoftTissue | None, marked: SoftTissue | None) -> SoftTissue | None:
    """Return what the program suggests beside the muscles with what a reader marked; ``None`` where nobody looked."""
    if suggested is None or marked is None:
        return marked or suggested
    both = replace(suggested, calcinosis=marked.calcinosis)
    for tissue, parts in marked.signs.items():
        for part, sign in parts.items():
            both = both.with_sign(tissue, part, sign.graded)
    return both


def reading_of(
    base: Reading,
    groups: Iterable[GroupReading],
    *,
    reader: str,
    status: Status,
    marked: SoftTissue | None,
    review: ReviewRecord,
) -> Reading:
    """Return a person's reading of a case.

    Parameters
    ----------
    base
        The reading it started from: scheme, acquisition, engine, reference and provenance are its own.
    groups
        The entries, by label.
    reader, status
        Whose it is, and how far it is.
    marked
        What the reader marked beside the muscles.
    review
        How it was made, see `review_record`; the provenance tells it too.
    """
    return replace(
        base,
        groups=tuple(groups),
        reader=reader,
        status=status,
        provenance=(*base.provenance, _step(review)),
        soft_tissue=with_marks(base.soft_tissue, marked),
        review=review,
    )


def review_record(
    scheme: Scheme,
    terms: Terms,
    decisions: Mapping[int, Decision],
    *,
    who: str,
    edited: Iterable[int],
    agreed: Iterable[int] = (),
    run: int = 1,
    remarks: Mapping[int, str] = MappingProxyType({}),
    key_slices: tuple[KeySlice, ...] = (),
) -> ReviewRecord:
    """Record how a reading was made: the mode, and what decides its independence of the program and of others.

    Parameters
    ----------
    scheme
        The groups.
    terms
        On which terms it was made.
    decisions
        What was decided, by label.
    who
        Id of the person; in an adjudication, of the adjudicator.
    edited
        Labels of the groups whose outlines were corrected.
    agreed
        Labels of the groups an adjudication took over, because both readers agree.
    run
        1, or the number of the addendum.
    remarks
        Free text by label, that on the case under 0.
    key_slices
        What was chosen for the report.
    """

    def ids(labels: Iterable[int]) -> tuple[str, ...]:
        return tuple(scheme.group(label).id for label in sorted(labels))

    return ReviewRecord(
        mode=str(terms.mode),
        who=who,
        run=run,
        suggestion_seen=ids(label for label, decision in decisions.items() if decision.suggestion_seen),
        accepted=ids(label for label, decision in decisions.items() if decision.accepted),
        outlines_corrected=ids(edited),
        notes={scheme.group(label).id: decision.note for label, decision in sorted(decisions.items()) if decision.note},
        between=terms.between,
        agreed=ids(agreed),
        seed=terms.seed,
        remarks={scheme.group(label).id if label else CASE: text for label, text in sorted(remarks.items())},
        key_slices=key_slices,
    )


def remarks_in(reading: Reading) -> dict[int, str]:
    """Return the remarks of a signed reading by label, that on the case under 0."""
    written = {} if reading.review is None else reading.review.remarks
    found = {group.label: written[group.id] for group in reading.scheme.groups if group.id in written}
    return {0: written[CASE], **found} if CASE in written else found


def _step(review: ReviewRecord) -> Step:
    parameters: dict[str, Json] = {
        "mode": review.mode,
        "who": review.who,
        "run": review.run,
        "suggestion_seen": list(review.suggestion_seen),
        "accepted": list(review.accepted),
        "outlines_corrected": list(review.outlines_corrected),
        "notes": dict(review.notes),
    }
    if review.between is not None:
        parameters |= {"between": list(review.between), "agreed": list(review.agreed)}
    if review.seed is not None:
        parameters["seed"] = review.seed
    return Step("review", parameters)


def decisions_in(reading: Reading) -> dict[int, Decision]:
    """Return the decisions of a signed reading, from which an addendum starts."""
    review = reading.review or ReviewRecord("", reading.reader)
    return {
        entry.label: Decision(
            entry.grade,
            entry.reason,
            # Another reason needs its words, wherever they stand.
            review.notes.get(group.id, entry.explanation if entry.reason is Reason.OTHER else ""),
            group.id in review.accepted,
            group.id in review.suggestion_seen,
        )
        for group, entry in reading.by_group()
    }
