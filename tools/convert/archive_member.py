#!/usr/bin/env python3
"""Takes one file out of a wheel, a zip or a (compressed) tar archive.

    python3 tools/convert/archive_member.py ARCHIVE MEMBER --out FILE --max-bytes N

Standard library only. The archive is data: nothing of it is run, no name in it becomes a path, links
are not followed, and no more than N bytes are unpacked. The file appears whole or not at all. Exit
code 0: done; 2: the archive is not usable, with one sentence on standard error.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

sys.dont_write_bytecode = True

from failures import BAD_INPUT, OK, BadInput

CHUNK = 1 << 20
# A tar archive has to be read up to the member: a bound on what decompression may give.
MOST_UNPACKED = 1 << 30


class Bounded:
    """A stream that refuses to give more than so many bytes."""

    def __init__(self, stream: IO[bytes], most: int, what: str) -> None:
        self._stream = stream
        self._left = most
        self._what = what

    def read(self, size: int = -1) -> bytes:
        wanted = self._left + 1 if size < 0 else min(size, self._left + 1)
        data = self._stream.read(wanted)
        self._left -= len(data)
        if self._left < 0:
            raise BadInput(f"{self._what} is larger than it should be.")
        return data


@contextlib.contextmanager
def open_tar_member(archive: Path, member: str) -> Iterator[IO[bytes]]:
    import gzip

    with archive.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        plain = gzip.GzipFile(fileobj=file) if packed else file
        bounded = Bounded(plain, MOST_UNPACKED, "The archive")
        # A stream: no seeking back, so a link cannot be resolved to another entry.
        with tarfile.open(fileobj=bounded, mode="r|") as tar:  # type: ignore[call-overload]
            for entry in tar:
                if entry.name != member:
                    continue
                if not entry.isreg():
                    raise BadInput(f"{member} is no ordinary file in {archive.name}.")
                stream = tar.extractfile(entry)
                assert stream is not None
                yield stream
                return
    raise BadInput(f"There is no {member} in {archive.name}.")


@contextlib.contextmanager
def open_zip_member(archive: Path, member: str) -> Iterator[IO[bytes]]:
    with zipfile.ZipFile(archive) as whole:
        try:
            entry = whole.getinfo(member)
        except KeyError:
            raise BadInput(f"There is no {member} in {archive.name}.") from None
        # The upper half holds the Unix mode: 0xA000 is a symbolic link.
        if entry.is_dir() or (entry.external_attr >> 16) & 0xF000 not in (0, 0x8000):
            raise BadInput(f"{member} is no ordinary file in {archive.name}.")
        with whole.open(entry) as stream:
            yield stream


def take(archive: Path, member: str, target: Path, most: int) -> None:
    """Writes the member's bytes to the target."""
    if not archive.is_file():
        raise BadInput(f"There is no file {archive}.")
    opened = open_zip_member if zipfile.is_zipfile(archive) else open_tar_member
    with opened(archive, member) as stream:
        bounded = Bounded(stream, most, member)
        descriptor, partial = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        try:
            with os.fdopen(descriptor, "wb") as out:
                while data := bounded.read(CHUNK):
                    out.write(data)
            os.replace(partial, target)
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(partial)


def main(arguments: list[str]) -> int:
    """Takes the member out; returns the exit code."""
    parser = argparse.ArgumentParser(prog="archive_member.py", description=__doc__.splitlines()[0])
    parser.add_argument("archive", type=Path)
    parser.add_argument("member")
    parser.add_argument("--out", type=Path, required=True, help="the file to write")
    parser.add_argument("--max-bytes", type=int, required=True, help="the most that it may have")
    options = parser.parse_args(arguments)
    try:
        take(options.archive, options.member, options.out, options.max_bytes)
    except BadInput as error:
        print(f"error: {error}", file=sys.stderr)
        return BAD_INPUT
    except (OSError, EOFError, tarfile.TarError, zipfile.BadZipFile, zlib.error, RuntimeError) as error:
        print(f"error: {options.archive.name} cannot be read: {error}", file=sys.stderr)
        return BAD_INPUT
    return OK


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
