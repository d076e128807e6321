"""Training goes on where it stopped, and what it writes is what the engine runs. Needs PyTorch."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="training needs PyTorch (extra 'train')")
pytest.importorskip("onnx", reason="training needs onnx (extra 'train')")

import torch

from wbmri.core import InputError, silent
from wbmri.segmentation.network import (
    ANSWERS,
    CLASSES,
    CONTEXT,
    FIND_TILE,
    FINDER,
    FINDINGS,
    LEVEL,
    OUTLINER,
    PAIRS,
    SIDE,
    package_weights,
)
from wbmri.segmentation.network.weights import Networks, load_networks
from wbmri.simulation.training import Plan, train
from wbmri.simulation.training.examples import NONE, SAMPLES
from wbmri.simulation.training.fit import finding_loss, outline_loss
from wbmri.simulation.training.networks import Finder, Outliner, export, initial_weights

# The exporter that needs no further package is the older one; it warns of that, and of tracing.
pytestmark = pytest.mark.filterwarnings("ignore")


def one_hot(classes: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    logits = torch.full((1, ANSWERS, *classes.shape[1:]), -12.0)
    logits.scatter_(1, classes[:, None].long(), 12.0)
    logits[:, SIDE] = torch.where(right, 12.0, -12.0)
    return logits


def test_the_truth_has_no_loss_and_full_overlap() -> None:
    rng = np.random.default_rng(0)
    classes = torch.from_numpy(rng.integers(0, CLASSES, (1, 12, 12, 12)).astype(np.uint8))
    right = torch.from_numpy(rng.random((1, 12, 12, 12)) > 0.5)
    value, overlap = outline_loss(one_hot(classes, right), classes, right)
    assert float(value) < 1e-3
    assert float(overlap.min()) > 0.99


def test_what_is_not_known_may_be_any_class_but_a_group() -> None:
    classes = torch.full((1, 8, 8, 8), NONE, dtype=torch.uint8)
    right = torch.zeros((1, 8, 8, 8), dtype=torch.bool)
    as_bone, as_muscle = (
        float(outline_loss(one_hot(torch.full_like(classes, kind), right), classes, right)[0])
        for kind in (PAIRS + 1, 3)
    )
    assert as_bone < 1e-3
    assert as_muscle > 1


def test_a_view_that_is_found_has_full_overlap_and_no_loss_but_its_mixed_voxels() -> None:
    rng = np.random.default_rng(0)
    truth = torch.from_numpy(rng.integers(0, CLASSES, (1, 12, 12, 12)))
    counts = SAMPLES * torch.nn.functional.one_hot(truth, CLASSES).movedim(-1, 1).to(torch.uint8)
    right, level = (torch.from_numpy(rng.random((1, 12, 12, 12)).astype(np.float32).round()) for _ in range(2))
    logits = torch.full((1, FINDINGS, 12, 12, 12), -12.0)
    logits[:, :SIDE][counts > 0] = 12.0
    logits[:, SIDE], logits[:, LEVEL] = 24 * right - 12, 24 * level - 12
    value, overlap = finding_loss(logits, counts, right, level)
    assert float(value) < 1e-3
    assert float(overlap.min()) > 0.99
    wrong, _ = finding_loss(logits.roll(1, 1), counts, right, level)
    assert float(wrong) > 1


def varied(model: Finder | Outliner) -> Finder | Outliner:
    """Trained weights differ from each other; equal ones would share one entry in the file."""
    for parameter in model.parameters():
        parameter.data += 0.01 * torch.randn_like(parameter)
    return model.eval()


def inputs_of(model: Finder | Outliner) -> tuple[torch.Tensor, ...]:
    if isinstance(model, Finder):
        return (torch.rand(1, 1, *FIND_TILE),)
    return torch.rand(1, 1, 64, 64, 64), torch.rand(1, CONTEXT, 24, 24, 24)


@pytest.mark.parametrize(
    ("kind", "file", "run"),
    [(Finder, FINDER, Networks.finder), (Outliner, OUTLINER, Networks.outliner)],
)
def test_export_runs_as_trained_and_can_be_trained_on(
    tmp_path: Path,
    kind: type[Finder | Outliner],
    file: str,
    run: Callable[..., np.ndarray],
) -> None:
    torch.manual_seed(0)
    model = varied(kind())
    export(model, tmp_path, package_weights(), {"plan": "test"})
    inputs = inputs_of(model)
    with torch.no_grad():
        wanted = model(*inputs)[0].numpy()
    networks = load_networks(tmp_path)
    assert networks.version != load_networks(package_weights()).version
    found = run(networks, *(part[0, 0] if part.shape[1] == 1 else part[0] for part in map(torch.Tensor.numpy, inputs)))
    np.testing.assert_allclose(found, wanted, atol=2e-3)
    other = kind()
    initial_weights(other, tmp_path / file)
    for name, value in model.state_dict().items():
        torch.testing.assert_close(other.state_dict()[name], value)


@pytest.mark.parametrize("kind", [Finder, Outliner])
def test_answers_are_those_of_training_though_they_are_reckoned_otherwise(kind: type[Finder | Outliner]) -> None:
    torch.manual_seed(0)
    model = varied(kind())
    inputs = inputs_of(model)
    with torch.no_grad():
        answer, learning = model(*inputs), model.train()(*inputs)
    torch.testing.assert_close(answer, learning, rtol=1e-4, atol=1e-5)


def test_weights_that_were_changed_are_refused(tmp_path: Path) -> None:
    export(Outliner(), tmp_path, package_weights(), {"plan": "test"})
    with (tmp_path / OUTLINER).open("ab") as file:
        file.write(b"more")
    with pytest.raises(InputError, match="SHA-256"):
        load_networks(tmp_path)


@pytest.mark.parametrize("network", ["finder", "outlines"])
def test_a_training_that_was_stopped_goes_on_to_the_same_weights(tmp_path: Path, network: str) -> None:
    def run(folder: Path, steps: int) -> Path:
        plan = Plan(steps=steps, batch=1, rate=1e-4, seed=3)
        return train(network, folder, plan, [], [], afresh=False, progress=silent)

    weights = run(tmp_path / "once", 1)
    assert load_networks(weights).version == load_networks(run(tmp_path / "again", 1)).version
    assert (tmp_path / "once" / "checkpoint.csv").read_text().count("\n") == 2
    longer = run(tmp_path / "once", 2)
    assert load_networks.__wrapped__(longer).version != load_networks(tmp_path / "again" / "weights").version
    with pytest.raises(InputError, match="holds one with"):
        train(network, tmp_path / "once", Plan(2, 1, 1e-4, 4), [], [], afresh=False, progress=silent)
