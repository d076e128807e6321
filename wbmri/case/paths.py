"""Where the files of a case lie below OUT, and how they are called."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from wbmri.core import AUTO, CaseError, InputError

CONSENSUS = "consensus"
"""The reader that two people who disagreed became; its reading goes before theirs."""

_PERSON_NAME = re.compile(r"_run-([1-9][0-9]*)_desc-([0-9A-Za-z]+)_(?:history\.jsonl|reading\.json)")
_CHANGE_NAME = re.compile(r"sub-([0-9A-Za-z]+)_from-([0-9A-Za-z]+)_to-([0-9A-Za-z]+)_change\.json")
_READING_NAME = re.compile(r"sub-([0-9A-Za-z]+)_ses-([0-9A-Za-z]+)_desc-oedema_reading\.json")


def bids_label(text: str, entity: str) -> str:
    """Return a BIDS label without its ``sub-`` or ``ses-`` prefix.

    Parameters
    ----------
    text
        What the user typed, such as ``X`` or ``sub-X``.
    entity
        ``"sub"`` or ``"ses"``.

    Raises
    ------
    InputError
        If anything but ASCII letters and digits is left.
    """
    label = text.removeprefix(f"{entity}-")
    if not (label.isascii() and label.isalnum()):
        raise InputError(
            f"the label {text!r} for {entity}-",
            "ASCII letters and digits only, as BIDS asks",
            "choose another label",
        )
    return label


def natural_sort_key(text: str) -> tuple[tuple[int, int | str], ...]:
    """Return a key that sorts numbers inside names by their value: month6 before month12."""
    parts = (part for part in re.split(r"([0-9]+)", text) if part)
    # More digits than any number has are compared as a word.
    return tuple((0, int(part)) if re.fullmatch(r"[0-9]{1,18}", part) else (1, part) for part in parts)


@dataclass(frozen=True, slots=True)
class CasePaths:
    """The files of one person at one visit.

    Parameters
    ----------
    out
        The BIDS derivatives folder, OUT.
    participant, session
        BIDS labels; a ``sub-`` or ``ses-`` prefix is dropped.

    Raises
    ------
    InputError
        If a label is not a BIDS label.
    """

    out: Path
    participant: str
    session: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "out", Path(self.out))
        object.__setattr__(self, "participant", bids_label(self.participant, "sub"))
        object.__setattr__(self, "session", bids_label(self.session, "ses"))

    @classmethod
    def find(cls, path: str | Path) -> Self:
        """Return the paths of the case in a folder ``OUT/sub-X/ses-Y``, or of the one a reading.json belongs to.

        Raises
        ------
        CaseError
            If no complete case lies there.
        """
        path = Path(path)
        found = sorted(path.glob("anat/*_reading.json")) if path.is_dir() else [path]
        name = _READING_NAME.fullmatch(found[0].name) if len(found) == 1 and found[0].is_file() else None
        case = cls(found[0].resolve().parents[3], name[1], name[2]) if name else None
        if case is None or case.reading != found[0].resolve():
            raise CaseError(
                f"{path} without a complete case",
                "a folder OUT/sub-X/ses-Y that 'wbmri score' wrote, or the reading.json in it",
                "score the visit, or name the folder of an existing case",
            )
        return case

    @property
    def name(self) -> str:
        """``sub-X_ses-Y``, with which every file of the case begins."""
        return f"sub-{self.participant}_ses-{self.session}"

    @property
    def folder(self) -> Path:
        """The folder of the visit."""
        return self.out / f"sub-{self.participant}" / f"ses-{self.session}"

    def _anat(self, ending: str) -> Path:
        return self.folder / "anat" / f"{self.name}_{ending}"

    @property
    def volume(self) -> Path:
        """The composed volume, NIfTI."""
        return self._anat("acq-wbstir_T2w.nii.gz")

    @property
    def volume_sidecar(self) -> Path:
        """How the composed volume was acquired, in the words of BIDS."""
        return self._anat("acq-wbstir_T2w.json")

    @property
    def labels(self) -> Path:
        """The label map, NIfTI."""
        return self._anat("acq-wbstir_desc-muscles_dseg.nii.gz")

    @property
    def labels_sidecar(self) -> Path:
        """How the label map was made and how far it can be relied on."""
        return self._anat("acq-wbstir_desc-muscles_dseg.json")

    @property
    def labels_table(self) -> Path:
        """What each label of the label map is, BIDS look-up table."""
        return self._anat("acq-wbstir_desc-muscles_dseg.tsv")

    @property
    def reading(self) -> Path:
        """The reading; the last file written, so that it marks a complete case."""
        return self._anat("desc-oedema_reading.json")

    @property
    def scores(self) -> Path:
        """The grades as a table, one row per group."""
        return self._anat("desc-oedema_scores.tsv")

    @property
    def history(self) -> Path:
        """What was done to the case, one JSON object a line."""
        return self._anat("desc-oedema_history.jsonl")

    @property
    def report(self) -> Path:
        """The report, one HTML file."""
        return self.folder / f"{self.name}_report.html"

    @property
    def readings(self) -> Path:
        """The folder of people's readings."""
        return self.folder / "readings"

    @property
    def lock(self) -> Path:
        """Who has the case open."""
        return self.readings / f"{self.name}_lock.json"

    @property
    def mosaic(self) -> Path:
        """The outlines on slices of the scan, one picture."""
        return self.folder / "figures" / f"{self.name}_acq-wbstir_desc-muscles_mosaic.png"

    @property
    def thumbnail(self) -> Path:
        """One small slice with the outlines in the colours of the grades."""
        return self.folder / "figures" / f"{self.name}_acq-wbstir_desc-oedema_thumbnail.png"

    @property
    def manifest(self) -> Path:
        """The SHA-256 of every file of the case."""
        return self.folder / f"{self.name}_manifest.json"

    @property
    def outcome(self) -> Path:
        """What became of the visit when its cohort was scored."""
        return self.folder / f"{self.name}_outcome.json"


@dataclass(frozen=True, slots=True)
class ReadingPaths:
    """The files of one person's reading of a case.

    Parameters
    ----------
    case
        The case.
    reader
        Id of the person, ASCII letters and digits.
    run
        1 for the reading itself, 2 and on for its addenda.
    elsewhere
        Where the files lie, if not in the case's folder ``readings``.

    Raises
    ------
    InputError
        If the id cannot stand in a file name, or is that of the program.
    """

    case: CasePaths
    reader: str
    run: int = 1
    elsewhere: Path | None = None

    def __post_init__(self) -> None:
        reader = self.reader
        if not (reader.isascii() and reader.isalnum()) or reader.lower() == AUTO:
            raise InputError(
                f"the reader {reader!r}",
                f"ASCII letters and digits, and not {AUTO!r}",
                "choose another id",
            )
        if self.elsewhere is not None:
            object.__setattr__(self, "elsewhere", Path(self.elsewhere))

    @classmethod
    def begun(cls, case: CasePaths, elsewhere: Path | None = None) -> tuple[Self, ...]:
        """Return the readings that people have begun or signed, by reader and run."""
        files = (elsewhere or case.readings).glob(f"{case.name}_run-*")
        names = (_PERSON_NAME.fullmatch(path.name.removeprefix(case.name)) for path in files)
        found = {(name[2], int(name[1])) for name in names if name}
        return tuple(cls(case, reader, run, elsewhere) for reader, run in sorted(found))

    @property
    def folder(self) -> Path:
        """The folder of the files."""
        return self.elsewhere or self.case.readings

    def _file(self, ending: str) -> Path:
        return self.folder / f"{self.case.name}_run-{self.run}_desc-{self.reader}_{ending}"

    @property
    def history(self) -> Path:
        """Every action, one JSON object a line; the first file of a reading."""
        return self._file("history.jsonl")

    @property
    def place(self) -> Path:
        """Where the reader left off."""
        return self._file("place.json")

    def mask(self, number: int) -> Path:
        """Return the file with the voxels that the action of this number changed."""
        return self._file("masks") / f"{number:06d}.wbm"

    @property
    def labels(self) -> Path:
        """The label map with this person's corrections, NIfTI; there only if outlines were corrected."""
        return self._file("dseg.nii.gz")

    @property
    def scores(self) -> Path:
        """The grades as a table, one row per group."""
        return self._file("scores.tsv")

    @property
    def report(self) -> Path:
        """The report of this reading, one HTML file."""
        return self._file("report.html")

    @property
    def manifest(self) -> Path:
        """The SHA-256 of the files of a reading that was signed elsewhere."""
        return self._file("manifest.json")

    @property
    def files(self) -> tuple[Path, ...]:
        """Whatever files of this reading there are."""
        found = self.folder.glob(self._file("*").name)
        return tuple(sorted(path for one in found for path in ([one] if one.is_file() else one.glob("*"))))

    @property
    def reading(self) -> Path:
        """The reading; the last file written: a reading that has it is signed."""
        return self._file("reading.json")


@dataclass(frozen=True, slots=True)
class ChangePaths:
    """The files of a comparison of two visits of one person.

    Parameters
    ----------
    out
        The BIDS derivatives folder, OUT.
    participant, baseline, followup
        BIDS labels of the person and of the earlier and the later visit.
    """

    out: Path
    participant: str
    baseline: str
    followup: str

    @classmethod
    def at(cls, path: str | Path) -> tuple[Self, ...]:
        """Return the comparisons at a path: that of a ``*_change.json``, or those in the folder of a person."""
        path = Path(path)
        files = sorted(path.glob("*_change.json")) if path.is_dir() else [path]
        names = [(file, _CHANGE_NAME.fullmatch(file.name)) for file in files if file.is_file()]
        return tuple(cls(file.absolute().parent.parent, *name.groups()) for file, name in names if name)

    def _change(self, ending: str) -> Path:
        person = f"sub-{self.participant}"
        return self.out / person / f"{person}_from-{self.baseline}_to-{self.followup}_change.{ending}"

    @property
    def table(self) -> Path:
        """The transitions, one row per group."""
        return self._change("tsv")

    @property
    def document(self) -> Path:
        """The comparison as JSON."""
        return self._change("json")

    @property
    def report(self) -> Path:
        """The comparison for a reader, one HTML file."""
        return self._change("html")

    @property
    def print(self) -> Path:
        """The same for print, PDF."""
        return self._change("pdf")

    @property
    def figure(self) -> Path:
        """The comparison as one picture."""
        return self._change("png")

    def drawing(self, name: str, ending: str) -> Path:
        """One of the drawings of the comparison, as PNG, SVG or PDF."""
        change = self._change(ending)
        return change.parent / "figures" / f"{change.stem}-{name}.{ending}"
