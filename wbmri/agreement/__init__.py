"""How far readers, repeat readings, or a reader and the program agree."""

from wbmri.agreement.gathering import read_ratings
from wbmri.agreement.model import (
    Agreement,
    GradeAgreement,
    Level,
    LevelKind,
    Measure,
    Plotted,
    ReaderChange,
    ScoreAgreement,
    SetAgreement,
)
from wbmri.agreement.ratings import Rating, Ratings
from wbmri.agreement.study import agree, detectable_change
from wbmri.agreement.tables import COEFFICIENTS, agreement_tables, coefficients_written, sets_of, written

__all__ = [
    "COEFFICIENTS",
    "Agreement",
    "GradeAgreement",
    "Level",
    "LevelKind",
    "Measure",
    "Plotted",
    "Rating",
    "Ratings",
    "ReaderChange",
    "ScoreAgreement",
    "SetAgreement",
    "agree",
    "agreement_tables",
    "coefficients_written",
    "detectable_change",
    "read_ratings",
    "sets_of",
    "written",
]
