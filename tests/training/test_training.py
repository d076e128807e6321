"""Training goes on where it stopped, and what it writes is what the engine runs. Needs PyTorch."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="training needs PyTorch (extra 'train')")
pytest.importorskip("onnx", reason="training needs onnx (extra 'train')")

import torch

from wbmri.errors import InputError
from wbmri.segmentation.network.frame import ANSWERS, CLASSES, CONTEXT, PAIRS, SIDE
from wbmri.segmentation.network.weights import load_network
from wbmri.training.examples import NONE
from wbmri.training.export import export, initial_weights
from wbmri.training.fitting import loss
from wbmri.training.model import Outliner

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
    value, overlap = loss(one_hot(classes, right), classes, right)
    assert float(value) < 1e-3
    assert float(overlap.min()) > 0.99


def test_what_is_not_known_may_be_any_class_but_a_group() -> None:
    classes = torch.full((1, 8, 8, 8), NONE, dtype=torch.uint8)
    right = torch.zeros((1, 8, 8, 8), dtype=torch.bool)
    as_bone, as_muscle = (
        float(loss(one_hot(torch.full_like(classes, kind), right), classes, right)[0]) for kind in (PAIRS + 1, 3)
    )
    assert as_bone < 1e-3
    assert as_muscle > 1


def test_export_runs_as_trained_and_can_be_trained_on(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = Outliner().eval()
    # Trained weights differ from each other; equal ones would share one entry in the file.
    for parameter in model.parameters():
        parameter.data += 0.01 * torch.randn_like(parameter)
    export(model, tmp_path, {"version": "test"})
    image, context = torch.rand(1, 1, 64, 64, 64), torch.rand(1, CONTEXT, 24, 24, 24)
    with torch.no_grad():
        wanted = model(image, context)[0].numpy()
    network = load_network(tmp_path)
    np.testing.assert_allclose(network(image[0, 0].numpy(), context[0].numpy()), wanted, atol=2e-3)
    other = Outliner()
    initial_weights(other, tmp_path / "outlines.onnx")
    for name, value in model.state_dict().items():
        torch.testing.assert_close(other.state_dict()[name], value)


def test_weights_that_were_changed_are_refused(tmp_path: Path) -> None:
    export(Outliner(), tmp_path, {"version": "test"})
    with (tmp_path / "outlines.onnx").open("ab") as file:
        file.write(b"more")
    with pytest.raises(InputError, match="SHA-256"):
        load_network(tmp_path)
