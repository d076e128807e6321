"""Bodies drawn on a coarse grid: enough for outlines and quick."""

from collections.abc import Callable
from functools import cache

import pytest

from wbmri.core import LabelMap
from wbmri.core.scheme import Scheme
from wbmri.simulation.body import Rendered, Shape, grid_around, measured_body, render

Draw = Callable[..., Rendered]


@pytest.fixture(scope="session")
def draw() -> Draw:
    """A function that draws a body of some height, girth and fat; the same body is drawn once."""

    @cache
    def drawn(height_mm: float = 1400.0, girth: float = 1.0, fat_mm: float = 8.0) -> Rendered:
        parts = measured_body().mapped(Shape(height_mm=height_mm, girth=girth, sway_mm=12.0, seed=77).mapping())
        return render(parts, grid_around(parts, (6.0, 6.0, 6.0), margin_mm=fat_mm + 18.0), fat_mm)

    return drawn


@pytest.fixture(scope="session")
def outlines(draw: Draw, scheme: Scheme) -> Callable[..., LabelMap]:
    """A function that gives the true outlines of such a body."""

    def made(height_mm: float = 1400.0, girth: float = 1.0) -> LabelMap:
        body = draw(height_mm, girth)
        confidence = {group.label: 0.9 for group in scheme.groups}
        return LabelMap(body.labels, body.grid.affine, scheme, "drawn", confidence)

    return made
