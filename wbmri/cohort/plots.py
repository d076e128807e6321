"""The plots of the group level, from what was gathered of the cases."""

from collections.abc import Sequence

from wbmri.cohort.gathering import Gathered, Page
from wbmri.cohort.joining import Facts
from wbmri.outcomes import Outcomes
from wbmri.report.cohort_figures import groups_figure, totals_figure
from wbmri.report.outcome_figures import waterfall_figure
from wbmri.report.vector import png


def cohort_figures(found: Gathered, facts: Facts, described: Outcomes | None) -> dict[str, tuple[str, bytes]]:
    """Return the plots by name, each with its caption; those of the scheme that most cases follow."""
    shown = [page for page in found.pages if not page.excluded]
    schemes = [tuple(page.involved) for page in shown]
    if not shown:
        return {}
    groups = max(schemes, key=lambda scheme: (schemes.count(scheme), scheme))
    shown = [page for page in shown if tuple(page.involved) == groups]
    sessions = facts.in_order("", sorted({page.paths.session for page in shown}))
    people: dict[str, dict[str, float]] = {}
    for page in shown:
        if page.prorated is not None:
            people.setdefault(page.paths.participant, {})[page.paths.session] = page.prorated
    shares = [[_share(shown, group, session) for session in sessions] for group in groups]
    figures = {
        "totals": (
            "Prorated total of each person over the visits",
            totals_figure(sessions, list(people.values()), shown[0].maximum),
        ),
        "groups": ("Involved groups, per cent of those assessable", groups_figure(sessions, groups, shares)),
    }
    waterfall = None if described is None else waterfall_figure(described)
    if waterfall is not None:
        figures["changes"] = ("Change of the total, first to last visit; outcomes.html says more", png(waterfall, 130))
    return figures


def _share(pages: Sequence[Page], group: str, session: str) -> float:
    counts = [page.involved[group] for page in pages if page.paths.session == session]
    assessable = sum(all_ for _, all_ in counts)
    return sum(hit for hit, _ in counts) / assessable if assessable else float("nan")
