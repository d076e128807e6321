"""A file is there whole or not at all."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from wbmri.io import finish_writing, remove_drafts, write_atomic, write_together

FILES = ["sub/a", "sub/b", "c", "new/d"]
KILLED = """
import os, sys
from pathlib import Path
from wbmri.io import write_together
out, at, step = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
real, count = getattr(os, step), 0
def killed(*given):
    global count
    count += 1
    if count == at:
        os._exit(9)
    return real(*given)
setattr(os, step, killed)
if step == "replace":
    Path.replace = lambda self, to: killed(self, to)
write_together(out, [(out / name, b"new") for name in sys.argv[4:]])
"""


def old_dataset(out: Path) -> None:
    for name in FILES[:3]:
        (out / name).parent.mkdir(exist_ok=True)
        (out / name).write_bytes(b"old")


def contents(out: Path) -> dict[str, bytes]:
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in out.rglob("*") if path.is_file()}


OLD, NEW = dict.fromkeys(FILES[:3], b"old"), dict.fromkeys(FILES, b"new")


@pytest.mark.parametrize("step", ["replace", "fsync"])
def test_a_program_killed_at_any_step_leaves_all_or_nothing(tmp_path: Path, step: str) -> None:
    found = []
    for at in range(1, 30):
        out = tmp_path / f"{step}{at}"
        out.mkdir()
        old_dataset(out)
        ended = subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-c", KILLED, str(out), str(at), step, *FILES],
            check=False,
        )
        finish_writing(out)
        found.append(contents(out))
        assert found[-1] in (OLD, NEW)
        assert not [path for path in out.iterdir() if path.name.startswith(".")]
        if ended.returncode == 0:
            break
    assert ended.returncode == 0
    assert OLD in found
    assert NEW in found


def test_what_another_program_is_writing_is_left_alone(tmp_path: Path) -> None:
    fcntl = pytest.importorskip("fcntl")
    stage = tmp_path / ".wbmri-other"
    stage.mkdir()
    (stage / "0").write_bytes(b"half")
    with (stage / "owner").open("ab") as owner:
        fcntl.flock(owner, fcntl.LOCK_EX)
        finish_writing(tmp_path)
        write_together(tmp_path, [(tmp_path / "a", b"mine")])
        assert (stage / "0").exists()
    finish_writing(tmp_path)
    assert contents(tmp_path) == {"a": b"mine"}


def test_a_journal_cannot_write_outside_the_dataset(tmp_path: Path) -> None:
    out, stage = tmp_path / "out", tmp_path / "out" / ".wbmri-x"
    stage.mkdir(parents=True)
    (stage / "fresh").mkdir()
    (stage / "fresh" / "0").write_bytes(b"evil")
    (stage / "journal.json").write_text('["../escaped"]')
    finish_writing(out)
    assert not (tmp_path / "escaped").exists()


def test_an_error_puts_back_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old_dataset(tmp_path)
    real, count = os.replace, iter(range(100))

    def full(source: Path, target: Path) -> None:
        if next(count) == 2:
            raise OSError("no space left")
        real(source, target)

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="no space left"):
        write_together(tmp_path, [(tmp_path / name, b"new") for name in FILES])
    monkeypatch.undo()
    finish_writing(tmp_path)
    assert contents(tmp_path) == OLD


def test_content_is_written_and_replaced(tmp_path: Path) -> None:
    write_atomic(tmp_path / "a", b"one")
    write_atomic(tmp_path / "a", b"two")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("a", b"two")]


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_failure_leaves_the_old_file_and_nothing_else(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
) -> None:
    write_atomic(tmp_path / "a", b"one")

    def full(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(*((os, "fsync") if step == "fsync" else (Path, "replace")), full)
    with pytest.raises(OSError, match="no space left"):
        write_atomic(tmp_path / "a", b"two")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("a", b"one")]


def test_content_is_forced_to_the_disk_before_it_takes_the_name(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    steps: list[str] = []
    fsync, replace = os.fsync, Path.replace
    monkeypatch.setattr(os, "fsync", lambda fd: (steps.append("fsync"), fsync(fd))[1])
    monkeypatch.setattr(Path, "replace", lambda self, to: (steps.append("replace"), replace(self, to))[1])
    write_atomic(tmp_path / "a", b"one")
    assert steps == ["fsync", "replace", "fsync"]


def test_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_atomic(tmp_path / "no" / "a", b"one")


TOGETHER = """
import sys
from pathlib import Path
from wbmri.io import finish_writing, write_together
out, name = Path(sys.argv[1]), sys.argv[2]
sys.stdin.readline()
for number in range(60):
    write_together(out, [(out / name / str(k), b"%d" % number) for k in range(3)])
    finish_writing(out)
"""


def test_programs_that_write_at_the_same_time_do_not_take_each_other_for_dead(tmp_path: Path) -> None:
    words = [sys.executable, "-c", TOGETHER, str(tmp_path)]
    running = [subprocess.Popen([*words, name], stdin=subprocess.PIPE) for name in "abcd"]  # noqa: S603
    for one in running:
        assert one.stdin is not None
        one.stdin.write(b"\n")
        one.stdin.close()
    assert [one.wait(timeout=120) for one in running] == [0] * 4
    assert contents(tmp_path) == {f"{name}/{k}": b"59" for name in "abcd" for k in range(3)}


def test_a_folder_that_was_made_and_never_owned_is_removed_in_time(tmp_path: Path) -> None:
    for name, age_s in ((".wbmri_new", 0), (".wbmri_left", 3600)):
        (tmp_path / name).mkdir()
        moment = time.time() - age_s
        os.utime(tmp_path / name, (moment, moment))
    finish_writing(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [".wbmri_new"]


FAILING = """
import errno, os, sys
from pathlib import Path
from wbmri.io import write_together
out, fails, dies = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
replace, count = os.replace, 0
def step(source, target):
    global count
    count += 1
    if count == fails or dies == 0 and count > fails:
        raise OSError(errno.EROFS, "read-only")
    if count == dies:
        os._exit(9)
    replace(source, target)
os.replace = step
write_together(out, [(out / name, b"new") for name in sys.argv[4:]])
"""


@pytest.mark.parametrize("dies", range(6))
def test_a_program_that_fails_to_put_back_what_was_there_leaves_all_or_nothing(tmp_path: Path, dies: int) -> None:
    """Killed at one of the steps that follow, or not able to change anything again."""
    old_dataset(tmp_path)
    fails = 3
    words = [sys.executable, "-c", FAILING, str(tmp_path), str(fails), str(fails + dies if dies else 0), *FILES]
    subprocess.run(words, check=False, capture_output=True)  # noqa: S603 - our own program
    finish_writing(tmp_path)
    finish_writing(tmp_path)
    assert contents(tmp_path) == (OLD if dies > 1 else NEW)


def test_drafts_that_killed_programs_left_are_removed_in_time(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    moment = time.time() - 3600
    for name in (".new.0123456789ab", "sub/.left.0123456789ab", "sub/.hidden", "sub/plain.0123456789ab"):
        (tmp_path / name).touch()
        if "new" not in name:
            os.utime(tmp_path / name, (moment, moment))
    remove_drafts(tmp_path)
    assert sorted(contents(tmp_path)) == [".new.0123456789ab", "sub/.hidden", "sub/plain.0123456789ab"]
