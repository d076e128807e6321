"""The folder of a site's atlases, each a volume with outlines that a person has seen, and which is the nearest."""

import hashlib
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self, cast

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError

from wbmri.core import InputError, LabelMap, Volume
from wbmri.core.scheme import DEFAULT_SCHEME, Scheme, load_scheme
from wbmri.io import encode_nifti, read_image, read_labels, write_atomic

_FEWEST = 4
"""Bodies that share fewer groups are not compared."""


@dataclass(frozen=True, slots=True)
class Signature:
    """Size and place of the groups of a label map.

    Parameters
    ----------
    volume_ml
        Label to volume.
    centre_mm
        Label to centroid, RAS mm.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    volume_ml: Mapping[int, float]
    centre_mm: Mapping[int, tuple[float, float, float]]

    @classmethod
    def of(cls, labels: LabelMap) -> Self:
        """Measure every group that is not outside."""
        size = max(group.label for group in labels.scheme.groups) + 1
        flat = labels.data.ravel()
        count = np.bincount(flat, minlength=size)
        sums = np.empty((3, size))
        for axis in range(3):
            shape = [1, 1, 1]
            shape[axis] = -1
            place = np.broadcast_to(np.arange(labels.data.shape[axis]).reshape(shape), labels.data.shape)
            sums[axis] = np.bincount(flat, weights=place.ravel(), minlength=size)
        volume: dict[int, float] = {}
        centre: dict[int, tuple[float, float, float]] = {}
        for group in labels.scheme.groups:
            if count[group.label] and group.label not in labels.outside:
                x, y, z = labels.grid.points(sums[:, group.label] / count[group.label])
                volume[group.label] = round(float(count[group.label] * labels.grid.voxel_ml), 3)
                centre[group.label] = (round(float(x), 2), round(float(y), 2), round(float(z), 2))
        return cls(volume, centre)

    def distance(self, other: Self) -> float:
        """Return how unlike two bodies are: 0 for equal ones, infinite if they share too few groups.

        The root mean square of the relative differences in linear size of the groups, and of the differences between
        their places relative to the spread of all of them; where a body lies does not matter.
        """
        shared = sorted(set(self.volume_ml) & set(other.volume_ml))
        if len(shared) < _FEWEST:
            return float("inf")
        sizes = [np.log([one.volume_ml[label] for label in shared]) / 3 for one in (self, other)]
        places = [self._centred(shared), other._centred(shared)]
        spread = float(np.sqrt(sum((place**2).sum() for place in places) / 2 / len(shared)))
        apart = ((places[0] - places[1]) ** 2).sum(axis=1) / max(spread, 1.0) ** 2
        return float(np.sqrt(((sizes[0] - sizes[1]) ** 2).mean() + apart.mean()))

    def _centred(self, shared: list[int]) -> NDArray[np.float64]:
        place = np.array([self.centre_mm[label] for label in shared])
        centred: NDArray[np.float64] = place - place.mean(axis=0)
        return centred


FOLDER_VARIABLE = "WBMRI_ATLASES"
"""Environment variable that names the folder."""

_SCHEMA_VERSION = 2
"""Version 1 did not list the pairs."""


def atlas_folder(chosen: str | Path | None = None) -> Path:
    """Return the folder of the atlases: the chosen one, else that of ``WBMRI_ATLASES``, else ``~/.wbmri/atlases``."""
    named = chosen or os.environ.get(FOLDER_VARIABLE)
    return Path(named) if named else Path.home() / ".wbmri" / "atlases"


@dataclass(frozen=True, slots=True)
class _Document:
    """What ``atlas.json`` holds."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    name: str
    scheme: str
    scheme_version: str
    digest: str
    outside: tuple[int, ...]
    signature: Signature
    pairs: tuple[str, ...] = ()
    schema_version: int = 1


@dataclass(frozen=True, slots=True)
class StoredAtlas:
    """One atlas of the folder; its images are loaded when asked for.

    Parameters
    ----------
    id
        Name of its folder: the beginning of the digest of its volume.
    name
        The case it was made from, ``sub-X_ses-Y``.
    scheme, scheme_version
        The scheme of its labels.
    pairs
        Ids of the pairs of that scheme in the order of their labels: what its labels mean.
    digest
        SHA-256 of volume and labels.
    outside
        Labels of groups that are not on it.
    signature
        Size and place of its groups.
    folder
        Where its files lie.
    """

    id: str
    name: str
    scheme: str
    scheme_version: str
    pairs: tuple[str, ...]
    digest: str
    outside: frozenset[int]
    signature: Signature
    folder: Path

    def volume(self) -> Volume:
        """Load the scan."""
        return read_image(self.folder / "volume.nii.gz")

    def labels(self, scheme: Scheme) -> LabelMap:
        """Load the outlines.

        Raises
        ------
        InputError
            If the file cannot be read, or holds labels the scheme lacks.
        """
        data, grid = read_labels(self.folder / "labels.nii.gz")
        # LabelMap refuses what does not fit 8 bits.
        return LabelMap(cast("NDArray[np.uint8]", data), grid.affine, scheme, "site-atlas", {}, self.outside)


def add_atlas(folder: str | Path, name: str, volume: Volume, labels: LabelMap) -> StoredAtlas:
    """Store a scan with its outlines; the same scan with other outlines takes the place of the earlier ones.

    Parameters
    ----------
    folder
        The folder of atlases; made if it is missing.
    name
        The case it is.
    volume, labels
        The scan, and outlines a person has seen, on one grid.

    Raises
    ------
    InputError
        If they are on different grids, or there are no outlines.
    """
    labels.check_grid(volume)
    signature = Signature.of(labels)
    if not signature.volume_ml:
        raise InputError(f"the case {name} without outlines", "at least one muscle group", "outline the groups first")
    seen = hashlib.sha256(repr(volume.shape).encode() + volume.affine.tobytes() + volume.data.tobytes())
    where = Path(folder) / seen.hexdigest()[:12]
    seen.update(labels.data.tobytes())
    where.mkdir(parents=True, exist_ok=True)
    # The description comes last and marks the atlas as complete; without it the folder does not count.
    description = where / "atlas.json"
    description.unlink(missing_ok=True)
    write_atomic(where / "volume.nii.gz", encode_nifti(volume.data, volume.affine))
    write_atomic(where / "labels.nii.gz", encode_nifti(labels.data, labels.affine))
    document = _Document(
        name,
        labels.scheme.name,
        labels.scheme.version,
        seen.hexdigest(),
        tuple(sorted(labels.outside)),
        signature,
        labels.scheme.pair_ids,
        _SCHEMA_VERSION,
    )
    write_atomic(description, TypeAdapter(_Document).dump_json(document, indent=2) + b"\n")
    return _read(description)


def stored_atlases(folder: str | Path) -> tuple[StoredAtlas, ...]:
    """Return the complete atlases of a folder, by id; none if it does not exist.

    Raises
    ------
    InputError
        If the description of one cannot be read.
    """
    return tuple(_read(path) for path in sorted(Path(folder).glob("*/atlas.json")))


def remove_atlas(folder: str | Path, key: str) -> StoredAtlas:
    """Delete an atlas, named by its id or by its case.

    Raises
    ------
    InputError
        If none, or more than one, is named so.
    """
    every = stored_atlases(folder)
    found = [atlas for atlas in every if key in (atlas.id, atlas.name)]
    if len(found) != 1:
        raise InputError(
            f"{len(found) or 'no'} atlases named {key!r} in {folder}",
            f"one of {', '.join(atlas.id for atlas in every)}" if every else "an atlas",
            "see 'wbmri atlas list'",
        )
    (found[0].folder / "atlas.json").unlink()
    shutil.rmtree(found[0].folder)
    return found[0]


def _read(path: Path) -> StoredAtlas:
    try:
        document = TypeAdapter(_Document).validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        first = error.errors()[0]["msg"] if isinstance(error, ValidationError) else error.strerror
        raise InputError(
            f"{path} with {first}",
            "what 'wbmri atlas add' writes there",
            "remove that folder and add the case again",
        ) from error
    return StoredAtlas(
        path.parent.name,
        document.name,
        document.scheme,
        document.scheme_version,
        document.pairs or (load_scheme().pair_ids if document.scheme == DEFAULT_SCHEME else ()),
        document.digest,
        frozenset(document.outside),
        document.signature,
        path.parent,
    )
