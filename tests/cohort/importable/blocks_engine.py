"""An engine of another package: it knows where the four groups of a made scan lie, and fails on demand.

The demand stands in the scan's sidecar, as the model of the scanner.
"""

import os
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wbmri.core import LabelMap, Progress, Step, Volume
from wbmri.core.scheme import Scheme

SHAPE = (44, 14, 40)


def blocks() -> NDArray[np.uint8]:
    """Return the labels of the four groups: anterior and posterior, left at low x and right."""
    labels = np.zeros(SHAPE, np.uint8)
    for side, x in enumerate((6, 26)):
        for pair, y in enumerate((7, 2)):
            labels[x : x + 12, y : y + 4, 4:36] = 2 * pair + side + 1
    return labels


class BlocksEngine:
    """Notes in the file of BLOCKS_LOADED that it was loaded."""

    name = "blocks"
    description = "four blocks"
    needs = ""

    def __init__(self) -> None:
        if "BLOCKS_LOADED" in os.environ:
            with Path(os.environ["BLOCKS_LOADED"]).open("a") as file:
                file.write(f"{os.getpid()}\n")

    def segment(self, volume: Volume, scheme: Scheme, progress: Progress) -> LabelMap:
        """Return the blocks, or do what the scan asks for."""
        progress(0.5, "laying blocks")
        match volume.acquisition.model:
            case "start":
                child = subprocess.Popen(["sleep", "600"])  # noqa: S607
                with Path(os.environ["BLOCKS_STARTED"]).open("a") as file:
                    file.write(f"{os.getpid()} {child.pid}\n")
                child.wait()
            case "hang":
                time.sleep(600)
            case "hoard":
                hoard = []
                for _ in range(300):
                    hoard.append(np.ones(2**24, np.uint8))
                    time.sleep(0.02)
            case "die":
                os.kill(os.getpid(), signal.SIGKILL)
            case "raise":
                raise RuntimeError("out of blocks")
            case "talk":
                print('{"result": null}', flush=True)  # noqa: T201
                os.write(1, b"not JSON\n")
        step = Step("segment", {"engine": self.name})
        certain = {group.label: 1.0 for group in scheme.groups}
        return LabelMap(blocks(), volume.affine, scheme, self.name, certain, provenance=(*volume.provenance, step))
