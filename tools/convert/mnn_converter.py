"""Runs MNN's own converter, and gives its files the same bytes each time.

Standard library only: of the MNN wheel the converter needs nothing but the extension module `_tools`.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import uuid
from pathlib import Path

from failures import BadInput, CannotWork

NO_CONVERTER = 77
# The wheel's `MNN.tools.mnnconvert` around this installs another package and reports to its makers'
# server.
CONVERT = f"""
import sys
try:
    import _tools
except ImportError as error:
    print(error)
    sys.exit({NO_CONVERTER})
_tools.mnnconvert(sys.argv)
"""
SUCCESS = "Converted Success!"
MOST_SECONDS = 900

# A string of 36 characters in MNN's file: its length, then the identifier.
IDENTIFIER = re.compile(rb"\x24\0\0\0([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\0")

# MNN writes a random identifier into each file. These are the ones in the files that
# models/manifest.json names, by the SHA-256 of the file with zeros in place of the identifier: so a
# conversion gives the very bytes that were published.
PUBLISHED_IDENTIFIERS: dict[str, str] = {
    # mobilefacenet.mnn
    "7f7352dbcf0722607c41359dea4c74a624347e89faa0129902858062aaf5682e": "5dcb40fa-9d4a-48a5-a80f-f0392769adf6",
    # mtcnn-onet.mnn
    "f5e0b89a681e52f5c2475ff461b7b94484b2e8ff1a191e809304c19d33e08dd4": "d28e570e-8b7a-4a45-b378-510abca5ee2d",
    # mtcnn-pnet.mnn
    "7b741b0a1e64b8d1ef05f2eb160d1fecb1092157b51a7967566b5be7a317e0e3": "73cd94fc-fbcd-44d8-9c3c-64d856f54d08",
    # mtcnn-rnet.mnn
    "efe7d3eb062bf01d9d5a3f77a5f1d76b6864f807ac61c133f521edba287a86eb": "65178086-2799-4cc1-9235-d4f2ec3399fe",
    # yunet-n.mnn
    "c00aed20b53e7bf8ff2a59e9a150a72c75b79cc5abc2c49b4954c82366e0a519": "a59b36a6-9146-4777-9935-308a14465a53",
}


class Refused(Exception):
    """MNN's converter could not read the file; the message is what it said last."""


def run_converter(
    framework: str, source: Path, mnn_file: Path, label: str, options: tuple[str, ...] = ()
) -> None:
    """Converts in a process of its own (it writes to standard output, and may crash)."""
    command = [sys.executable, "-E", "-s", "-B", "-c", CONVERT, "-f", framework]
    command += ["--modelFile", str(source), "--MNNModel", str(mnn_file), "--bizCode", label, *options]
    try:
        result = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
            timeout=MOST_SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise Refused(f"it took more than {MOST_SECONDS} seconds") from error
    lines = [line for line in result.stdout.splitlines() if line.strip()]
    if result.returncode == NO_CONVERTER:
        raise CannotWork(
            f"MNN's converter does not load on this system ({lines[-1] if lines else 'no reason given'}): "
            "convert on another computer (Linux, macOS or Windows on x86-64 or 64-bit ARM) and take its file."
        )
    # It ends with 0 after most of its errors.
    if result.returncode != 0 or SUCCESS not in result.stdout or not mnn_file.is_file():
        if result.returncode < 0:
            raise Refused(f"it was ended by signal {-result.returncode}")
        errors = [line for line in lines if "[ERROR]" in line]
        said = [*errors, *(line for line in lines if "ERROR" in line), *lines[-1:], "no reason given"]
        shown = said[0].replace("[ERROR]", "").replace(str(source), source.name)
        raise Refused(shown.strip(" .")[:200])
    fix_identifier(mnn_file)


def fix_identifier(mnn_file: Path) -> None:
    """Replaces the random identifier in the file by the published one, or by one of its contents."""
    data = bytearray(mnn_file.read_bytes())
    found = IDENTIFIER.search(data, 0, 4096)
    if found is None:
        return
    start, end = found.span(1)
    data[start:end] = b"0" * (end - start)
    contents = hashlib.sha256(data).hexdigest()
    name = PUBLISHED_IDENTIFIERS.get(contents) or str(uuid.uuid5(uuid.NAMESPACE_OID, contents))
    data[start:end] = name.encode()
    mnn_file.write_bytes(data)


def convert_known(
    framework: str, source: Path, mnn_file: Path, label: str, options: tuple[str, ...] = ()
) -> None:
    """Converts what this folder's code built or checked: a refusal is the converter's fault."""
    try:
        run_converter(framework, source, mnn_file, label, options)
    except Refused as error:
        raise CannotWork(f"MNN's converter failed: {error}.") from error


def convert_given(
    framework: str,
    source: Path,
    mnn_file: Path,
    label: str,
    options: tuple[str, ...] = (),
    *,
    name: str,
) -> None:
    """Converts a user's file, called `name`: a refusal is the file's fault."""
    try:
        run_converter(framework, source, mnn_file, label, options)
    except Refused as error:
        raise BadInput(
            f"{name} is no model that MNN's converter can read ({error}): check the file, or export it "
            "again."
        ) from error
