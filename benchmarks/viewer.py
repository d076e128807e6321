"""Show an export in the web viewer OHIF, from the archive Orthanc, and say whether outlines, names and sides are right.

    npm pack @ohif/app@3.13.2 && tar xzf ohif-app-3.13.2.tgz
    pip install playwright
    python benchmarks/viewer.py EXPORT --ohif package/dist --pictures PICTURES

EXPORT is a folder that `wbmri export --to mr,seg,pdf,key` wrote of one case. Needs the Debian packages orthanc,
orthanc-dicomweb and chromium. Archive, viewer and browser stay on this computer; the viewer gets the archive's DICOMweb
service under its own address, as a hospital's proxy would give it. What is on the screen is written to PICTURES, for
people to look at, and compared with the segmentation: the names in the list, the mark of the patient's right, and where
pixels are coloured. A structured report stays black there: OHIF shows measurements that have coordinates alone.
"""

import argparse
import json
import mimetypes
import os
import re
import shutil
import socket
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydicom import Dataset, dcmread

from wbmri.pacs import WebTarget, send_objects

PATIENCE_MS = 180_000
PLUGIN = "/usr/share/orthanc/plugins/libOrthancDicomWeb.so"
TYPES = {".wasm": "application/wasm", ".js": "text/javascript"}
SOURCE = {
    "friendlyName": "Orthanc",
    "name": "orthanc",
    "wadoUriRoot": "/dicom-web",
    "qidoRoot": "/dicom-web",
    "wadoRoot": "/dicom-web",
    "imageRendering": "wadors",
    "thumbnailRendering": "wadors",
    # Not "pdf": Orthanc 1.10 cannot render pages, and the viewer then takes them as they are.
    "singlepart": "bulkdata,video",
    "bulkDataURI": {"enabled": True},
    "omitQuotationForMultipartRequest": True,
}
SETTINGS = {
    "extensions": [],
    "modes": [],
    "showStudyList": True,
    "investigationalUseDialog": {"option": "never"},
    "defaultDataSourceName": "orthanc",
    "dataSources": [
        {
            "namespace": "@ohif/extension-default.dataSourcesModule.dicomweb",
            "sourceName": "orthanc",
            "configuration": SOURCE,
        }
    ],
}


def free_port() -> int:
    """Return a port that nobody uses."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def archive(folder: Path, port: int) -> "subprocess.Popen[bytes]":
    """Start Orthanc and wait until it answers."""
    program = shutil.which("Orthanc", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None or not Path(PLUGIN).exists():
        raise SystemExit("Orthanc is not installed (Debian packages orthanc and orthanc-dicomweb)")
    configuration = {
        "StorageDirectory": str(folder / "db"),
        "IndexDirectory": str(folder / "db"),
        "HttpPort": port,
        "DicomServerEnabled": False,
        "AuthenticationEnabled": False,
        "RemoteAccessAllowed": False,
        "Plugins": [PLUGIN],
        "DicomWeb": {"Enable": True, "Root": "/dicom-web/", "StudiesMetadata": "Full", "SeriesMetadata": "Full"},
    }
    (folder / "orthanc.json").write_text(json.dumps(configuration))
    quiet = subprocess.DEVNULL
    process = subprocess.Popen([program, str(folder / "orthanc.json")], stdout=quiet, stderr=quiet)  # noqa: S603
    for _ in range(300):
        try:
            urlopen(f"http://127.0.0.1:{port}/dicom-web/studies", timeout=5).close()
        except OSError:
            time.sleep(0.1)
        else:
            return process
    raise SystemExit("Orthanc did not begin to answer")


def site(viewer: Path, archive_port: int) -> ThreadingHTTPServer:
    """Return a server of the viewer's files, which passes on what is asked of the archive."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *arguments: object) -> None:
            """Say nothing."""

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            if path.startswith("/dicom-web/"):
                self.answer(*self.of_archive())
            elif path == "/app-config.js":
                self.answer(200, "text/javascript", f"window.config = {json.dumps(SETTINGS)};".encode())
            else:
                file = viewer / path.lstrip("/")
                file = file if file.is_file() else viewer / "index.html"
                guessed = TYPES.get(file.suffix) or mimetypes.guess_type(file.name)[0] or "application/octet-stream"
                self.answer(200, guessed, file.read_bytes())

        def of_archive(self) -> tuple[int, str, bytes]:
            headers = {"Accept": self.headers.get("Accept", "*/*"), "Host": self.headers["Host"]}
            try:
                with urlopen(Request(f"http://127.0.0.1:{archive_port}{self.path}", headers=headers)) as found:
                    return found.status, found.headers["Content-Type"], found.read()
            except HTTPError as problem:
                return problem.code, "text/plain", problem.read()

        def answer(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            # The viewer's threads share memory, which browsers allow to a page of one origin alone.
            self.send_header("Cross-Origin-Opener-Policy", "same-origin")
            self.send_header("Cross-Origin-Embedder-Policy", "require-corp")
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def coloured(page: Any) -> tuple[NDArray[np.bool_], int]:
    """Return which pixels of the image's field are coloured, and which instance it shows."""
    field = page.locator("canvas.cornerstone-canvas").first.bounding_box()
    shown = np.asarray(Image.open(BytesIO(page.screenshot(clip=field))).convert("RGB")).astype(int)
    instance = re.search(r"I:\s*(\d+)", page.inner_text("body"))
    assert instance is not None, "the viewer does not say which image it shows"
    return np.ptp(shown, axis=2) > 40, int(instance[1])


def expected(segments: Dataset, image: Dataset, shape: tuple[int, ...]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return where outlines, and where the image lies that is fitted into the middle of a field of rows and columns."""
    mask = np.zeros((image.Rows, image.Columns), bool)
    frames = segments.pixel_array
    for number, frame in enumerate(segments.PerFrameFunctionalGroupsSequence):
        place = frame.PlanePositionSequence[0].ImagePositionPatient
        if np.allclose(place, image.ImagePositionPatient, atol=0.01):
            mask |= frames[number] > 0
    size = np.array(mask.shape) * np.array(image.PixelSpacing, float)
    scale = min(np.array(shape) / size)  # pixels of the screen per mm
    rows, columns = (
        ((np.arange(many) - (many - length * scale) / 2) / scale / step).astype(int)
        for many, length, step in zip(shape, size, image.PixelSpacing, strict=True)
    )
    inside = ((rows >= 0) & (rows < image.Rows))[:, None] & ((columns >= 0) & (columns < image.Columns))
    there = mask[np.clip(rows, 0, image.Rows - 1)][:, np.clip(columns, 0, image.Columns - 1)]
    return inside & there, inside


def dice(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    """Return by how much two fields overlap."""
    return float(2 * (one & other).sum() / (one.sum() + other.sum()))


def look(page: Any, address: str, objects: dict[str, list[Dataset]], pictures: Path) -> None:
    """Open everything as a person would, take pictures, and print what is right and what is not."""
    (segments,) = objects["SEG"]
    titles = {kind: str(found[0].SeriesDescription) for kind, found in objects.items()}
    page.goto(f"{address}/viewer?StudyInstanceUIDs={segments.StudyInstanceUID}", timeout=PATIENCE_MS)
    page.get_by_text("Skip all").click(timeout=PATIENCE_MS)  # the tour for new users
    begun = time.monotonic()
    page.get_by_text(titles["SEG"]).first.dblclick()
    page.get_by_text("Yes", exact=True).click(timeout=PATIENCE_MS)
    print(f"outlines loaded after {time.monotonic() - begun:.0f} s")
    page.wait_for_timeout(5000)
    page.locator("canvas.cornerstone-canvas").first.hover()
    for _ in range(len(objects["MR"]) // 3):
        page.mouse.wheel(0, 120)
        page.wait_for_timeout(200)
    page.wait_for_timeout(5000)
    page.screenshot(path=pictures / "outlines.png")
    shown, instance = coloured(page)
    image = next(one for one in objects["MR"] if one.InstanceNumber == instance)
    there, inside = expected(segments, image, shown.shape)
    shown &= inside  # the viewer's own writing is coloured, too
    print(
        f"image {instance}: Dice overlap of what is coloured with the outlines {dice(shown, there):.3f}, "
        f"were they mirrored {dice(shown, there[:, ::-1]):.3f}"
    )
    mark = page.get_by_text("R", exact=True).first.bounding_box()
    print(f"the patient's right is {'left' if mark['x'] < 800 else 'NOT LEFT'} on the screen")
    page.locator("[data-cy=side-panel-header-right]").click()
    page.wait_for_timeout(3000)
    page.screenshot(path=pictures / "names.png")
    listed = page.inner_text("body").splitlines()
    missing = [one.SegmentLabel for one in segments.SegmentSequence if one.SegmentLabel not in listed]
    print(f"{len(segments.SegmentSequence)} groups, missing in the list: {', '.join(missing) or 'none'}")
    for kind in ("OT", "DOC"):
        if kind in titles:
            page.get_by_text(titles[kind]).first.dblclick()
            page.wait_for_timeout(8000)
            page.screenshot(path=pictures / f"{kind}.png")


def main() -> None:
    """Start everything, look, and end it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("export", type=Path)
    parser.add_argument("--ohif", type=Path, required=True, help="folder dist of the npm package @ohif/app")
    parser.add_argument("--pictures", type=Path, required=True)
    wanted = parser.parse_args()
    from playwright.sync_api import sync_playwright

    browser = shutil.which("chromium")
    if browser is None:
        raise SystemExit("chromium is not installed (Debian package chromium)")
    wanted.pictures.mkdir(parents=True, exist_ok=True)
    objects: dict[str, list[Dataset]] = {}
    for path in sorted(wanted.export.rglob("*.dcm")):
        found = dcmread(path)
        objects.setdefault(str(found.Modality), []).append(found)
    options = ["--headless=new", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
    if os.geteuid() == 0:
        options.append("--no-sandbox")
    with TemporaryDirectory() as place:
        port = free_port()
        process = archive(Path(place), port)
        try:
            sent = send_objects([wanted.export], WebTarget(f"http://127.0.0.1:{port}/dicom-web"))
            print(f"{sum(not one.problem for one in sent)} of {len(sent)} objects in the archive")
            server = site(wanted.ohif, port)
            with sync_playwright() as driver:
                # Not the driver's own headless mode, which shows no PDF.
                chromium = driver.chromium.launch(executable_path=browser, headless=False, args=options)
                page = chromium.new_page(viewport={"width": 1600, "height": 1000})
                look(page, f"http://127.0.0.1:{server.server_address[1]}", objects, wanted.pictures)
                chromium.close()
            server.shutdown()
        finally:
            process.terminate()
            process.wait()


if __name__ == "__main__":
    main()
