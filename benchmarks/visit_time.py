"""Measure how long a visit takes from its images to its report, and how much memory, stage by stage.

    python benchmarks/visit_time.py INPUT [--runs 2] [--beside CHECKOUT]

INPUT is what `wbmri score` takes, such as a DICOM folder. Every run is a process of its own. With ``--beside`` the same
visit is scored by turns with the wbmri of another checkout, such as an earlier version, so that both meet the same load
of the machine; whether both give the same outlines and grades is said. Time of the processor is that of all threads,
and depends less than the clock on what else is running; memory is the peak until the end of the stage. The bars hold
for two processors that have nothing else to do.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

CLOCK_S, PEAK_MIB = 30.0, 2048.0


class Stages:
    """Takes the time and the peak memory between what the progress says.

    Attributes
    ----------
    spent
        Stage to seconds by the clock, seconds of the processor and peak memory in MiB at its end, in order.
    """

    def __init__(self) -> None:
        self.spent: dict[str, list[float]] = {}
        self._words = "starting"
        self._clock, self._processor = time.perf_counter(), time.process_time()

    def __call__(self, share: float, words: str) -> None:
        """Note that another stage may have begun."""
        if words != self._words:
            self.end()
            self._words = words

    def end(self) -> None:
        """Note the end of a stage."""
        clock, processor = time.perf_counter(), time.process_time()
        one = self.spent.setdefault(self._words, [0.0, 0.0, 0.0])
        one[0] += clock - self._clock
        one[1] += processor - self._processor
        one[2] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        self._clock, self._processor = clock, processor


def measure(inputs: str) -> None:
    """Score a visit in this process and print what it took as JSON."""
    stages = Stages()
    import numpy as np

    from wbmri.pipeline import score

    with TemporaryDirectory() as out:
        case = score(inputs, out, progress=stages).case
        stages.end()
        labels = case.labels().data
        grades = [group.grade for group in case.reading.groups]
        voxels = np.bincount(labels.ravel(), minlength=256).tolist()
    print(json.dumps({"spent": stages.spent, "voxels": voxels, "grades": grades}))


def run(inputs: str, checkout: Path | None) -> dict[str, object]:
    """Score a visit in a process of its own, with the wbmri of a checkout or with this one."""
    environment = dict(os.environ)
    if checkout is not None:
        environment["PYTHONPATH"] = str(checkout)
    command = [sys.executable, __file__, inputs, "--one"]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)  # noqa: S603
    found: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return found


def show(name: str, runs: list[dict]) -> None:
    """Print the stages of the run that took the processor least."""
    best = min(runs, key=lambda one: sum(spent[1] for spent in one["spent"].values()))["spent"]
    print(f"{name}\n  {'stage':34s} {'clock, s':>9s} {'processor, s':>13s} {'peak, MiB':>10s}")
    for words, (clock, processor, peak) in best.items():
        print(f"  {words:34s} {clock:9.2f} {processor:13.2f} {peak:10.0f}")
    clock, processor = (sum(spent[n] for spent in best.values()) for n in (0, 1))
    peak = max(spent[2] for spent in best.values())
    print(f"  {'whole':34s} {clock:9.2f} {processor:13.2f} {peak:10.0f}   (bars: {CLOCK_S:g} s, {PEAK_MIB:g} MiB)")


def main() -> None:
    """Print the table of each version."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("inputs", metavar="INPUT")
    parser.add_argument("--runs", type=int, default=2)
    parser.add_argument("--beside", type=Path, help="another checkout of wbmri")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        measure(options.inputs)
        return
    ours: list[dict] = []
    others: list[dict] = []
    for _ in range(options.runs):
        ours.append(run(options.inputs, None))
        if options.beside is not None:
            others.append(run(options.inputs, options.beside.resolve()))
    if others:
        show(f"with {options.beside}", others)
    show("this version", ours)
    if others:
        voxels = sum(abs(a - b) for a, b in zip(ours[0]["voxels"], others[0]["voxels"], strict=True))
        grades = sum(a != b for a, b in zip(ours[0]["grades"], others[0]["grades"], strict=True))
        print(f"groups graded otherwise: {grades}; voxels more or fewer in the groups: {voxels}")


if __name__ == "__main__":
    main()
