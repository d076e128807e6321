"""Writing several files so that either all of them are new or none is."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from wbmri.io import force_to_disk


def write_together(out: Path, files: Sequence[tuple[Path, bytes]]) -> None:
    """Write files in the given order; on any error put back what was there before.

    Everything is first written and synced beside its destination, where a full disk or a missing permission shows
    before anything old is touched; then the files are moved into place one by one. When this returns, they outlast a
    loss of power.

    Parameters
    ----------
    out
        The dataset; made if it is missing.
    files
        Destinations below `out` with their contents; missing folders are made.
    """
    out.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=out, prefix=".wbmri-") as temporary:
        fresh, former = Path(temporary, "fresh"), Path(temporary, "former")
        fresh.mkdir()
        former.mkdir()
        for number, (path, content) in enumerate(files):
            path.parent.mkdir(parents=True, exist_ok=True)
            (fresh / str(number)).write_bytes(content)
            if path.exists():
                shutil.copy2(path, former / str(number))
        # Once all are written, which lets the system write them in one go.
        for number in range(len(files)):
            force_to_disk(fresh / str(number))
        moved: list[int] = []
        try:
            for number, (path, _) in enumerate(files):
                os.replace(fresh / str(number), path)
                moved.append(number)
        except BaseException:
            for number in moved:
                path, before = files[number][0], former / str(number)
                if before.exists():
                    os.replace(before, path)
                else:
                    path.unlink()
            raise
        for folder in dict.fromkeys(path.parent for path, _ in files):
            force_to_disk(folder)
