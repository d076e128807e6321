"""What the networks say of a scan is the same to the byte, however many threads share the work."""

import os
import subprocess
import sys

from wbmri.segmentation.network import THREADS_VARIABLE

SEGMENT = """
import hashlib
import numpy as np
from wbmri.core import Grid
from wbmri.core.scheme import load_scheme
from wbmri.segmentation.network import CONTEXT, FIND_TILE, PAIRS, SIDE, TILE_COARSE, locate_groups, networks
from wbmri.segmentation.network.postprocessing import muscle_probability
from wbmri.segmentation.network.sliding_window import outline_groups
from wbmri.segmentation.network.uncertainty import expected_dice

nets = networks()
rng = np.random.default_rng(4)
done = lambda share: None
image = rng.random((FIND_TILE[0] + 24, FIND_TILE[1], FIND_TILE[2]), dtype=np.float32)
found = locate_groups(image, nets.finder, done, nets.at_once)
context = np.zeros((CONTEXT, TILE_COARSE + 12, TILE_COARSE, TILE_COARSE), np.float32)
inner = (PAIRS, TILE_COARSE + 4, TILE_COARSE - 8, TILE_COARSE - 8)
context[1 : PAIRS + 1, 4:-4, 4:-4, 4:-4] = rng.random(inner) / PAIRS
bright = rng.random([8 * n // 3 for n in context.shape[1:]], dtype=np.float32)
drawn, first = outline_groups(bright, context, nets.outliner, done, nets.at_once)
labels = rng.integers(0, 43, drawn.shape[:3]).astype(np.uint8)
scan, coarse = Grid.along_axes(labels.shape, 3.0, (0, 0, 0)), Grid.along_axes(found.shape[1:], 8.0, (0, 0, 0))
expected = expected_dice(drawn, labels, scan, found, coarse, load_scheme())
print(nets.at_once)
for one in (found, drawn, muscle_probability(drawn), expected):
    print(hashlib.sha256(one.tobytes()).hexdigest())
"""


def segmented(threads: int) -> list[str]:
    names = (THREADS_VARIABLE, "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", SEGMENT],
        env={**os.environ, **dict.fromkeys(names, str(threads))},
        capture_output=True,
        text=True,
        check=True,
    )
    at_once, *digests = done.stdout.split()
    assert int(at_once) == threads
    return digests


def test_one_and_several_threads_give_the_same_bytes() -> None:
    assert segmented(1) == segmented(3)
