"""A case in the formats of others, with its reading of record and the outlines that rests on."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from wbmri.case import Case, ReadingDocument, encode, read_case, signed_of_record
from wbmri.core import InputError, LabelMap, Progress, Reading, Volume, part, silent
from wbmri.export import DeidentificationKey, Pseudonym, fhir_bundle, itksnap_labels, open_key, slicer_segmentation
from wbmri.export import deface as without_face
from wbmri.export.dicom import (
    DerivedSeries,
    ExportStudy,
    encoded,
    require_highdicom,
    wrap_pdf,
    write_captures,
    write_report,
    write_segmentation,
    write_series,
)
from wbmri.io import SourceStudy, encode_nifti, read_source_study, write_together
from wbmri.report.case import case_pdf, key_images

if TYPE_CHECKING:
    from pydicom import Dataset

Files = Iterator[tuple[str, bytes]]
"""Names below the folder of the export, each with its content."""


class ExportFormat(StrEnum):
    """What a case can be written as."""

    MR = "mr"
    SEG = "seg"
    SR = "sr"
    PDF = "pdf"
    KEY = "key"
    LABEL_MAP = "labelmap"
    SLICER = "seg.nrrd"
    ITKSNAP = "itksnap"
    FHIR = "fhir"


DICOM_FORMATS = (ExportFormat.MR, ExportFormat.SEG, ExportFormat.SR, ExportFormat.PDF)

_LEAST_ALIKE = 0.98
"""Correlation of the intensities of one scan that was composed twice, if by two versions of the program."""


@dataclass(frozen=True, slots=True)
class ExportedCase:
    """A case that was just exported.

    Parameters
    ----------
    case
        The case.
    reading
        The reading that was written: that of record.
    files
        What was written, in its order.
    identified
        Whether the objects carry what the source says about the person.
    deidentified
        Whether names, numbers, identifiers and dates of the source were replaced.
    defaced
        Whether the face was taken out of the scan; ``None`` if that was not asked for.
    """

    case: Case
    reading: Reading
    files: tuple[Path, ...]
    identified: bool
    deidentified: bool = False
    defaced: bool | None = None


def export_case(
    case: str | Path,
    out: str | Path,
    *,
    to: Sequence[str] = DICOM_FORMATS,
    source: str | Path | Sequence[str | Path] | None = None,
    series: Sequence[str] | None = None,
    deidentify: str | Path | None = None,
    deface: bool = False,
    progress: Progress = silent,
) -> ExportedCase:
    """Write a case in formats of others: its reading of record, with the outlines as the reader left them.

    The same case gives the same files, byte for byte; an export with a source also the same identifiers, so that an
    archive holds nothing twice.

    Parameters
    ----------
    case
        Folder ``OUT/sub-X/ses-Y`` or the reading.json in it.
    out
        Folder for the files; made if it is missing. All are written, or none.
    to
        Formats, see `ExportFormat`.
    source
        The DICOM study that was scored. DICOM objects then belong to it, **with the name and every identifier of the
        person in it**. Without it they carry the participant label alone and belong to a study of their own.
    series
        Keys of the series of the source that were scored, if they were named.
    deidentify
        Key file; made if it is missing. With a source only, whose names, numbers, identifiers and dates are then
        replaced, always by the same ones under one key, in file names too. **Pixels are not cleaned**, but for the
        face if that is asked for.
    deface
        Take the face out of the scan, and so out of its images, key images and pages; a scan without a head stays as
        it is.
    progress
        Called with the share that is done and what is being done.

    Raises
    ------
    CaseError
        If there is no complete case.
    InputError
        If a format is not known, its extra is not installed, the source is not the scan of the case, it cannot be
        de-identified, or there is a face that cannot be found.
    """
    formats = known_formats(to, tuple(ExportFormat))
    if {ExportFormat.SEG, ExportFormat.SR, ExportFormat.LABEL_MAP} & set(formats):
        require_highdicom()
    check_key_has_source(deidentify, source)
    found = read_case(case)
    content = CaseContent(found)
    if source is not None:
        progress(0.0, "reading the source")
        study = read_source_study(source, series=series, progress=part(progress, 0.0, 0.3))
        key = None if deidentify is None else open_key(deidentify, apart_from=(Path(out), found.paths.out))
        content.belong(study, key)
    defaced = content.deface() if deface else None
    files: list[tuple[Path, bytes]] = []
    for number, name in enumerate(formats):
        progress(0.3 + 0.6 * number / len(formats), f"making {name}")
        files += [(Path(out) / place, made) for place, made in _MAKERS[name](content)]
    progress(0.9, "writing")
    write_together(Path(out), files)
    concealed = deidentify is not None
    return ExportedCase(
        found,
        content.reading,
        tuple(path for path, _ in files),
        source is not None and not concealed,
        concealed,
        defaced,
    )


def known_formats(names: Sequence[str], known: Sequence[ExportFormat]) -> list[ExportFormat]:
    """Return formats by their names, each once.

    Raises
    ------
    InputError
        If one is not among those that can be written.
    """
    for name in names:
        if name not in known:
            raise InputError(
                f"the format {name!r}",
                f"formats out of {', '.join(known)}",
                "choose one or more of these, with commas between them",
            )
    return [ExportFormat(name) for name in dict.fromkeys(names)]


def check_key_has_source(deidentify: object, source: object) -> None:
    """Refuse a key file to de-identify what names nobody.

    Raises
    ------
    InputError
        If there is no source.
    """
    if deidentify is not None and source is None:
        raise InputError(
            "a key file to de-identify without a source",
            "the DICOM study that was scored, whose names, identifiers and dates are replaced",
            "add --source DICOM_FOLDER; without it, objects carry the participant label and nothing of the source",
        )


def check_same_scan(source: SourceStudy, volume: Volume) -> None:
    """Refuse a source that is not the scan of the case: its objects would be filed under another person.

    Raises
    ------
    InputError
        If it lies elsewhere, or its intensities are others.
    """
    remedy = "name the DICOM folder that was scored, with --series if that was used"
    mine, theirs = volume.grid, source.volume.grid
    if theirs.shape != mine.shape or theirs.apart_mm(mine) > min(mine.spacing) / 2:
        raise InputError("a source that lies elsewhere than the scan of the case", "the scan of the case", remedy)
    steps = tuple(slice(None, None, max(1, n // 60)) for n in mine.shape)
    alike = float(np.corrcoef(volume.data[steps].ravel(), source.volume.data[steps].ravel())[0, 1])
    if not alike >= _LEAST_ALIKE:
        raise InputError("a source that shows something else than the scan of the case", "the scan of the case", remedy)


class CaseContent:
    """What the formats are made of, each part when it is first asked for.

    Parameters
    ----------
    case
        The case; its reading of record is written.
    """

    def __init__(self, case: Case) -> None:
        self.case = case
        self.participant, self.session = case.participant, case.session
        self.source: SourceStudy | None = None
        self._faceless = False
        self._signed = signed_of_record(case)
        self.reading = case.reading if self._signed is None else self._signed.reading
        self.when = self._made()

    def belong(self, source: SourceStudy, key: DeidentificationKey | None) -> Pseudonym | None:
        """Write into the study of a source; before anything is made.

        Parameters
        ----------
        source
            The study that was scored.
        key
            With it a pseudonym, which is returned, takes the place of the person and of all that tells who it is.

        Raises
        ------
        InputError
            If the source is another scan, or cannot be de-identified.
        """
        check_same_scan(source, self.volume)
        self.source = source
        if key is None:
            return None
        pseudonym = Pseudonym.of(key, source.header)
        self.source = pseudonym.study(source)
        self.participant, self.session = pseudonym.participant, pseudonym.session(self.session)
        self.reading = pseudonym.reading(self.reading)
        self.when = pseudonym.when(self.when)
        return pseudonym

    def deface(self) -> bool:
        """Take the face out of the scan, before anything is made of it; tell whether there was one."""
        faceless = without_face(self.volume, self.labels)
        if faceless is None:
            return False
        self.volume, self._faceless = faceless, True
        self.reading = replace(self.reading, provenance=(*self.reading.provenance, faceless.provenance[-1]))
        return True

    @property
    def name(self) -> str:
        """How the files are called."""
        return f"sub-{self.participant}_ses-{self.session}"

    @cached_property
    def volume(self) -> Volume:
        """The composed scan."""
        return self.case.volume()

    @cached_property
    def labels(self) -> LabelMap:
        """The outlines the reading rests on."""
        return self.case.labels() if self._signed is None else self._signed.labels(self.case)

    def _made(self) -> datetime:
        """Return when the reading was made, in the time of this computer."""
        done = ("scored", "auto") if self._signed is None else ("signed", self.reading.reader)
        times = [entry.when for entry in self.case.history() if (entry.action, entry.who) == done]
        return (times or [entry.when for entry in self.case.history()])[-1].astimezone()

    @cached_property
    def study(self) -> ExportStudy:
        """What the objects are written into."""
        return ExportStudy.of(
            self.participant, self.session, self.volume, self.when, self.source, faceless=self._faceless
        )

    @cached_property
    def series(self) -> DerivedSeries:
        """The scan as images."""
        return write_series(self.volume, self.study)

    @cached_property
    def segments(self) -> "Dataset":
        """The outlines on these images."""
        return write_segmentation(self.labels, self.reading, self.series, self.study)

    @cached_property
    def document(self) -> str:
        """The reading as the case holds it, on one line."""
        software = self.case.software if self._signed is None else self._signed.software
        held = ReadingDocument(self.participant, self.session, self.reading, software)
        return encode(held, indent=None).decode().strip()


def _mr(content: CaseContent) -> Files:
    for image in content.series.images:
        yield f"{content.name}_mr/{image.InstanceNumber:04d}.dcm", encoded(image)


def _seg(content: CaseContent) -> Files:
    yield f"{content.name}_seg.dcm", encoded(content.segments)


def _label_map(content: CaseContent) -> Files:
    made = write_segmentation(content.labels, content.reading, content.series, content.study, as_label_map=True)
    yield f"{content.name}_labelmap.dcm", encoded(made)


def _sr(content: CaseContent) -> Files:
    made = write_report(content.reading, content.document, content.segments, content.series, content.study)
    yield f"{content.name}_sr.dcm", encoded(made)


def _pdf(content: CaseContent) -> Files:
    names = {"participant": content.participant, "session": content.session}
    pdf = case_pdf(content.volume, content.labels, content.reading, **names)
    title = f"Muscle oedema on whole-body STIR, {content.reading.read_by}"
    yield f"{content.name}_pdf.dcm", encoded(wrap_pdf(pdf, title, content.study))


def _key(content: CaseContent) -> Files:
    drawn = [(one.pixels, one.words) for one in key_images(content.volume, content.labels, content.reading)]
    for image in write_captures(drawn, content.study):
        yield f"{content.name}_key/{image.InstanceNumber:04d}.dcm", encoded(image)


def _slicer(content: CaseContent) -> Files:
    yield f"{content.name}_dseg.seg.nrrd", slicer_segmentation(content.labels, reviewed=content.reading.reviewed)


def _itksnap(content: CaseContent) -> Files:
    yield f"{content.name}_dseg.nii.gz", encode_nifti(content.labels.data, content.labels.affine)
    yield f"{content.name}_itksnap.txt", itksnap_labels(content.labels)


def _fhir(content: CaseContent) -> Files:
    made = fhir_bundle(content.reading, content.series, content.study, content.participant)
    yield f"{content.name}_fhir.json", made


_MAKERS: dict[ExportFormat, Callable[[CaseContent], Files]] = {
    ExportFormat.MR: _mr,
    ExportFormat.SEG: _seg,
    ExportFormat.SR: _sr,
    ExportFormat.PDF: _pdf,
    ExportFormat.KEY: _key,
    ExportFormat.LABEL_MAP: _label_map,
    ExportFormat.SLICER: _slicer,
    ExportFormat.ITKSNAP: _itksnap,
    ExportFormat.FHIR: _fhir,
}
