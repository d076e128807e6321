"""From the trained network to the files the engine runs: ONNX, checksum and a model card."""

import hashlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path

import torch

from wbmri.errors import InputError
from wbmri.provenance import Json
from wbmri.segmentation.network.frame import CONTEXT, FIND_TILE, TILE_COARSE, TILE_FINE
from wbmri.segmentation.network.weights import FINDER, OUTLINER
from wbmri.training.model import Finder, Outliner

_OPSET = 17


def export(model: Finder | Outliner, folder: Path, beside: Path, facts: Mapping[str, Json]) -> None:
    """Write a network as ONNX, the other one as it is, and the model card of both.

    Parameters
    ----------
    model
        The trained network.
    folder
        Where to write.
    beside
        Folder of weights that the other network and the rest of the card come from.
    facts
        What the model card says of this network besides its checksum: what it was trained on, and how.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if isinstance(model, Finder):
        mine, other = FINDER, OUTLINER
        inputs = {"image": torch.zeros(1, 1, *FIND_TILE)}
    else:
        mine, other = OUTLINER, FINDER
        inputs = {
            "image": torch.zeros(1, 1, *(TILE_FINE,) * 3),
            "context": torch.zeros(1, CONTEXT, *(TILE_COARSE,) * 3),
        }
    torch.onnx.export(
        model.eval(),
        tuple(inputs.values()),
        str(folder / mine),
        input_names=list(inputs),
        output_names=["answer"],
        opset_version=_OPSET,
        dynamo=False,
    )
    shutil.copyfile(beside / other, folder / other)
    card = json.loads((beside / "card.json").read_text(encoding="utf-8"))
    digest = hashlib.sha256((folder / mine).read_bytes()).hexdigest()
    card["networks"][mine] = {"sha256": digest, **facts}
    # The version names the weights themselves: the same ones have the same version.
    both = "".join(card["networks"][name]["sha256"] for name in (FINDER, OUTLINER))
    card["version"] = hashlib.sha256(both.encode()).hexdigest()[:8]
    text = json.dumps(card, indent=2, ensure_ascii=False)
    (folder / "card.json").write_text(text + "\n", encoding="utf-8")


def initial_weights(model: Finder | Outliner, path: Path) -> None:
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
