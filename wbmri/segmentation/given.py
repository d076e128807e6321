"""The engine ``labels``: a label map the user brings, brought onto the volume's grid and checked."""

from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from wbmri.errors import InputError
from wbmri.io import read_labels
from wbmri.labelmap import LabelMap
from wbmri.provenance import Step
from wbmri.scheme import Scheme
from wbmri.segmentation.resampling import nearest_on_grid
from wbmri.volume import Volume

_LEAST_OVERLAP = 0.5


class GivenLabels:
    """Takes the outlines from a file, of any format `wbmri.io.read_labels` reads and on any grid.

    Parameters
    ----------
    path
        The label map; its numbers are the labels of the scheme.
    """

    name = "labels"

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)

    def segment(self, volume: Volume, scheme: Scheme) -> LabelMap:
        """Return the file's labels on the volume's grid, by nearest neighbour; groups that are absent are outside.

        Raises
        ------
        InputError
            If the file has labels the scheme lacks, is empty, or lies for the larger part outside the volume.
        """
        import hashlib

        numbers, affine = read_labels(self.path)
        # The label map checks that the numbers are labels before it makes them 8 bits wide.
        brought = LabelMap(cast("NDArray[np.uint8]", numbers), affine, scheme, self.name, {})
        here = nearest_on_grid(brought.data, affine, volume)
        self._check_place(brought, here, volume)
        present = {int(label) for label in np.unique(here)} - {0}
        digest = hashlib.sha256(repr(brought.data.shape).encode() + brought.data.tobytes())
        return LabelMap(
            here,
            volume.affine,
            scheme,
            self.name,
            confidence={group.label: float(group.label in present) for group in scheme.groups},
            outside=frozenset(group.label for group in scheme.groups if group.label not in present),
            provenance=(*volume.provenance, Step("segment", {"engine": self.name, "sha256": digest.hexdigest()})),
        )

    def _check_place(self, brought: LabelMap, here: NDArray[np.uint8], volume: Volume) -> None:
        whole = np.count_nonzero(brought.data) * abs(float(np.linalg.det(brought.affine[:3, :3]))) / 1000
        kept = np.count_nonzero(here) * volume.voxel_ml
        if whole == 0:
            raise InputError(
                f"{self.path.name}, which labels nothing", "a label map of muscle groups", "check the file"
            )
        if kept < _LEAST_OVERLAP * whole:
            raise InputError(
                f"{self.path.name}, of which {kept / whole:.0%} lies inside the image",
                f"at least {_LEAST_OVERLAP:.0%}",
                "check that label map and image belong together and that neither has lost its orientation",
            )
