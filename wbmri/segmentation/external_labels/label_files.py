"""Label maps the user brings: put on the volume's grid, mapped, fused, checked, and filled in where groups lack."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from wbmri.core import Grid, InputError, Json, LabelMap, Progress, Step, Volume, part
from wbmri.core.scheme import Scheme, load_scheme
from wbmri.io import read_labels
from wbmri.io.dicom import is_dicom, read_segments
from wbmri.registration import nearest_on_grid
from wbmri.segmentation.engine import check_pairs, make_engine
from wbmri.segmentation.external_labels.label_mapping import map_labels
from wbmri.segmentation.external_labels.mapping_table import Mapping, load_mapping, mapping_of_segments
from wbmri.segmentation.fusion import fuse

_LEAST_OVERLAP = 0.5


@dataclass(frozen=True, eq=False, slots=True)
class ExternalLabels:
    """A label map from elsewhere on the volume's grid.

    Parameters
    ----------
    labels
        The groups it holds; those it does not hold are outside.
    labelled
        Voxels it says something about, be it bone: nothing may be filled in there. Shape of the labels.
    partial
        Labels of the groups whose outline lacks a muscle.
    """

    labels: LabelMap
    labelled: NDArray[np.bool_]
    partial: frozenset[int] = frozenset()


class LabelFile:
    """Takes the outlines from a file on any grid, of any format `wbmri.io.read_labels` reads or a DICOM segmentation.

    Parameters
    ----------
    path
        The label map.
    mapping
        Name or path of the table for the numbers in it; without one they are the labels of the scheme, and segments are
        known by their names and codes.
    engine
        What the outlines are recorded as coming from.
    """

    def __init__(self, path: str | Path, mapping: str | Path | None = None, engine: str = "labels") -> None:
        self.path = Path(path)
        self.mapping = mapping
        self.name = engine

    def segment(self, volume: Volume, scheme: Scheme) -> LabelMap:
        """Return the file's labels on the volume's grid, by nearest neighbour; groups that are absent are outside.

        Raises
        ------
        InputError
            If the file has labels that the scheme or the mapping lacks, is empty, or lies for the larger part outside
            the volume.
        """
        return self.read(volume, scheme).labels

    def read(self, volume: Volume, scheme: Scheme, *, as_vote: bool = False) -> ExternalLabels:
        """Return the file's labels on the volume's grid, with what filling needs to know.

        Parameters
        ----------
        volume, scheme
            As for `segment`, which also says what is raised.
        as_vote
            Whether it is one of several maps: then the JSON file that wbmri writes beside its own label maps says how
            sure each group is. A single map was brought to be believed; it may have been corrected since.
        """
        numbers, grid, table = self._load(scheme)
        digest = hashlib.sha256(repr(numbers.shape).encode() + numbers.tobytes())
        parameters: dict[str, Json] = {"engine": self.name, "sha256": digest.hexdigest()}
        # Checks that the numbers are labels before it makes them 8 bits wide.
        data = cast("NDArray[np.uint8]", numbers)
        partial: frozenset[int] = frozenset()
        labelled = None
        if table is not None:
            mapped = map_labels(numbers, grid, volume, table, scheme)
            data, partial = mapped.data, mapped.partial
            labelled = nearest_on_grid(mapped.labelled.view(np.uint8), grid, volume.grid) > 0
            parameters |= mapped.parameters
        brought = LabelMap(data, grid.affine, scheme, self.name, {})
        here = nearest_on_grid(brought.data, grid, volume.grid)
        self._check_place(brought, here, volume)
        present = frozenset(int(label) for label in np.unique(here)) - {0}
        sure = self._confidence() if as_vote and self.mapping is None else {}
        labels = LabelMap(
            here,
            volume.affine,
            scheme,
            self.name,
            confidence={
                group.label: sure.get(group.label, 1.0) if group.label in present else 0.0 for group in scheme.groups
            },
            outside=frozenset(group.label for group in scheme.groups) - present,
            provenance=(*volume.provenance, Step("segment", parameters)),
        )
        return ExternalLabels(labels, here > 0 if labelled is None else labelled, partial & present)

    def _load(self, scheme: Scheme) -> tuple[NDArray[np.int32], Grid, Mapping | None]:
        """Return the numbers of the file, where they lie, and a table for them if they are not the scheme's labels."""
        named = None if self.mapping is None else load_mapping(self.mapping)
        if not is_dicom(self.path):
            return *read_labels(self.path), named
        found = read_segments(self.path)
        return found.data, found.grid, named or mapping_of_segments(found.segments, scheme, self.path.name)

    def _confidence(self) -> dict[int, float]:
        """Return what the file beside one of wbmri's own label maps says of its groups; empty if there is none."""
        beside = self.path.with_name(self.path.name.removesuffix(".gz").removesuffix(".nii") + ".json")
        try:
            found = json.loads(beside.read_bytes())["confidence"]
            return {int(label): min(1.0, max(0.0, float(value))) for label, value in found.items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
            return {}

    def _check_place(self, brought: LabelMap, here: NDArray[np.uint8], volume: Volume) -> None:
        whole = np.count_nonzero(brought.data) * brought.grid.voxel_ml
        kept = np.count_nonzero(here) * volume.voxel_ml
        if whole == 0:
            raise InputError(
                f"{self.path.name}, which labels nothing",
                "a label map of muscle groups",
                "check the file",
            )
        if kept < _LEAST_OVERLAP * whole:
            raise InputError(
                f"{self.path.name}, of which {kept / whole:.0%} lies inside the image",
                f"at least {_LEAST_OVERLAP:.0%}",
                "check that label map and image belong together and that neither has lost its orientation",
            )


_SHELL_MM = 5.0
"""What the engine adds beside a given outline is taken only where it is thicker than twice this: a thinner shell is
disagreement about an edge, not a muscle that is missing."""


def missing_groups(external: ExternalLabels) -> frozenset[int]:
    """Return the labels of the groups that an external map does not hold, or not wholly."""
    return external.labels.outside | external.partial


def fill_missing(external: ExternalLabels, made: LabelMap, volume: Volume) -> LabelMap:
    """Complete an external label map.

    A group that it lacks comes from the engine whole; of a group that it holds in part, the engine adds what lies apart
    from the outline that is there. No voxel about which the external map says anything is changed.

    Parameters
    ----------
    external
        The external map.
    made
        The engine's labels of the same scheme, on the same grid.
    volume
        The scan both belong to.

    Returns
    -------
    LabelMap
        With the origin of each group: the name of the engine that made its outline, joined by ``+`` where two did.

    Raises
    ------
    InputError
        If the engine's labels are on another grid, or mean other pairs.
    """
    made.check_grid(volume)
    check_pairs(made.scheme, external.labels.scheme, "filling what a label map lacks")
    data = external.labels.data.copy()
    origin: dict[int, str] = {}
    confidence = dict(external.labels.confidence)
    outside = set(external.labels.outside)
    free = ~external.labelled
    for group in external.labels.scheme.groups:
        label = group.label
        if label not in external.labels.outside:
            origin[label] = external.labels.engine
        if label not in missing_groups(external) or label in made.outside:
            continue
        there = (made.data == label) & free
        if label in external.partial:
            there = _thick(there, volume)
        added = int(np.count_nonzero(there))
        if not added:
            continue
        kept = int(np.count_nonzero(data == label))
        data[there] = label
        sure = made.confidence.get(label, 0.0)
        confidence[label] = (confidence.get(label, 0.0) * kept + sure * added) / (kept + added)
        origin[label] = f"{origin[label]}+{made.engine}" if kept else made.engine
        outside.discard(label)
    sources: dict[str, Json] = {external.labels.scheme.group(label).id: source for label, source in origin.items()}
    steps = [step for step in made.provenance if step not in external.labels.provenance]
    return LabelMap(
        data,
        external.labels.affine,
        external.labels.scheme,
        external.labels.engine,
        confidence,
        frozenset(outside),
        origin,
        (*external.labels.provenance, *steps, Step("fill", {"shell_mm": _SHELL_MM, "origin": sources})),
    )


def _thick(mask: NDArray[np.bool_], volume: Volume) -> NDArray[np.bool_]:
    """Return the parts of a mask that are thicker than a shell."""
    from scipy import ndimage

    box = ndimage.find_objects(mask.view(np.uint8))
    if not box:
        return mask
    part = mask[box[0]]
    padded = np.pad(part, 1)
    core = ndimage.distance_transform_edt(padded, sampling=volume.spacing) > _SHELL_MM
    near = ndimage.distance_transform_edt(~core, sampling=volume.spacing) <= _SHELL_MM if core.any() else core
    thick = np.zeros_like(mask)
    thick[box[0]] = part & near[1:-1, 1:-1, 1:-1]
    return thick


def labels_from_files(
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
    maps = []
    for number, (path, table) in enumerate(zip(labels, tables, strict=True)):
        which = "the label map" if len(labels) == 1 else f"label map {number + 1} of {len(labels)}"
        progress(0.2 * number / len(labels), f"reading {which}")
        maps.append(LabelFile(path, table).read(volume, scheme, as_vote=len(labels) > 1))
    whole = maps[0] if len(maps) == 1 else _fused(maps, volume, fusion)
    # Segments that are single muscles come from another program, as numbers with a table do.
    filled = bool(mappings or whole.partial)
    return _complete(whole, volume, part(progress, 0.2, 1.0)) if filled else whole.labels


def _complete(external: ExternalLabels, volume: Volume, progress: Progress) -> LabelMap:
    """Return an external map with what it lacks filled in by the engine ``auto``.

    The engine runs only if something is missing, and only for a scheme with the pairs of ``jdm42`` in their order: it
    knows no other.
    """
    if not missing_groups(external) or external.labels.scheme.pair_ids != load_scheme().pair_ids:
        held = {group.label for group in external.labels.scheme.groups} - external.labels.outside
        every = dict.fromkeys(sorted(held), external.labels.engine)
        return replace(external.labels, origin=every | dict(external.labels.origin))
    return fill_missing(external, make_engine("auto").segment(volume, external.labels.scheme, progress), volume)


def _fused(maps: Sequence[ExternalLabels], volume: Volume, fusion: str) -> ExternalLabels:
    """Fuse external maps; a group is partial if every map that holds it holds it in part."""
    labels = fuse([one.labels for one in maps], volume, fusion)
    wholly = {
        group.label
        for one in maps
        for group in one.labels.scheme.groups
        if group.label not in one.labels.outside and group.label not in one.partial
    }
    partial = frozenset().union(*(one.partial for one in maps)) - wholly
    return ExternalLabels(labels, np.logical_or.reduce([one.labelled for one in maps]), partial)
