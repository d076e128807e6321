"""Programs that fail while they write lose, mix and leave nothing; `benchmarks/faults.py` tries every step of all."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

FAULTS = Path(__file__).parents[2] / "benchmarks" / "faults.py"
STEPS = 3
"""How many steps of the program fail, with each fault."""


@pytest.mark.skipif(not hasattr(os, "sendfile"), reason="programs are run as forked processes")
def test_a_reader_whose_program_fails_at_some_step_loses_mixes_and_finds_nothing_left() -> None:
    words = [sys.executable, str(FAULTS), str(STEPS), "review"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603 - our own program
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(done.stdout.splitlines()) == 1 + 4
