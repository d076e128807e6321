"""Several label maps of one scan become one, by weighted votes or by STAPLE, with a confidence per group."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from wbmri.core import InputError, Json, LabelMap, Step, Volume


def weighted_vote(
    votes: NDArray[np.uint8],
    weights: NDArray[np.float32],
    local: NDArray[np.float32] | None = None,
) -> NDArray[np.uint8]:
    """Return the label each voxel gets.

    A map votes for its label with its weight in that group, and for background with its weight in the group that is
    voted on. A map whose weight in a group is 0 cannot vote against it by background, only by another label. Equal
    votes go to the first map.

    Parameters
    ----------
    votes
        What each map says of each voxel, shape (maps, n).
    weights
        Weight of each map in each label, shape (maps, labels + 1); entry 0 of a map is not used.
    local
        Factor on all votes of a map at each voxel, shape (maps, n); 1 if not given.
    """
    factor = np.ones(votes.shape, np.float32) if local is None else local
    own = np.take_along_axis(weights, votes.astype(np.intp), axis=1) * factor
    best, claimed = (np.zeros(votes.shape[1], np.float32) for _ in range(2))
    winner = np.zeros(votes.shape[1], np.uint8)
    for label in (int(value) for value in np.unique(votes) if value):
        mine = votes == label
        cast = np.where(votes == 0, weights[:, label, None] * factor, own)
        support = np.where(mine, cast, 0).sum(axis=0) / np.maximum(cast.sum(axis=0), 1e-9)
        claimed += support
        better = (support > best) | ((support == best) & mine[0])
        best[better], winner[better] = support[better], label
    background = 1 - claimed
    winner[(background > best) | ((background == best) & (votes[0] == 0))] = 0
    return winner


class AgreementCounts:
    """Counts how far maps agree with the outcome, over as many portions of voxels as there are.

    Parameters
    ----------
    maps
        How many maps vote.
    size
        Highest label + 1.
    """

    def __init__(self, maps: int, size: int) -> None:
        self._whole = np.zeros(size)
        self._own = np.zeros((maps, size))
        self._both = np.zeros((maps, size))

    def count(self, votes: NDArray[np.uint8], outcome: NDArray[np.uint8]) -> None:
        """Add voxels: votes of shape (maps, n), the outcome of shape (n,)."""
        size = self._whole.size
        self._whole += np.bincount(outcome, minlength=size)
        for own, both, chosen in zip(self._own, self._both, votes, strict=True):
            own += np.bincount(chosen, minlength=size)
            both += np.bincount(outcome[chosen == outcome], minlength=size)

    def agreement(self, weights: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return for each label the mean Dice overlap of the maps with the outcome, weighted; shape (labels + 1,)."""
        dice = 2 * self._both / np.maximum(self._own + self._whole, 1)
        mean: NDArray[np.float64] = (weights * dice).sum(axis=0) / np.maximum(weights.sum(axis=0), 1e-9)
        return np.clip(mean, 0, 1)


FUSIONS = ("vote", "staple")
ENGINE = "fusion"


def fuse(maps: Sequence[LabelMap], volume: Volume, method: str = "vote") -> LabelMap:
    """Combine label maps.

    ``vote``: at each voxel every map votes for its label with its confidence in that group, or for background with its
    confidence in the group that is voted on; background in a map that has the group outside its field of view is no
    vote. Equal votes go to the map that was named first. ``staple``: each map's rate of confusing each group with each
    other one is estimated together with the labels (Rohlfing, Russakoff, Maurer 2003, IPMI, LNCS 2732:210);
    confidences are not used.

    Parameters
    ----------
    maps
        Two or more label maps of one scheme.
    volume
        The scan they belong to; all are on its grid.
    method
        ``vote`` or ``staple``.

    Returns
    -------
    LabelMap
        The confidence of a group is the mean Dice overlap of the maps with the result, each weighted by its own
        confidence, times the highest of these: agreement does not make an outline surer than its surest source.

    Raises
    ------
    InputError
        If there are fewer than two maps, they differ in scheme or grid, or the method is unknown or cannot take them.
    """
    _check(maps, volume, method)
    weights = _weights(maps)
    data = _vote([labels.data for labels in maps], weights) if method == "vote" else _staple(maps)
    scheme = maps[0].scheme
    outside = frozenset.intersection(*(labels.outside for labels in maps))
    data[np.isin(data, sorted(outside))] = 0
    agreement = _agreement(maps, data, weights)
    origin = {
        label: "+".join(dict.fromkeys(source.origin.get(label, source.engine) for source in voters))
        for label in agreement
        if (voters := [source for source in maps if label not in source.outside])
    }
    names = {group.label: group.id for group in scheme.groups}
    parameters: dict[str, Json] = {
        "method": method,
        "maps": [labels.engine for labels in maps],
        "agreement": {names[label]: round(value, 3) for label, value in agreement.items()},
        "origin": {names[label]: source for label, source in origin.items()},
    }
    steps = list(volume.provenance)
    for labels in maps:
        steps += [step for step in labels.provenance if step not in volume.provenance]
    return LabelMap(
        data,
        volume.affine,
        scheme,
        ENGINE,
        {
            label: 0.0 if label in outside else value * float(weights[:, label].max())
            for label, value in agreement.items()
        },
        outside,
        origin,
        (*steps, Step("fuse", parameters)),
    )


def _check(maps: Sequence[LabelMap], volume: Volume, method: str) -> None:
    if method not in FUSIONS:
        raise InputError(f"the fusion {method!r}", f"one of {', '.join(FUSIONS)}", "choose one of these")
    if len(maps) < 2:
        raise InputError(f"{len(maps)} label maps to fuse", "two or more", "name another one")
    for labels in maps:
        labels.check_grid(volume)
        if labels.scheme != maps[0].scheme:
            raise InputError(
                f"label maps of the schemes {maps[0].scheme.name} and {labels.scheme.name}",
                "one scheme",
                "map them to one scheme first",
            )
    if method == "staple" and len({labels.outside for labels in maps}) > 1:
        raise InputError(
            "label maps that hold different groups for STAPLE",
            "the same groups in each",
            "combine them by voting",
        )


def _weights(maps: Sequence[LabelMap]) -> NDArray[np.float32]:
    """Return the weight of each map's vote on each label, shape (maps, labels + 1); entry 0 of a map is not used."""
    weights = np.zeros((len(maps), max(group.label for group in maps[0].scheme.groups) + 1), np.float32)
    for row, labels in zip(weights, maps, strict=True):
        for group in labels.scheme.groups:
            if group.label not in labels.outside:
                # A map that is not sure of anything still votes where no other does.
                row[group.label] = max(labels.confidence.get(group.label, 1.0), 1e-3)
    return weights


def _vote(maps: Sequence[NDArray[np.uint8]], weights: NDArray[np.float32]) -> NDArray[np.uint8]:
    data = maps[0].copy()
    differ = np.zeros(data.shape, bool)
    for other in maps[1:]:
        differ |= other != data
    data[differ] = weighted_vote(np.stack([labels[differ] for labels in maps]), weights)
    return data


def _staple(maps: Sequence[LabelMap]) -> NDArray[np.uint8]:
    import SimpleITK as sitk
    from scipy import ndimage

    data = maps[0].data.copy()
    union = np.zeros(data.shape, np.uint8)
    for labels in maps:
        union |= labels.data > 0
    box = ndimage.find_objects(union)[0]
    images = [sitk.GetImageFromArray(np.ascontiguousarray(labels.data[box])) for labels in maps]
    # A voxel for which two labels are equally likely keeps the first map's.
    undecided = 255
    found = sitk.GetArrayFromImage(sitk.MultiLabelSTAPLE(images, undecided))
    data[box] = np.where(found == undecided, data[box], found)
    return data


def _agreement(maps: Sequence[LabelMap], data: NDArray[np.uint8], weights: NDArray[np.float32]) -> dict[int, float]:
    counts = AgreementCounts(len(maps), weights.shape[1])
    counts.count(np.stack([labels.data.ravel() for labels in maps]), data.ravel())
    agreement = counts.agreement(weights)
    return {group.label: float(agreement[group.label]) for group in maps[0].scheme.groups}
