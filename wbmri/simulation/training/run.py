"""A whole training: from anatomies and corrected cases to weights that the engine ``network`` runs."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor

from wbmri.core import InputError, Progress
from wbmri.segmentation.network import FINDER, OUTLINER, networks, package_weights
from wbmri.simulation.body import LabelledBody, measured_anatomy, read_anatomy
from wbmri.simulation.training.examples import examples, views
from wbmri.simulation.training.fit import Arrays, Judge, Plan, Source, finding_loss, fit, outline_loss
from wbmri.simulation.training.networks import Finder, Outliner, export, initial_weights
from wbmri.simulation.training.reviewed_cases import Reviewed, reviewed_examples

_OWN_SHARE = 0.15
"""Share of bodies made of the package's own anatomy beside others."""

Anatomies = list[tuple[LabelledBody, float]]


def train(
    network: str,
    out: Path,
    plan: Plan,
    anatomy_folders: list[Path],
    cases: list[Reviewed],
    *,
    afresh: bool,
    progress: Progress,
) -> Path:
    """Train one of the networks, or go on with a training that was stopped.

    Parameters
    ----------
    network
        ``finder`` or ``outlines``.
    out
        Holds the checkpoint, the curve (``checkpoint.csv``) and, at the end, ``weights/`` with both networks.
    plan
        Steps, batch, rate and seed; a training that goes on must have the same batch and seed.
    anatomy_folders
        Anatomies to make bodies of besides the package's own (see `wbmri.simulation.body.labelled_body.read_anatomy`);
        one that is named twice counts double.
    cases
        Corrected cases for the outlines; half of the examples come from them if there are any.
    afresh
        Begin with random weights rather than with those of the package.
    progress
        Called with the share that is done.

    Returns
    -------
    Path
        The folder with the weights, to be named in the environment variable ``WBMRI_NETWORK``.

    Raises
    ------
    InputError
        If an anatomy cannot be read, `out` holds another training, or the finder is to learn from cases, which do not
        say what lies around their muscles.
    """
    if cases and network == "finder":
        raise InputError(
            "corrected cases for the finder",
            "corrected cases for the outlines",
            "leave out --from, or --network",
        )
    out.mkdir(parents=True, exist_ok=True)
    _check_plan(out / "plan.json", network, plan)
    own = measured_anatomy()
    read = {folder: read_anatomy(folder) for folder in dict.fromkeys(anatomy_folders)}
    others = [read[folder] for folder in anatomy_folders]
    anatomies: Anatomies = [(own, _OWN_SHARE if others else 1.0)]
    anatomies += [(other, (1 - _OWN_SHARE) / len(others)) for other in others]
    torch.manual_seed(plan.seed)
    model: Finder | Outliner
    if network == "finder":
        model = Finder()
        file, judge, source = FINDER, _finding(model), _views(anatomies, plan.seed)
    else:
        model = Outliner()
        file, judge, source = OUTLINER, _outlining(model), _tiles(anatomies, cases, plan.seed)
    if not afresh:
        initial_weights(model, package_weights() / file)
    progress(0.0, "drawing bodies")
    fit(model, judge, plan, source, out / "checkpoint.pt", progress)
    export(
        model,
        out / "weights",
        package_weights(),
        {
            "trained_on": list(dict.fromkeys(anatomy.name for anatomy, _ in anatomies)),
            "corrected_cases": len(cases),
            "plan": asdict(plan),
        },
    )
    return out / "weights"


def _finding(model: Finder) -> Judge:
    def judge(image: Tensor, counts: Tensor, right: Tensor, level: Tensor) -> tuple[Tensor, Tensor]:
        return finding_loss(model.logits(image), counts, right, level)

    return judge


def _outlining(model: Outliner) -> Judge:
    def judge(image: Tensor, context: Tensor, classes: Tensor, right: Tensor) -> tuple[Tensor, Tensor]:
        return outline_loss(model.logits(image, context), classes, right)

    return judge


def _views(anatomies: Anatomies, seed: int) -> Source:
    def source(first: int, step: int) -> Iterator[Arrays]:
        for view in views(anatomies, seed, first, step):
            yield view.image[None], view.counts, view.right, view.level

    return source


def _tiles(anatomies: Anatomies, cases: list[Reviewed], seed: int) -> Source:
    def source(first: int, step: int) -> Iterator[Arrays]:
        # Loaded here, in the process that draws: a session of onnxruntime is not handed over.
        drawn = examples(anatomies, networks().finder, seed, first, step)
        corrected = reviewed_examples(cases, seed, first, step) if cases else None
        while True:
            for tile in (next(drawn),) if corrected is None else (next(corrected), next(drawn)):
                yield tile.image[None], tile.context, tile.classes, tile.right

    return source


def _check_plan(path: Path, network: str, plan: Plan) -> None:
    """Keep what the training was begun with; a different one does not go on from its checkpoint."""
    begun = {"network": network, "batch": plan.batch, "seed": plan.seed}
    if path.exists():
        kept = json.loads(path.read_text(encoding="utf-8"))
        if kept != begun:
            raise InputError(
                f"a training with {begun} in {path.parent}, which holds one with {kept}",
                "the network, batch and seed it was begun with",
                "name another folder, or the same ones",
            )
    path.write_text(json.dumps(begun) + "\n", encoding="utf-8")
