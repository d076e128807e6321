"""From the trained network to the files the engine runs: ONNX, checksum and a model card."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import torch

from wbmri.errors import InputError
from wbmri.provenance import Json
from wbmri.segmentation.network.frame import CONTEXT, TILE_COARSE, TILE_FINE
from wbmri.training.model import Outliner

_OPSET = 17


def export(model: Outliner, folder: Path, card: Mapping[str, Json]) -> None:
    """Write ``outlines.onnx`` and ``card.json``.

    Parameters
    ----------
    model
        The trained network.
    folder
        Where to write.
    card
        What the model card says besides the checksum: version, what the network was trained on, and how well it does.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "outlines.onnx"
    tile = torch.zeros(1, 1, TILE_FINE, TILE_FINE, TILE_FINE)
    context = torch.zeros(1, CONTEXT, TILE_COARSE, TILE_COARSE, TILE_COARSE)
    torch.onnx.export(
        model.eval(),
        (tile, context),
        str(path),
        input_names=["image", "context"],
        output_names=["answer"],
        opset_version=_OPSET,
        dynamo=False,
    )
    text = json.dumps({**card, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}, indent=2, ensure_ascii=False)
    (folder / "card.json").write_text(text + "\n", encoding="utf-8")


def initial_weights(model: Outliner, path: Path) -> None:
    """Give a network the weights of an ONNX file that `export` wrote.

    Raises
    ------
    InputError
        If the file is of another network.
    """
    import onnx
    from onnx import numpy_helper

    stored = {tensor.name: numpy_helper.to_array(tensor) for tensor in onnx.load(str(path)).graph.initializer}
    wanted = model.state_dict()
    if not set(wanted) <= set(stored):
        raise InputError(f"weights in {path} of another network", "weights of this version", "train afresh")
    model.load_state_dict({name: torch.from_numpy(stored[name].copy()) for name in wanted})
