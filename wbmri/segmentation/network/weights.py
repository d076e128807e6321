"""The trained networks as they lie in the package, checked before they are used."""

import hashlib
import json
import os
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wbmri.core import InputError

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

Array = NDArray[np.float32]

THREADS_VARIABLE = "WBMRI_THREADS"
"""Environment variable with the number of tiles that are looked at side by side; 0, the default, for all processors."""

_MOST_TILES = 8
"""A tile of the outliner takes 0.2 GB while it is looked at."""

FINDER, OUTLINER = "finder.onnx", "outlines.onnx"

_PROVIDERS = {
    "cpu": "CPUExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "openvino": "OpenVINOExecutionProvider",
}
"""Devices that a user can name, and what onnxruntime calls what runs networks there."""


@dataclass(frozen=True, eq=False, slots=True)
class Networks:
    """Both networks, ready to run.

    Parameters
    ----------
    version
        Version of the weights, from the model card.
    sessions
        Sessions of onnxruntime: the finder's and the outliner's.
    at_once
        How many tiles may be looked at side by side.
    """

    version: str
    sessions: "tuple[InferenceSession, InferenceSession]"
    at_once: int = 1

    def finder(self, image: Array) -> Array:
        """Return the answer, shape (27, 64, 32, 48), for a tile at 8 mm."""
        (answer,) = self.sessions[0].run(None, {"image": image[None, None]})
        found: Array = answer[0]
        return found

    def outliner(self, image: Array, context: Array) -> Array:
        """Return the answer, shape (64, 64, 64, 26), for a tile at 3 mm and its context, shape (24, 24, 24, 24)."""
        (answer,) = self.sessions[1].run(None, {"image": image[None, None], "context": context[None]})
        found: Array = answer[0]
        return found


def package_weights() -> Path:
    """Return the folder of the package's own weights."""
    return Path(str(files("wbmri.segmentation.network"))) / "weights"


def weights_folder() -> Path:
    """Return the folder of the networks: that of the environment variable ``WBMRI_NETWORK``, else the package's own."""
    own = os.environ.get("WBMRI_NETWORK")
    return Path(own) if own else package_weights()


def model_card(folder: Path) -> dict[str, Any]:
    """Return the model card of a folder that `wbmri train` wrote: version, licence and checksums of its networks.

    Raises
    ------
    InputError
        If there is none.
    """
    try:
        card: dict[str, Any] = json.loads((folder / "card.json").read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(
            f"{folder}, which holds no networks",
            "a folder weights/ that 'wbmri train' wrote",
            "correct or clear the environment variable WBMRI_NETWORK",
        ) from error
    return card


def networks(device: str = "cpu") -> Networks:
    """Load the networks of `weights_folder`, to run on a device of `available_device`.

    Raises
    ------
    InputError
        If that folder holds none, or they do not run on that device.
    """
    return load_networks(weights_folder(), device)


def available_device(wanted: str) -> str:
    """Return the device that is meant, ``cpu``, ``cuda`` or ``openvino``.

    Parameters
    ----------
    wanted
        One of these, or ``auto``: a graphics card where onnxruntime can use one, else the processor.

    Raises
    ------
    InputError
        If there is no such device, or the onnxruntime that is installed cannot use it.
    """
    import onnxruntime

    there = set(onnxruntime.get_available_providers())
    if wanted == "auto":
        return "cuda" if _PROVIDERS["cuda"] in there else "cpu"
    if wanted not in _PROVIDERS:
        raise InputError(f"the device {wanted!r}", f"one of auto, {', '.join(_PROVIDERS)}", "correct --device")
    if _PROVIDERS[wanted] not in there:
        usable = [device for device, provider in _PROVIDERS.items() if provider in there]
        raise InputError(
            f"the device {wanted}, which the onnxruntime that is installed cannot use",
            f"one of auto, {', '.join(usable)}",
            f"install the onnxruntime with {_PROVIDERS[wanted]}, or choose another --device",
        )
    return wanted


@cache
def load_networks(folder: Path, device: str = "cpu") -> Networks:
    """Load the networks of a folder that `wbmri train` wrote, to run on a device of `available_device`.

    Raises
    ------
    InputError
        If there are none, a file is not the one the model card names, or they do not run on that device.
    """
    import onnxruntime

    card = model_card(folder)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    # The sums inside a network depend on how many threads share it: each tile has one, and tiles go side by side.
    options.intra_op_num_threads = 1

    def session(name: str) -> "InferenceSession":
        content = (folder / name).read_bytes()
        digest, wanted = hashlib.sha256(content).hexdigest(), card["networks"][name]["sha256"]
        if digest != wanted:
            raise InputError(
                f"network weights {name} with SHA-256 {digest[:12]}...",
                f"{wanted[:12]}..., as the model card says",
                "install wbmri again, or train again",
            )
        made = onnxruntime.InferenceSession(content, options, providers=[_PROVIDERS[device]])
        # onnxruntime goes on with the processor where a device that it was built for is not there.
        if made.get_providers()[0] != _PROVIDERS[device]:
            raise InputError(
                f"the device {device}, on which the networks do not start",
                "a device that is ready, with its drivers",
                "mend its drivers, or score with --device cpu",
            )
        return made

    return Networks(card["version"], (session(FINDER), session(OUTLINER)), _tiles_at_once(device))


def _tiles_at_once(device: str) -> int:
    if device != "cpu":
        return 1  # a tile keeps all of it busy
    wanted = int(os.environ.get(THREADS_VARIABLE, "0"))
    there = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return wanted if wanted > 0 else min(there, _MOST_TILES)
