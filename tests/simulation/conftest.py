"""A coarse drawing of the package's own body, made once."""

import pytest

from wbmri.simulation.body import LabelledBody, measured_anatomy


@pytest.fixture(scope="session")
def anatomy() -> LabelledBody:
    return measured_anatomy(6.0)
