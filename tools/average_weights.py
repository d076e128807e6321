"""Make the outlines' weights those half way between a training and what it began with.

    python tools/average_weights.py TRAINING OUT

TRAINING is a folder that `wbmri train --network outlines` wrote, from the weights that the package still has and not
afresh. The mean of both keeps what the first knew and most of what was learned since (Wortsman et al. 2022, arXiv
2109.01903). Writes both networks and their card to OUT.
"""

import argparse
import json
from pathlib import Path

from wbmri.segmentation.network import OUTLINER, package_weights
from wbmri.segmentation.network.weights import model_card
from wbmri.simulation.training.networks import Outliner, export, initial_weights

SHARE = 0.5
"""Share of what was trained."""


def main() -> None:
    """Average and export."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("training", type=Path, metavar="TRAINING")
    parser.add_argument("out", type=Path, metavar="OUT")
    given = parser.parse_args()
    before, after = Outliner(), Outliner()
    initial_weights(before, package_weights() / OUTLINER)
    initial_weights(after, given.training / "weights" / OUTLINER)
    learned = after.state_dict()
    after.load_state_dict({key: value.lerp(learned[key], SHARE) for key, value in before.state_dict().items()})
    told = dict(model_card(given.training / "weights")["networks"][OUTLINER])
    # Of the weights that were trained, not of these.
    del told["sha256"]
    mean = f"{SHARE:.0%} of the weights that this training gave, the rest those it began with"
    export(after, given.out, package_weights(), {"mean": mean, **told})
    print(json.dumps(model_card(given.out)["networks"][OUTLINER], indent=2))


if __name__ == "__main__":
    main()
