"""The tables of an analysis of agreement: numbers for a program, and one that goes into a paper."""

from collections.abc import Iterable

from wbmri.analysis.agreement.results import Agreement, GradeAgreement, LevelKind, ScoreAgreement, SetAgreement
from wbmri.analysis.statistics import Estimate
from wbmri.case import encode_table

COEFFICIENTS = {
    "exact": "Exact agreement",
    "close": "Within one grade",
    "kappa_linear": "Weighted kappa, linear",
    "kappa_quadratic": "Weighted kappa, quadratic",
    "ac1": "Gwet AC1",
    "ac2_quadratic": "Gwet AC2, quadratic",
    "alpha_ordinal": "Krippendorff alpha, ordinal",
}
"""The fields of `GradeAgreement` that are coefficients, with the names they go by."""

_SCORE_FIGURES = ("icc_2_1", "icc_3_1", "detectable95", "detectable80", "mean_detectable95", "mean_detectable80")
_LIMITS = ("bias", "lower", "upper")

Row = tuple[str, ...]


def sets_of(agreement: Agreement) -> tuple[SetAgreement, ...]:
    """Return the sets of readers: all together, then each pair that is not all of them."""
    return (agreement.overall, *(pair for pair in agreement.pairs if pair.readers != agreement.overall.readers))


def agreement_tables(agreement: Agreement) -> dict[str, bytes]:
    """Return the tables by file name.

    ``agreement_table.tsv`` has its figures written for a paper; the others have one number in each cell, with the ends
    of its interval in columns of their own.
    """
    return {
        "agreement_table.tsv": _paper_table(agreement.overall),
        "agreement_grades.tsv": _grades_table(agreement),
        "agreement_scores.tsv": _scores_table(agreement),
        "agreement_changes.tsv": _changes_table(agreement),
    }


def written(estimate: Estimate, *, percent: bool = False, digits: int = 2) -> str:
    """Write a figure with its interval, such as ``0.81 (0.74 to 0.88)``; ``n/a`` where it is not defined."""
    if estimate.value is None:
        return "n/a"

    def one(value: float) -> str:
        return f"{100 * value:.0f}" if percent else f"{value:.{digits}f}"

    unit = " %" if percent else ""
    if estimate.low is None or estimate.high is None:
        return f"{one(estimate.value)}{unit}"
    return f"{one(estimate.value)}{unit} ({one(estimate.low)} to {one(estimate.high)})"


def coefficients_written(entry: GradeAgreement) -> tuple[str, ...]:
    """Write the coefficients of a level, in the order of `COEFFICIENTS`."""
    return tuple(written(getattr(entry, name), percent=name in ("exact", "close")) for name in COEFFICIENTS)


def _paper_table(overall: SetAgreement) -> bytes:
    columns = ("Muscle groups", "Compared", "Patients", *(f"{name} (95 % CI)" for name in COEFFICIENTS.values()))
    rows = [
        (entry.level.name, str(entry.units), str(entry.patients), *coefficients_written(entry))
        for entry in overall.grades
    ]
    return encode_table(columns, rows)


def _grades_table(agreement: Agreement) -> bytes:
    columns = ("readers", "kind", "level", "units", "patients", *_with_ends(COEFFICIENTS))
    rows = [
        (
            ", ".join(found.readers),
            str(entry.level.kind),
            entry.level.id,
            str(entry.units),
            str(entry.patients),
            *_numbers(getattr(entry, name) for name in COEFFICIENTS),
        )
        for found in sets_of(agreement)
        for entry in found.grades
    ]
    return encode_table(columns, rows)


def _scores_table(agreement: Agreement) -> bytes:
    columns = (
        "readers",
        "level",
        "measure",
        "units",
        "patients",
        "means",
        *_with_ends(_SCORE_FIGURES),
        *_with_ends(_LIMITS),
        "sd_of_differences",
    )
    rows = [
        (
            ", ".join(found.readers),
            entry.level.id,
            str(entry.measure),
            str(entry.units),
            str(entry.patients),
            ", ".join(f"{mean:.2f}" for mean in entry.means) or "n/a",
            *_numbers(getattr(entry, name) for name in _SCORE_FIGURES),
            *_limit_numbers(entry),
        )
        for found in sets_of(agreement)
        for entry in found.scores
        if entry.level.kind is not LevelKind.GROUP
    ]
    return encode_table(columns, rows)


def _limit_numbers(entry: ScoreAgreement) -> Row:
    if entry.limits is None:
        return ("n/a",) * 10
    limits = (getattr(entry.limits, name) for name in _LIMITS)
    return (*_numbers(limits), _cell(entry.limits.sd))


def _changes_table(agreement: Agreement) -> bytes:
    columns = ("reader", "patients", "mean", "sd", *_with_ends(["srm"]), "fell", "same", "rose", "sign_p", "wilcoxon_p")
    rows = [
        (
            one.reader,
            str(one.patients),
            _cell(one.mean),
            _cell(one.sd),
            *_numbers([one.srm]),
            str(one.fell),
            str(one.same),
            str(one.rose),
            _p_value(one.sign_p),
            _p_value(one.signed_rank_p),
        )
        for one in agreement.changes
    ]
    return encode_table(columns, rows)


def _with_ends(names: Iterable[str]) -> Row:
    return tuple(column for name in names for column in (name, f"{name}_low", f"{name}_high"))


def _numbers(estimates: Iterable[Estimate]) -> Row:
    return tuple(_cell(number) for one in estimates for number in (one.value, one.low, one.high))


def _cell(number: float | None) -> str:
    return "n/a" if number is None else f"{number:.4f}"


def _p_value(number: float | None) -> str:
    return "n/a" if number is None else f"{number:.3g}"
