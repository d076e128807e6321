"""How far readers, repeat readings, or a reader and the program agree."""

from typing import TYPE_CHECKING

from wbmri.core import lazy_names

if TYPE_CHECKING:
    from wbmri.analysis.agreement.agreement_analysis import ROUNDS, agree, detectable_change
    from wbmri.analysis.agreement.ratings import Rating, Ratings, is_program, read_ratings
    from wbmri.analysis.agreement.result_tables import (
        COEFFICIENTS,
        agreement_tables,
        coefficients_written,
        sets_of,
        written,
    )
    from wbmri.analysis.agreement.results import (
        Agreement,
        GradeAgreement,
        Level,
        LevelKind,
        Measure,
        Plotted,
        SetAgreement,
    )

__all__ = [
    "COEFFICIENTS",
    "ROUNDS",
    "Agreement",
    "GradeAgreement",
    "Level",
    "LevelKind",
    "Measure",
    "Plotted",
    "Rating",
    "Ratings",
    "SetAgreement",
    "agree",
    "agreement_tables",
    "coefficients_written",
    "detectable_change",
    "is_program",
    "read_ratings",
    "sets_of",
    "written",
]

__getattr__ = lazy_names(
    __name__,
    {
        "agreement_analysis": (
            "ROUNDS",
            "agree",
            "detectable_change",
        ),
        "ratings": (
            "Rating",
            "Ratings",
            "is_program",
            "read_ratings",
        ),
        "result_tables": (
            "COEFFICIENTS",
            "agreement_tables",
            "coefficients_written",
            "sets_of",
            "written",
        ),
        "results": (
            "Agreement",
            "GradeAgreement",
            "Level",
            "LevelKind",
            "Measure",
            "Plotted",
            "SetAgreement",
        ),
    },
)
