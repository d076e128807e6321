"""Take the pictures of the sample's reports: the first page of the baseline's, and the slices of the change.

    wbmri demo --out OUT
    python tools/photograph_reports.py OUT docs/images

It needs Chromium, and Pillow.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

PAGE = (825, 998)
"""Size of the picture of a page."""

SCALE = 0.8
"""How much smaller than on a screen its letters are, so that the whole body is on the picture."""

KMEANS = 3
"""Rounds in which the colours of a picture come nearer to those of the page."""

SLICES = (840, 606)
"""Size of the picture of the slices: the first row of them."""

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def photograph_page(page: Path, picture: Path) -> None:
    """Save the top of a page, in the few colours it has."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        sys.exit(f"no browser; expected one of {', '.join(BROWSERS)}; install one")
    width, height = PAGE
    with tempfile.TemporaryDirectory() as folder:
        taken = Path(folder) / "page.png"
        subprocess.run(  # noqa: S603 - our own words
            [
                *(browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"),
                *(f"--user-data-dir={folder}/profile", f"--screenshot={taken}"),
                *(f"--force-device-scale-factor={SCALE}", f"--window-size={width / SCALE:.0f},{height / SCALE:.0f}"),
                page.resolve().as_uri(),
            ],
            check=True,
            capture_output=True,
            timeout=120,
        )
        with Image.open(taken) as image:
            few = image.convert("RGB").quantize(128, Image.Quantize.MAXCOVERAGE, KMEANS, dither=Image.Dither.NONE)
            few.save(picture, optimize=True)


def photograph_slices(drawing: Path, picture: Path) -> None:
    """Save the first row of a drawing of slices."""
    width, height = SLICES
    with Image.open(drawing) as image:
        whole = image.convert("RGB")
        small = whole.resize((width, round(whole.height * width / whole.width)), Image.Resampling.LANCZOS)
        small.crop((0, 0, width, height)).save(picture, quality=85, optimize=True)


def main(out: str, pictures: str) -> None:
    """Take the pictures."""
    person, kept = Path(out) / "sub-sample", Path(pictures)
    photograph_page(person / "ses-baseline" / "sub-sample_ses-baseline_report.html", kept / "report.png")
    drawing = person / "figures" / "sub-sample_from-baseline_to-month6_change-slices.png"
    photograph_slices(drawing, kept / "change.jpg")


if __name__ == "__main__":
    main(*sys.argv[1:])
