"""The model body of the engine ``atlas``, drawn as STIR would show it."""

import numpy as np

from wbmri.registration import WORKING_MM, Lean, lean_share
from wbmri.segmentation.atlas import Model
from wbmri.simulation.body import Tissue, grid_around, measured_body, occupancies, paint

_BRIGHTNESS = {Tissue.BONE: 0.3, Tissue.CARTILAGE: 0.6, Tissue.TENDON: 0.2, Tissue.LUNG: 0.05, Tissue.AIRWAY: 0.0}
"""Signal of tissues darker than muscle as a share of it; marrow varies most, from fatty (adult) to red (child)."""

_OCCUPIED = 0.45
"""Where all structures together fill a voxel to this share, it bears the label of the fullest of them."""


def drawn_model_body() -> Model:
    """Draw the model body: the measured one, by how much of each voxel is lean tissue."""
    parts = measured_body()
    grid = grid_around(parts, (WORKING_MM,) * 3, margin_mm=12.0)
    brightness = np.zeros(grid.shape, np.float32)
    for tissue, _, occupancy in occupancies(parts, grid):
        brightness += np.float32(_BRIGHTNESS.get(tissue, 1.0)) * occupancy
    _, labels = paint(parts, grid, _OCCUPIED)
    return Model(Lean(lean_share(brightness, 1.0), grid), labels)
