"""What was done to a value, so that it can be done again."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from typing_extensions import TypeAliasType

# A named alias, because a validator can follow a recursive type only by its name.
Json = TypeAliasType("Json", "str | int | float | bool | list[Json] | dict[str, Json] | None")


@dataclass(frozen=True, slots=True)
class Step:
    """One processing step and its parameters.

    A step records what decides the result and nothing that varies between equal runs: no times, no paths, no names.

    Parameters
    ----------
    name
        What was done, such as ``compose``.
    parameters
        Everything needed to repeat it, as JSON values.
    """

    name: str
    parameters: Mapping[str, Json] = field(default_factory=dict)
