"""Measure how well the muscle groups are found in bodies that no engine has seen.

    python benchmarks/segmentation.py [--engine auto] [--bodies 20] [--first 0] [--beside demons,elastix] [--json FILE]

Draws and scans 20 random bodies (`wbmri.simulation`), always the same: 90 to 180 cm tall, thin to obese, some with the
arms on the belly, pelvis and limbs turned, in coronal and axial stacks, half of them 3 degrees oblique, with voxels of
1.2-2 mm in plane and slices of 4-8 mm, with oedema and artefacts. Prints per body and per group the Dice overlap with
the truth, groups that were taken for those of the other side, time and peak memory, and whether the bars are reached.
`--beside` measures registration programs alone on the same bodies in the same run.
Each body is segmented in a process of its own, so that the memory is that of one body.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray
from registered_atlases import NEEDS, register
from scipy.spatial.transform import Rotation

from wbmri.core import Acquisition, InputError, Volume
from wbmri.core.scheme import load_scheme
from wbmri.io.stitching import compose
from wbmri.registration import nearest_on_grid
from wbmri.segmentation import segment
from wbmri.simulation.body import BodyRanges, grid_around, random_body
from wbmri.simulation.scanner import (
    Artefacts,
    Plane,
    Protocol,
    Scan,
    acquire,
    oedema_ratio,
    random_involvement,
)

SEED = 20260
BODIES = 20
HEIGHTS_MM = (900.0, 1800.0)
IN_PLANE_MM, SLICE_MM = (1.2, 2.0), (4.0, 8.0)
OBLIQUE_DEG = 3.0
CUT_MM = (20.0, 90.0)
"""What a narrow field of view leaves out on each side of the drawn grid; hands and forearms, for the most part."""
SUBSLICES = 3
ON_BELLY_DEG = 60.0
"""An arm whose elbow is bent by more lies on the belly."""
IN_VIEW = 0.5
"""A group counts if at least this share of it lies in the field of view."""
MEAN_BAR, WORST_BAR = 0.85, 0.75


@dataclass(frozen=True)
class Result:
    """One body measured with one engine.

    Parameters
    ----------
    dice
        Overlap by group id, of the groups in view.
    swapped
        Groups that overlap the other side's truth more than their own.
    seconds, peak_mib
        Time and peak memory of the segmentation.
    error
        Why there is no segmentation; empty if there is one.
    """

    body: int
    engine: str
    facts: str
    dice: dict[str, float]
    swapped: list[str]
    seconds: float
    peak_mib: float
    error: str = ""

    @property
    def mean(self) -> float:
        """Mean Dice overlap over the groups in view."""
        return float(np.mean(list(self.dice.values())))


def make_body(number: int) -> tuple[Volume, NDArray[np.uint8], list[int], str]:
    """Draw and scan one body.

    Returns
    -------
    volume, truth, seen, facts
        The composed scan, its true labels, the labels in view, and a line about the body.
    """
    rng = np.random.default_rng([SEED, number])
    # Each twentieth of the range of heights once, in an order that does not follow the planes.
    step = (number * 7) % BODIES
    low, high = (HEIGHTS_MM[0] + (HEIGHTS_MM[1] - HEIGHTS_MM[0]) * (step + end) / BODIES for end in (0, 1))
    body = random_body(int(rng.integers(1 << 30)), BodyRanges(height_mm=(low, high)))
    plane = (Plane.CORONAL, Plane.AXIAL)[number % 2]
    axis = rng.standard_normal(3)
    degrees = OBLIQUE_DEG if number % 4 < 2 else rng.uniform(0, 1)
    turn = axis / np.linalg.norm(axis) * degrees
    fine, thick = rng.uniform(*IN_PLANE_MM), rng.uniform(*SLICE_MM)
    thin = thick / SUBSLICES
    spacing = (fine, thin, fine) if plane is Plane.CORONAL else (fine, fine, thin)
    axes = Rotation.from_rotvec(turn, degrees=True).as_matrix()
    drawn = body.render(grid_around(body.parts(), spacing, 10.0 + 1.6 * body.fat_mm, axes))
    involved = random_involvement(drawn.labels, int(rng.integers(1 << 30)))
    oedema = oedema_ratio(drawn.labels, spacing, involved, int(rng.integers(1 << 30)))
    narrow = rng.random() < 0.3
    cut = rng.uniform(*CUT_MM, 2) if narrow else np.zeros(2)
    artefacts = Artefacts(
        ghosts=float(rng.uniform(0.03, 0.12)) if rng.random() < 0.4 else 0.0,
        inversion=float(rng.uniform(0.5, 0.9)) if rng.random() < 0.4 else 1.0,
        cut_mm=(float(cut[0]), float(cut[1])),
        wrap=float(rng.uniform(0.1, 0.5)) if narrow and rng.random() < 0.5 else 0.0,
        seed=int(rng.integers(1 << 30)),
    )
    strong = rng.random() < 0.4
    protocol = Protocol(3.0, 4500.0, 220.0, 50.0) if strong else Protocol()
    scan = Scan(
        subslices=SUBSLICES,
        noise=float(rng.uniform(0.04, 0.1)),
        shading=float(rng.uniform(0.05, 0.3)),
        muscle_counts=float(rng.uniform(60, 400)),
        seed=int(rng.integers(1 << 30)),
        plane=plane,
        artefacts=artefacts,
    )
    made = acquire(drawn, oedema, protocol, scan)
    volume = compose(made.stations)
    truth = nearest_on_grid(made.labels, made.grid, volume.grid)
    whole = np.bincount(drawn.labels.ravel(), minlength=43) / SUBSLICES
    shown = np.bincount(truth.ravel(), minlength=43)
    seen = [label for label in range(1, 43) if shown[label] >= IN_VIEW * whole[label]]
    on_belly = sum(arm.elbow > ON_BELLY_DEG for arm in (body.pose.left_arm, body.pose.right_arm))
    facts = (
        f"{body.shape.height_mm / 10:.0f} cm, girth {body.shape.girth:.2f}, belly {body.shape.belly:.2f}, "
        f"fat {body.fat_mm:.0f} mm, {plane} {degrees:.1f} deg, {fine:.1f} x {thick:.1f} mm, "
        f"{protocol.field_strength_t:g} T"
        + (f", {on_belly} arms on the belly" if on_belly else "")
        + (", ghosts" if artefacts.ghosts else "")
        + (", bright fat" if artefacts.inversion < 1 else "")
        + (f", cut {cut[0]:.0f} and {cut[1]:.0f} mm" if narrow else "")
        + (", wrap" if artefacts.wrap else "")
    )
    return volume, truth, seen, facts


def compare(found: NDArray[np.uint8], truth: NDArray[np.uint8], seen: list[int]) -> tuple[dict[str, float], list[str]]:
    """Return the overlap of each group in view, and the groups that lie on the other side."""
    counts = np.zeros((43, 43), np.int64)
    for true_slice, found_slice in zip(truth, found, strict=True):
        pairs = true_slice.astype(np.int64) * 43 + found_slice
        counts += np.bincount(pairs.ravel(), minlength=43 * 43).reshape(43, 43)
    scheme = load_scheme()
    dice = {}
    swapped = []
    for group in scheme.groups:
        label, other = group.label, scheme.opposite(group.label)
        if counts[other, label] > counts[label, label]:
            swapped.append(group.id)
        if label in seen:
            dice[group.id] = float(2 * counts[label, label] / (counts[label].sum() + counts[:, label].sum()))
    return dice, swapped


def find_labels(engine: str, volume: Volume) -> NDArray[np.uint8]:
    """Return the labels an engine of the project, or a registration program, finds."""
    return register(engine, volume) if engine in NEEDS else segment(volume, engine=engine).data


def peak_mib() -> float:
    """Return the most memory this process held."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024**2 if sys.platform == "darwin" else 1024)
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1024


def work(engine: str, folder: Path) -> None:
    """Segment the body in a folder; the process that `measure` starts."""
    facts = json.loads((folder / "acquisition.json").read_text(encoding="utf-8"))
    with np.load(folder / "scan.npz") as scan:
        volume = Volume(scan["data"], scan["affine"], Acquisition(**facts))
    start = time.perf_counter()
    try:
        labels, error = find_labels(engine, volume), ""
    except InputError as refused:
        labels, error = np.zeros(volume.shape, np.uint8), str(refused)
    seconds = time.perf_counter() - start
    np.save(folder / "labels.npy", labels)
    print(json.dumps({"seconds": seconds, "peak_mib": peak_mib(), "error": error}))


def measure(number: int, engines: list[str]) -> Iterator[Result]:
    """Make one body and measure every engine on it, one after the other."""
    volume, truth, seen, facts = make_body(number)
    stated = {
        name: getattr(volume.acquisition, name)
        for name in ("sequence", "field_strength_t", "echo_time_ms", "inversion_time_ms", "repetition_time_ms")
    }
    with TemporaryDirectory() as name:
        folder = Path(name)
        np.savez(folder / "scan.npz", data=volume.data, affine=volume.affine)
        (folder / "acquisition.json").write_text(json.dumps(stated), encoding="utf-8")
        del volume
        for engine in engines:
            command = [sys.executable, __file__, "--work", name, "--engine", engine]
            done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
            if done.returncode:
                raise SystemExit(f"{engine} on body {number} ended with {done.returncode}:\n{done.stderr}")
            told = json.loads(done.stdout.splitlines()[-1])
            dice, swapped = compare(np.load(folder / "labels.npy"), truth, seen)
            yield Result(number, engine, facts, dice, swapped, **told)


def show(result: Result) -> None:
    """Print one body."""
    worst = min(result.dice, key=result.dice.__getitem__)
    print(
        f"body {result.body:2d} {result.engine:8s} mean {result.mean:.3f}  worst {result.dice[worst]:.3f} {worst}  "
        f"{len(result.dice)} groups  {len(result.swapped)} swapped  {result.seconds:.0f} s  {result.peak_mib:.0f} MiB\n"
        f"        {result.facts}" + (f"\n        {result.error}" if result.error else ""),
        flush=True,
    )


def summarise(engine: str, results: list[Result]) -> None:
    """Print the groups, and whether the bars are reached."""
    print(f"\n{engine}: Dice by group over {len(results)} bodies (mean, worst, bodies it is in view in)")
    for group in load_scheme().groups:
        values = [result.dice[group.id] for result in results if group.id in result.dice]
        if values:
            print(f"  {np.mean(values):.3f}  {min(values):.3f}  {len(values):3d}  {group.id}")
    means = [result.mean for result in results]
    swaps = sum(len(result.swapped) for result in results)
    for what, value, reached in (
        (f"mean Dice {np.mean(means):.3f}", f"at least {MEAN_BAR}", np.mean(means) >= MEAN_BAR),
        (f"worst body {min(means):.3f}", f"at least {WORST_BAR}", min(means) >= WORST_BAR),
        (f"{swaps} groups on the wrong side", "0", swaps == 0),
    ):
        print(f"{engine}: {what} (bar: {value}): {'reached' if reached else 'not reached'}")
    print(
        f"{engine}: {np.median([r.seconds for r in results]):.0f} s a body (median), "
        f"{max(r.peak_mib for r in results):.0f} MiB at most",
    )


def main() -> None:
    """Make the bodies one after the other and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", default="auto", help="an engine of wbmri")
    parser.add_argument("--bodies", type=int, default=BODIES)
    parser.add_argument("--first", type=int, default=0, help="number of the first body")
    parser.add_argument("--beside", default="", help="registration programs, parted by commas: demons,elastix")
    parser.add_argument("--json", type=Path, help="write all results to this file")
    parser.add_argument("--work", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.work:
        work(given.engine, given.work)
        return
    beside = [name for name in given.beside.split(",") if name]
    for name in beside:
        if name not in NEEDS:
            parser.error(f"--beside {name}: choose from {', '.join(NEEDS)}")
        if NEEDS[name]:
            parser.error(f"--beside {name} is not installed: {NEEDS[name]}")
    engines = [given.engine, *beside]
    results: list[Result] = []
    for number in range(given.first, given.first + given.bodies):
        for result in measure(number, engines):
            show(result)
            results.append(result)
    for engine in engines:
        summarise(engine, [result for result in results if result.engine == engine])
    if given.json:
        given.json.write_text(json.dumps([asdict(result) for result in results], indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
