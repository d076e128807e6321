"""A cohort from the cases of OUT and tables of clinical measures."""

from collections.abc import Iterable
from pathlib import Path

from wbmri.case import find_cases, read_case, read_clinical, reading_of_record
from wbmri.errors import InputError
from wbmri.outcomes.cohort import ScoredCohort


def read_cohort(out: str | Path, clinical: Iterable[str | Path] = ()) -> ScoredCohort:
    """Gather the readings of OUT and the clinical measures of tables.

    Parameters
    ----------
    out
        Folder of cases.
    clinical
        ``participants.tsv``, ``sub-X_sessions.tsv``, or tables with both identifiers.

    Raises
    ------
    InputError
        If there are no cases, a table cannot be read, or it names none of the people of the cases.
    CaseError
        If a case is damaged.
    """
    cases = [read_case(paths.reading) for paths in find_cases(out)]
    if not cases:
        raise InputError(f"{out} without cases", "an OUT folder that 'wbmri score' wrote", "score its visits first")
    return ScoredCohort.of(
        {(case.participant, case.session): reading_of_record(case) for case in cases},
        [row for path in clinical for row in read_clinical(path)],
    )
