"""The two networks, in PyTorch, and as the files the engine runs."""

import hashlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from wbmri.core import InputError, Json
from wbmri.segmentation.network import (
    ANSWERS,
    CONTEXT,
    FIND_TILE,
    FINDER,
    FINDINGS,
    OUTLINER,
    SIDE,
    TILE_COARSE,
    TILE_FINE,
)

FINDER_WIDTHS = (16, 40, 96, 160, 160)
WIDTHS = (16, 32, 80, 144)
_CONDENSED = 12
"""Channels the context is condensed to before it is used."""


class UNet(nn.Module):
    """A U-Net (Ronneberger et al. 2015) with instance normalisation and sums of nearest-neighbour upsampling.

    Parameters
    ----------
    channels, outputs
        Channels in and out.
    widths
        Channels at each resolution, finest first.
    """

    def __init__(self, channels: int, outputs: int, widths: tuple[int, ...]) -> None:
        super().__init__()
        self.down = nn.ModuleList()
        for width in widths:
            self.down.append(nn.Sequential(_layer(channels, width), _layer(width, width)))
            channels = width
        self.up = nn.ModuleList()
        for width in widths[-2::-1]:
            self.up.append(_layer(channels + width, width))
            channels = width
        self.head = nn.Conv3d(channels, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Return logits of shape (n, outputs, x, y, z); each length must be a multiple of 2^(resolutions - 1)."""
        kept = []
        for number, block in enumerate(self.down):
            x = block(functional.max_pool3d(x, 2) if number else x)
            kept.append(x)
        for block, skip in zip(self.up, kept[-2::-1], strict=True):
            x = _joined(block, x, skip)
        logits: Tensor = self.head(x)
        return logits


class Finder(nn.Module):
    """Finds roughly what lies where, at 8 mm.

    Takes brightness of a tile, shape (n, 1, 64, 32, 48). Gives shape (n, 27, 64, 32, 48): probabilities of the 25
    classes and of the right side, and the height in the body. A U-Net with one layer at the finest resolution, where
    most of the work would be, and with few channels on the way back up.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stem = _layer(1, FINDER_WIDTHS[0])
        self.down, self.narrow, self.up = nn.ModuleList(), nn.ModuleList(), nn.ModuleList()
        channels = FINDER_WIDTHS[0]
        for width in FINDER_WIDTHS[1:]:
            self.down.append(nn.Sequential(_layer(channels, width), _layer(width, width)))
            channels = width
        for width in FINDER_WIDTHS[-2::-1]:
            self.narrow.append(nn.Conv3d(channels, width, 1))
            self.up.append(_layer(2 * width, width))
            channels = width
        self.head = nn.Conv3d(channels, FINDINGS, 1)

    def logits(self, image: Tensor) -> Tensor:
        """Return logits."""
        x = self.stem(image)
        kept = [x]
        for block in self.down:
            x = block(functional.max_pool3d(x, 2))
            kept.append(x)
        for narrow, block, skip in zip(self.narrow, self.up, kept[-2::-1], strict=True):
            x = _joined(block, narrow(x), skip)
        logits: Tensor = self.head(x)
        return logits

    def forward(self, image: Tensor) -> Tensor:
        """Return probabilities and height."""
        return _answers(self.logits(image))


class Outliner(nn.Module):
    """Draws outlines at 3 mm.

    Takes brightness of a tile, shape (1, 1, 64, 64, 64), and the context there, shape (1, 24, 24, 24, 24). Gives shape
    (1, 64, 64, 64, 26): probabilities of the 25 classes and of the right side.
    """

    def __init__(self) -> None:
        super().__init__()
        self.condense = nn.Conv3d(CONTEXT, _CONDENSED, 1)
        self.net = UNet(1 + _CONDENSED, ANSWERS, WIDTHS)

    def logits(self, image: Tensor, context: Tensor) -> Tensor:
        """Return logits."""
        condensed = functional.interpolate(
            self.condense(context),
            size=(TILE_FINE,) * 3,
            mode="trilinear",
            align_corners=False,
        )
        logits: Tensor = self.net(torch.cat([image, condensed], 1))
        return logits

    def forward(self, image: Tensor, context: Tensor) -> Tensor:
        """Return probabilities."""
        return _answers(self.logits(image, context)).movedim(1, -1)


def _answers(logits: Tensor) -> Tensor:
    """Return probabilities; onnxruntime takes many times as long for a softmax that is not along the last axis."""
    share = torch.exp(logits[:, :SIDE] - logits[:, :SIDE].amax(1, keepdim=True))
    return torch.cat([share / share.sum(1, keepdim=True), torch.sigmoid(logits[:, SIDE:])], 1)


def _joined(layer: nn.Module, x: Tensor, skip: Tensor) -> Tensor:
    """Return a layer of every voxel of `x` repeated along x, y and z, with the channels of `skip` beside."""
    # Both say the same; forth and back, one convolution is the faster.
    if layer.training:
        joined: Tensor = layer(torch.cat([functional.interpolate(x, scale_factor=2, mode="nearest"), skip], 1))
        return joined
    _, *rest = layer.children()
    weight = layer.get_parameter("0.weight")
    apart = x.shape[1]
    made = _convolved_twice(x, weight[:, :apart]) + functional.conv3d(skip, weight[:, apart:], padding=1)
    for part in rest:
        made = part(made)
    return made


_TAPS = (((1.0, 0.0, 0.0), (0.0, 1.0, 1.0)), ((1.0, 1.0, 0.0), (0.0, 0.0, 1.0)))
"""Of a row of three weights, those that fall on either of two voxels, for even and for odd places between them."""


def _convolved_twice(x: Tensor, weight: Tensor) -> Tensor:
    """Return the convolution of an image whose voxels are repeated, with less than a third of its work.

    Where voxels are repeated, three weights along an axis fall on two voxels only: it is one of 2^3 weights at the
    coarse resolution for each of the eight places within a voxel.
    """
    n, channels, a, b, c = x.shape
    taps = torch.tensor(_TAPS, dtype=weight.dtype, device=weight.device)
    by_place = torch.einsum("oixyz,pax,qby,rcz->pqroiabc", weight, taps, taps, taps).reshape(-1, channels, 2, 2, 2)
    apart = functional.conv3d(x, by_place, padding=1).reshape(n, 2, 2, 2, -1, a + 1, b + 1, c + 1)
    places = [
        apart[:, p, q, r, :, p : p + a, q : q + b, r : r + c] for p in range(2) for q in range(2) for r in range(2)
    ]
    together = torch.stack(places, 2).reshape(n, -1, 2, 2, 2, a, b, c).permute(0, 1, 5, 2, 6, 3, 7, 4)
    return together.reshape(n, -1, 2 * a, 2 * b, 2 * c)


def _layer(channels: int, width: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv3d(channels, width, 3, padding=1, bias=False),
        nn.InstanceNorm3d(width, affine=True),
        nn.ReLU(inplace=True),
    )


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
        # Weights keep their names, so that training can go on from them; onnxruntime folds them when it loads them.
        do_constant_folding=False,
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
