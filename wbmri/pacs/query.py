"""Questions to an archive or a worklist by C-FIND."""

from typing import TYPE_CHECKING, Any

from wbmri.core import InputError
from wbmri.pacs.target import DimseTarget

if TYPE_CHECKING:
    from pydicom import Dataset

PENDING = (0xFF00, 0xFF01)
"""Answers after which more come (DICOM PS3.4 C.4.1.1.4)."""
_MOST_ANSWERS = 1000


def query(**keys: str) -> "Dataset":
    """Return a question: what must match, and with an empty value what shall be told."""
    from pydicom import Dataset

    made = Dataset()
    for keyword, value in keys.items():
        setattr(made, keyword, value)
    return made


def ask(association: Any, question: "Dataset", model: str, peer: DimseTarget, what: str) -> "list[Dataset]":
    """Return what is answered, no more than fits.

    Parameters
    ----------
    association
        With whom is asked.
    question
        Keys that must match, and that shall be told.
    model
        UID of the information model.
    peer
        Who that is.
    what
        What is looked for, for the error.

    Raises
    ------
    InputError
        If the answer is that it cannot be found, or none.
    """
    found: list[Dataset] = []
    for status, answer in association.send_c_find(question, model):
        code = status.get("Status")
        if code in PENDING:
            if answer is not None and len(found) < _MOST_ANSWERS:
                found.append(answer)
        elif code != 0x0000:
            raise unwilling(peer, f"find {what}", code)
    return found


def unwilling(peer: DimseTarget, what: str, code: int | None) -> InputError:
    """Return what is said of somebody who answers that he cannot do something, or nothing."""
    answered = "nothing" if code is None else f"0x{code:04X}"
    return InputError(
        f"{peer.title}, which could not {what} (it answered {answered})",
        "one that answers this program and knows where it is",
        "have its administrator enter this program's title, host and port, and allow it to query and retrieve",
    )


def text(found: "Dataset", keyword: str) -> str:
    """Return a value as text without the blanks around it; empty where it is missing."""
    return str(found.get(keyword) or "").strip()
