"""Tables as people and spreadsheets write them."""

from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wbmri.core import InputError, read_table


def test_cells_are_told_by_heading_and_lines_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    path.write_bytes(b"\xef\xbb\xbfparticipant_id\tage\r\nsub-1\t9\r\n\r\nsub-2\r\nsub-3\t7\tmore\r\n")
    table = read_table(path)
    assert table.columns == ("participant_id", "age")
    assert table.rows == (
        {"participant_id": "sub-1", "age": "9"},
        {"participant_id": "sub-2", "age": ""},
        {"participant_id": "sub-3", "age": "7"},
    )
    assert table.lines == (2, 4, 5)
    assert table.uneven == (4, 5)


def test_quotation_marks_count_in_csv_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('a,b\n"1,5",2\n')
    assert read_table(path, ",", quotes=True).rows == ({"a": "1,5", "b": "2"},)
    path.write_text('a\tb\n"1\t2\n')
    assert read_table(path).rows == ({"a": '"1', "b": "2"},)


@pytest.mark.parametrize(
    "content",
    [b"a\tb\n\xe9t\xe9\t1\n", b"a\tb\n" + b"x" * 200_000 + b"\t1\n", b"a\tb\n\0\t1\n", "a\tb\n".encode("utf-16")],
)
def test_what_is_no_table_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "table.tsv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"the table table\.tsv, which cannot be read"):
        read_table(path)


def test_a_table_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"the table none\.tsv"):
        read_table(tmp_path / "none.tsv")


@given(st.binary(max_size=300), st.booleans())
def test_any_bytes_are_a_table_or_an_error_of_ours(content: bytes, quotes: bool) -> None:
    with TemporaryDirectory() as folder, suppress(InputError):
        path = Path(folder) / "a.tsv"
        path.write_bytes(content)
        table = read_table(path, quotes=quotes)
        assert all(set(row) == set(table.columns) for row in table.rows)
