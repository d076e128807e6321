"""What becomes of the grades when scans show what real ones do: every disturbance at three strengths, with known truth.

    python benchmarks/disturbed_scans.py --rows ROWS.csv [--effects a,b] [--strengths mild,strong] [--bodies 0,48]
                                         [--workers N] [--page FILE] [--former ROWS.csv] [--named ROWS.csv]
    python benchmarks/disturbed_scans.py --rows ROWS.csv --bench DIR [--coarser N]

The first draws bodies of 0, 24, 48 and 66 points without borderline groups (`wbmri.simulation`), scans each with one
disturbance at a time, with relaxation times drawn from published ranges anew for every scan, and grades it with its
true outlines. A row for each scan is added to the table ROWS.csv; what it holds already is not measured again. Prints a
line for each disturbance, how reliable the confidence is, and what is aimed at.

The second puts the disturbances that were first seen to go wrong (`NAMED_SCANS`) on given scans with their truth, two
bodies in the folder DIR, and prints a line for each.
"""

import argparse
import csv
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from zlib import crc32

import numpy as np
from disturbed_page import held, page, printed
from disturbed_rows import Name, Row, add_row, read_rows
from grading_bodies import SUBSLICES, Trial, involvement, random_scan, scanned
from numpy.typing import NDArray

from wbmri.core import Acquisition, LabelMap, Volume, canonical
from wbmri.core.scheme import load_scheme
from wbmri.io import load, read_labels
from wbmri.simulation.scanner import EFFECTS, NOT_STIR, Disturbance, Strength, disturb_scan

SEED = 19
VOXEL_MM = (3.2, 2.2, 3.2)
"""Voxels of 3.2 x 6.6 x 3.2 mm, of small bodies: so that hundreds of scans can be afforded."""
BODIES = {
    0: ("small child", "1.5 T, TE 60 ms"),
    24: ("lean child", "1.5 T, TE 35 ms"),
    48: ("small child", "1.5 T, TE 60 ms"),
    66: ("lean child", "3 T, TE 60 ms"),
}
"""Habitus and protocol by the true total."""
PLAIN, SEVERAL = "none", "three at once"
HIGH_FIELD = "3 T, TE 60 ms"


def scan_of(effect: str, strength: Strength, total: int) -> Trial:
    """Return the scan of the body with a total, with one disturbance, none, or three at once."""
    habitus, protocol = BODIES[total]
    rng = np.random.default_rng([SEED, total])
    if effect == SEVERAL:
        names = [str(name) for name in rng.choice(sorted(set(EFFECTS) - NOT_STIR - {"relaxation"}), 3, replace=False)]
    else:
        names = [] if effect == PLAIN else [effect]
    drawn = [Disturbance(name, strength, total) for name in names]
    if "relaxation" not in names:
        drawn.insert(0, Disturbance("relaxation", Strength.STRONG, crc32(f"{effect} {strength} {total}".encode())))
    return Trial(
        habitus,
        HIGH_FIELD if effect == "b1_dip" else protocol,
        involvement(total, SEED, borderline=0.0),
        replace(random_scan(rng, total), subslices=SUBSLICES, disturbances=tuple(drawn)),
        total,
        voxel_mm=VOXEL_MM,
    )


def measured(name: Name) -> Row:
    """Scan and grade a body."""
    effect, strength, total = name
    case = scanned(scan_of(effect, Strength(strength), total))
    return Row.of(name, case.volume, case.labels, case.scanned.truth)


def measured_all(left: Sequence[Name], workers: int) -> Iterator[Row]:
    """Yield a row for each scan."""
    if workers < 2:
        yield from map(measured, left)
        return
    with ProcessPoolExecutor(workers) as pool:
        yield from pool.map(measured, left)


NAMED_SCANS: Sequence[tuple[str, str, tuple[str, float] | None, float]] = (
    ("healthy", "control/baseline", None, 1.0),
    *(
        (f"healthy; pelvis and thighs x {ratio}", "control/baseline", ("oedema_pelvis_thighs", ratio), 1.0)
        for ratio in (1.3, 1.4, 1.5)
    ),
    ("healthy; fat mottled into pelvis and thighs, 0.2", "control/baseline", ("fat_mottled", 0.2), 1.0),
    ("healthy; slices +-10 %, outlines of a person", "control/baseline", ("crosstalk", 0.1), 1.0),
    ("healthy; slices +-10 %, the same at confidence 0.95", "control/baseline", ("crosstalk", 0.1), 0.95),
    ("healthy; fascia of 5 mm", "control/baseline", ("fascia", 5.0), 1.0),
    *((f"healthy; all muscle x {ratio}", "control/baseline", ("oedema_all", ratio), 1.0) for ratio in (1.2, 1.35, 1.6)),
    ("baseline", "pair/baseline", None, 1.0),
    *((f"baseline; head x {gain}", "pair/baseline", ("head_dimmer", gain), 1.0) for gain in (0.9, 0.8, 0.7)),
    ("baseline; oedema at 0.3 of its contrast", "pair/baseline", ("oedema_weak", 0.3), 1.0),
    ("healthy; T2 of muscle pairs, SD 3 ms", "control/baseline", ("muscle_t2", 3.0), 1.0),
    ("healthy; vessels in 1.8 %", "control/baseline", ("vessels", 0.018), 1.0),
    ("baseline; motion over 18 mm", "pair/baseline", ("motion", 18.0), 1.0),
    ("baseline; inversion of 0.45 in three regions", "pair/baseline", ("failed_suppression", 0.45), 1.0),
)
"""Name, body, disturbance with its value, and the confidence of the outlines."""
BENCH_TOTALS = {"control/baseline": 0, "pair/baseline": 48}
"""True totals of the given scans."""


def given_scan(folder: Path, coarser: int) -> tuple[Volume, LabelMap, NDArray[np.float32]]:
    """Read a scan with its true outlines and oedema, so many voxels in plane made one."""
    volume = replace(
        canonical(load(folder / "stir.nii.gz")),
        acquisition=Acquisition(
            sequence="STIR", field_strength_t=1.5, echo_time_ms=68.0, inversion_time_ms=160.0, repetition_time_ms=4510.0
        ),
    )
    drawn, stored = read_labels(folder / "truth_labels.nii.gz")
    storage = stored.stored_as("RAS")
    labels = storage.apply(drawn).astype(np.uint8)
    wet = storage.apply(read_labels(folder / "truth_oedema.nii.gz")[0]) > 0
    ratio = np.ones(len(load_scheme().groups) + 1, np.float32)
    with (folder / "truth_grades.csv").open(encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            ratio[int(line["label"])] = max(1.0, float(line["oedema_ratio"] or 1))
    oedema = np.where(wet, ratio[labels], np.float32(1))
    steps = [1 if axis == volume.grid.slice_axis else coarser for axis in range(3)]
    grid = volume.grid.coarser(steps)
    whole = tuple(slice(0, n * step) for n, step in zip(grid.shape, steps, strict=True))
    blocks = [size for n, step in zip(grid.shape, steps, strict=True) for size in (n, step)]
    data = volume.data[whole].reshape(blocks).mean(axis=(1, 3, 5))
    middle = tuple(slice(step // 2, n * step, step) for n, step in zip(grid.shape, steps, strict=True))
    every = dict.fromkeys(range(1, len(ratio)), 1.0)
    outlines = LabelMap(np.ascontiguousarray(labels[middle]), grid.affine, load_scheme(), "truth", every)
    return Volume(data, grid.affine, volume.acquisition), outlines, np.ascontiguousarray(oedema[middle])


def measured_named(bench: Path, coarser: int, left: Sequence[Name]) -> Iterator[Row]:
    """Yield a row for each of the named scans that are left to do."""
    read: dict[str, tuple[Volume, LabelMap, NDArray[np.float32]]] = {}
    for name, body, effect, confidence in NAMED_SCANS:
        if name not in {each[0] for each in left}:
            continue
        if body not in read:
            read = {body: given_scan(bench / body, coarser)}
        volume, labels, oedema = read[body]
        wanted = [Disturbance(effect[0], seed=SEED, value=effect[1])] if effect else []
        made = disturb_scan(volume, labels, oedema, wanted)
        outlines = replace(made.labels, confidence=dict.fromkeys(made.labels.confidence, confidence))
        yield Row.of((name, "", BENCH_TOTALS[body]), made.volume, outlines, made.truth)


def parsed() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Measure the grades of scans that show what real ones do.")
    parser.add_argument("--rows", type=Path, required=True, help="table of scans; those in it are not measured again")
    parser.add_argument("--effects", default=",".join([PLAIN, *EFFECTS, SEVERAL]))
    parser.add_argument("--strengths", default=",".join(Strength))
    parser.add_argument("--bodies", default=",".join(map(str, BODIES)), help="true totals")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--bench", type=Path, help="folder of given scans: measure the named scans instead")
    parser.add_argument("--coarser", type=int, default=1, help="voxels in plane of a given scan that are made one")
    parser.add_argument("--page", type=Path, help="write a page of documentation as well")
    parser.add_argument("--former", type=Path, help="rows of a former version, to put beside these on the page")
    parser.add_argument("--named", type=Path, help="rows of the named scans, for the page")
    return parser.parse_args()


def names_of(options: argparse.Namespace) -> list[Name]:
    """Return effect, strength and body of each scan that is asked for, those of one body together.

    What changes oedema alone is not put on a body without.
    """
    effects, strengths = options.effects.split(","), options.strengths.split(",")
    return [
        (effect, strength, int(body))
        for body in options.bodies.split(",")
        for effect in effects
        if int(body) or effect not in EFFECTS or not EFFECTS[effect].of_oedema
        for strength in (strengths if effect != PLAIN else [Strength.MODERATE.value])
    ]


def main() -> int:
    """Measure, print and lay out."""
    options = parsed()
    if options.bench:
        names: list[Name] = [(name, "", BENCH_TOTALS[body]) for name, body, *_ in NAMED_SCANS]
    else:
        names = names_of(options)
    known = {row.name for row in read_rows(options.rows)}
    left = [name for name in names if name not in known]
    measure = (
        measured_named(options.bench, options.coarser, left) if options.bench else measured_all(left, options.workers)
    )
    for row in measure:
        add_row(options.rows, row)
        print(printed([row])[-1])
        sys.stdout.flush()
    done = {row.name: row for row in read_rows(options.rows)}
    rows = [done[name] for name in names if name in done]
    print("\n".join([*printed(rows), "", *held(rows)]))
    if options.page:
        former, given = (read_rows(path) if path else [] for path in (options.former, options.named))
        options.page.write_text(page(rows, former, given), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
