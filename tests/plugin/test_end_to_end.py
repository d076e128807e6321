"""The program as it is started, with the keys and mouse of an X server."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from wbmri.case import CasePaths
from wbmri.review import open_review

pytestmark = pytest.mark.skipif(shutil.which("xdotool") is None, reason="xdotool, which types, is not installed")


def wait_for(found: Callable[[], object], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < end, "nothing happened in time"
        time.sleep(0.1)


def test_a_reader_starts_it_opens_a_case_and_grades_by_keys(out: Path, tmp_path: Path) -> None:
    def do(*arguments: str) -> str:
        return subprocess.run(["xdotool", *arguments], capture_output=True, text=True, check=False).stdout.strip()  # noqa: S603, S607 - our own arguments

    history = out / "sub-01/ses-baseline/readings/sub-01_ses-baseline_run-1_desc-ANNA_history.jsonl"

    def graded(group: str) -> bool:
        return history.exists() and any(group in line and '"decided"' in line for line in history.open())

    environment = {**os.environ, "PYTHONWARNINGS": "ignore", "NAPARI_CONFIG": str(tmp_path / "napari.yaml")}
    with (tmp_path / "log").open("wb") as log:
        started = subprocess.Popen(  # noqa: S603 - our own arguments
            [sys.executable, "-m", "wbmri", "review", str(out), "--reader", "ANNA"],
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            wait_for(lambda: do("search", "--onlyvisible", "--pid", str(started.pid)) or started.poll() is not None)
            assert started.poll() is None, (tmp_path / "log").read_text()
            window = do("search", "--onlyvisible", "--pid", str(started.pid)).splitlines()[-1]
            do("windowfocus", window)
            # The list has the focus, with its first case selected.
            lock = CasePaths(out, "01", "baseline").lock
            wait_for(lambda: do("key", "Return") == "" and (lock.exists() or time.sleep(1.0)))
            wait_for(lambda: do("key", "2") == "" and (graded("neck_flexors_left") or time.sleep(1.0)))
            do("key", "Down")
            do("key", "1")
            wait_for(lambda: graded("neck_flexors_right"))
        finally:
            started.kill()
            started.wait()
    session = open_review(CasePaths(out, "01", "baseline"), "ANNA")
    grades = {label: decision.grade for label, decision in session.decisions.items()}
    session.close()
    assert grades == {1: 2, 2: 1}
