"""How many flipped bits `wbmri.verify` names: ``python benchmarks/bit_flips.py OUT [FLIPS]`` works on a copy of OUT.

Each flip is made in a file drawn at random, so that small files are hit as often as images. Where a reader left off in
a reading that is not signed is left out: it is forgotten where it is damaged, and nothing depends on it.
"""

import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np

from wbmri.case import Manifest, find_cases, verify

FLIPS = 2000


def recorded(out: Path) -> set[Path]:
    """Return the files that some manifest names, the manifests themselves, and histories that still grow."""
    found = {Manifest.of_dataset(out).path}
    for manifest in (Manifest.of_dataset(out), *(Manifest.of_case(paths) for paths in find_cases(out))):
        known = manifest.read()
        found |= {manifest.path, *(manifest.root / name for name in (known.files if known else ()))}
    grows = {path for path in out.rglob("*") if path.name.endswith("_history.jsonl") or path.suffix == ".wbm"}
    return {path for path in found | grows if path.is_file()}


def main(source: str, flips: int) -> None:
    """Print a line for each kind of file, and the time of one check."""
    rng = np.random.default_rng(21)
    made: Counter[str] = Counter()
    named: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "OUT")
        shutil.copytree(source, out)
        files = sorted(recorded(out))
        for _ in range(flips):
            path = files[rng.integers(len(files))]
            content = path.read_bytes()
            bit = int(rng.integers(8 * len(content)))
            flipped = bytearray(content)
            flipped[bit // 8] ^= 1 << bit % 8
            path.write_bytes(flipped)
            kind = path.name.rsplit("_", 1)[-1]
            made[kind] += 1
            named[kind] += any(finding.file == path.relative_to(out).as_posix() for finding in verify(out).findings)
            path.write_bytes(content)
        start = time.perf_counter()
        whole = verify(out)
        taken = time.perf_counter() - start
    print(f"{'file':32}{'flips':>8}{'named':>8}")
    for kind, count in sorted(made.items()):
        print(f"{kind:32}{count:8}{named[kind]:8}")
    print(f"{'all':32}{made.total():8}{named.total():8}")
    print(f"untouched: {len(whole.findings)} named, {whole.cases} cases and {whole.files} files in {taken:.2f} s")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else FLIPS)
