"""Stations: they cover the body and hold the signal that was set."""

from itertools import pairwise

import numpy as np
import pytest

from wbmri.core import Grid
from wbmri.simulation.body import Rendered, Tissue
from wbmri.simulation.scanner import Protocol, Scan, acquire


def block_of_muscle() -> Rendered:
    tissue = np.zeros((40, 30, 260), np.uint8)
    tissue[8:32, 6:24, 10:250] = Tissue.MUSCLE.code
    grid = Grid.along_axes(tissue.shape, (4.0, 2.0, 4.0), (-80.0, -30.0, 0.0))
    return Rendered(grid, tissue, (tissue > 0).astype(np.uint8))


def test_stations_cover_the_body_and_overlap() -> None:
    body = block_of_muscle()
    scan = Scan(station_mm=400, overlap_mm=40, noise=0.0, shading=0.0, gains=0.1)
    stations = acquire(body, np.ones(body.tissue.shape, np.float32), Protocol(), scan).stations
    ranges = [(s.affine[2, 3], s.affine[2, 3] + 4.0 * (s.shape[2] - 1)) for s in stations]
    assert ranges[0][1] == 4.0 * 259
    assert ranges[-1][0] == 0.0
    for upper, lower in pairwise(ranges):
        assert lower[1] - upper[0] == pytest.approx(36.0, abs=0.1)
    # Away from the ends healthy muscle has the set intensity times the station's gain.
    for station in stations:
        assert station.data[20, 5, 40:60].mean() / scan.muscle_counts == pytest.approx(1.0, abs=0.12)
