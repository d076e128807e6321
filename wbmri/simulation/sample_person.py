"""The sample person: two visits that follow the published case, 48/84 with 42/42 groups and six months later 19/84."""

from dataclasses import dataclass

import numpy as np

from wbmri.core.scheme import Side, load_scheme
from wbmri.simulation.body import Shape, grid_around, measured_body, render
from wbmri.simulation.scanner import Involvement, Protocol, Scan, Scanned, acquire, oedema_ratio

SESSIONS = ("baseline", "month6")

_BODY = {
    "baseline": (Shape(height_mm=1320, sway_mm=10, seed=11), 5.0, Scan(seed=21)),
    # Six months later: 3 cm taller, a little leaner, lying differently, other coil settings.
    "month6": (Shape(height_mm=1350, sway_mm=10, seed=12), 4.5, Scan(seed=22)),
}

_GRID_MM = (2.6, 2.2, 2.6)

# Which group carries which grade is not published; proximal muscles were worst, as is usual in dermatomyositis.
_MARKED = ("gluteus_maximus", "thigh_anterior", "thigh_medial")
_REMAINING = (
    "neck_flexors",
    "deltoid",
    "arm_anterior",
    "gluteus_maximus",
    "hip_rotators",
    "thigh_anterior",
    "thigh_medial",
    "leg_anterior",
    "leg_posterior",
)
_REMAINING_ON_THE_RIGHT = ("iliopsoas",)


@dataclass(frozen=True, eq=False, slots=True)
class Visit:
    """One visit of the sample person.

    Parameters
    ----------
    scanned
        Coronal STIR stations, head first, and their true labels.
    grades
        True grade by label.
    """

    scanned: Scanned
    grades: dict[int, int]


def true_grades(session: str) -> dict[int, int]:
    """Return the grade of each label at a visit of the sample person."""
    grades = {}
    for group in load_scheme().groups:
        if session == "baseline":
            grades[group.label] = 2 if group.pair.id in _MARKED else 1
        else:
            remains = group.pair.id in _REMAINING or (
                group.pair.id in _REMAINING_ON_THE_RIGHT and group.side is Side.RIGHT
            )
            grades[group.label] = int(remains)
    return grades


def sample_visit(session: str) -> Visit:
    """Make one visit of the sample person; the same every time.

    Parameters
    ----------
    session
        ``baseline`` or ``month6``.
    """
    shape, fat_mm, scan = _BODY[session]
    parts = measured_body().mapped(shape.mapping())
    grid = grid_around(parts, _GRID_MM, margin_mm=16.0)
    body = render(parts, grid, fat_mm)
    grades = true_grades(session)
    rng = np.random.default_rng(31)
    involved = {}
    for label, grade in grades.items():
        mild, marked = rng.uniform([0.2, 1.5], [0.42, 1.9]), rng.uniform([0.75, 2.1], [0.93, 2.8])
        if grade:
            fraction, ratio = marked if grade == 2 else mild
            involved[label] = Involvement(float(fraction), float(ratio))
    oedema = oedema_ratio(body.labels, grid.spacing, involved, seed=41)
    return Visit(acquire(body, oedema, Protocol(), scan), grades)
