"""The page on which a person looks through a cohort and marks what may be used."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from wbmri.report.page import markup, render


@dataclass(frozen=True, slots=True)
class QcCase:
    """What the page shows of one case.

    Parameters
    ----------
    participant, session
        BIDS labels.
    score
        Total and involved groups in words.
    facts
        What else is worth a glance, one short sentence each.
    unusual
        What sets it apart from the other cases.
    reading
        Beginning of the SHA-256 of its reading, to which a mark belongs.
    mark, reader, note
        What a person said of it, and who; empty for nothing.
    outdated
        A mark that was set for another reading of the visit; empty if there is none.
    thumbnail
        PNG, or None.
    report
        Its report, relative to the page.
    """

    participant: str
    session: str
    score: str
    facts: tuple[str, ...]
    unusual: tuple[str, ...]
    reading: str
    mark: str
    reader: str
    note: str
    outdated: str
    thumbnail: bytes | None
    report: str

    @property
    def name(self) -> str:
        """``sub-X ses-Y``."""
        return f"sub-{self.participant} ses-{self.session}"

    @property
    def picture(self) -> str:
        """The thumbnail in base64; empty if there is none."""
        return "" if self.thumbnail is None else b64encode(self.thumbnail).decode()


def qc_page(
    cases: Sequence[QcCase], failed: Sequence[tuple[str, str]], figures: Mapping[str, bytes], *, columns: Sequence[str]
) -> str:
    """Write the page.

    Parameters
    ----------
    cases
        In the order in which they should be looked at.
    failed
        Visits without a usable case, with the reason.
    figures
        Caption to PNG.
    columns
        Columns of the table that the page saves: participant, session, mark, reading, reader and note.

    Returns
    -------
    str
        A complete HTML document that refers to nothing outside but the reports of the cases. Equal input gives an
        equal document.
    """
    return render(
        "qc.html.j2",
        "Quality of a cohort: muscle oedema on whole-body STIR",
        cases=cases,
        failed=failed,
        figures=[(caption, b64encode(figure).decode()) for caption, figure in figures.items()],
        columns=markup(repr(list(columns))),
        unusual=sum(bool(case.unusual) for case in cases),
        marked={word: sum(case.mark == word for case in cases) for word in ("pass", "fail", "")},
    )
