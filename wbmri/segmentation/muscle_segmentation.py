"""The muscle groups of a volume: from an engine or from label maps, on a scan that shows a body, each checked."""

from collections.abc import Sequence
from pathlib import Path

from wbmri.core import InputError, LabelMap, Progress, Volume, silent
from wbmri.core.scheme import Scheme, load_scheme
from wbmri.segmentation.body_detection import detect_body
from wbmri.segmentation.engine import Engine, make_engine
from wbmri.segmentation.external_labels import labels_from_files
from wbmri.segmentation.quality import flag_outlines

Files = str | Path | Sequence[str | Path]


def segment(
    volume: Volume,
    *,
    scheme: Scheme | None = None,
    engine: str | Engine = "auto",
    labels: Files | None = None,
    mapping: Files | None = None,
    fusion: str = "vote",
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
        Name of an engine (see `engines`), or ``auto``; or an engine, to load it once for many scans. ``labels``, for
        which ``auto`` stands where label maps are given, takes the outlines from files.
    labels
        The label map, or maps, to take the outlines from; several are fused.
    mapping
        Names or paths of the tables that map the numbers in these files to the scheme: one for all, or one each. What
        a mapped file lacks is filled in by the engine ``auto``.
    fusion
        How several label maps become one: ``vote`` or ``staple``.
    progress
        Called with the share that is done and what is being done.

    Returns
    -------
    LabelMap
        Labels on the volume's grid, with a confidence per group and a flag for what is not plausible.

    Raises
    ------
    InputError
        If the engine is unknown, a label map does not fit, or no human body is found.
    """
    scheme = scheme or load_scheme()
    name = engine if isinstance(engine, str) else engine.name
    if labels is not None and engine == "auto":
        name = "labels"
    if (name == "labels") != (labels is not None):
        raise InputError(
            f"the engine {name!r} {'with' if labels is not None else 'without'} a label map",
            "a label map with the engine 'labels', and with no other",
            "name the label map and leave the engine out, or leave the label map out",
        )
    if labels is not None:
        tables = [] if mapping is None else _listed(mapping)
        return flag_outlines(labels_from_files(volume, scheme, _listed(labels), tables, fusion, progress))
    if mapping is not None:
        raise InputError(
            "a mapping without a label map",
            "a label map whose numbers it maps",
            "name the label map with --labels FILE",
        )
    finder = make_engine(engine) if isinstance(engine, str) else engine
    detection = detect_body(volume)
    detection.check()
    made = finder.segment(volume.after(detection.step, volume.data), scheme, progress)
    return flag_outlines(made, detection.doubts)


def _listed(files: Files) -> list[str | Path]:
    return [files] if isinstance(files, str | Path) else list(files)
