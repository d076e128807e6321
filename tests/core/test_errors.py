"""Errors are one line, whatever the input holds that they quote."""

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wbmri.core import CaseError, InputError, in_words


@given(st.text(), st.text(), st.text())
def test_an_error_is_one_printable_line(received: str, expected: str, remedy: str) -> None:
    error = InputError(received, expected, remedy)
    assert str(error).isprintable()
    assert str(error) == f"{error.received}; expected {error.expected}; {error.remedy}"


@pytest.mark.parametrize("mark", ["\x1b[2J", "\r", "\x07", "\N{RIGHT-TO-LEFT OVERRIDE}", "\x9b31m"])
def test_marks_that_steer_a_terminal_do_not_reach_it(mark: str) -> None:
    assert mark not in str(InputError(f"the series {mark}STIR", "one", "choose"))


def test_an_error_survives_the_way_to_another_process() -> None:
    error = pickle.loads(pickle.dumps(CaseError("a", "b", "c")))  # noqa: S301 - as multiprocessing does
    assert (error.received, error.expected, error.remedy) == ("a", "b", "c")


@given(st.text())
def test_any_error_is_told_on_one_printable_line(message: str) -> None:
    said = in_words(ValueError(message))
    assert said.isprintable()
    assert said.startswith("ValueError: ") if message.strip() else said == "ValueError"
    own = InputError(message, "a b", "c")
    assert in_words(own) == str(own)
