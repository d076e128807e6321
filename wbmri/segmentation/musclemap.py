"""The engine ``musclemap``: runs an installed MuscleMap, maps its labels and fills in what it lacks."""

import shutil
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from wbmri.errors import InputError
from wbmri.io import encode_nifti
from wbmri.labelmap import LabelMap
from wbmri.progress import Progress, part
from wbmri.scheme import Scheme
from wbmri.segmentation.engine import make_engine
from wbmri.segmentation.filling import fill
from wbmri.segmentation.given import Given, GivenLabels
from wbmri.segmentation.program import run_program
from wbmri.volume import Volume

_PROGRAM = "mm_segment"
_MODEL = "1.4"
_OVERLAP = "75"
"""Percent by which its windows overlap; MuscleMap advises 75 instead of 90 for whole-body images."""
_LIMIT_S = 4 * 3600.0
"""Without a graphics card a whole body takes it an hour or more."""


class MuscleMapEngine:
    """Finds the groups MuscleMap knows with MuscleMap, and the others with the engine ``auto``.

    MuscleMap (github.com/MuscleMap/MuscleMap) is run as a program of its own, with its whole-body model v1.4. It must
    be installed, and have downloaded that model once; wbmri itself never goes online. The confidence of a group is how
    far MuscleMap and ``auto`` agree on it: the Dice overlap, or for a group that MuscleMap holds in part the share of
    its voxels that ``auto`` gives the same label.

    Parameters
    ----------
    limit_s
        Seconds after which MuscleMap is stopped.
    """

    name = "musclemap"
    description = "MuscleMap v1.4 as a program of its own; arms, chest and all else it lacks by the engine auto"

    def __init__(self, limit_s: float = _LIMIT_S) -> None:
        self._limit_s = limit_s

    @property
    def needs(self) -> str:
        """What must be there and is not."""
        return "" if shutil.which(_PROGRAM) else f"{_PROGRAM} of MuscleMap on the PATH"

    def segment(self, volume: Volume, scheme: Scheme, progress: Progress) -> LabelMap:
        """Return the groups on the volume's grid, with the origin of each.

        Raises
        ------
        InputError
            If MuscleMap is not installed, fails or takes too long; or if its labels are not those of v1.4.
        """
        program = shutil.which(_PROGRAM)
        if program is None:
            raise InputError(
                f"the engine {self.name} without the program {_PROGRAM}",
                "MuscleMap installed and its environment active",
                "install it from github.com/MuscleMap/MuscleMap, or use another engine",
            )
        with TemporaryDirectory(prefix="wbmri-") as folder:
            image = Path(folder, "image.nii.gz")
            # As 32-bit numbers: MuscleMap writes its labels, up to 8222, in the type of the image.
            image.write_bytes(encode_nifti(volume.data, volume.affine))
            command = [program, "-i", str(image), "-o", folder, "-r", "wholebody", "--model_version", _MODEL]
            said = run_program([*command, "-s", _OVERLAP], folder, self._limit_s, part(progress, 0.0, 0.6))
            found = Path(folder, "image_dseg.nii.gz")
            # It ends without an error even if it failed; only the file tells.
            if not found.is_file():
                raise InputError(
                    f"{_PROGRAM}, which made no label map (last said: {said or 'nothing'})",
                    f"{found.name}",
                    f"run '{_PROGRAM} -i IMAGE.nii.gz --model_version {_MODEL}' by hand once: it downloads its model",
                )
            given = GivenLabels(found, self.name, engine=self.name).read(volume, scheme)
        made = make_engine("auto").segment(volume, scheme, part(progress, 0.6, 1.0))
        return fill(_with_agreement(given, made), made, volume)


def _with_agreement(given: Given, made: LabelMap) -> Given:
    own, other = given.labels.data, made.data
    size = max(group.label for group in made.scheme.groups) + 1
    first, second = (np.bincount(data.ravel(), minlength=size) for data in (own, other))
    both = np.bincount(own[own == other], minlength=size)
    confidence = {
        group.label: float(
            both[group.label] / max(first[group.label], 1)
            if group.label in given.partly
            else 2 * both[group.label] / max(first[group.label] + second[group.label], 1)
        )
        for group in made.scheme.groups
    }
    return replace(given, labels=replace(given.labels, confidence=confidence))
