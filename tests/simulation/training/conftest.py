"""A coarse drawing of the package's own body, made once."""

import pytest

from wbmri.simulation.training.anatomy import Anatomy, measured_anatomy


@pytest.fixture(scope="session")
def anatomy() -> Anatomy:
    return measured_anatomy(6.0)
