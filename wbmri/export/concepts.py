"""What structured reports and FHIR call things: codes of the standard where there are any, else wbmri's own."""

from collections.abc import Sequence

from wbmri.analysis.comparison import ChangeRow, SubtotalChange, Transition
from wbmri.core import GroupReading, Reason, Subtotal
from wbmri.core.scheme import CodedEntry, private_code

GRADING = private_code("oedema_grading", "Grading of muscle oedema")
ENTIRE_BODY = CodedEntry("38266002", "SCT", "Entire body")
VOLUME = CodedEntry("118565006", "SCT", "Volume")
YES, NO = CodedEntry("373066001", "SCT", "Yes"), CodedEntry("373067005", "SCT", "No")
MR_EXAMINATION = CodedEntry("25056-3", "LN", "MRI unspecified body region")

ONE = CodedEntry("1", "UCUM", "no units")
PERCENT = CodedEntry("%", "UCUM", "percent")
RATIO_UNIT = CodedEntry("{ratio}", "UCUM", "ratio")
MILLILITRE = CodedEntry("cm3", "UCUM", "cubic centimeter")
MILLISECOND = CodedEntry("ms", "UCUM", "millisecond")

GRADE = private_code("grade", "Oedema grade, 0 to 2")
PROPOSED_GRADE = private_code("proposed_grade", "Oedema grade the program proposed")
SHARE = private_code("share", "Share of the muscle that is oedematous")
SHARE_LOW = private_code("share_low", "Share that is oedematous, 5th percentile")
SHARE_HIGH = private_code("share_high", "Share that is oedematous, 95th percentile")
RATIO = private_code("ratio", "Oedematous part over normal muscle")
MEDIAN_RATIO = private_code("median_ratio", "Median of the group over normal muscle")
T2 = private_code("t2", "T2 the oedematous part would need")
CONFIDENCE = private_code("confidence", "Confidence of the proposed grade, 0 to 1")

ASSESSABLE = private_code("assessable", "Assessable")
REASON = private_code("reason", "Why the group is not assessable")
GRADED_BY_READER = private_code("by_reader", "Graded by a person")
SUGGESTION_SEEN = private_code("suggestion_seen", "Suggestion seen before the grade")
ACCEPTED = private_code("accepted", "Suggestion accepted")
OUTLINE_CORRECTED = private_code("outline_changed", "Outline corrected by a person")

EXPLANATION = private_code("explanation", "Why this grade")
OUTLINE_FLAG = private_code("outline_flag", "What is not plausible about the outline")
NOTE = private_code("note", "Note of the reader")
REMARK = private_code("remark", "Remark of the reader")

TOTAL = private_code("total", "Sum of the grades")
PRORATED = private_code("prorated", "Sum scaled to all groups")
MAX_ASSESSABLE = private_code("max_assessable", "Highest sum of the assessable groups")
INVOLVED = private_code("involved", "Groups of grade 1 or 2")
GRADE_2 = private_code("grade2", "Groups of grade 2")
ASSESSABLE_GROUPS = private_code("assessable_n", "Assessable groups")
GROUPS = private_code("groups", "Groups of the scheme")

STATUS = private_code("status", "Who gave the grades")
NOTICE_SAID = private_code("notice", "Notice")
WARNING = private_code("warning", "Before relying on this reading")
OPEN_TOTAL = private_code("open_total", "A total that the scan leaves open")
DOCUMENT = private_code("reading_json", "The reading, complete, as JSON")

VISIT = private_code("visit", "Visit that is compared")
VISIT_NAME = CodedEntry("126070", "DCM", "Subject Time Point Identifier")
VISIT_ORDER = CodedEntry("126073", "DCM", "Time Point Order")
STUDY = CodedEntry("110180", "DCM", "Study Instance UID")
INTERVAL = private_code("interval", "Time between the visits")
CHANGE = private_code("change", "Change, later less earlier visit")
CHANGE_PERCENT = private_code("change_percent", "Change in per cent of the earlier visit")
DETECTABLE = private_code("detectable", "Smallest detectable change of the total")
BEYOND_DETECTABLE = private_code("beyond_detect", "Change beyond the smallest detectable one")
TRANSITION = private_code("transition", "What became of the group")
OVERLAP = private_code("overlap", "Overlap of the outlines of both visits, 0 to 1")
RESPONSE = private_code("response", "How the change is judged")
SOFT_TISSUE = private_code("soft_tissue", "Beside the muscles, earlier and later visit")
CHANGE_DOCUMENT = private_code("change_json", "The comparison, complete, as JSON")

Numbers = list[tuple[CodedEntry, float, CodedEntry]]
Words = Sequence[tuple[CodedEntry, CodedEntry]]


def yes(value: bool) -> CodedEntry:
    """Return the code for yes or no."""
    return YES if value else NO


def reason_code(reason: Reason) -> CodedEntry:
    """Return the code of a reason why a group cannot be graded."""
    return private_code(reason.name.lower(), str(reason))


def group_numbers(entry: GroupReading) -> Numbers:
    """Return what was measured in a group, each with its unit; what is not known is left out."""
    found: list[tuple[CodedEntry, float | None, CodedEntry]] = [
        (GRADE, entry.grade, ONE),
        (PROPOSED_GRADE, entry.auto_grade, ONE),
        (CONFIDENCE, entry.confidence, ONE),
    ]
    measured = entry.evidence
    if measured is not None:
        low, high = measured.fraction_range or (None, None)
        found += [
            (SHARE, 100.0 * measured.oedema_fraction, PERCENT),
            (SHARE_LOW, None if low is None else 100.0 * low, PERCENT),
            (SHARE_HIGH, None if high is None else 100.0 * high, PERCENT),
            (RATIO, measured.oedema_ratio, RATIO_UNIT),
            (MEDIAN_RATIO, measured.median_ratio, RATIO_UNIT),
            (T2, measured.t2_ms, MILLISECOND),
            (VOLUME, measured.volume_ml, MILLILITRE),
        ]
    return [(name, float(value), unit) for name, value, unit in found if value is not None]


def sum_numbers(part: Subtotal) -> Numbers:
    """Return a sum over groups as numbers."""
    return [
        (TOTAL, part.total, ONE),
        (MAX_ASSESSABLE, part.max_assessable, ONE),
        (INVOLVED, part.involved, ONE),
        (GRADE_2, part.grade2, ONE),
        (ASSESSABLE_GROUPS, part.assessable, ONE),
        (GROUPS, part.groups, ONE),
    ]


def transition_code(transition: Transition) -> CodedEntry:
    """Return the code of what became of a group."""
    return private_code(transition.name.lower(), str(transition))


def _at(concept: CodedEntry, order: int) -> CodedEntry:
    """Return a concept of a reading, at the first or the second of two visits."""
    return private_code(f"{concept.value}_{order}", f"{concept.meaning}, visit {order}")


def change_numbers(row: ChangeRow) -> Numbers:
    """Return the grades of a group at both visits and what changed; what is not known is left out."""
    found = [
        (_at(GRADE, 1), row.baseline, ONE),
        (_at(GRADE, 2), row.followup, ONE),
        (CHANGE, row.delta, ONE),
        (OVERLAP, row.overlap, ONE),
    ]
    return [(name, float(value), unit) for name, value, unit in found if value is not None]


def sum_change_numbers(part: SubtotalChange) -> Numbers:
    """Return the sums at both visits over the groups that were assessable at both, and what changed."""
    pairs = [
        (TOTAL, part.before.total, part.after.total),
        (INVOLVED, part.before.involved, part.after.involved),
        (GRADE_2, part.before.grade2, part.after.grade2),
    ]
    return [
        *((_at(name, 1), float(before), ONE) for name, before, _ in pairs),
        *((_at(name, 2), float(after), ONE) for name, _, after in pairs),
        (CHANGE, float(part.after.total - part.before.total), ONE),
        (MAX_ASSESSABLE, float(part.before.max_assessable), ONE),
        (ASSESSABLE_GROUPS, float(part.before.assessable), ONE),
        (GROUPS, float(part.before.groups), ONE),
    ]
