"""The same part of a grid, whichever way its voxels are stored."""

import numpy as np
import pytest

from wbmri.core import Grid


@pytest.mark.parametrize("axes", ["RAS", "PIL", "ALS", "LPI"])
def test_a_part_of_a_grid_is_found_in_another_order_of_its_axes(axes: str) -> None:
    storage = Grid.along_axes((6, 7, 8), (2.0, 3.0, 4.0), (0.0, 0.0, 0.0)).stored_as(axes)
    data = np.arange(6 * 7 * 8).reshape(6, 7, 8)
    box = (slice(1, 4), slice(None), slice(2, -1))
    np.testing.assert_array_equal(storage.apply(data)[storage.box(box)], storage.apply(data[box]))
    np.testing.assert_array_equal(storage.undo(storage.apply(data)[storage.box(box)]), data[box])
