"""The engine ``site-atlas``: the nearest of a site's reviewed cases, laid over the scan and fused with ``auto``."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wbmri.core import InputError, Json, LabelMap, Progress, Step, Volume, canonical, part
from wbmri.core.scheme import Scheme
from wbmri.registration import TO_ATLAS, Deformation, Lean, lean_of_volume, lean_share, register_atlas
from wbmri.segmentation.engine import Engine, engine_fingerprint, engine_licence, make_engine
from wbmri.segmentation.fusion import AgreementCounts, weighted_vote
from wbmri.segmentation.multi_atlas.atlas_store import (
    FOLDER_VARIABLE,
    Signature,
    StoredAtlas,
    atlas_folder,
    stored_atlases,
)

_NEAREST = 5
"""So many atlases are laid over a scan."""
_SHARPNESS = 6.0
"""Power to which the likeness of scan and atlas counts: a place that looks half as alike has a 64th of the vote."""
_LEAN_ENOUGH = 0.4
"""Voxels of the scan with less lean tissue are not muscle: atlases have no say in them."""


class SiteAtlasEngine:
    """Lets the reviewed cases of a site vote on the groups, weighted by how alike scan and case look at each place.

    Voting weighted by local likeness: Artaechevarria, Munoz-Barrutia, Ortiz-de-Solorzano 2009, IEEE Trans Med Imaging
    28:1266.

    Parameters
    ----------
    folder
        The folder of atlases; by default that of ``WBMRI_ATLASES`` or ``~/.wbmri/atlases``.
    base
        Makes the engine that the atlases are fused with; by default ``auto``.
    """

    name = "site-atlas"
    description = "reviewed cases of your site (wbmri atlas add) laid over the scan and fused with the engine auto"

    def __init__(
        self,
        folder: str | Path | None = None,
        base: Callable[[], Engine] = lambda: make_engine("auto"),
    ) -> None:
        self._folder = folder
        self._base = base

    @property
    def needs(self) -> str:
        """What must be there and is not."""
        folder = atlas_folder(self._folder)
        return "" if any(folder.glob("*/atlas.json")) else "reviewed cases, see 'wbmri atlas add'"

    @property
    def fingerprint(self) -> dict[str, Json]:
        """Which atlases there are, and what they are fused with."""
        digests = sorted(atlas.digest for atlas in stored_atlases(atlas_folder(self._folder)))
        joined = hashlib.sha256("".join(digests).encode()).hexdigest()
        return {"atlases": joined, "base": engine_fingerprint(self._base())}

    @property
    def licence(self) -> str:
        """The licence of the weights of the engine that the atlases are fused with."""
        return engine_licence(self._base())

    def segment(self, volume: Volume, scheme: Scheme, progress: Progress) -> LabelMap:
        """Return the groups on the volume's grid.

        Raises
        ------
        InputError
            If there is no atlas of the scheme that resembles the scan, or `auto` cannot segment it.
        """
        folder = atlas_folder(self._folder)
        atlases = [atlas for atlas in stored_atlases(folder) if atlas.pairs == scheme.pair_ids]
        if not atlases:
            raise InputError(
                f"no atlas with the {len(scheme.pairs)} pairs of the scheme {scheme.name} in their order in {folder}",
                "cases of your site that a person has reviewed",
                f"add them with 'wbmri atlas add CASE', or name their folder with {FOLDER_VARIABLE}",
            )
        found = self._base().segment(volume, scheme, part(progress, 0.0, 0.4))
        nearest = _nearest(atlases, found)
        scan, level = lean_of_volume(canonical(volume))
        voters = []
        for number, atlas in enumerate(nearest):
            start = 0.4 + 0.5 * number / len(nearest)
            labels = atlas.labels(scheme)
            progress(start, f"laying {atlas.name} over the scan")
            voters.append(_Voter(register_atlas(scan, found, atlas.volume(), labels), labels))
        progress(0.9, "voting")
        return _fused(volume, scan, level, found, voters, nearest)


class _Voter:
    """An atlas that has been laid over the scan."""

    def __init__(self, deformation: Deformation, labels: LabelMap) -> None:
        self.deformation = deformation
        self.labels = labels

    def votes(self, at: NDArray[np.float32]) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        """Return labels and likeness at points, given as indices of the working grid of shape (3, n)."""
        from scipy import ndimage

        def here(values: NDArray[np.float32]) -> NDArray[np.float32]:
            sampled: NDArray[np.float32] = ndimage.map_coordinates(values, at, order=1, mode="nearest")
            return sampled

        place = np.stack([here(axis) for axis in self.deformation.place], axis=-1).astype(np.float64)
        index = np.floor(self.labels.grid.indices(place) + (0.5 + 1e-6)).astype(np.int64)
        inside = ((index >= 0) & (index < self.labels.data.shape)).all(axis=1)
        labels = np.zeros(at.shape[1], np.uint8)
        labels[inside] = self.labels.data[tuple(index[inside].T)]
        return labels, np.where(inside, here(self.deformation.likeness), 0).astype(np.float32)


def _nearest(atlases: list[StoredAtlas], found: LabelMap) -> list[StoredAtlas]:
    signature = Signature.of(found)
    apart = {atlas.id: signature.distance(atlas.signature) for atlas in atlases}
    usable = [atlas for atlas in atlases if np.isfinite(apart[atlas.id])]
    if not usable:
        raise InputError(
            f"{len(atlases)} atlases, none of which shows the part of the body that is on the scan",
            "an atlas with the same muscle groups",
            "add a case of that part of the body, or use the engine auto",
        )
    return sorted(usable, key=lambda atlas: (apart[atlas.id], atlas.id))[:_NEAREST]


def _fused(
    volume: Volume,
    scan: Lean,
    level: float,
    found: LabelMap,
    voters: list[_Voter],
    used: list[StoredAtlas],
) -> LabelMap:
    scheme = found.scheme
    size = max(group.label for group in scheme.groups) + 1
    weights = np.zeros((1 + len(voters), size), np.float32)
    for group in scheme.groups:
        # What the engine is not sure of it still votes for where no atlas does.
        weights[0, group.label] = max(found.confidence.get(group.label, 1.0), 1e-3)
        weights[1:, group.label] = [group.label not in voter.labels.outside for voter in voters]
    # What is out of view for the engine stays so: an atlas has no image there either.
    unseen = np.array(sorted(found.outside), np.uint8)
    weights[1:, unseen] = 0
    counts = AgreementCounts(len(weights), size)
    likeness, counted = np.zeros(weights.shape), np.zeros(weights.shape)
    data = found.data.copy()
    into = volume.grid.index_map(scan.grid)
    for i in range(volume.shape[0]):
        jk = np.argwhere((lean_share(volume.data[i], level) > _LEAN_ENOUGH) | (data[i] > 0))
        if not len(jk):
            continue
        at = (jk @ into[:3, 1:3].T + into[:3, 0] * i + into[:3, 3]).T.astype(np.float32)
        said = [voter.votes(at) for voter in voters]
        votes = np.stack([data[i, jk[:, 0], jk[:, 1]], *(labels for labels, _ in said)])
        votes[1:][np.isin(votes[1:], unseen)] = 0
        alike = np.stack([np.ones(len(jk), np.float32), *(likely for _, likely in said)])
        outcome = weighted_vote(votes, weights, (alike**_SHARPNESS).astype(np.float32))
        counts.count(votes, outcome)
        for row, total, chosen, likely in zip(counted, likeness, votes, alike, strict=True):
            row += np.bincount(chosen, minlength=size)
            total += np.bincount(chosen, weights=likely, minlength=size)
        data[i, jk[:, 0], jk[:, 1]] = outcome
    # How sure each voter is of a group: the engine by its own word, an atlas by how alike it looks there.
    sure = weights * (likeness / np.maximum(counted, 1)).astype(np.float32)
    agreement = counts.agreement(sure)
    step = Step(
        "segment",
        {
            "engine": SiteAtlasEngine.name,
            "base": found.engine,
            "atlases": [atlas.digest for atlas in used],
            "sharpness": _SHARPNESS,
            "laying": TO_ATLAS.recorded(),
        },
    )
    return LabelMap(
        data,
        volume.affine,
        scheme,
        SiteAtlasEngine.name,
        {
            group.label: 0.0
            if group.label in found.outside
            else float(np.clip(agreement[group.label] * sure[:, group.label].max(), 0, 1))
            for group in scheme.groups
        },
        found.outside,
        {},
        (*found.provenance, step),
    )
