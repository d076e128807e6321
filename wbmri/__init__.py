"""wbmri: a muscle oedema score from whole-body STIR MRI. Research software, not a medical device.

The verbs, in the order in which they are used::

    volume = wbmri.load("dicom_folder/")
    labels = wbmri.segment(volume)
    reading = wbmri.grade(volume, labels)
    change = wbmri.compare(before, after)

``wbmri.score`` goes the whole way and writes a case; ``wbmri.inspect`` says what lies in a folder; ``wbmri.agree`` says
how far readers agree, whose readings ``wbmri.read_ratings`` gathers.
"""

from typing import TYPE_CHECKING

from wbmri.deferred import deferred_names

__version__ = "0.1.0"

if TYPE_CHECKING:
    from wbmri.agreement import agree, read_ratings
    from wbmri.comparison import compare
    from wbmri.grading import grade
    from wbmri.io import inspect, load
    from wbmri.labelmap import LabelMap
    from wbmri.reading import Reading, Score
    from wbmri.scheme import Scheme
    from wbmri.scoring import score
    from wbmri.segmentation import segment
    from wbmri.volume import Volume

__all__ = [
    "LabelMap",
    "Reading",
    "Scheme",
    "Score",
    "Volume",
    "agree",
    "compare",
    "grade",
    "inspect",
    "load",
    "read_ratings",
    "score",
    "segment",
]

# Loaded when first used: importing wbmri must stay instant, because every command of the command line pays for it.
__getattr__ = deferred_names(
    __name__,
    {
        "agreement": ("agree", "read_ratings"),
        "comparison": ("compare",),
        "grading": ("grade",),
        "io": ("inspect", "load"),
        "labelmap": ("LabelMap",),
        "reading": ("Reading", "Score"),
        "scheme": ("Scheme",),
        "scoring": ("score",),
        "segmentation": ("segment",),
        "volume": ("Volume",),
    },
)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
