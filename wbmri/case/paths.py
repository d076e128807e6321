"""Where the files of a case lie below OUT, and how they are called."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from wbmri.errors import CaseError, InputError

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
            f"the label {text!r} for {entity}-", "ASCII letters and digits only, as BIDS asks", "choose another label"
        )
    return label


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
    def mosaic(self) -> Path:
        """The outlines on slices of the scan, one picture."""
        return self.folder / "figures" / f"{self.name}_acq-wbstir_desc-muscles_mosaic.png"

    @property
    def thumbnail(self) -> Path:
        """One small slice with the outlines in the colours of the grades."""
        return self.folder / "figures" / f"{self.name}_acq-wbstir_desc-oedema_thumbnail.png"

    @property
    def outcome(self) -> Path:
        """What became of the visit when its cohort was scored."""
        return self.folder / f"{self.name}_outcome.json"


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
    def figure(self) -> Path:
        """The comparison as one picture."""
        return self._change("png")
