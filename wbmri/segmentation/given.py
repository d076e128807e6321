"""The engine ``labels``: a label map the user brings, put on the volume's grid, mapped if need be, and checked."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from wbmri.errors import InputError
from wbmri.io import read_labels
from wbmri.labelmap import LabelMap
from wbmri.provenance import Json, Step
from wbmri.scheme import Scheme
from wbmri.segmentation.mapping import load_mapping, map_labels
from wbmri.segmentation.resampling import nearest_on_grid
from wbmri.volume import Volume

_LEAST_OVERLAP = 0.5


@dataclass(frozen=True, eq=False, slots=True)
class Given:
    """A label map from elsewhere on the volume's grid.

    Parameters
    ----------
    labels
        The groups it holds; those it does not hold are outside.
    taken
        Voxels it says something about, be it bone: nothing may be filled in there. Shape of the labels.
    partly
        Labels of the groups whose outline lacks a muscle.
    """

    labels: LabelMap
    taken: NDArray[np.bool_]
    partly: frozenset[int] = frozenset()


class GivenLabels:
    """Takes the outlines from a file, of any format `wbmri.io.read_labels` reads and on any grid.

    Parameters
    ----------
    path
        The label map.
    mapping
        Name or path of the table for the numbers in it; without one they are the labels of the scheme.
    engine
        What the outlines are recorded as coming from.
    """

    def __init__(self, path: str | Path, mapping: str | Path | None = None, engine: str = "labels") -> None:
        self.path = Path(path)
        self.mapping = mapping
        self.name = engine

    def segment(self, volume: Volume, scheme: Scheme) -> LabelMap:
        """Return the file's labels on the volume's grid, by nearest neighbour; groups that are absent are outside.

        Raises
        ------
        InputError
            If the file has labels that the scheme or the mapping lacks, is empty, or lies for the larger part outside
            the volume.
        """
        return self.read(volume, scheme).labels

    def read(self, volume: Volume, scheme: Scheme, *, as_vote: bool = False) -> Given:
        """Return the file's labels on the volume's grid, with what filling needs to know.

        Parameters
        ----------
        volume, scheme
            As for `segment`, which also says what is raised.
        as_vote
            Whether it is one of several maps: then the JSON file that wbmri writes beside its own label maps says how
            sure each group is. A single map was brought to be believed; it may have been corrected since.
        """
        numbers, affine = read_labels(self.path)
        digest = hashlib.sha256(repr(numbers.shape).encode() + numbers.tobytes())
        parameters: dict[str, Json] = {"engine": self.name, "sha256": digest.hexdigest()}
        # Checks that the numbers are labels before it makes them 8 bits wide.
        data = cast("NDArray[np.uint8]", numbers)
        partly: frozenset[int] = frozenset()
        taken = None
        if self.mapping is not None:
            mapped = map_labels(numbers, affine, volume, load_mapping(self.mapping), scheme)
            data, partly = mapped.data, mapped.partly
            taken = nearest_on_grid(mapped.taken.view(np.uint8), affine, volume) > 0
            parameters |= mapped.parameters
        brought = LabelMap(data, affine, scheme, self.name, {})
        here = nearest_on_grid(brought.data, affine, volume)
        self._check_place(brought, here, volume)
        present = frozenset(int(label) for label in np.unique(here)) - {0}
        sure = self._confidence() if as_vote and self.mapping is None else {}
        labels = LabelMap(
            here,
            volume.affine,
            scheme,
            self.name,
            confidence={
                group.label: sure.get(group.label, 1.0) if group.label in present else 0.0 for group in scheme.groups
            },
            outside=frozenset(group.label for group in scheme.groups) - present,
            provenance=(*volume.provenance, Step("segment", parameters)),
        )
        return Given(labels, here > 0 if taken is None else taken, partly & present)

    def _confidence(self) -> dict[int, float]:
        """Return what the file beside one of wbmri's own label maps says of its groups; empty if there is none."""
        beside = self.path.with_name(self.path.name.removesuffix(".gz").removesuffix(".nii") + ".json")
        try:
            found = json.loads(beside.read_bytes())["confidence"]
            return {int(label): min(1.0, max(0.0, float(value))) for label, value in found.items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return {}

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
