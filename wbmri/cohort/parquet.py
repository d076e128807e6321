"""The group tables as Parquet, with types."""

import io
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

from wbmri.cohort.dictionary import Column
from wbmri.errors import InputError


def check_parquet() -> None:
    """Refuse early if the package for it is missing.

    Raises
    ------
    InputError
        If pyarrow is not installed.
    """
    if find_spec("pyarrow") is None:
        raise InputError("--parquet without pyarrow", "the extra 'parquet'", "pip install 'wbmri[parquet]'")


def encode_parquet(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> bytes:
    """Return a table as Parquet; what is missing is null.

    Parameters
    ----------
    columns
        The columns with their types.
    rows
        Cells as in the TSV file.
    """
    import pyarrow
    import pyarrow.parquet

    types = {str: pyarrow.string(), int: pyarrow.int64(), float: pyarrow.float64(), bool: pyarrow.bool_()}
    arrays = [
        pyarrow.array([_value(row[place], column.kind) for row in rows], types[column.kind])
        for place, column in enumerate(columns)
    ]
    schema = pyarrow.schema(
        [
            pyarrow.field(column.name, types[column.kind], metadata={"description": column.description})
            for column in columns
        ]
    )
    file = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table(arrays, schema=schema), file)
    return file.getvalue()


def _value(cell: str, kind: type) -> Any:
    if cell == "n/a":
        return None
    return cell == "true" if kind is bool else kind(cell)
