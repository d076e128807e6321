"""Write the model body of the engine ``atlas``: lean tissue and labels on the working grid.

    python tools/make_model_body.py wbmri/segmentation/atlas/model_body.npz

It is kept as data so that scoring a scan draws no body, and is the same on every machine.
"""

import sys
from io import BytesIO
from pathlib import Path

import numpy as np

from wbmri.io import write_atomic
from wbmri.simulation.model_body import drawn_model_body


def main(out):
    """Draw and write it."""
    model = drawn_model_body()
    lean = model.lean
    buffer = BytesIO()
    np.savez_compressed(
        buffer, lean=lean.data, labels=model.labels, origin=lean.grid.origin, spacing_mm=lean.spacing_mm
    )
    write_atomic(Path(out), buffer.getvalue())


if __name__ == "__main__":
    main(*sys.argv[1:])
