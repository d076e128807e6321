"""How far readers, repeat readings, or a reader and the program agree."""

from wbmri.agreement.gathering import read_ratings
from wbmri.agreement.model import (
    Agreement,
    GradeAgreement,
    Level,
    LevelKind,
    Limits,
    Measure,
    Plotted,
    Response,
    ScoreAgreement,
    SetAgreement,
)
from wbmri.agreement.ratings import Rating, Ratings
from wbmri.agreement.study import agree, detectable_change

__all__ = [
    "Agreement",
    "GradeAgreement",
    "Level",
    "LevelKind",
    "Limits",
    "Measure",
    "Plotted",
    "Rating",
    "Ratings",
    "Response",
    "ScoreAgreement",
    "SetAgreement",
    "agree",
    "detectable_change",
    "read_ratings",
]
