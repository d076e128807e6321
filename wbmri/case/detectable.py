"""The smallest detectable change that a site found in its own double reads, kept in a file for later comparisons."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from wbmri.case.documents import SCHEMA_VERSION, STRICT, decode
from wbmri.errors import CaseError, InputError
from wbmri.reading import NOTICE


@dataclass(frozen=True, slots=True)
class DetectableChange:
    """How far the total of one person must change to be told from the readers' error.

    It holds for readers, schemes and ways of reading like those it was measured with.

    Parameters
    ----------
    scheme
        Name and version of the scheme, such as ``jdm42 1``.
    maximum
        The scheme's highest total, for which it holds.
    sdc95, sdc80
        Points by which a total must differ, at 95 % and at 80 %; for the score of one reader.
    formula
        Which formula they were calculated with.
    patients
        From how many patients.
    readers
        By which readers.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT

    scheme: str
    maximum: int
    sdc95: float
    sdc80: float
    formula: str
    patients: int
    readers: tuple[str, ...]
    notice: str = NOTICE
    schema_version: int = SCHEMA_VERSION

    def __post_init__(self) -> None:
        if not 0 <= self.sdc80 <= self.sdc95:
            raise InputError(
                f"a detectable change of {self.sdc95:g} points at 95 % and {self.sdc80:g} at 80 %",
                "0 <= sdc80 <= sdc95",
                "calculate them with 'wbmri agreement'",
            )


def read_detectable_change(path: str | Path) -> DetectableChange:
    """Read the file ``sdc.json`` that ``wbmri agreement --out`` wrote.

    Raises
    ------
    InputError
        If there is no such file, or it holds something else.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(
            f"no file {path}", "the sdc.json of a site's double reads", "write it with 'wbmri agreement READINGS --out'"
        )
    try:
        return decode(DetectableChange, path.read_bytes(), path)
    except CaseError as error:
        raise InputError(error.received, error.expected, "write it again with 'wbmri agreement'") from error
