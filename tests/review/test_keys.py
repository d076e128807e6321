"""Keys: every command has one, a reader may change them, and none does two things."""

from pathlib import Path

import pytest

from wbmri.core import InputError
from wbmri.review import Command, default_keys, load_keys


def test_every_command_has_a_key_and_words_and_no_key_two_commands() -> None:
    keys = default_keys()
    assert {one.command for one in keys.bindings} == set(Command)
    assert all(one.keys and one.title for one in keys.bindings)
    assert sum(map(len, keys.sections().values())) == len(Command)
    assert len({key for one in keys.bindings for key in one.keys}) == sum(len(one.keys) for one in keys.bindings)


@pytest.mark.parametrize(
    ("key", "command"),
    [("0", Command.GRADE_0), ("2", Command.GRADE_2), ("x", Command.NOT_ASSESSABLE), ("return", Command.ACCEPT),
     ("shift+u", Command.REDO), ("u", Command.UNDO), ("TAB", Command.NEXT_GROUP), ("?", Command.HELP), ("9", None)],
)  # fmt: skip
def test_keys_are_found_in_any_spelling(key: str, command: Command | None) -> None:
    assert default_keys().command(key) is command


def test_a_file_changes_some_keys_and_leaves_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "keys.toml"
    own.write_text('[keys]\nundo = ["ctrl+alt+Z", "+"]\ngrade_0 = "F2"\nprojection = []\n')
    keys = load_keys(own)
    assert keys.keys(Command.UNDO) == ("Ctrl+Alt+Z", "+")
    assert keys.command("f2") is Command.GRADE_0
    assert keys.command("0") is None
    assert keys.keys(Command.PROJECTION) == ()
    assert keys.keys(Command.GRADE_1) == default_keys().keys(Command.GRADE_1)
    monkeypatch.setenv("WBMRI_KEYS", str(own))
    assert load_keys() == keys


def test_without_a_file_the_keys_are_the_programs_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.delenv("WBMRI_KEYS", raising=False)
    assert load_keys() == default_keys()


@pytest.mark.parametrize(
    ("content", "match"),
    [
        ('[keys]\nundo = "1"', "1 for grade_1 and for undo"),
        ('[keys]\nundoo = "J"', "undoo"),
        ('[keys]\nundo = "Hyper+J"', "Hyper"),
        ('[keys]\nundo = "Leftt"', "Leftt"),
        ("[keys]\nundo = 3", "undo = 3"),
        ('[key]\nundo = "J"', "one table"),
        ("undo = ", "TOML"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(tmp_path: Path, content: str, match: str) -> None:
    own = tmp_path / "keys.toml"
    own.write_text(content)
    with pytest.raises(InputError, match=match):
        load_keys(own)
    with pytest.raises(InputError, match="missing"):
        load_keys(tmp_path / "missing.toml")
