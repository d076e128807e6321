"""De-identification by the basic profile of DICOM PS3.15: one secret in a file gives people other names and dates.

The secret decides everything and nothing else is kept: whoever has it and a patient's number finds the pseudonym, and
nobody else does. Dates of one person move by the same number of days, so that the time between visits holds.
"""

import hmac
import json
import os
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self
from uuid import UUID

from wbmri.analysis.comparison import ChangeDocument
from wbmri.case import CONSENSUS
from wbmri.core import AUTO, GradeSource, GroupReading, InputError, Reading
from wbmri.export.dicom import code_item
from wbmri.io import SourceStudy

if TYPE_CHECKING:
    from pydicom import Dataset

PIXELS_KEPT = (
    "Nobody has cleaned the pixels: the images show the body, the face where the scan has one, and whatever was burnt "
    "into the source. Look at them before you give them away."
)

_KIND, _VERSION = "wbmri de-identification key", 1
_SECRET_BYTES = 32
_MOST_BYTES = 10_000
_FEWEST_DAYS, _MOST_DAYS = 366, 3653

_KEPT = (
    "BodyPartExamined", "ScanningSequence", "SequenceVariant", "ScanOptions", "MRAcquisitionType", "EchoTrainLength",
    "FlipAngle", "ImagedNucleus", "PatientPosition",
)  # fmt: skip
"""What says how the scan was made, and nothing of the person, the place or the scanner."""
_MOVED = ("StudyDate", "AcquisitionDate", "ContentDate")
_METHODS = (
    ("113100", "DCM", "Basic Application Confidentiality Profile"),
    ("113104", "DCM", "Clean Structured Content Option"),
    ("113107", "DCM", "Retain Longitudinal Temporal Information Modified Dates Option"),
)
_OWN_WORDS = "Graded by a person, whose own words are left out."


@dataclass(frozen=True, slots=True)
class DeidentificationKey:
    """The secret by which people are renamed."""

    secret: bytes = field(repr=False)

    def digest(self, *parts: object) -> bytes:
        """Return what stands for values, and tells nothing of them without the secret."""
        return hmac.digest(self.secret, repr(tuple(map(str, parts))).encode(), sha256)

    def uid(self, original: str) -> str:
        """Return the identifier that replaces one of the source; empty for none."""
        if not original:
            return ""
        return f"2.25.{UUID(bytes=self.digest('uid', original)[:16], version=5).int}"


def open_key(path: str | Path, apart_from: Iterable[Path]) -> DeidentificationKey:
    """Read a key file, or make one with a new secret where there is none; one that is there is never written to.

    Parameters
    ----------
    path
        The file. Whoever has it can undo the de-identification; a new one is readable by its owner alone.
    apart_from
        Folders that are given away, in which it must not lie.

    Raises
    ------
    InputError
        If it lies in one of the folders, cannot be read or made, or is no key file.
    """
    path = Path(path)
    for folder in apart_from:
        if path.resolve().is_relative_to(folder.resolve()):
            raise InputError(
                f"a key file inside {folder}, which holds what is given away",
                "a key file somewhere else: it undoes the de-identification",
                "name a file in a folder that only you can read",
            )
    try:
        return _read(path) if path.exists() else _new(path)
    except OSError as problem:
        raise InputError(
            f"the key file {path.name}: {problem.strerror}",
            "a key file that can be read, or a place for a new one",
            "name another file, or make its folder",
        ) from problem


def _new(path: Path) -> DeidentificationKey:
    secret = secrets.token_bytes(_SECRET_BYTES)
    content = {"kind": _KIND, "version": _VERSION, "secret": secret.hex()}
    # Exclusive: where two programs make it at once, one of them fails instead of losing the other's secret.
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(json.dumps(content, indent=2) + "\n")
        file.flush()
        os.fsync(file.fileno())
    return DeidentificationKey(secret)


def _read(path: Path) -> DeidentificationKey:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise ValueError("too large")
        content = json.loads(path.read_text("utf-8"))
        if (content["kind"], content["version"]) != (_KIND, _VERSION):
            raise ValueError("of another kind")
        secret = bytes.fromhex(content["secret"])
        if len(secret) != _SECRET_BYTES:
            raise ValueError("cut short")
    except (ValueError, KeyError, TypeError) as problem:
        raise InputError(
            f"{path.name}, which is no key file of wbmri",
            "a file that 'wbmri export --deidentify' made, or the name of a new one",
            "name the key file you used before, or a file that is not there yet",
        ) from problem
    return DeidentificationKey(secret)


@dataclass(frozen=True, slots=True)
class Pseudonym:
    """One person under a key.

    Parameters
    ----------
    key
        The secret.
    person
        What stands for the person, from the patient's number and who gave it.
    """

    SHORT: ClassVar[int] = 12

    key: DeidentificationKey
    person: bytes = field(repr=False)

    @classmethod
    def of(cls, key: DeidentificationKey, header: "Dataset") -> Self:
        """Return the pseudonym of the person whom a header of a source names.

        Raises
        ------
        InputError
            If it has no patient's number, by which visits of one person are known.
        """
        number = str(header.get("PatientID") or "").strip()
        if not number:
            raise InputError(
                "a source without a patient's number (0010,0020), to be de-identified",
                "one by which the visits of a person are known",
                "have the number entered in the archive, or export without --source",
            )
        return cls(key, key.digest("person", number, str(header.get("IssuerOfPatientID") or "").strip()))

    @property
    def participant(self) -> str:
        """BIDS label of the person."""
        return f"p{self.person.hex()[: self.SHORT]}"

    def session(self, label: str) -> str:
        """Return the BIDS label that replaces that of a visit."""
        return f"v{self.key.digest('session', self.person.hex(), label).hex()[: self.SHORT]}"

    def reader(self, name: str) -> str:
        """Return the id that replaces a reader's, the same for all patients; what is no person's stays."""
        return name if name in (AUTO, CONSENSUS) else f"r{self.key.digest('reader', name).hex()[: self.SHORT]}"

    @property
    def shift(self) -> timedelta:
        """By how many whole days dates go back, one to ten years."""
        number = int.from_bytes(self.key.digest("days", self.person.hex()))
        return timedelta(days=_FEWEST_DAYS + number % (_MOST_DAYS - _FEWEST_DAYS + 1))

    def when(self, moment: datetime) -> datetime:
        """Return the day of a moment, moved; times of day and zones are left out."""
        return datetime(moment.year, moment.month, moment.day, tzinfo=UTC) - self.shift

    def study(self, source: SourceStudy) -> SourceStudy:
        """Return a study with the names, numbers, identifiers and dates of the person replaced, and the rest left out.

        Parameters
        ----------
        source
            The study as it came.
        """
        from pydicom import Dataset

        made = Dataset()
        for keyword in _KEPT:
            if source.header.get(keyword) not in (None, ""):
                made[keyword] = source.header[keyword]
        for keyword in _MOVED:
            moved = self._date(str(source.header.get(keyword) or ""))
            if moved:
                setattr(made, keyword, moved)
        made.PatientName, made.PatientID = f"{self.participant}^", self.participant
        made.StudyInstanceUID = self.key.uid(str(source.header.StudyInstanceUID))
        made.PatientIdentityRemoved = "YES"
        made.DeidentificationMethod = [meaning for _, _, meaning in _METHODS]
        made.DeidentificationMethodCodeSequence = [code_item(*method) for method in _METHODS]
        made.LongitudinalTemporalInformationModified = "MODIFIED"
        return replace(
            source,
            header=made,
            images=tuple(replace(one, instance=self.key.uid(one.instance)) for one in source.images),
            frame_of_reference=self.key.uid(source.frame_of_reference),
        )

    def _date(self, text: str) -> str:
        try:
            return (datetime.strptime(text, "%Y%m%d") - self.shift).strftime("%Y%m%d")
        except (ValueError, OverflowError):
            return ""

    def reading(self, reading: Reading) -> Reading:
        """Return a reading without what people wrote in their own words, and with other ids for them."""
        review, tissue = reading.review, reading.soft_tissue
        if review is not None:
            between = review.between and (self.reader(review.between[0]), self.reader(review.between[1]))
            review = replace(review, who=self.reader(review.who), between=between, notes={}, remarks={})
        if tissue is not None:
            tissue = replace(tissue, calcinosis=replace(tissue.calcinosis, places=()))
        return replace(
            reading,
            groups=tuple(_without_own_words(entry) for entry in reading.groups),
            reader=self.reader(reading.reader),
            review=review,
            soft_tissue=tissue,
            provenance=tuple(step for step in reading.provenance if step.name != "review"),
        )

    def change(self, document: ChangeDocument) -> ChangeDocument:
        """Return a comparison with other labels and ids, and without what people wrote in their own words."""
        known, tissue = document.detectable, document.soft_tissue
        if known is not None:
            known = replace(known, readers=tuple(map(self.reader, known.readers)))
        if tissue is not None:
            tissue = replace(
                tissue,
                baseline_calcinosis=replace(tissue.baseline_calcinosis, places=()),
                followup_calcinosis=replace(tissue.followup_calcinosis, places=()),
            )
        return replace(
            document,
            participant=self.participant,
            baseline=self.session(document.baseline),
            followup=self.session(document.followup),
            cautions=tuple(map(self._renamed, document.cautions)),
            unreviewed=tuple(map(self._renamed, document.unreviewed)),
            course=tuple(replace(one, session=self.session(one.session), treatment=None) for one in document.course),
            detectable=known,
            soft_tissue=tissue,
        )

    def _renamed(self, sentence: str) -> str:
        """Return a sentence of the program with other labels for the visits."""
        return re.sub(r"\bses-([0-9A-Za-z]+)", lambda found: f"ses-{self.session(found[1])}", sentence)


def _without_own_words(entry: GroupReading) -> GroupReading:
    return replace(entry, explanation=_OWN_WORDS) if entry.source is GradeSource.READER else entry
