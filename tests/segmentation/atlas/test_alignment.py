"""The model body that is kept is the one that the simulator draws."""

import numpy as np

from wbmri.core.scheme import load_scheme
from wbmri.segmentation.atlas import model_body
from wbmri.simulation.model_body import drawn_model_body


def test_the_kept_model_body_is_what_is_drawn() -> None:
    kept, drawn = model_body(), drawn_model_body()
    np.testing.assert_array_equal(kept.lean.grid.affine, drawn.lean.grid.affine)
    assert kept.lean.data.dtype == np.float32
    # Processors differ in the last bit of an exponential.
    np.testing.assert_allclose(kept.lean.data, drawn.lean.data, rtol=0, atol=1e-6)
    assert np.count_nonzero(kept.labels != drawn.labels) < 5
    assert set(np.unique(kept.labels)) == {0, *(group.label for group in load_scheme().groups)}
