"""A whole training: from anatomies and corrected cases to weights that the engine ``network`` runs."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import torch

from wbmri.errors import InputError
from wbmri.progress import Progress
from wbmri.segmentation.network.weights import package_weights
from wbmri.training.anatomy import Anatomy, measured_anatomy, read_anatomy
from wbmri.training.examples import Example, examples
from wbmri.training.export import export, initial_weights
from wbmri.training.fitting import Plan, fit
from wbmri.training.model import Outliner
from wbmri.training.reviewed import Reviewed, reviewed_examples

_OWN_SHARE = 0.25
"""Share of bodies made of the package's own anatomy beside others."""


def train(
    out: Path, plan: Plan, anatomy_folders: list[Path], cases: list[Reviewed], *, afresh: bool, progress: Progress
) -> Path:
    """Train the network, or go on with a training that was stopped.

    Parameters
    ----------
    out
        Holds the checkpoint, the curve (``checkpoint.csv``) and, at the end, ``weights/``.
    plan
        Steps, batch, rate and seed; a training that goes on must have the same batch and seed.
    anatomy_folders
        Anatomies to make bodies of besides the package's own (see `wbmri.training.anatomy.read_anatomy`).
    cases
        Corrected cases; half of the examples come from them if there are any.
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
        If an anatomy cannot be read, or `out` holds a training with another seed or batch.
    """
    out.mkdir(parents=True, exist_ok=True)
    _check_plan(out / "plan.json", plan)
    own = measured_anatomy()
    others = [read_anatomy(folder) for folder in anatomy_folders]
    anatomies: list[tuple[Anatomy, float]] = [(own, _OWN_SHARE if others else 1.0)]
    anatomies += [(other, (1 - _OWN_SHARE) / len(others)) for other in others]

    def source(first: int, step: int) -> Iterator[Example]:
        drawn = examples(anatomies, plan.seed, first, step)
        if not cases:
            yield from drawn
        for reviewed in reviewed_examples(cases, plan.seed, first, step):
            yield reviewed
            yield next(drawn)

    torch.manual_seed(plan.seed)
    model = Outliner()
    if not afresh:
        initial_weights(model, package_weights() / "outlines.onnx")
    progress(0.0, "drawing bodies")
    fit(model, plan, source, out / "checkpoint.pt", progress)
    export(
        model,
        out / "weights",
        {
            "name": "wbmri outlines",
            "version": f"own-{plan.seed}-{plan.steps}",
            "trained_on": [anatomy.name for anatomy, _ in anatomies],
            "corrected_cases": len(cases),
            "plan": asdict(plan),
        },
    )
    return out / "weights"


def _check_plan(path: Path, plan: Plan) -> None:
    """Keep what the training was begun with; a different one does not go on from its checkpoint."""
    begun = {"batch": plan.batch, "seed": plan.seed}
    if path.exists():
        kept = json.loads(path.read_text(encoding="utf-8"))
        if kept != begun:
            raise InputError(
                f"a training with {begun} in {path.parent}, which holds one with {kept}",
                "the batch and seed it was begun with",
                "name another folder, or the same numbers",
            )
    path.write_text(json.dumps(begun) + "\n", encoding="utf-8")
