"""Reads the file that a user gives, or says in one sentence why it cannot be read."""

from __future__ import annotations

from pathlib import Path

from failures import BadInput


def read_input(path: Path, most: int) -> bytes:
    """The whole file, of at most `most` bytes."""
    try:
        if not path.is_file():
            what = "is no file" if path.exists() else "does not exist"
            raise BadInput(f"{path} {what}: give the weights' file.")
        size = path.stat().st_size
        if size > most:
            raise BadInput(f"{path} has {size} bytes, more than such weights have (at most {most}).")
        with path.open("rb") as stream:
            content = stream.read(most + 1)
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}.") from error
    if not content:
        raise BadInput(f"{path} is empty: download it again.")
    if len(content) > most:
        raise BadInput(f"{path} grows while it is read: wait until it is whole.")
    return content
