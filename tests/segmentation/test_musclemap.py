"""The engine `musclemap` with a stand-in for the program, and what goes wrong with programs."""

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pytest

import wbmri.segmentation.musclemap
from wbmri.core import InputError, LabelMap, Progress, Volume, silent
from wbmri.core.scheme import Scheme
from wbmri.segmentation import MuscleMapEngine
from wbmri.segmentation.musclemap import run_program

SHAPE = (24, 16, 20)
AFFINE = np.diag([4.0, 5.0, 4.0, 1.0])

SEGMENTS = """
import argparse, pathlib, sys
import nibabel, numpy
parser = argparse.ArgumentParser()
for flag in ("-i", "-o", "-r", "-s", "--model_version"):
    parser.add_argument(flag, required=True)
given = parser.parse_args()
assert (given.r, given.model_version, float(given.s)) == ("wholebody", "1.4", 75.0)
image = nibabel.load(given.i)
print("Processing: 50%|####", end="\\r", flush=True)
labels = numpy.zeros(image.shape, numpy.float32)
labels[2:10, 2:8, 2:18] = 7101   # vastus lateralis, left
labels[2:10, 8:10, 2:18] = 6171  # femur, left
labels[14:22, 2:8, 2:18] = 8122  # peroneus longus, right
name = pathlib.Path(given.i).name.removesuffix(".nii.gz") + "_dseg.nii.gz"
nibabel.save(nibabel.Nifti1Image(labels, image.affine, image.header), pathlib.Path(given.o, name))
print("Inference completed.")
"""


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Puts a program `mm_segment` on the path."""
    if os.name != "posix":
        pytest.skip("the stand-in is a script with a shebang line")

    def put(source: str) -> None:
        file = tmp_path / "bin" / "mm_segment"
        file.parent.mkdir()
        file.write_text(f"#!{sys.executable}\n{source}")
        file.chmod(file.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("PATH", str(file.parent))

    return put


class Own:
    """Stands for the engine `auto`: it knows three groups."""

    name = "own"
    description = needs = ""

    def segment(self, volume: Volume, scheme: Scheme, progress: Progress) -> LabelMap:
        data = np.zeros(SHAPE, np.uint8)
        data[2:10, 2:9, 2:18] = 31  # thigh, anterior, left
        data[14:22, 2:8, 2:18] = 40  # leg, lateral, right
        data[14:22, 8:15, 2:18] = 9  # deltoid, left
        seen = frozenset({31, 40, 9})
        every = frozenset(group.label for group in scheme.groups)
        return LabelMap(data, volume.affine, scheme, self.name, dict.fromkeys(seen, 0.7), every - seen)


@pytest.fixture
def volume() -> Volume:
    return Volume(np.random.default_rng(5).uniform(1, 99, SHAPE), AFFINE)


def test_its_labels_are_mapped_filled_in_and_their_origin_kept(
    program: Callable[[str], None],
    volume: Volume,
    scheme: Scheme,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    program(SEGMENTS)
    monkeypatch.setattr(wbmri.segmentation.musclemap, "make_engine", lambda name: Own())
    reported: list[tuple[float, str]] = []
    engine = MuscleMapEngine()
    assert not engine.needs
    found = engine.segment(volume, scheme, lambda share, doing: reported.append((share, doing)))
    assert (found.data[2:10, 2:8, 2:18] == 31).all()
    assert not found.data[2:10, 8:10, 2:18].any(), "where it sees bone there is no muscle"
    assert (found.data[14:22, 8:15, 2:18] == 9).all()
    assert dict(found.origin) == {31: "musclemap", 40: "musclemap", 9: "own"}
    # How far both agree: all of the leg, and 12 of 13 parts of the thigh by Dice.
    assert found.confidence[40] == 1
    assert found.confidence[31] == pytest.approx(12 / 13)
    assert (0.3, "mm_segment: Processing: 50%|####") in reported


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("print('no model')", "made no label map .last said: no model."),
        ("raise SystemExit('out of memory')", "error 1 .last said: out of memory."),
        ("import time\nprint('loading', flush=True)\ntime.sleep(60)", "stopped after 0.5 s"),
    ],
)
def test_a_run_that_fails_says_why(
    program: Callable[[str], None],
    volume: Volume,
    scheme: Scheme,
    source: str,
    said: str,
) -> None:
    program(source)
    with pytest.raises(InputError, match=said):
        MuscleMapEngine(limit_s=0.5 if "sleep" in source else 60.0).segment(volume, scheme, silent)


def test_without_the_program_the_engine_says_what_it_needs(
    volume: Volume,
    scheme: Scheme,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "mm_segment" in MuscleMapEngine().needs
    with pytest.raises(InputError, match=r"install it from github\.com/MuscleMap/MuscleMap"):
        MuscleMapEngine().segment(volume, scheme, silent)


def test_other_pairs_are_refused_before_the_program_runs(
    program: Callable[[str], None], volume: Volume, scheme: Scheme
) -> None:
    program("raise SystemExit('ran')")
    with pytest.raises(InputError, match="in another order"):
        MuscleMapEngine().segment(volume, replace(scheme, pairs=scheme.pairs[::-1]), silent)


def test_a_program_that_cannot_be_started_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nothing-here, which cannot be started"):
        run_program([str(tmp_path / "nothing-here")], str(tmp_path), 5.0, silent)


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_program_ends_with_whoever_runs_it_however_that_ends(tmp_path: Path, number: int) -> None:
    program = tmp_path / "program"
    # It has a child of its own, as MuscleMap does.
    program.write_text("#!/bin/sh\nsleep 600 &\necho $$ $! > pids.new\nmv pids.new pids\nsleep 600\n")
    program.chmod(0o755)
    code = (
        "import sys; from wbmri.core import silent; from wbmri.segmentation.musclemap import run_program; "
        "run_program([sys.argv[1]], sys.argv[2], 600.0, silent)"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(program), str(tmp_path)]) as caller:  # noqa: S603
        try:
            until(lambda: (tmp_path / "pids").exists())
            pids = [int(pid) for pid in (tmp_path / "pids").read_text().split()]
            assert all(map(running, pids))
        finally:
            caller.send_signal(number)
    until(lambda: not any(map(running, pids)))


def running(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def until(ready: Callable[[], bool]) -> None:
    """Wait for something that other processes do."""
    end = time.monotonic() + 60
    while not ready():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.mark.skipif(os.name != "posix", reason="shebang line")
def test_how_a_program_was_killed_is_said(tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\nkill -9 $$\n")
    program.chmod(0o755)
    with pytest.raises(InputError, match="error 137"):
        run_program([str(program)], str(tmp_path), 60.0, silent)
