"""The other visits of the person who is read, and what became of each group between two."""

from dataclasses import dataclass

from wbmri.analysis.clinical import by_label
from wbmri.analysis.comparison import Comparison, GroupChange
from wbmri.case import Case, CasePaths, SignedReading, find_cases, read_case, signed_of_record, signed_readings
from wbmri.core import CaseError, InputError, LabelMap, Reading


@dataclass(frozen=True, slots=True)
class OtherVisit:
    """One visit beside the one that is read; its scan and its label map are left on disk until it is shown.

    Parameters
    ----------
    case
        The case.
    signed
        A person's signed reading of record; ``None`` where the program's counts.
    earlier
        Whether it was before the visit that is read.
    anew
        The program's reading as it was graded anew against the level of the visit that is read, as the report of a
        comparison does where a visit shows no healthy muscle.
    """

    case: Case
    signed: SignedReading | None
    earlier: bool
    anew: Reading | None = None

    @property
    def session(self) -> str:
        """BIDS label of the visit."""
        return self.case.session

    @property
    def reading(self) -> Reading:
        """Its reading of record, for the comparison."""
        return self.signed.reading if self.signed is not None else self.anew or self.case.reading

    def labels(self) -> LabelMap:
        """Load the outlines that its reading of record rests on."""
        return self.case.labels() if self.signed is None else self.signed.labels(self.case)


def other_visits(paths: CasePaths, reader: str | None = None) -> list[OtherVisit]:
    """Return the other visits of the same person that can be read, in the order of time that their labels state.

    Parameters
    ----------
    paths
        The visit that is read.
    reader
        The only person whose signed readings may be seen; ``None`` where everyone's may.
    """
    own = {case.session: case for case in find_cases(paths.out) if case.participant == paths.participant}
    order = by_label(paths.participant, list(own))
    made = []
    for session in order:
        if session == paths.session:
            continue
        try:
            case = read_case(own[session].reading)
            made.append(OtherVisit(case, _seen(case, reader), order.index(session) < order.index(paths.session)))
        except CaseError:
            continue
    return made


def _seen(case: Case, reader: str | None) -> SignedReading | None:
    if reader is None:
        return signed_of_record(case)
    return next((one for one in reversed(signed_readings(case.paths)) if one.paths.reader == reader), None)


def group_changes(visit: OtherVisit, reading: Reading) -> dict[int, GroupChange]:
    """Return what became of each group between two visits, in the order of time, by the rule of `Comparison`."""
    before, after = (visit.reading, reading) if visit.earlier else (reading, visit.reading)
    try:
        compared = Comparison(before, after, across_protocols=True)
    except InputError:
        # By another scheme: its groups are not these.
        return {}
    return {change.label: change for change in compared.changes}
