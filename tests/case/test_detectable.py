"""The file with a site's smallest detectable change: written, read back, and refused when it is something else."""

from pathlib import Path

import pytest

from wbmri.case import DetectableChange, encode, read_detectable_change
from wbmri.core import InputError

FOUND = DetectableChange("jdm42 1", 84, 7.2, 4.7, "SDC", 20, ("ab", "cd"))


def test_the_file_gives_back_what_was_written(tmp_path: Path) -> None:
    file = tmp_path / "sdc.json"
    file.write_bytes(encode(FOUND))
    assert read_detectable_change(file) == FOUND


@pytest.mark.parametrize("content", [b"", b"{}", encode(FOUND).replace(b"4.7", b"9.9"), encode(FOUND) + b"x"])
def test_something_else_is_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "sdc.json"
    file.write_bytes(content)
    with pytest.raises(InputError, match="wbmri agreement") as caught:
        read_detectable_change(file)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no file"):
        read_detectable_change(tmp_path / "sdc.json")
