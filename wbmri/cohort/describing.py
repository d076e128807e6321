"""What became of the people of a cohort, with the clinical measures that the BIDS dataset has."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from wbmri.case import ClinicalRow, read_clinical
from wbmri.cohort.joining import IDENTIFYING, Facts
from wbmri.errors import InputError
from wbmri.outcomes import Outcomes, ScoredCohort, outcomes
from wbmri.reading import Reading


def describe(
    readings: Mapping[tuple[str, str], Reading], dataset: Path | None, facts: Facts
) -> tuple[Outcomes | None, tuple[str, ...]]:
    """Describe change, responders, and how the score goes with clinical measures.

    Parameters
    ----------
    readings
        Participant and session to the reading.
    dataset
        The BIDS dataset, for the numbers in ``participants.tsv`` and ``sub-X_sessions.tsv``.
    facts
        For the order of visits.

    Returns
    -------
    Outcomes or None
        ``None`` without readings.
    tuple of str
        Why a table was left out, a sentence for each.
    """
    if not readings:
        return None, ()
    rows: list[ClinicalRow] = []
    left_out = []
    people = {participant for participant, _ in readings}
    for path in () if dataset is None else _tables(dataset):
        try:
            rows += (_unnamed(row) for row in read_clinical(path) if row.participant in people)
        except InputError as error:
            left_out.append(str(error))
    return outcomes(ScoredCohort.of(readings, rows, facts.in_order)), tuple(left_out)


def _tables(dataset: Path) -> Iterator[Path]:
    yield from dataset.glob("participants.tsv")
    yield from sorted(dataset.glob("sub-*/sub-*_sessions.tsv"))


def _unnamed(row: ClinicalRow) -> ClinicalRow:
    """Leave out what may identify the person, which a number may, too."""
    return replace(row, measures={name: value for name, value in row.measures.items() if not IDENTIFYING.search(name)})
