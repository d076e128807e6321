"""A comparison of two visits as DICOM objects: a structured report, and its pages."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from wbmri.analysis.comparison import ChangeDocument
from wbmri.case import CasePaths, ChangePaths, decode, encode, read_case
from wbmri.core import CaseError, InputError, Progress, part, silent
from wbmri.export import open_key
from wbmri.export.dicom import (
    COMPARISON,
    ComparedVisit,
    encoded,
    require_highdicom,
    wrap_pdf,
    write_comparison,
)
from wbmri.io import SourceStudy, read_source_study, write_together
from wbmri.pipeline.case_export import CaseContent, ExportFormat, check_key_has_source, known_formats

if TYPE_CHECKING:
    from pydicom import Dataset

COMPARISON_FORMATS = (ExportFormat.SR, ExportFormat.PDF)

_PERSON = ("PatientID", "IssuerOfPatientID")


@dataclass(frozen=True, slots=True)
class ExportedComparison:
    """A comparison that was just exported.

    Parameters
    ----------
    document
        The comparison as it was written.
    files
        What was written, in its order.
    identified
        Whether the objects carry what the sources say about the person.
    deidentified
        Whether names, numbers, identifiers and dates of the sources were replaced.
    """

    document: ChangeDocument
    files: tuple[Path, ...]
    identified: bool
    deidentified: bool = False


def export_comparison(
    comparison: str | Path,
    out: str | Path,
    *,
    to: Sequence[str] = COMPARISON_FORMATS,
    sources: Sequence[str | Path] | None = None,
    deidentify: str | Path | None = None,
    one_person: bool = False,
    progress: Progress = silent,
) -> ExportedComparison:
    """Write what `wbmri compare` found as DICOM objects of the later visit's study, which name both visits.

    The same comparison gives the same files, byte for byte. The objects refer to the derived series of both visits, as
    `export_case` writes them.

    Parameters
    ----------
    comparison
        ``OUT/sub-X/sub-X_from-A_to-B_change.json``, or the folder of the person if it holds only one.
    out
        Folder for the files; made if it is missing. All are written, or none.
    to
        Formats out of ``sr`` and ``pdf``.
    sources
        The DICOM studies that were scored, that of the earlier visit first: objects then carry **the name and every
        identifier of the person in them**. Without them they carry the participant label alone.
    deidentify
        Key file, see `export_case`; for ``sr`` only, because the pages name participant and visits.
    one_person
        Whether somebody else has said that the sources show one person, whose patient number has changed.
    progress
        Called with the share that is done and what is being done.

    Raises
    ------
    CaseError
        If the comparison or a case of it is not complete.
    InputError
        If a format is not known, the extra is not installed, the visits were read anew since, or a source is not the
        scan of its visit or shows somebody else.
    """
    formats = known_formats(to, COMPARISON_FORMATS)
    check_key_has_source(deidentify, sources)
    if deidentify is not None and ExportFormat.PDF in formats:
        raise InputError(
            "the pages of a comparison to be de-identified, which name participant and visits",
            "the structured report alone",
            "choose it with --to sr",
        )
    require_highdicom()
    paths = _only(comparison)
    document = decode(ChangeDocument, paths.document.read_bytes(), paths.document)
    visits = [
        CaseContent(read_case(CasePaths(paths.out, paths.participant, session).folder))
        for session in (paths.baseline, paths.followup)
    ]
    _check_current(document, visits)
    if sources is not None:
        key = None if deidentify is None else open_key(deidentify, apart_from=(Path(out), paths.out))
        studies = _studies(sources, one_person, part(progress, 0.0, 0.6))
        pseudonyms = [visit.belong(study, key) for visit, study in zip(visits, studies, strict=True)]
        document = document if pseudonyms[0] is None else pseudonyms[0].change(document)
    made = _Content(document, paths, visits)
    files = []
    for number, name in enumerate(formats):
        progress(0.6 + 0.3 * number / len(formats), f"making {name}")
        item = made.report() if name is ExportFormat.SR else made.pages()
        files.append((Path(out) / f"{made.name}_{name}.dcm", encoded(item)))
    write_together(Path(out), files)
    concealed = deidentify is not None
    return ExportedComparison(
        document, tuple(path for path, _ in files), sources is not None and not concealed, concealed
    )


class _Content:
    """What the formats are made of."""

    def __init__(self, document: ChangeDocument, paths: ChangePaths, visits: Sequence[CaseContent]) -> None:
        self._document, self._paths = document, paths
        self._earlier, self._later = visits
        # The comparison can be no older than either reading.
        self._study = replace(self._later.study, when=max(visit.when for visit in visits))

    @property
    def name(self) -> str:
        """How the files are called."""
        document = self._document
        return f"sub-{document.participant}_from-{document.baseline}_to-{document.followup}_change"

    def report(self) -> "Dataset":
        """Return the structured report."""
        later = self._later
        visits = (
            ComparedVisit(
                self._earlier.session, self._earlier.reading.read_by, self._earlier.series, self._earlier.study
            ),
            ComparedVisit(later.session, later.reading.read_by, later.series, self._study),
        )
        whole = encode(self._document, indent=None).decode().strip()
        return write_comparison(self._document, whole, later.reading.scheme, visits)

    def pages(self) -> "Dataset":
        """Return the pages that were written with the comparison."""
        sessions = f"ses-{self._document.baseline} to ses-{self._document.followup}"
        return wrap_pdf(
            self._paths.print.read_bytes(),
            f"Change of muscle oedema on whole-body STIR, {sessions}",
            self._study,
            COMPARISON + 1,
            "Muscle oedema change, pages (wbmri)",
        )


def _only(path: str | Path) -> ChangePaths:
    found = ChangePaths.at(path)
    if len(found) != 1:
        raise InputError(
            f"{path} with {len(found)} comparisons",
            "one, as 'wbmri compare' wrote it",
            "name its *_change.json" if found else "compare the visits first",
        )
    if not found[0].print.is_file():
        raise CaseError(f"{found[0].document.name} without its pages", "the files of one comparison", "compare again")
    return found[0]


def _check_current(document: ChangeDocument, visits: Sequence[CaseContent]) -> None:
    """Refuse a comparison that says something else than the readings of record of its visits do now."""
    for order, content in enumerate(visits):
        reading, name = content.reading, f"ses-{content.session}"
        graded = {row.group: (row.baseline, row.followup)[order] for row in document.groups}
        now = {group.id: entry.grade for group, entry in reading.by_group()}
        # The program's own reading may have been graded anew for the comparison; a person's counts as it is.
        if (
            reading.reviewed == (name in document.unreviewed)
            or set(now) != set(graded)
            or (reading.reviewed and now != graded)
        ):
            raise InputError(
                f"a comparison from before the reading of {name} was made",
                "one of the readings of record",
                "compare the visits again, then export",
            )


def _studies(sources: Sequence[str | Path], one_person: bool, progress: Progress) -> list[SourceStudy]:
    """Read the studies of both visits, which must show one person."""
    if len(sources) != 2:
        raise InputError(
            f"{len(sources)} sources of a comparison",
            "two: the DICOM folder of the earlier visit, then that of the later one",
            "repeat --source for each visit, or leave it out",
        )
    found = [
        read_source_study(source, progress=part(progress, order / 2, (order + 1) / 2))
        for order, source in enumerate(sources)
    ]
    people = {tuple(str(one.header.get(name) or "").strip() for name in _PERSON) for one in found}
    if len(people) > 1 and not one_person:
        raise InputError(
            "sources with the numbers of two patients",
            "both visits of one person",
            "check which DICOM folders they are",
        )
    return found
