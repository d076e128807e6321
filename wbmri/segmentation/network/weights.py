"""The trained network as it lies in the package, checked before it is used."""

import hashlib
import json
import os
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from wbmri.errors import InputError

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

Array = NDArray[np.float32]

THREADS_VARIABLE = "WBMRI_THREADS"
"""Environment variable with the number of threads that onnxruntime may use; 0, the default, for all processors."""


@dataclass(frozen=True, eq=False, slots=True)
class Network:
    """The network, ready to run on the CPU.

    Parameters
    ----------
    version
        Version of the weights, from the model card.
    session
        Session of onnxruntime.
    """

    version: str
    session: "InferenceSession"

    def __call__(self, image: Array, context: Array) -> Array:
        """Return the answer, shape (26, 64, 64, 64), for a tile at 3 mm and its context, shape (24, 24, 24, 24)."""
        (answer,) = self.session.run(None, {"image": image[None, None], "context": context[None]})
        found: Array = answer[0]
        return found


def package_weights() -> Path:
    """Return the folder of the package's own weights."""
    return Path(str(files("wbmri.segmentation.network"))) / "weights"


def weights_folder() -> Path:
    """Return the folder of the network: that of the environment variable ``WBMRI_NETWORK``, else the package's own."""
    own = os.environ.get("WBMRI_NETWORK")
    return Path(own) if own else package_weights()


def network() -> Network:
    """Load the network of `weights_folder`.

    Raises
    ------
    InputError
        If that folder holds none.
    """
    return load_network(weights_folder())


@cache
def load_network(folder: Path) -> Network:
    """Load the network of a folder that `wbmri train` wrote.

    Raises
    ------
    InputError
        If there is none, or the file is not the one the model card names.
    """
    import onnxruntime

    if not (folder / "card.json").is_file():
        raise InputError(
            f"{folder}, which holds no network",
            "a folder weights/ that 'wbmri train' wrote",
            "correct or clear the environment variable WBMRI_NETWORK",
        )
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    content = (folder / "outlines.onnx").read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    if digest != card["sha256"]:
        raise InputError(
            f"network weights with SHA-256 {digest[:12]}...",
            f"{card['sha256'][:12]}..., as the model card says",
            "install wbmri again, or train again",
        )
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = int(os.environ.get(THREADS_VARIABLE, "0"))
    return Network(card["version"], onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"]))
