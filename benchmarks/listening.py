"""Send a study to `wbmri listen` as a scanner does, see what comes back, and kill the program at random moments.

    python benchmarks/listening.py STUDY [--kills 20] [--engine NAME] [--seed 1]

STUDY is a folder of DICOM images of one study. dcmtk's storescu sends it and its storescp is the archive that the
results go to (Debian package dcmtk); all of it stays on this computer. First come a thousand connections that say
nothing of use and an object of 2 GiB, and then the scanner. The study goes once the whole way. Then
half of the kills (kill -9) come while it is received, each with an empty inbox, and half at any moment from the first
second of scoring to the last result sent. After each kill the same command goes on, and the scanner sends again what
it had no answer for. An object is lost if its sender was told that it is stored and it is not in the inbox; a result
is lost if it is not in the archive in the end.
"""

import argparse
import json
import os
import random
import shutil
import socket
import struct
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from pydicom import dcmread

from wbmri.io.dicom import files_under, is_dicom
from wbmri.pacs import Inbox

PATIENCE_S = 1800.0
MR_IMAGE = "1.2.840.10008.5.1.4.1.1.4"


def dcmtk(program: str) -> str:
    """Return where a program of dcmtk is; pynetdicom brings others of the same names."""
    for folder in os.get_exec_path():
        place = shutil.which(program, path=folder)
        if place is not None:
            said = subprocess.run([place, "--version"], capture_output=True, text=True, check=False)  # noqa: S603
            if "$dcmtk" in said.stdout:
                return place
    raise SystemExit(f"{program} is not installed (Debian package dcmtk)")


def free_port() -> int:
    """Return a port that nobody uses."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


class Hospital:
    """A scanner, an archive and `wbmri listen`, in a folder.

    Parameters
    ----------
    folder
        Where inbox, cases and archive lie.
    study
        What the scanner sends.
    options
        More options of `wbmri listen`.
    """

    def __init__(self, folder: Path, study: Path, options: list[str]) -> None:
        self.folder, self.study, self.options = folder, study, options
        self.port, self.archive_port = free_port(), free_port()
        self.program: subprocess.Popen[bytes] | None = None
        (folder / "archive").mkdir()
        store = [dcmtk("storescp"), "-aet", "ARCHIVE", "-od", str(folder / "archive"), str(self.archive_port)]
        quiet = subprocess.DEVNULL
        self.archive = subprocess.Popen(store, stdout=quiet, stderr=quiet)  # noqa: S603
        self.await_port(self.archive_port)

    def await_port(self, port: int) -> None:
        """Wait until a program answers."""
        for _ in range(1200):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
            except OSError:
                time.sleep(0.1)
            else:
                return
        raise SystemExit("a program did not begin to listen")

    def listen(self, quiet_s: float) -> None:
        """Start `wbmri listen`."""
        command = [
            sys.executable, "-m", "wbmri", "listen", "--inbox", self.folder / "inbox", "--out", self.folder / "OUT",
            "--allow", "SCANNER", "--port", self.port, "--quiet", quiet_s,
            "--to", f"ARCHIVE@127.0.0.1:{self.archive_port}", *self.options,
        ]  # fmt: skip
        self.program = subprocess.Popen([str(one) for one in command], stdout=subprocess.DEVNULL)  # noqa: S603
        self.await_port(self.port)

    def send(self, files: list[Path]) -> "subprocess.Popen[str]":
        """Have the scanner send files; what was stored is in what it says."""
        command = [dcmtk("storescu"), "-v", "-aet", "SCANNER", "-aec", "WBMRI", "127.0.0.1", self.port, *files]
        return subprocess.Popen(  # noqa: S603
            [str(one) for one in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def kill(self) -> None:
        """End `wbmri listen` as a loss of power would."""
        assert self.program is not None
        self.program.kill()
        self.program.wait()

    def close(self) -> None:
        """End everything."""
        self.kill()
        self.archive.kill()
        self.archive.wait()

    @property
    def stage(self) -> str:
        """How far the study has come."""
        boxes = list(Inbox(self.folder / "inbox").boxes())
        if not boxes:
            return "receiving"
        (box,) = boxes
        state = box.state()
        if state.problem:
            raise SystemExit(f"it could not be scored: {state.problem}")
        if state.sent:
            return "sent"
        if state.case:
            return "sending"
        written = (self.folder / "OUT").glob("sub-*/ses-*/anat/*_reading.json")
        return "exporting" if any(written) else "scoring"

    def kept(self) -> set[str]:
        """Return the instances in the inbox."""
        boxes = Inbox(self.folder / "inbox").boxes()
        return {str(dcmread(path, stop_before_pixels=True).SOPInstanceUID) for box in boxes for path in box.files()}

    def results(self) -> dict[str, int]:
        """Return how many objects of each modality are in the archive."""
        held = (dcmread(path, stop_before_pixels=True) for path in (self.folder / "archive").iterdir())
        return dict(sorted(Counter(str(one.Modality) for one in held).items()))

    def await_results(self) -> None:
        """Wait until the results are sent."""
        until = time.monotonic() + PATIENCE_S
        while self.stage != "sent":
            if time.monotonic() > until:
                raise SystemExit("the results did not come")
            time.sleep(0.5)


def flood(port: int, size: int) -> int:
    """Begin to send an object of a size, and return how many bytes were sent before the connection was ended."""
    from pydicom import Dataset
    from pydicom.filebase import DicomBytesIO
    from pydicom.filewriter import write_dataset
    from pynetdicom import AE

    entity = AE(ae_title="SCANNER")
    entity.add_requested_context(MR_IMAGE)
    association = entity.associate("127.0.0.1", port, ae_title="WBMRI")
    while not association.is_established:  # as long as others fill the places
        time.sleep(0.5)
        association = entity.associate("127.0.0.1", port, ae_title="WBMRI")
    command = Dataset()
    command.AffectedSOPClassUID, command.AffectedSOPInstanceUID = MR_IMAGE, "1.2.3"
    command.CommandField, command.MessageID, command.Priority, command.CommandDataSetType = 1, 1, 0, 1
    held = DicomBytesIO()
    held.is_little_endian, held.is_implicit_VR = True, True
    write_dataset(held, command)
    context = bytes([association.accepted_contexts[0].context_id])

    def pdu(control: int, content: bytes) -> bytes:
        item = struct.pack(">L", len(content) + 2) + context + bytes([control]) + content
        return b"\x04\x00" + struct.pack(">L", len(item)) + item

    wire = association.dul.socket.socket
    sent, part = 0, pdu(0x00, bytes(16_000))
    try:
        wire.sendall(pdu(0x03, held.getvalue()))
        while sent < size:
            wire.sendall(part)
            sent += len(part)
    except OSError:
        pass
    association.abort()
    return sent


def disturb(hospital: Hospital, one: Path) -> None:
    """Connect a thousand times, and send 2 GiB as one object; then see that the scanner is let in."""
    begun = time.monotonic()
    for number in range(1000):
        with socket.create_connection(("127.0.0.1", hospital.port), 30) as connection:
            connection.sendall(b"\x01\x00" * (number % 7))
    print(f"1000 connections in {time.monotonic() - begun:.1f} s")
    sent = flood(hospital.port, 2**31)
    assert hospital.program is not None
    peak = Path(f"/proc/{hospital.program.pid}/status").read_text("utf-8").partition("VmHWM:")[2].split()[0]
    print(f"an object of 2 GiB was ended after {sent / 1e6:.0f} MB, at a peak memory of {int(peak) // 1024} MiB")
    for _ in range(60):
        sender = hospital.send([one])
        sender.communicate()
        if sender.returncode == 0:
            break
        time.sleep(1.0)
    after = time.monotonic() - begun
    print(f"the scanner was let in {after:.1f} s after the first of them, objects kept: {len(hospital.kept())}")


def answered(said: str, names: dict[str, str]) -> set[str]:
    """Return the instances that storescu was told are stored."""
    found, last = set(), ""
    for line in said.splitlines():
        if "Sending file: " in line:
            last = line.split("Sending file: ", 1)[1].strip()
        elif "Received Store Response (Success)" in line:
            found.add(names[last])
    return found


def main() -> None:
    """Send, kill, and tell what is lost."""
    parser = argparse.ArgumentParser()
    parser.add_argument("study", type=Path)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--engine", default="auto")
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()
    files = [path for path in files_under([wanted.study]) if is_dicom(path)]
    headers = {path: dcmread(path, stop_before_pixels=True) for path in files}
    files = [path for path in files if headers[path].SOPClassUID == MR_IMAGE]
    names = {str(path): str(headers[path].SOPInstanceUID) for path in files}
    rng = random.Random(wanted.seed)  # noqa: S311 - moments, not secrets
    rows: list[dict[str, object]] = []
    options = ["--engine", wanted.engine]
    with TemporaryDirectory() as place:
        hospital = Hospital(Path(place), wanted.study, options)
        hospital.listen(1e6)
        disturb(hospital, files[0])
        hospital.close()
    with TemporaryDirectory() as place:
        hospital = Hospital(Path(place), wanted.study, options)
        hospital.listen(2.0)
        begun = time.monotonic()
        sender = hospital.send(files)
        sender.communicate()
        received_s = time.monotonic() - begun
        hospital.await_results()
        whole_s = time.monotonic() - begun
        print(f"{len(files)} images sent in {received_s:.1f} s, results in the archive after {whole_s:.1f} s:")
        print(json.dumps(hospital.results()))
        hospital.close()
    for number in range(wanted.kills // 2):
        with TemporaryDirectory() as place:
            hospital = Hospital(Path(place), wanted.study, options)
            hospital.listen(1e6)
            moment = rng.uniform(0.0, received_s)
            sender = hospital.send(files)
            time.sleep(moment)
            hospital.kill()
            told = answered(sender.communicate()[0], names)
            lost = len(told - hospital.kept())
            hospital.listen(1e6)
            again = hospital.send([path for path in files if names[str(path)] not in told])
            again.communicate()
            lost += len(set(names.values()) - hospital.kept())
            hospital.close()
        rows.append(
            {"kill": number + 1, "s": round(moment, 1), "while": "receiving", "answered": len(told), "lost": lost}
        )
        print(json.dumps(rows[-1]), flush=True)
    with TemporaryDirectory() as place:
        hospital = Hospital(Path(place), wanted.study, options)
        hospital.listen(1e6)
        hospital.send(files).communicate()
        hospital.kill()
        for number in range(wanted.kills // 2, wanted.kills):
            moment = rng.uniform(0.0, whole_s - received_s)
            hospital.listen(0.0)
            time.sleep(moment)
            stage = hospital.stage
            hospital.kill()
            if stage == "sent":
                # It was done before: from the beginning for the next one.
                shutil.rmtree(hospital.folder / "OUT")
                (box,) = Inbox(hospital.folder / "inbox").boxes()
                box.update(scored="", case="", sent=False)
            lost = len(set(names.values()) - hospital.kept())
            rows.append(
                {"kill": number + 1, "s": round(moment, 1), "while": stage, "answered": len(names), "lost": lost}
            )
            print(json.dumps(rows[-1]), flush=True)
        hospital.listen(0.0)
        hospital.await_results()
        verified = subprocess.run(  # noqa: S603
            [sys.executable, "-m", "wbmri", "verify", str(hospital.folder / "OUT")], check=False, capture_output=True
        )
        print(f"in the end: {json.dumps(hospital.results())}; wbmri verify OUT ends with {verified.returncode}")
        hospital.close()
    stages = Counter(str(row["while"]) for row in rows)
    print(
        f"{len(rows)} kills ({', '.join(f'{count} {stage}' for stage, count in stages.items())}), "
        f"{sum(int(str(row['lost'])) for row in rows)} objects lost"
    )


if __name__ == "__main__":
    main()
