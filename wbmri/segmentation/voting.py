"""Weighted voting between label maps, voxel by voxel, and how far the voters agree with the outcome."""

import numpy as np
from numpy.typing import NDArray


def decide(
    votes: NDArray[np.uint8], weights: NDArray[np.float32], local: NDArray[np.float32] | None = None
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


class Tally:
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
