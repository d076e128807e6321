"""Studies that came over the network, on disk: nothing that was answered for is lost, however the program ends.

No name of a file or folder tells whom or what it holds: they are digests, with a key that only this inbox knows.
"""

import hmac
import re
import secrets
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import TypeAdapter, ValidationError

from wbmri.core import CaseError, InputError
from wbmri.io import remove_drafts, write_atomic
from wbmri.pacs.query import text

if TYPE_CHECKING:
    from pydicom import Dataset

LEAST_FREE_BYTES = 2_000_000_000
"""With less room on the disk nothing more is taken."""
MOST_OBJECTS = 20_000
"""A whole-body examination has some hundreds of objects."""
_LABEL = 8


@dataclass(frozen=True, slots=True)
class StudyState:
    """How far a study has come; written whole, or as it was before. Nothing in it identifies anybody.

    Parameters
    ----------
    participant, session
        BIDS labels of its case.
    scored
        Digest of the objects that were scored; empty before.
    case
        Folder of its case; empty before it was scored.
    sent
        Whether the results are in the archive.
    problem
        Why it was not scored, or not sent; empty if nothing is wrong.
    worklist
        What became of the question to the worklist whose study it is; empty before it was asked.
    earlier
        What became of the question for the patient's earlier study; empty before it was asked.
    room
        Session label that is kept for the earlier study as long as it is fetched; empty else.
    compared
        Digest of the two studies that were compared; empty before.
    comparison
        What became of the comparison with the visit before; empty if there was none.
    comparison_sent
        Whether the comparison is in the archive; true also where there is none to send.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid", "strict": True}

    participant: str
    session: str
    scored: str = ""
    case: str = ""
    sent: bool = False
    problem: str = ""
    worklist: str = ""
    earlier: str = ""
    room: str = ""
    compared: str = ""
    comparison: str = ""
    comparison_sent: bool = True


@dataclass(frozen=True, slots=True)
class StudyBox:
    """One study in the inbox.

    Parameters
    ----------
    folder
        Where it lies.
    """

    folder: Path

    @property
    def objects(self) -> Path:
        """The folder of its objects."""
        return self.folder / "objects"

    @property
    def export(self) -> Path:
        """The folder of what is written from its case."""
        return self.folder / "export"

    def comparison(self, compared: str) -> Path:
        """Return the folder of what is written from one comparison with the visit before; each has its own."""
        return self.folder / "comparisons" / compared[:24]

    def files(self) -> tuple[Path, ...]:
        """Return its objects that are there whole."""
        return tuple(sorted(self.objects.glob("*.dcm")))

    def header(self) -> "Dataset":
        """Read what one of its images says of the study and the patient."""
        from pydicom import dcmread

        return dcmread(self.files()[0], stop_before_pixels=True)

    def digest(self) -> str:
        """Return what tells one set of objects from another."""
        return sha256(repr([(path.name, path.stat().st_size) for path in self.files()]).encode()).hexdigest()

    def changed(self) -> float:
        """Return when the last object came, as `time.time` counts."""
        return max((path.stat().st_mtime for path in self.files()), default=0.0)

    def state(self) -> StudyState:
        """Read how far it has come.

        Raises
        ------
        CaseError
            If the file is damaged.
        """
        path = self.folder / "state.json"
        try:
            found: StudyState = TypeAdapter(StudyState).validate_json(path.read_bytes())
        except (OSError, ValidationError) as problem:
            raise CaseError(
                f"{path}, which is damaged",
                "what 'wbmri listen' writes",
                "move the folder of the study away and send the study again",
            ) from problem
        return found

    def write(self, state: StudyState) -> StudyState:
        """Write how far it has come."""
        write_atomic(self.folder / "state.json", TypeAdapter(StudyState).dump_json(state, indent=2))
        return state

    def update(self, **changes: Any) -> StudyState:
        """Write what has changed."""
        return self.write(replace(self.state(), **changes))


class Inbox:
    """A folder of studies, and of what could not be used.

    Parameters
    ----------
    root
        The folder; made if it is missing.
    """

    def __init__(self, root: str | Path) -> None:
        self.root = Path(root)
        for folder in (self.studies, self.aside, self._people):
            if not folder.is_dir():
                folder.mkdir(parents=True, exist_ok=True)
        key = self.root / "key"
        if not key.exists():
            write_atomic(key, secrets.token_bytes(32))
        self._key = key.read_bytes()
        if len(self._key) != 32:
            raise InputError(f"{key}, which is damaged", "the key of this inbox", "restore it from a backup")
        self._beginning = Lock()
        self._digests: dict[Path, tuple[float, str]] = {}
        self._dates: dict[Path, str] = {}

    def tidy(self) -> None:
        """Remove what a killed program left of files it was writing."""
        remove_drafts(self.root)

    @property
    def studies(self) -> Path:
        """The folder of the studies."""
        return self.root / "studies"

    @property
    def aside(self) -> Path:
        """The folder of objects that could not be used, each with a text that says why."""
        return self.root / "aside"

    @property
    def _people(self) -> Path:
        """The folder of the patient numbers that are another's, each a file with the label of the person."""
        return self.root / "people"

    def _name(self, *parts: str) -> str:
        return hmac.new(self._key, repr(parts).encode(), sha256).hexdigest()

    def keep(self, content: bytes, patient: str, study: str, instance: str, born: str = "") -> StudyBox:
        """Store an object; when this returns, it outlasts a loss of power.

        Parameters
        ----------
        content
            The DICOM file.
        patient, study, instance
            Identifiers of whom and what it shows, and of itself.
        born
            The patient's date of birth, by which one who is known by several numbers is known again; empty if not told.

        Raises
        ------
        OSError
            If it cannot be stored, or the disk or the study is full.
        """
        if shutil.disk_usage(self.root).free - len(content) < LEAST_FREE_BYTES:
            raise OSError("the disk is full")
        box = StudyBox(self.studies / self._name("study", study)[:24])
        # Not the folders above, in whose place a new one would hide all that is in them when they come back.
        box.folder.mkdir(exist_ok=True)
        box.objects.mkdir(exist_ok=True)
        if len(box.files()) >= MOST_OBJECTS:
            raise OSError("the study has too many objects")
        with self._beginning:  # two connections may bring the first objects of two visits of one person
            if not (box.folder / "state.json").exists():
                person = self._person(patient, born)
                box.write(StudyState(person, self._next_session(person)))
        write_atomic(box.objects / f"{self._name('object', instance)[:24]}.dcm", content)
        return box

    def _next_session(self, person: str) -> str:
        states = [box.state() for box in self.of_person(person)]
        taken = {state.session for state in states}
        kept = [state.room for state in states if state.room and state.room not in taken]
        return kept[0] if kept else f"{max(map(int, taken), default=0) + 1:02d}"

    @contextmanager
    def room_before(self, box: StudyBox) -> Iterator[None]:
        """Keep the session label before that of a study free for the earlier one, as long as it is entered.

        Only where the study is the first of the person and was not scored yet: labels of cases stay.
        """
        with self._beginning:
            state = box.state()
            if not state.scored and len(self.of_person(state.participant)) == 1:
                box.update(session=f"{int(state.session) + 1:02d}", room=state.session)
        try:
            yield
        finally:
            with self._beginning:
                now = box.state()
                came = len(self.of_person(now.participant)) > 1
                box.update(session=now.session if came or not now.room else now.room, room="")

    def of_person(self, participant: str) -> list[StudyBox]:
        """Return the studies of a person."""
        return [box for box in self.boxes() if box.state().participant == participant]

    def _person(self, number: str, born: str) -> str:
        """Return the label of the person who has a patient number; of several numbers together with a day of birth."""
        also = self._also(number, born)
        label = also.read_text("utf-8") if born and also.exists() else self._name("person", number)[:_LABEL]
        if not re.fullmatch(rf"[0-9a-f]{{{_LABEL}}}", label):
            raise CaseError(
                f"{also}, which is damaged", "what 'wbmri listen' writes", "restore it from a backup, or remove it"
            )
        return label

    def _also(self, number: str, born: str) -> Path:
        # With the day: what stands for no number, as "unknown", stands for nobody else.
        return self._people / self._name("also", number, born)[:24]

    def _born(self, participant: str) -> str:
        return next((text(box.header(), "PatientBirthDate") for box in self.of_person(participant) if box.files()), "")

    def join(self, box: StudyBox, numbers: Iterable[str]) -> frozenset[str]:
        """Take patient numbers for those of the person of a study, now and whenever another study has one of them.

        If the inbox has studies of the person under another of these numbers, and none other under that of this one,
        which was not scored yet, then this becomes a visit of that person. Numbers are of one person only together with
        the date of birth; without one, nothing is joined.

        Parameters
        ----------
        box
            The study.
        numbers
            The numbers, besides that in its images.

        Returns
        -------
        frozenset of str
            Labels of people who stay apart because both have cases already.
        """
        header = box.header()
        born = text(header, "PatientBirthDate")
        if not born:
            return frozenset()
        with self._beginning:
            state = box.state()
            labels = {number: self._person(number, born) for number in (text(header, "PatientID"), *numbers)}
            apart = {label for label in labels.values() if label != state.participant and self._born(label) == born}
            if len(apart) == 1 and len(self.of_person(state.participant)) == 1 and not state.scored:
                person = apart.pop()
                state = box.update(participant=person, session=self._next_session(person))
            for number, label in labels.items():
                if label not in (state.participant, *apart):
                    write_atomic(self._also(number, born), state.participant.encode())
        return frozenset(apart)

    def date(self, box: StudyBox) -> str:
        """Return the date of a study, as its images have it; empty where they have none."""
        if box.folder not in self._dates:
            self._dates[box.folder] = text(box.header(), "StudyDate")
        return self._dates[box.folder]

    def set_aside(self, content: bytes, why: str) -> Path:
        """Store what cannot be used, and why."""
        path = self.aside / f"{sha256(content).hexdigest()[:24]}.dcm"
        write_atomic(path, content)
        write_atomic(path.with_suffix(".txt"), f"{why}\n".encode())
        return path

    def boxes(self) -> Iterator[StudyBox]:
        """Yield every study."""
        for folder in sorted(self.studies.iterdir()):
            if (folder / "state.json").is_file():
                yield StudyBox(folder)

    def complete(self, now: float, quiet_s: float) -> Sequence[StudyBox]:
        """Return the studies that have to be scored: new objects came, and none for so many seconds.

        Parameters
        ----------
        now
            The time, as `time.time` counts.
        quiet_s
            For how long nothing must have come.
        """
        return [
            box
            for box in self.boxes()
            if box.files() and self._digest(box) != box.state().scored and now - box.changed() >= quiet_s
        ]

    def _digest(self, box: StudyBox) -> str:
        """Return the digest of a study, which is looked at anew only when something came."""
        changed = box.objects.stat().st_mtime
        known = self._digests.get(box.folder)
        if known is None or known[0] != changed:
            known = self._digests[box.folder] = (changed, box.digest())
        return known[1]
