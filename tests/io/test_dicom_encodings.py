"""However the pixels are stored, the same image comes out; damage is named."""

import os
import subprocess
import sys
import time
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from pydicom import DataElement, dcmread

from wbmri.core import InputError
from wbmri.io import inspect, load
from wbmri.io.dicom.decoder_process import DecoderProcess, the_decoder
from wbmri.io.dicom.series import cluster_origins


@pytest.fixture(scope="module")
def plain(dicom: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("plain")
    dicom.write_classic(folder, dicom.Stack(dicom.smooth()))
    return load(folder)


@pytest.mark.parametrize("syntax", ["implicit", "big-endian", "deflated"])
def test_syntaxes_without_compression_of_pixels(dicom: Any, tmp_path: Path, plain: Any, syntax: str) -> None:
    dicom.write_classic(tmp_path, dicom.Stack(dicom.smooth()), syntax=dicom.SYNTAXES[syntax])
    np.testing.assert_array_equal(load(tmp_path).data, plain.data)


@pytest.mark.parametrize("kind", ["RLELossless", "JPEGLosslessProcess14_1", "JPEGLSLossless", "JPEG2000Lossless"])
def test_compressed_syntaxes(dicom: Any, tmp_path: Path, plain: Any, kind: str) -> None:
    for path in dicom.write_classic(tmp_path, dicom.Stack(dicom.smooth())):
        before = path.read_bytes()
        dicom.recode(path, kind)
        assert path.read_bytes() != before
    np.testing.assert_array_equal(load(tmp_path).data, plain.data)


@pytest.mark.parametrize("kind", ["JPEGLosslessProcess14_1", "JPEGLSLossless", "JPEG2000Lossless"])
@pytest.mark.parametrize("tag", ["Columns", "Rows"])
def test_a_frame_of_another_size_than_its_header_is_named(dicom: Any, tmp_path: Path, kind: str, tag: str) -> None:
    paths = dicom.write_classic(tmp_path, dicom.Stack(dicom.smooth()))
    for path in paths:
        dicom.recode(path, kind)
        data = dcmread(path)
        setattr(data, tag, 1000)
        data.save_as(path)
    with pytest.raises(InputError, match="its header says"):
        load(tmp_path)


@pytest.mark.parametrize("kind", ["JPEGLosslessProcess14_1", "JPEGLSLossless", "JPEG2000Lossless", "RLELossless"])
def test_damaged_frames_end_in_an_error_of_ours(dicom: Any, tmp_path: Path, kind: str) -> None:
    rng = np.random.default_rng(3)
    path = dicom.write_classic(tmp_path, dicom.Stack(dicom.smooth()))[2]
    dicom.recode(path, kind)
    content = path.read_bytes()
    for _ in range(15):
        damaged = bytearray(content)
        for place in rng.integers(len(content) - 600, len(content), 8):
            damaged[place] = rng.integers(256)
        path.write_bytes(bytes(damaged))
        with suppress(InputError):
            load(tmp_path)


def test_what_ends_the_decoder_does_not_end_the_program(
    dicom: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for path in dicom.write_classic(tmp_path, dicom.Stack(dicom.smooth())):
        dicom.recode(path, "JPEGLSLossless")
    monkeypatch.setattr("wbmri.io.dicom.pixels.the_decoder", DecoderProcess())
    # A process that is told nothing it knows ends at once, as a crashed one does.
    monkeypatch.setattr("wbmri.io.dicom.decoder_process.sys.executable", "/bin/false")
    with pytest.raises(InputError, match=r"compressed as JPEG-LS .*it ended the decoder"):
        load(tmp_path)


def decoders() -> list[psutil.Process]:
    """Return the decoders of this process that have not ended."""
    found = []
    for child in psutil.Process().children():
        with suppress(psutil.Error):  # it has just ended
            if "wbmri.io.dicom.decoder_process" in " ".join(child.cmdline()):
                found.append(child)
    return found


def until(ready: Callable[[], bool]) -> None:
    """Wait for something that a process of its own does."""
    end = time.monotonic() + 30
    while not ready():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_one_decoder_serves_until_it_is_not_needed_and_another_where_it_was_killed(
    dicom: Any,
    tmp_path: Path,
    plain: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    the_decoder.end()
    monkeypatch.setattr("wbmri.io.dicom.decoder_process._IDLE_S", 3.0)
    for path in dicom.write_classic(tmp_path, dicom.Stack(dicom.smooth())):
        dicom.recode(path, "JPEGLSLossless")
    load(tmp_path)
    (first,) = decoders()
    with ThreadPoolExecutor(4) as pool:
        volumes = list(pool.map(load, [tmp_path] * 4))
    assert decoders() == [first]
    first.kill()
    until(lambda: first not in decoders())
    for volume in (*volumes, load(tmp_path)):
        np.testing.assert_array_equal(volume.data, plain.data)
    (second,) = decoders()
    assert second != first
    until(lambda: not decoders())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_program_has_a_decoder_of_its_own(dicom: Any, tmp_path: Path) -> None:
    for path in dicom.write_classic(tmp_path, dicom.Stack(dicom.smooth())):
        dicom.recode(path, "JPEGLSLossless")
    program = (
        "import os, sys, wbmri, numpy as np; first = wbmri.load(sys.argv[1]); child = os.fork()\n"
        "for _ in range(5): assert np.array_equal(wbmri.load(sys.argv[1]).data, first.data)\n"
        "if not child: os._exit(0)\n"
        "sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))"
    )
    # From Python 3.12 on, forking beside any other thread is warned of, be it one that belongs to the linear algebra.
    words = [sys.executable, "-W", "ignore:This process:DeprecationWarning", "-c", program, str(tmp_path)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603 - our own program
    assert (done.returncode, done.stderr) == (0, "")


def test_the_decoder_does_with_less_memory_than_it_may_have(dicom: Any, tmp_path: Path) -> None:
    for path in dicom.write_classic(tmp_path, dicom.Stack(dicom.smooth())):
        dicom.recode(path, "JPEGLSLossless")
    program = (
        "import resource, sys, wbmri; resource.setrlimit(resource.RLIMIT_AS, (2**31, 2**31)); wbmri.load(sys.argv[1])"
    )
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=False)  # noqa: S603
    assert (done.returncode, done.stderr) == (0, "")


def test_a_file_that_inflates_without_end_is_damaged(dicom: Any, tmp_path: Path) -> None:
    path = dicom.write_classic(tmp_path, dicom.Stack(dicom.smooth()), syntax=dicom.SYNTAXES["deflated"])[0]
    content = path.read_bytes()
    begin = 144 + int.from_bytes(content[140:144], "little")
    bomb = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS)
    zeros = bytes(2**24)
    path.write_bytes(content[:begin] + b"".join(bomb.compress(zeros) for _ in range(20)) + bomb.flush())
    assert path.stat().st_size < 2_000_000
    with pytest.raises(InputError, match="such as file 6 of 6 by name"):
        load(path)


def test_a_pipe_among_the_files_is_passed_over(dicom: Any, tmp_path: Path, plain: Any) -> None:
    dicom.write_classic(tmp_path, dicom.Stack(dicom.smooth()))
    os.mkfifo(tmp_path / "pipe.dcm")
    (tmp_path / "circle").symlink_to(tmp_path)
    np.testing.assert_array_equal(load(tmp_path).data, plain.data)


def test_twenty_thousand_places_in_the_plane_are_no_stack() -> None:
    place = np.random.default_rng(1).uniform(0, 300, (20_000, 3))
    assert len(cluster_origins(place, 1.0)) == 1


def test_files_without_preamble(dicom: Any, tmp_path: Path, plain: Any) -> None:
    for path in dicom.write_classic(tmp_path, dicom.Stack(dicom.smooth())):
        content = path.read_bytes()
        length = int.from_bytes(content[140:144], "little")
        path.write_bytes(content[144 + length :])
    np.testing.assert_array_equal(load(tmp_path).data, plain.data)


@pytest.mark.parametrize("kind", [None, "JPEGLSLossless"])
def test_enhanced_multiframe(dicom: Any, tmp_path: Path, plain: Any, kind: str | None) -> None:
    path = dicom.write_enhanced(tmp_path / "one.dcm", [dicom.Stack(dicom.smooth())])
    if kind:
        dicom.recode(path, kind)
    volume = load(path)
    # Its frames carry a rescale slope of 2 and an intercept of -50.
    np.testing.assert_allclose(volume.data, plain.data * 2 - 50, rtol=1e-6)
    np.testing.assert_allclose(volume.affine, plain.affine, atol=1e-9)
    assert volume.acquisition.sequence == "STIR"
    assert volume.acquisition.inversion_time_ms == 160.0
    assert volume.acquisition.echo_time_ms == 68.0


def test_enhanced_multiframe_with_several_stations(dicom: Any, tmp_path: Path) -> None:
    stacks = [dicom.Stack(dicom.smooth(seed=k), (-100.0, -20.0, 900.0 - 160.0 * k)) for k in range(3)]
    dicom.write_enhanced(tmp_path / "one.dcm", stacks)
    assert len(load(tmp_path).acquisition.stations) == 3


def test_rescale_slope_and_intercept(dicom: Any, tmp_path: Path, plain: Any) -> None:
    dicom.write_classic(tmp_path, dicom.Stack(dicom.smooth()), {"RescaleSlope": 0.5, "RescaleIntercept": -10.0})
    np.testing.assert_allclose(load(tmp_path).data, plain.data * 0.5 - 10.0, rtol=1e-6)


def test_acquisition_facts(dicom: Any, plain: Any) -> None:
    facts = plain.acquisition
    assert (facts.sequence, facts.field_strength_t, facts.manufacturer, facts.model) == ("STIR", 1.5, "Maker", "Model")
    assert (facts.echo_time_ms, facts.inversion_time_ms, facts.repetition_time_ms) == (68.0, 160.0, 4500.0)


@pytest.mark.parametrize("kind", [None, "JPEGLSLossless"])
def test_truncated_pixels_are_named(dicom: Any, tmp_path: Path, kind: str | None) -> None:
    paths = dicom.write_classic(tmp_path, dicom.Stack(dicom.smooth()))
    if kind:
        dicom.recode(paths[2], kind)
    paths[2].write_bytes(paths[2].read_bytes()[:-900])
    with pytest.raises(
        InputError, match=r"the DICOM file \d+ of \d+ by name in its folder, with .*; expected a complete grey-scale MR"
    ):
        load(tmp_path)


@pytest.mark.parametrize("kept", [140, 500])
def test_damaged_headers_are_named(dicom: Any, tmp_path: Path, kept: int) -> None:
    paths = dicom.write_classic(tmp_path, dicom.Stack(dicom.smooth()))
    paths[0].write_bytes(paths[0].read_bytes()[:kept])
    with pytest.raises(InputError, match=r"1 damaged DICOM files, such as file \d of \d by name"):
        load(tmp_path)
    assert inspect(tmp_path).damaged == 1


def test_a_header_that_promises_more_frames_than_bytes_is_damaged(dicom: Any, tmp_path: Path) -> None:
    paths = dicom.write_classic(tmp_path, dicom.Stack(dicom.smooth()), {"NumberOfFrames": 2_000_000_000})
    with pytest.raises(InputError, match="6 damaged DICOM files"):
        load(paths[0].parent)


def test_an_inverted_grey_scale_is_refused(dicom: Any, tmp_path: Path) -> None:
    dicom.write_classic(tmp_path, dicom.Stack(dicom.smooth()), {"PhotometricInterpretation": "MONOCHROME1"})
    with pytest.raises(InputError, match="inverted grey scale"):
        load(tmp_path)


def test_a_constant_image_is_refused(dicom: Any, tmp_path: Path) -> None:
    dicom.write_classic(tmp_path, dicom.Stack(np.full((8, 8, 4), 7, np.uint16)))
    with pytest.raises(InputError, match="in series S1, an image in which every voxel is 7"):
        load(tmp_path)


def test_other_files_are_counted_and_passed_over(dicom: Any, tmp_path: Path, plain: Any) -> None:
    dicom.write_classic(tmp_path / "deep" / "er", dicom.Stack(dicom.smooth()))
    (tmp_path / "notes.txt").write_text("hello")
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "numbers").write_bytes(b"\x08\x00\x00\x00" + np.random.default_rng(0).bytes(5000))
    report = dicom.header({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.88.11", "SOPInstanceUID": "1.2.3"}, 9)
    dicom.save(report, tmp_path / "report.dcm")
    found = inspect(tmp_path)
    assert (found.not_dicom, found.not_images, found.damaged) == (3, 1, 0)
    np.testing.assert_array_equal(load(tmp_path).data, plain.data)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ImagePositionPatient": ["1e300", "0", "1e300"]}, "without position"),
        ({"PixelSpacing": ["1e-300", "1e-300"]}, "expected a finite, invertible"),
        ({"PixelSpacing": ["-1", "1"]}, "without position, orientation or pixel spacing"),
        ({"ImageOrientationPatient": ["1", "0", "0", "1", "0", "0"]}, "without position, orientation"),
        ({"NumberOfFrames": "-3"}, "damaged DICOM files"),
        ({"NumberOfFrames": "900000"}, "damaged DICOM files"),
        ({"Rows": 65535, "Columns": 65535}, "bytes for pixels of"),
        ({"BitsAllocated": 0}, "cannot be decoded"),
    ],
)
def test_numbers_that_no_scanner_writes_are_refused(
    dicom: Any, tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    dicom.write_body(tmp_path)
    for path in tmp_path.rglob("*"):
        if path.is_file():
            header = dcmread(path)
            for keyword, value in change.items():
                setattr(header, keyword, value)
            header.save_as(path)
    with pytest.raises(InputError, match=message):
        load(tmp_path)


def test_rows_as_a_negative_number_are_refused(dicom: Any, tmp_path: Path) -> None:
    dicom.write_body(tmp_path)
    for path in tmp_path.rglob("*"):
        if path.is_file():
            header = dcmread(path)
            header[0x0028, 0x0010] = DataElement(0x00280010, "SS", -8)
            header.save_as(path)
    with pytest.raises(InputError, match="at least one voxel along each axis"):
        load(tmp_path)


def test_no_message_names_a_dicom_file(dicom: Any, tmp_path: Path) -> None:
    def renamed(folder: str, change: Callable[[Path], object]) -> Path:
        dicom.write_body(tmp_path / folder)
        for path in sorted((tmp_path / folder / "2").iterdir()):
            change(path.rename(path.with_name(f"MUELLER_ANNA_{path.name}")))
        return tmp_path / folder

    damages: dict[str, Callable[[Path], object]] = {
        "pixels": lambda path: path.write_bytes(path.read_bytes()[:-900]),
        "header": lambda path: path.write_bytes(path.read_bytes()[:300]),
    }
    for kind, damage in damages.items():
        folder = renamed(kind, damage)
        with pytest.raises(InputError, match=r"file \d of \d by name in its folder") as caught:
            load(folder)
        assert "MUELLER" not in f"{inspect(folder)} {caught.value}"
    folder = renamed("twice", lambda path: None)
    stack = dicom.Stack(dicom.smooth(seed=99), origin=(-100.0, -20.0, 740.0))
    dicom.write_classic(folder, stack, number=2, slices=[3], mark="MUELLER_again")
    with pytest.raises(InputError, match="taken twice") as caught:
        load(folder)
    assert "MUELLER" not in str(caught.value)
