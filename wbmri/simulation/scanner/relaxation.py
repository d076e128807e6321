"""Relaxation times of tissues as they are published: ranges to draw from, not one table.

The middle and the ends hold the means of several studies, which differ by more than people do, and their standard
deviations: Gold 2004 (AJR 183:343), Stanisz 2005 (MRM 54:507), de Bazelaire 2004 (Radiology 230:652), and for muscle at
rest Saab 2000 (JMRI 12:1) and Wang 2022 (Eur Radiol 32:8350).
"""

from collections.abc import Mapping

import numpy as np

from wbmri.simulation.body import Tissue

Range = tuple[float, float]
Ranges = tuple[Range, Range]
"""T1 and T2 in ms, from and to."""

PUBLISHED: Mapping[float, Mapping[Tissue, Ranges]] = {
    1.5: {
        Tissue.MUSCLE: ((1000.0, 1200.0), (30.0, 41.0)),
        Tissue.FAT: ((240.0, 300.0), (58.0, 165.0)),
        Tissue.BRAIN: ((850.0, 1170.0), (68.0, 100.0)),
        Tissue.CSF: ((2600.0, 4000.0), (800.0, 1700.0)),
        Tissue.CORD: ((700.0, 790.0), (68.0, 80.0)),
        Tissue.HEART: ((1000.0, 1070.0), (36.0, 52.0)),
        Tissue.BLOOD: ((1320.0, 1560.0), (200.0, 320.0)),
        Tissue.LIVER: ((545.0, 625.0), (40.0, 52.0)),
        Tissue.KIDNEY: ((660.0, 1030.0), (52.0, 92.0)),
        Tissue.SPLEEN: ((1010.0, 1100.0), (64.0, 94.0)),
        Tissue.CARTILAGE: ((950.0, 1100.0), (26.0, 43.0)),
        Tissue.BONE: ((260.0, 600.0), (41.0, 100.0)),
        Tissue.FLUID: ((2500.0, 3200.0), (900.0, 1400.0)),
        Tissue.BLADDER: ((2500.0, 4000.0), (900.0, 1700.0)),
    },
    3.0: {
        Tissue.MUSCLE: ((1300.0, 1460.0), (27.0, 37.0)),
        Tissue.FAT: ((320.0, 385.0), (60.0, 135.0)),
        Tissue.BRAIN: ((1040.0, 1930.0), (65.0, 106.0)),
        Tissue.CSF: ((3300.0, 4500.0), (600.0, 1500.0)),
        Tissue.CORD: ((945.0, 1040.0), (74.0, 82.0)),
        Tissue.HEART: ((1440.0, 1500.0), (38.0, 58.0)),
        Tissue.BLOOD: ((1850.0, 2020.0), (165.0, 325.0)),
        Tissue.LIVER: ((740.0, 880.0), (30.0, 45.0)),
        Tissue.KIDNEY: ((990.0, 1220.0), (52.0, 83.0)),
        Tissue.SPLEEN: ((1295.0, 1360.0), (52.0, 70.0)),
        Tissue.CARTILAGE: ((1150.0, 1260.0), (24.0, 39.0)),
        Tissue.BONE: ((340.0, 660.0), (45.0, 100.0)),
        Tissue.FLUID: ((3300.0, 3950.0), (720.0, 820.0)),
        Tissue.BLADDER: ((3300.0, 4500.0), (700.0, 1500.0)),
    },
}
"""By field strength in tesla. Brain is white and grey matter, bone is yellow and red marrow, fat is what STIR nulls."""

MUSCLE_T1_SPREAD = 0.02
"""Standard deviation of T1 between muscles of one person, relative (Gold 2004 has 2.7 % between people at 3 T)."""


def draw_times(ranges: Ranges, share: float, rng: np.random.Generator) -> tuple[float, float]:
    """Draw T1 and T2 evenly from a share of their ranges about the middle."""
    t1, t2 = (
        float(rng.uniform(middle - half, middle + half))
        for middle, half in (((low + high) / 2, share * (high - low) / 2) for low, high in ranges)
    )
    return t1, t2
