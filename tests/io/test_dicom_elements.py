"""What a DICOM file gives a parser to do is counted before it is parsed."""

import subprocess
import sys
import time
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom import Dataset, dcmread

from wbmri import load
from wbmri.core import InputError
from wbmri.io.dicom import check_elements
from wbmri.io.dicom.elements import ITEM_ELEMENTS, MOST_DEEP, MOST_VALUE_BYTES

FEW = 2000
SEQUENCE, ITEM = b"\xe1\x7f\x01\x10SQ\0\0\xff\xff\xff\xff", b"\xfe\xff\x00\xe0\0\0\0\0"
ENDLESS_ITEM, END = b"\xfe\xff\x00\xe0\xff\xff\xff\xff", b"\xfe\xff\xdd\xe0\0\0\0\0"
EMPTY = b"\xe1\x7f\x02\x10LO\0\0"


@pytest.fixture(scope="module")
def plain_file(dicom: Any, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("plain")
    return bytes(dicom.write_classic(folder, dicom.Stack(dicom.smooth()))[0].read_bytes())


def deflated(content: bytes) -> bytes:
    """Deflate a file without reading it."""
    begin = 144 + int.from_bytes(content[140:144], "little")
    syntax = b"\x02\0\x10\0UI\x16\x001.2.840.10008.1.2.1.99"
    pack = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS)
    return content[:132] + syntax + pack.compress(content[begin:]) + pack.flush()


def items(count: int) -> bytes:
    return SEQUENCE + ITEM * count + END


def defined(items: bytes) -> bytes:
    return SEQUENCE[:8] + len(items).to_bytes(4, "little") + items


MORE = {
    "elements": EMPTY * FEW,
    "zeros": bytes(8 * FEW),
    "items": items(FEW // ITEM_ELEMENTS),
    "items in a value of known length": defined(ITEM * (FEW // ITEM_ELEMENTS)),
    "an item of many elements": SEQUENCE + ENDLESS_ITEM + EMPTY * FEW,
    "an unknown value with items": b"\xe1\x7f\x01\x10UN" + items(FEW // ITEM_ELEMENTS)[6:],
    "fragments": b"\xe1\x7f\x01\x10OB\0\0\xff\xff\xff\xff" + ITEM * FEW + END,
    "depth": (SEQUENCE + ENDLESS_ITEM) * (MOST_DEEP + 1),
    "a list": b"\x28\x00\x30\x00UC\0\0"
    + (MOST_VALUE_BYTES + 2).to_bytes(4, "little")
    + b"1\\" * (MOST_VALUE_BYTES // 2 + 1),
}


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no more than `FEW` elements pass."""
    monkeypatch.setattr("wbmri.io.dicom.elements.MOST_ELEMENTS", FEW)


@pytest.mark.parametrize("kind", MORE)
@pytest.mark.parametrize("pack", [bytes, deflated])
@pytest.mark.usefixtures("few")
def test_more_than_a_parser_can_take_is_refused(plain_file: bytes, kind: str, pack: Any) -> None:
    with pytest.raises(ValueError, match="more than"):
        check_elements(BytesIO(pack(plain_file + MORE[kind])))


@pytest.mark.usefixtures("few")
def test_a_file_header_without_end_is_refused(plain_file: bytes) -> None:
    with pytest.raises(ValueError, match="elements"):
        check_elements(BytesIO(plain_file[:132] + b"\x02\0\xff\xffLO\0\0" * FEW + plain_file[132:]))


@pytest.mark.parametrize("pack", [bytes, deflated])
def test_what_a_parser_can_take_is_let_through(plain_file: bytes, pack: Any) -> None:
    long = b"\xe1\x7f\x02\x10OB\0\0" + (MOST_VALUE_BYTES + 2).to_bytes(4, "little") + bytes(MOST_VALUE_BYTES + 2)
    for more in (
        EMPTY * 1000,
        items(1000),
        defined(ITEM * 1000),
        (SEQUENCE + ENDLESS_ITEM) * MOST_DEEP,
        bytes(2048),
        long,
    ):
        check_elements(BytesIO(pack(plain_file + more)))


@pytest.mark.parametrize("syntax", ["implicit", "explicit", "big-endian", "deflated"])
@pytest.mark.parametrize("endless", [True, False])
def test_each_element_is_counted_once(
    dicom: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, syntax: str, endless: bool
) -> None:
    data = dicom.header({}, 1)
    inner, outer = Dataset(), Dataset()
    inner.ReferencedSOPInstanceUID, inner.PixelSpacing = "1.2.3", [1.0, 2.0]
    outer.ReferencedImageSequence = [inner, inner]
    data.SourceImageSequence = [outer] * 3
    data["SourceImageSequence"].is_undefined_length = endless
    data.SOPInstanceUID, data.PixelData = "1.2.4", bytes(8)
    content = dicom.save(data, tmp_path / "one.dcm", dicom.SYNTAXES[syntax]).read_bytes()
    count = len(data) + 3 * (1 + 2 * 2) + (3 + 6 + endless) * ITEM_ELEMENTS
    monkeypatch.setattr("wbmri.io.dicom.elements.MOST_ELEMENTS", count)
    check_elements(BytesIO(content))
    monkeypatch.setattr("wbmri.io.dicom.elements.MOST_ELEMENTS", count - 1)
    with pytest.raises(ValueError, match="elements"):
        check_elements(BytesIO(content))


def test_a_small_file_that_inflates_to_many_elements_is_named_in_seconds(dicom: Any, tmp_path: Path) -> None:
    path = dicom.write_classic(tmp_path, dicom.Stack(dicom.smooth()))[0]
    path.write_bytes(deflated(path.read_bytes() + bytes(2**23)))
    assert path.stat().st_size < 2**20
    begun = time.process_time()
    with pytest.raises(InputError, match=f"file {int(path.stem) + 1} of 6 by name"):
        load(tmp_path)
    assert time.process_time() - begun < 10


def test_an_element_that_claims_gigabytes_takes_no_more_than_there_is(dicom: Any, tmp_path: Path) -> None:
    paths = dicom.write_classic(tmp_path, dicom.Stack(dicom.smooth()))
    before = load(tmp_path)
    with paths[0].open("ab") as file:
        file.write(b"\xe1\x7f\x02\x10OB\0\0" + (2**32 - 2).to_bytes(4, "little") + bytes(100))
    program = (
        "import resource, sys, wbmri; resource.setrlimit(resource.RLIMIT_AS, (2**31, 2**31)); wbmri.load(sys.argv[1])"
    )
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=False)  # noqa: S603
    assert (done.returncode, done.stderr) == (0, "")
    np.testing.assert_array_equal(load(tmp_path).data, before.data)


def test_many_frames_at_one_place_are_read_in_seconds(dicom: Any, tmp_path: Path, plain_file: bytes) -> None:
    data = dcmread(BytesIO(plain_file))
    data.NumberOfFrames, data.Rows, data.Columns, data.PixelData = 2500, 8, 8, bytes(range(128)) * 2500
    data.save_as(tmp_path / "one.dcm")
    begun = time.process_time()
    with pytest.raises(InputError, match="a stack of one slice"):
        load(tmp_path)
    assert time.process_time() - begun < 10
    data.NumberOfFrames = 10_001
    data.PixelData = bytes(128) * 10_001
    data.save_as(tmp_path / "one.dcm")
    with pytest.raises(InputError, match="such as file 1 of 1 by name"):
        load(tmp_path)
