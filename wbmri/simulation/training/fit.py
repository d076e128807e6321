"""The training loop: seeded examples without end, losses, checkpoints and curves."""

import csv
import ctypes
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from wbmri.core import Progress
from wbmri.segmentation.network import AIR, BONE, FAT, LEVEL, OTHER, PAIRS, SIDE
from wbmri.simulation.training.examples import NONE, SAMPLES

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
            logits[:, SIDE].float()[body],
            right.float()[body],
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


_SAVE_EVERY = 50
_AVERAGE = 0.995
"""The weights that are kept are an exponential average of those of the last steps."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How a network is trained.

    Parameters
    ----------
    steps
        Optimiser steps.
    batch
        Examples per step, each of another body.
    rate
        Highest learning rate; it rises over the first 3 % of the steps and falls as a cosine.
    seed
        Of bodies and of the first weights.
    """

    steps: int
    batch: int
    rate: float
    seed: int


Arrays = tuple[NDArray[Any], ...]
Source = Callable[[int, int], Iterator[Arrays]]
"""Gives examples without end, from the first body's number and the step to the next one."""
Judge = Callable[..., tuple[Tensor, Tensor]]
"""Takes a batch, one tensor for each array of an example; gives the loss, and the overlap of each pair."""


class _Stream(IterableDataset[Arrays]):
    """Examples of several bodies in turn; a worker gets every n-th body."""

    def __init__(self, source: Source, first: int, bodies: int) -> None:
        self.source, self.first, self.bodies = source, first, bodies

    def __iter__(self) -> Iterator[Arrays]:
        torch.set_num_threads(1)
        worker = get_worker_info()
        number, of = (worker.id, worker.num_workers) if worker else (0, 1)
        first, step = self.first + number * self.bodies, of * self.bodies
        for together in zip(*(self.source(first + k, step) for k in range(self.bodies)), strict=True):
            yield from together


def fit(model: nn.Module, judge: Judge, plan: Plan, source: Source, checkpoint: Path, progress: Progress) -> None:
    """Train a network, going on from a checkpoint where there is one; on a graphics card where there is one.

    Parameters
    ----------
    model
        The network; holds the averaged weights afterwards.
    judge
        Runs it on a batch and tells the loss.
    plan
        Steps, batch, rate and seed.
    source
        Where examples come from.
    checkpoint
        Where the state is kept; the curve is written beside it as CSV.
    progress
        Called with the share that is done.
    """
    _keep_memory()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model.to(device)
    optimiser = torch.optim.AdamW(model.parameters(), lr=plan.rate, weight_decay=1e-4)
    average = {key: value.clone() for key, value in model.state_dict().items()}
    done = 0
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True, map_location=device)
        model.load_state_dict(state["model"])
        optimiser.load_state_dict(state["optimiser"])
        average, done = state["average"], state["step"]
    workers = max(1, (os.cpu_count() or 2) - 1)
    stream = _Stream(source, 1000 * done, plan.batch)
    loader = iter(DataLoader(stream, batch_size=plan.batch, num_workers=workers, prefetch_factor=6))
    recent: list[tuple[float, Tensor]] = []
    model.train()
    model.to(memory_format=torch.channels_last_3d)  # type: ignore[call-overload]  # torch's stubs lack this form
    for step in range(done, plan.steps):
        for group in optimiser.param_groups:
            group["lr"] = plan.rate * _schedule(step / plan.steps)
        optimiser.zero_grad()
        batch = [part.to(device) for part in next(loader)]
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=_halves(device)):
            value, overlap = judge(*batch)
        value.backward()
        recent.append((float(value.detach()), overlap.cpu()))
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        share = min(_AVERAGE, (step + 1) / (step + 10))
        for key, weight in model.state_dict().items():
            average[key].mul_(share).add_(weight, alpha=1 - share)
        if (step + 1) % _SAVE_EVERY == 0 or step + 1 == plan.steps:
            _save(
                checkpoint,
                {
                    "model": model.state_dict(),
                    "optimiser": optimiser.state_dict(),
                    "average": average,
                    "step": step + 1,
                },
            )
            _record(checkpoint.with_suffix(".csv"), step + 1, recent)
            progress((step + 1) / plan.steps, f"step {step + 1} of {plan.steps}")
            recent = []
    model.load_state_dict(average)
    model.to("cpu").eval()


def _keep_memory() -> None:
    """Keep the memory of one step for the next.

    The C library of GNU gives each large block back to the system and takes it anew, page by page: a quarter to two
    fifths of a step on two processors (mallopt(3): M_MMAP_MAX is -4, M_TRIM_THRESHOLD is -1).
    """
    if sys.platform == "linux":
        library = ctypes.CDLL(None)
        if hasattr(library, "mallopt"):
            library.mallopt(-4, 0)
            library.mallopt(-1, 2**31 - 1)


def _halves(device: torch.device) -> bool:
    """Return whether the device is fast with numbers of 16 bits; a processor without instructions for them is slower.

    A step of the outlines takes 4.1 s instead of 1.9 s on one with AVX-512 but without its BF16.
    """
    has = torch.cpu.get_capabilities()
    return device.type == "cuda" or bool(has.get("avx512_bf16") or has.get("amx_bf16"))


def _schedule(share: float) -> float:
    if share < 0.03:
        return share / 0.03 + 0.01
    return 0.5 * (1 + float(np.cos(np.pi * (share - 0.03) / 0.97))) + 0.002


def _save(path: Path, state: dict[str, object]) -> None:
    part = path.with_suffix(".part")
    torch.save(state, part)
    os.replace(part, path)


def _record(path: Path, step: int, recent: list[tuple[float, Tensor]]) -> None:
    """Append mean loss and soft Dice (mean and of each pair) of the last steps to the curve."""
    overlaps = torch.stack([overlap for _, overlap in recent])
    each = torch.nanmean(overlaps, 0)
    new = not path.exists()
    with path.open("a", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        if new:
            rows.writerow(["step", "loss", "dice", *(f"dice_{pair}" for pair in range(1, PAIRS + 1))])
        mean_loss = float(np.mean([value for value, _ in recent]))
        rows.writerow([step, round(mean_loss, 4), *(round(float(v), 4) for v in (torch.nanmean(each), *each))])
