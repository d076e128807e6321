"""What the networks are judged by, and how each is given its examples."""

import torch
from torch import Tensor
from torch.nn import functional

from wbmri.segmentation.network.frame import AIR, BONE, FAT, LEVEL, OTHER, PAIRS, SIDE
from wbmri.training.examples import NONE
from wbmri.training.surveys import SAMPLES

_BALANCE = 0.3
"""A class counts in proportion to its size to the power 1 - this: small muscles must not drown."""
_SIDE_WEIGHT, _LEVEL_WEIGHT = 0.3, 2.0


def outline_loss(logits: Tensor, classes: Tensor, right: Tensor) -> tuple[Tensor, Tensor]:
    """Return the loss of outlines, and the soft Dice overlap of each pair, shape (21,); nan where the pair is absent.

    Cross-entropy of the classes (balanced), plus soft Dice of the pairs that are there, plus cross-entropy of the side
    inside the body.

    Parameters
    ----------
    logits
        Shape (n, 26, x, y, z).
    classes, right
        The truth, shape (n, x, y, z); the class `NONE` means any but a muscle group.
    """
    truth = classes.long()
    logs = functional.log_softmax(logits[:, :SIDE].float(), 1)
    logs = torch.cat([logs, logs[:, [AIR, BONE, FAT, OTHER]].logsumexp(1, keepdim=True)], 1)
    flat = truth.reshape(-1)
    size = torch.bincount(flat, minlength=NONE + 1)
    weight = ((size + 50.0) ** -_BALANCE)[truth]
    right_log = logs.gather(1, truth[:, None])[:, 0]
    value = -(weight * right_log).sum() / weight.sum()
    inside = logs.new_zeros(NONE + 1).index_add(0, flat, right_log.exp().reshape(-1))
    overlap = (2 * inside + 1) / (size + logs.exp().sum((0, 2, 3, 4)) + 1)
    pairs, there = overlap[1 : PAIRS + 1], size[1 : PAIRS + 1] > 0
    if there.any():
        value = value + (1 - pairs[there]).mean()
    body = truth > 0
    if body.any():
        value = value + _SIDE_WEIGHT * functional.binary_cross_entropy_with_logits(
            logits[:, SIDE].float()[body], right.float()[body]
        )
    return value, torch.where(there, pairs.detach(), torch.nan)


def finding_loss(logits: Tensor, counts: Tensor, right: Tensor, level: Tensor) -> tuple[Tensor, Tensor]:
    """Return the loss of a view, and the soft Dice overlap of each pair, shape (21,); nan where the pair is absent.

    As `outline_loss`, with shares of voxels as the truth, plus the mean error of the height inside the body.

    Parameters
    ----------
    logits
        Shape (n, 27, x, y, z).
    counts
        Samples of each class in each voxel, shape (n, 25, x, y, z).
    right, level
        Share of the right half, and height in the body, shape (n, x, y, z).
    """
    share = counts.float() / SAMPLES
    logs = functional.log_softmax(logits[:, :SIDE].float(), 1)
    size = share.sum((0, 2, 3, 4))
    weight = (size + 20.0) ** -_BALANCE
    value = -((share * logs).sum((0, 2, 3, 4)) * weight).sum() / (weight * size).sum()
    chances = logs.exp()
    inside = torch.minimum(chances, share).sum((0, 2, 3, 4))
    overlap = (2 * inside + 1) / (size + chances.sum((0, 2, 3, 4)) + 1)
    pairs, there = overlap[1 : PAIRS + 1], size[1 : PAIRS + 1] > 3
    if there.any():
        value = value + (1 - pairs[there]).mean()
    body = counts[:, AIR] < SAMPLES
    if body.any():
        side, height = logits[:, SIDE].float()[body], torch.sigmoid(logits[:, LEVEL].float()[body])
        value = value + _SIDE_WEIGHT * functional.binary_cross_entropy_with_logits(side, right[body])
        value = value + _LEVEL_WEIGHT * functional.l1_loss(height, level[body].clamp(0, 1))
    return value, torch.where(there, pairs.detach(), torch.nan)
