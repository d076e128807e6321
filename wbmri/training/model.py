"""The two networks: one finds roughly what lies where, one draws outlines tile by tile."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from wbmri.segmentation.network.frame import ANSWERS, CONTEXT, FINDINGS, SIDE, TILE_FINE

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
            x = block(torch.cat([_twice(x), skip], 1))
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
            x = block(torch.cat([_twice(narrow(x)), skip], 1))
        logits: Tensor = self.head(x)
        return logits

    def forward(self, image: Tensor) -> Tensor:
        """Return probabilities and height."""
        return _answers(self.logits(image)).permute(0, 4, 1, 2, 3)


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
            self.condense(context), size=(TILE_FINE,) * 3, mode="trilinear", align_corners=False
        )
        logits: Tensor = self.net(torch.cat([image, condensed], 1))
        return logits

    def forward(self, image: Tensor, context: Tensor) -> Tensor:
        """Return probabilities."""
        return _answers(self.logits(image, context))


def _answers(logits: Tensor) -> Tensor:
    """Return probabilities, channels last: onnxruntime is many times faster at softmax along the last axis."""
    last = logits.movedim(1, -1)
    return torch.cat([torch.softmax(last[..., :SIDE], -1), torch.sigmoid(last[..., SIDE:])], -1)


def _twice(x: Tensor) -> Tensor:
    """Return every voxel repeated along x, y and z; onnxruntime repeats many times faster than it resizes."""
    n, channels, a, b, c = x.shape
    apart = x[:, :, :, None, :, None, :, None]
    return apart.expand(n, channels, a, 2, b, 2, c, 2).reshape(n, channels, 2 * a, 2 * b, 2 * c)


def _layer(channels: int, width: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv3d(channels, width, 3, padding=1, bias=False),
        nn.InstanceNorm3d(width, affine=True),
        nn.ReLU(inplace=True),
    )
