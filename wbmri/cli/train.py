"""``wbmri train``: the networks of the engine ``network``, on bodies and on a site's corrected cases."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

from typer import Argument, Option, echo


class Network(StrEnum):
    """The two networks of the engine."""

    FINDER = "finder"
    OUTLINES = "outlines"


def train(
    out: Annotated[Path, Argument(metavar="OUT", help="Folder of the training; one that was stopped goes on.")],
    anatomies: Annotated[
        list[Path] | None,
        Option("--anatomy", metavar="DIR", help="A labelled anatomy, see docs/training.md."),
    ] = None,
    cases: Annotated[
        list[Path] | None,
        Option("--from", metavar="CASE", help="A corrected case, OUT/sub-X/ses-Y."),
    ] = None,
    network: Annotated[
        Network,
        Option("--network", help="What to train: what finds the muscles, or what draws their outlines."),
    ] = Network.OUTLINES,
    steps: Annotated[int, Option("--steps", min=1, help="Optimiser steps.")] = 6000,
    batch: Annotated[
        int | None,
        Option("--batch", min=1, help="Examples a step; by default 2 for the finder, 1 for the outlines."),
    ] = None,
    seed: Annotated[int, Option("--seed", help="Seed of bodies and first weights.")] = 0,
    afresh: Annotated[bool, Option("--afresh", help="Begin with random weights, not with the package's.")] = False,
) -> None:
    """Train a network, or fine-tune the outlines on corrected cases (needs the extra 'train')."""
    from importlib.util import find_spec

    from wbmri.cli.terminal import shown_progress
    from wbmri.core import InputError

    if find_spec("torch") is None or find_spec("onnx") is None:
        raise InputError("no PyTorch", "the packages of the extra 'train'", "pip install 'wbmri[train]'")
    from wbmri.case import labels_of_record, read_case
    from wbmri.simulation.training import Plan, Reviewed
    from wbmri.simulation.training import train as run

    corrected = []
    for folder in cases or []:
        case = read_case(folder)
        corrected.append(Reviewed.of(case.volume(), labels_of_record(case)))
    usual = 2 if network is Network.FINDER else 1
    plan = Plan(steps=steps, batch=batch or usual, rate=5e-4 if not afresh else 2e-3, seed=seed)
    with shown_progress() as progress:
        weights = run(network.value, out, plan, anatomies or [], corrected, afresh=afresh, progress=progress)
    echo(f"Weights in {weights}; use them with WBMRI_NETWORK={weights}")
