"""The tables of a cohort's outcomes."""

from wbmri.case import encode_table
from wbmri.outcomes.study import Outcomes


def outcome_tables(found: Outcomes) -> dict[str, bytes]:
    """Return the tables by file name: one row per person, and one per correlation."""
    persons = [
        (
            f"sub-{one.participant}",
            f"ses-{one.first}",
            f"ses-{one.last}",
            *(_cell(value) for value in (one.before, one.after, one.delta)),
            str(one.response),
        )
        for one in found.persons
    ]
    correlations = [
        (
            one.name,
            str(one.measure),
            str(one.units),
            str(one.patients),
            *(_cell(value) for value in (one.rho.value, one.rho.low, one.rho.high)),
            str(one.without_score),
            str(one.without_measure),
        )
        for one in found.correlations
    ]
    return {
        "outcomes.tsv": encode_table(
            ("participant_id", "first", "last", "before", "after", "delta", "response"), persons
        ),
        "outcomes_correlations.tsv": encode_table(
            (
                "clinical_measure",
                "measure",
                "units",
                "patients",
                "rho",
                "rho_low",
                "rho_high",
                "without_score",
                "without_measure",
            ),
            correlations,
        ),
    }


def _cell(value: float | None) -> str:
    if value is None:
        return "n/a"
    return str(value) if isinstance(value, int) else f"{value:.4f}"
