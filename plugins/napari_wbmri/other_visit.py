"""The other visits of a person, each with the reading that counts."""

from dataclasses import dataclass

from wbmri.case import Case, CasePaths, find_cases, read_case, signed_of_record
from wbmri.errors import CaseError
from wbmri.labelmap import LabelMap
from wbmri.outcomes import by_label
from wbmri.reading import Reading


@dataclass(frozen=True, slots=True)
class OtherVisit:
    """One visit beside the one that is read.

    Parameters
    ----------
    case
        The case.
    reading
        Its reading of record: a person's signed one, or else the program's.
    earlier
        Whether it was before the visit that is read.
    labels
        The outlines that reading rests on.
    """

    case: Case
    reading: Reading
    earlier: bool
    labels: LabelMap

    @property
    def session(self) -> str:
        """BIDS label of the visit."""
        return self.case.session


def other_visits(paths: CasePaths) -> list[OtherVisit]:
    """Return the other visits of the same person that can be read, in the order of time that their labels state."""
    own = {case.session: case for case in find_cases(paths.out) if case.participant == paths.participant}
    order = by_label(paths.participant, list(own))
    made = []
    for session in order:
        other, earlier = own[session], order.index(session) < order.index(paths.session)
        if session == paths.session:
            continue
        try:
            case = read_case(other.reading)
            signed = signed_of_record(case)
            if signed is None:
                made.append(OtherVisit(case, case.reading, earlier, case.labels()))
            else:
                made.append(OtherVisit(case, signed.reading, earlier, signed.labels(case)))
        except CaseError:
            continue
    return made
