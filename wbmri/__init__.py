"""wbmri: a muscle oedema score from whole-body STIR MRI. Research software, not a medical device.

The verbs, in the order in which they are used::

    volume = wbmri.load("dicom_folder/")
    labels = wbmri.segment(volume)
    reading = wbmri.grade(volume, labels)
    change = wbmri.compare(before, after)

``wbmri.score`` goes the whole way and writes a case; ``wbmri.inspect`` says what lies in a folder; ``wbmri.agree`` says
how far readers agree, whose readings ``wbmri.read_ratings`` gathers.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

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
_HOMES = {
    "LabelMap": "wbmri.labelmap",
    "Reading": "wbmri.reading",
    "Scheme": "wbmri.scheme",
    "Score": "wbmri.reading",
    "Volume": "wbmri.volume",
    "agree": "wbmri.agreement",
    "compare": "wbmri.comparison",
    "grade": "wbmri.grading",
    "inspect": "wbmri.io",
    "load": "wbmri.io",
    "read_ratings": "wbmri.agreement",
    "score": "wbmri.scoring",
    "segment": "wbmri.segmentation",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
