"""From label maps the user brings to one label map of the scheme: mapped, fused and filled in."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from wbmri.errors import InputError
from wbmri.labelmap import LabelMap
from wbmri.progress import Progress, part
from wbmri.scheme import DEFAULT_SCHEME, Scheme
from wbmri.segmentation.engine import make_engine
from wbmri.segmentation.filling import fill, lacking
from wbmri.segmentation.fusion import fuse
from wbmri.segmentation.given import Given, GivenLabels
from wbmri.volume import Volume


def segment_given(
    volume: Volume,
    scheme: Scheme,
    labels: Sequence[str | Path],
    mappings: Sequence[str | Path],
    fusion: str,
    progress: Progress,
) -> LabelMap:
    """Return the outlines of one or more files.

    Parameters
    ----------
    volume
        The scan.
    scheme
        The groups.
    labels
        Label maps; more than one are fused.
    mappings
        Tables for their numbers: none, one for all, or one for each.
    fusion
        How several become one, see `wbmri.segmentation.fusion.fuse`.
    progress
        Called with the share that is done.

    Raises
    ------
    InputError
        If a file does not fit, or the numbers of files and mappings differ.
    """
    if len(mappings) not in (0, 1, len(labels)):
        raise InputError(
            f"{len(mappings)} mappings for {len(labels)} label maps",
            "one for all of them, or one for each",
            "repeat --mapping in the order of --labels",
        )
    tables = list(mappings) if len(mappings) > 1 else [mappings[0] if mappings else None] * len(labels)
    given = []
    for number, (path, table) in enumerate(zip(labels, tables, strict=True)):
        progress(0.2 * number / len(labels), f"reading {Path(path).name}")
        given.append(GivenLabels(path, table).read(volume, scheme, as_vote=len(labels) > 1))
    whole = given[0] if len(given) == 1 else _fused(given, volume, fusion)
    return complete(whole, volume, part(progress, 0.2, 1.0)) if mappings else whole.labels


def complete(given: Given, volume: Volume, progress: Progress) -> LabelMap:
    """Return a given map with what it lacks filled in by the engine ``auto``.

    The engine runs only if something is lacking, and fills in groups of ``jdm42`` only: it knows no other scheme.
    """
    if not lacking(given) or given.labels.scheme.name != DEFAULT_SCHEME:
        held = {group.label for group in given.labels.scheme.groups} - given.labels.outside
        every = dict.fromkeys(sorted(held), given.labels.engine)
        return replace(given.labels, origin=every | dict(given.labels.origin))
    return fill(given, make_engine("auto").segment(volume, given.labels.scheme, progress), volume)


def _fused(given: Sequence[Given], volume: Volume, fusion: str) -> Given:
    """Fuse given maps; a group is partial if every map that holds it holds it in part."""
    labels = fuse([one.labels for one in given], volume, fusion)
    wholly = {
        group.label
        for one in given
        for group in one.labels.scheme.groups
        if group.label not in one.labels.outside and group.label not in one.partly
    }
    partly = frozenset().union(*(one.partly for one in given)) - wholly
    return Given(labels, np.logical_or.reduce([one.taken for one in given]), partly)
