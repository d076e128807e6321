"""What a cohort is made of: one visit of one person, with the images to score."""

from dataclasses import dataclass

from wbmri.case import bids_label


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit that is to become a case.

    Paths are kept as text: ten thousand visits take a tenth of the memory.

    Parameters
    ----------
    participant, session
        BIDS labels; a ``sub-`` or ``ses-`` prefix is dropped.
    inputs
        A DICOM folder, or one or more image files (several are stations).
    labels
        Label maps of the user, instead of an engine; several are fused.
    problem
        Why it cannot be scored, in one line, or None.

    Raises
    ------
    InputError
        If a label is not a BIDS label.
    """

    participant: str
    session: str
    inputs: tuple[str, ...]
    labels: tuple[str, ...] = ()
    problem: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "participant", bids_label(self.participant, "sub"))
        object.__setattr__(self, "session", bids_label(self.session, "ses"))

    @property
    def name(self) -> str:
        """``sub-X_ses-Y``."""
        return f"sub-{self.participant}_ses-{self.session}"


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file or folder that is no part of any visit, and why."""

    path: str
    why: str


Found = Visit | Skipped
