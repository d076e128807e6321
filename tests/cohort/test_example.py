"""The example of the documentation runs as it stands there."""

import re
from pathlib import Path
from types import ModuleType

import pytest

DOCS = Path(__file__).parents[2] / "docs" / "cohort.md"


def test_the_example_of_the_docs_runs(
    maker: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    root = maker.make_cohort(tmp_path / "bids", 2, 0).root
    maker.BREAKS[4](maker.Place(root, "sub-002", "ses-baseline"), 9)
    monkeypatch.chdir(tmp_path)
    code = "".join(re.findall(r"```python\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL))
    assert 'engine="auto"' in code
    here = {"__name__": "example"}
    exec(compile(code.replace('engine="auto"', 'engine="blocks", scheme="legs.toml"'), str(DOCS), "exec"), here)  # noqa: S102
    assert len(here["totals"]) == here["summary"].cases == 2
    assert list(here["failed"]) == ["sub-002_ses-baseline"]
    printed = capsys.readouterr().out
    assert "sub-002_ses-baseline cannot be scored: no STIR image" in printed
    assert "2 cases, 1 pairs of visits compared" in printed
