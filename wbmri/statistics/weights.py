"""How much two different grades still agree."""

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray


class Weights(StrEnum):
    """Credit for two grades that differ, from 1 for equal ones down to 0."""

    IDENTITY = "identity"
    CLOSE = "close"
    LINEAR = "linear"
    QUADRATIC = "quadratic"

    def matrix(self, categories: int) -> NDArray[np.float64]:
        """Return the weights of every two categories, shape (categories, categories).

        Identity: 1 for equal categories only. Close: 1 up to a distance of one category. Linear: ``1 - d / (q - 1)``
        (Cicchetti and Allison 1971). Quadratic: ``1 - (d / (q - 1))**2`` (Fleiss and Cohen 1973), with the distance d
        of the categories and their number q.
        """
        places = np.arange(categories)
        distance = np.abs(places[:, None] - places[None, :])
        if self in (Weights.IDENTITY, Weights.CLOSE):
            return np.asarray(distance <= (self is Weights.CLOSE), np.float64)
        power = 1 if self is Weights.LINEAR else 2
        return np.asarray(1.0 - (distance / (categories - 1)) ** power, np.float64)
