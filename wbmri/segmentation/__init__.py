"""Segmentation: from a volume to its muscle groups."""

from pathlib import Path

from wbmri.errors import InputError
from wbmri.labelmap import LabelMap
from wbmri.progress import Progress, silent
from wbmri.quality import flagged
from wbmri.scheme import Scheme, load_scheme
from wbmri.segmentation.engine import Engine, EngineInfo, engines, make_engine
from wbmri.segmentation.given import GivenLabels
from wbmri.volume import Volume

__all__ = ["Engine", "EngineInfo", "GivenLabels", "engines", "make_engine", "segment"]


def segment(
    volume: Volume,
    *,
    scheme: Scheme | None = None,
    engine: str = "auto",
    labels: str | Path | None = None,
    progress: Progress = silent,
) -> LabelMap:
    """Find the muscle groups.

    Parameters
    ----------
    volume
        A composed STIR volume, in RAS mm.
    scheme
        The groups to find; by default ``jdm42``.
    engine
        Name of an engine (see `engines`), or ``auto``. ``labels`` takes the outlines from a file.
    labels
        The label map for the engine ``labels``.
    progress
        Called with the share that is done and what is being done.

    Returns
    -------
    LabelMap
        Labels on the volume's grid, with a confidence per group and a flag for what is not plausible.

    Raises
    ------
    InputError
        If the engine is unknown, the label map does not fit, or no body is found.
    """
    scheme = scheme or load_scheme()
    if (engine == "labels") != (labels is not None):
        raise InputError(
            f"the engine {engine!r} {'with' if labels is not None else 'without'} a label map",
            "a label map with the engine 'labels', and with no other",
            "give both --engine labels and --labels FILE, or neither",
        )
    if labels is not None:
        return flagged(GivenLabels(labels).segment(volume, scheme))
    return flagged(make_engine(engine).segment(volume, scheme, progress))
