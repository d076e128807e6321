"""A page shows itself and does nothing else in a browser."""

import re
from base64 import b64encode
from hashlib import sha256

from wbmri.report.page import render

MARKED = {"pass": 0, "fail": 0, "": 0}


def policy(page: str) -> str:
    found = re.search(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">', page)
    assert found
    return found[1]


def test_a_page_without_scripts_runs_none() -> None:
    page = render("base.html.j2", "<script>alert(1)</script>")
    assert "<script>" not in page
    assert policy(page) == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def test_a_page_runs_its_own_script_alone() -> None:
    page = render("qc.html.j2", "Quality", columns="[]", cases=(), failed=(), figures=(), unusual=0, marked=MARKED)
    own = re.findall(r"(?s)<script>(.*?)</script>", page)
    assert len(own) == 1
    assert f"script-src 'sha256-{b64encode(sha256(own[0].encode()).digest()).decode()}'" in policy(page)
