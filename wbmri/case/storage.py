"""Writing one case to disk and reading it back."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from wbmri.case.dataset import (
    LABEL_COLUMNS,
    SCORE_COLUMNS,
    check_dataset,
    encode_table,
    label_rows,
    score_rows,
)
from wbmri.case.documents import (
    SCHEMA_VERSION,
    HistoryEntry,
    LabelsDocument,
    ReadingDocument,
    decode,
    encode,
    software_versions,
)
from wbmri.case.history_chain import Chain, chained, lines_of, unsealed
from wbmri.case.manifest import Manifest, digest_of, manifest_of
from wbmri.case.paths import CasePaths, ReadingPaths
from wbmri.case.recorded_files import prepare_dataset, write_case_files
from wbmri.core import AUTO, CaseError, GradeSource, InputError, Json, LabelMap, Reading, Status, Volume
from wbmri.io import encode_nifti, finish_writing, read_image, read_labels


@dataclass(frozen=True, slots=True)
class Case:
    """One person at one visit, as read from disk; the images are loaded when asked for.

    Parameters
    ----------
    paths
        Where its files lie.
    reading
        The grades, with their scheme and provenance.
    software
        Versions of what made it.
    manifest
        The SHA-256 of its files, by which each is checked when it is opened; ``None`` for a case of a former version.
    """

    paths: CasePaths
    reading: Reading
    software: Mapping[str, str]
    manifest: Manifest | None

    @property
    def participant(self) -> str:
        """BIDS label of the person."""
        return self.paths.participant

    @property
    def session(self) -> str:
        """BIDS label of the visit."""
        return self.paths.session

    def volume(self) -> Volume:
        """Load the composed volume, with the acquisition facts of the reading.

        Raises
        ------
        CaseError
            If the file is missing, not as it was written, or cannot be read.
        """
        try:
            volume = read_image(self._checked(self.paths.volume))
        except InputError as error:
            raise _unreadable(self.paths.volume, error) from error
        return replace(volume, acquisition=self.reading.acquisition)

    def labels(self) -> LabelMap:
        """Load the label map.

        Raises
        ------
        CaseError
            If one of its files is missing, not as it was written, or cannot be read.
        """
        sidecar = self._checked(self.paths.labels_sidecar)
        document = decode(LabelsDocument, sidecar.read_bytes(), sidecar)
        try:
            data, grid = read_labels(self._checked(self.paths.labels))
            return LabelMap(
                cast("NDArray[np.uint8]", data),  # LabelMap refuses what does not fit
                grid.affine,
                self.reading.scheme,
                document.engine,
                document.confidence,
                frozenset(document.outside),
                document.origin,
                document.provenance,
                document.flags,
                document.in_view,
            )
        except InputError as error:
            raise _unreadable(self.paths.labels, error) from error

    def history(self) -> tuple[HistoryEntry, ...]:
        """Read what was done to the case, oldest first.

        Raises
        ------
        CaseError
            If the file is missing or a line of it is damaged.
        """
        path = _existing(self.paths.history)
        # It has grown since the case was opened if someone signed meanwhile.
        now = None if self.manifest is None else Manifest.of_case(self.paths).read()
        if now is not None:
            now.check(path)
        lines = lines_of(path.read_bytes(), path)
        Chain().after_all(lines, path)
        return tuple(decode(HistoryEntry, unsealed(line), path) for line in lines)

    def _checked(self, path: Path) -> Path:
        _existing(path)
        if self.manifest is not None:
            self.manifest.check(path)
        return path


def read_case(path: str | Path) -> Case:
    """Read a case from its folder ``OUT/sub-X/ses-Y`` or from its reading.json.

    Every file is checked against the manifest of the case when it is opened; `wbmri.case.verify` checks all of them.

    Raises
    ------
    CaseError
        If there is no complete case, or its reading is not as it was written, damaged, of a newer version, or of
        another person or visit.
    """
    paths = CasePaths.find(path)
    for _ in range(_LOOKS):
        busy = finish_writing(paths.out)
        try:
            return _read(paths)
        except CaseError:
            # It may be that another program is just putting its files into place.
            if not (finish_writing(paths.out) or busy):
                raise
            time.sleep(0.1)
    return _read(paths)


_LOOKS = 20
"""So often, in two seconds, a case is looked at again while a program is writing beside it."""


def _read(paths: CasePaths) -> Case:
    content = _existing(paths.reading).read_bytes()
    document = _own_document(paths, content)
    manifest = manifest_of(paths, content)
    if manifest is not None:
        manifest.check(paths.reading, content)
    return Case(paths, document.reading, document.software, manifest)


def _own_document(paths: CasePaths, content: bytes) -> ReadingDocument:
    document = decode(ReadingDocument, content, paths.reading)
    if (document.participant, document.session) != (paths.participant, paths.session):
        raise CaseError(
            f"{paths.reading} with the reading of sub-{document.participant}, ses-{document.session}",
            f"that of sub-{paths.participant}, ses-{paths.session}",
            "put the file back where it belongs",
        )
    return document


def check_replaceable(paths: CasePaths) -> None:
    """Refuse to score over what a person decided.

    Raises
    ------
    CaseError
        If the visit has a reading that a person began, or one that cannot be read.
    """
    if not paths.reading.exists():
        return
    begun = [found.reader for found in ReadingPaths.begun(paths)]
    if begun:
        raise CaseError(
            f"sub-{paths.participant}, ses-{paths.session}, which {', '.join(dict.fromkeys(begun))} began to read",
            "a visit that only the program has graded",
            "score into another --out or --ses, so that the person's reading is kept",
        )
    finish_writing(paths.out)
    reading = _own_document(paths, paths.reading.read_bytes()).reading
    by_person = any(entry.source is GradeSource.READER for entry in reading.groups)
    if reading.reader != AUTO or reading.status is not Status.SCORED or by_person:
        raise CaseError(
            f"sub-{paths.participant}, ses-{paths.session} with a reading by {reading.reader!r}, {reading.status}",
            "a visit that only the program has graded",
            "score into another --out or --ses, so that the person's reading is kept",
        )


def write_case(
    out: str | Path,
    participant: str,
    session: str,
    volume: Volume,
    labels: LabelMap,
    reading: Reading,
    report_html: str,
    seconds: Mapping[str, float],
    mosaic: bytes | None = None,
    thumbnail: bytes | None = None,
) -> Case:
    """Write a newly scored case, all files or none; the reading comes last and marks the case as complete.

    Parameters
    ----------
    out
        The dataset; made if it is missing.
    participant, session
        BIDS labels of the person and the visit.
    volume, labels, reading
        What was scored; `labels` on the grid of `volume`.
    report_html
        The report, self-contained.
    seconds
        How long each step took; goes to the history only, so that all other files depend on the input alone.
    mosaic, thumbnail
        The outlines on slices of the scan, and one small slice with them, PNG.

    Returns
    -------
    Case
        The case as it can be read back.

    Raises
    ------
    InputError
        If a label is not a BIDS label, or the label map is on another grid.
    CaseError
        If a person's reading would be lost, or `out` is something else than a dataset of wbmri.
    """
    check_dataset(out)
    labels.check_grid(volume)
    paths = CasePaths(Path(out), participant, session)
    check_replaceable(paths)
    document = ReadingDocument(paths.participant, paths.session, reading, software_versions())
    files = [
        (paths.volume, encode_nifti(volume.data, volume.affine)),
        (paths.volume_sidecar, _volume_sidecar(volume)),
        (paths.labels, encode_nifti(labels.data, labels.affine)),
        (paths.labels_sidecar, encode(_labels_document(labels, paths))),
        (paths.labels_table, encode_table(LABEL_COLUMNS, label_rows(labels.scheme))),
        (paths.scores, encode_table(SCORE_COLUMNS, score_rows(paths.participant, paths.session, reading))),
        (paths.report, report_html.encode()),
        *([] if mosaic is None else [(paths.mosaic, mosaic)]),
        *([] if thumbnail is None else [(paths.thumbnail, thumbnail)]),
        (paths.reading, encode(document)),
    ]
    history = with_entry(paths, "scored", AUTO, seconds, {path.name: digest_of(content) for path, content in files})
    prepare_dataset(paths.out)
    write_case_files(paths, [*files[:-1], history, files[-1]], anew=True)
    return read_case(paths.reading)


def with_entry(
    paths: CasePaths,
    action: str,
    who: str,
    seconds: Mapping[str, float],
    digests: Mapping[str, str],
) -> tuple[Path, bytes]:
    """Return the history of a case with a line more.

    Parameters
    ----------
    paths
        The case.
    action, who
        What was done just now, and by whom.
    seconds
        How long each step took.
    digests
        The SHA-256 of the files written with it, by name.

    Raises
    ------
    CaseError
        If a line so far is not as it was written.
    """
    now = datetime.now(UTC).replace(microsecond=0)
    entry = HistoryEntry(who, now, action, seconds=seconds, digests=digests)
    history = paths.history.read_bytes() if paths.history.exists() else b""
    return paths.history, chained(history, encode(entry, indent=None), paths.history)


def _volume_sidecar(volume: Volume) -> bytes:
    """How the volume was acquired, under the keys and in the units (T, s) of BIDS."""
    acquisition = volume.acquisition

    def in_seconds(milliseconds: float | None) -> float | None:
        return None if milliseconds is None else milliseconds / 1000

    known: dict[str, Json] = {
        "Manufacturer": acquisition.manufacturer,
        "ManufacturersModelName": acquisition.model,
        "MagneticFieldStrength": acquisition.field_strength_t,
        "EchoTime": in_seconds(acquisition.echo_time_ms),
        "InversionTime": in_seconds(acquisition.inversion_time_ms),
        "RepetitionTime": in_seconds(acquisition.repetition_time_ms),
    }
    content: dict[str, Json] = {
        "Description": "Whole-body STIR, stations composed and evened",
        "SkullStripped": False,
        **{key: value for key, value in known.items() if value is not None},
        "schema_version": SCHEMA_VERSION,
    }
    return (json.dumps(content, indent=2) + "\n").encode()


def _labels_document(labels: LabelMap, paths: CasePaths) -> LabelsDocument:
    return LabelsDocument(
        description=f"Muscle groups of the scheme {labels.scheme.name} {labels.scheme.version}",
        reference=f"bids::{paths.volume.relative_to(paths.out).as_posix()}",
        engine=labels.engine,
        scheme=f"{labels.scheme.name} {labels.scheme.version}",
        confidence=dict(sorted(labels.confidence.items())),
        outside=tuple(sorted(labels.outside)),
        origin=dict(sorted(labels.origin.items())),
        provenance=labels.provenance,
        flags=dict(sorted(labels.flags.items())),
        in_view=dict(sorted(labels.in_view.items())),
    )


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise CaseError(f"a case without {path}", "all files of the case", "restore the file or score the visit again")
    return path


def _unreadable(path: Path, error: InputError) -> CaseError:
    return CaseError(
        f"{path}: {error.received}",
        error.expected,
        "restore the file from a backup or score the visit again",
    )
