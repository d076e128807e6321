"""The model body: the labelled body that the engine ``atlas`` lays over a scan, kept as data beside this module."""

from dataclasses import dataclass
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from wbmri.core import Grid
from wbmri.registration import Lean


@dataclass(frozen=True, eq=False, slots=True)
class Model:
    """The model body on the working grid.

    Parameters
    ----------
    lean
        Its lean tissue.
    labels
        Labels of ``jdm42``, shape of `lean`, uint8.
    """

    lean: Lean
    labels: NDArray[np.uint8]


def model_body() -> Model:
    """Load the model body.

    Source: drawn by ``tools/make_model_body.py`` from figures measured on BodyParts3D, (c) The Database Center for Life
    Science, CC BY 4.0; see ``wbmri/simulation/body/body.md``.
    """
    with (files("wbmri.segmentation.atlas") / "model_body.npz").open("rb") as file, np.load(file) as kept:
        lean = kept["lean"]
        grid = Grid.along_axes(lean.shape, float(kept["spacing_mm"]), kept["origin"])
        return Model(Lean(lean, grid), kept["labels"])
