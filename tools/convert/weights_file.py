"""Opens a Keras weights file, or says in one sentence what the file is instead."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py

from failures import BadInput

HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"
WANTED = "give rcmalli_vggface_tf_notop_senet50.h5 of keras-vggface"
MOST_BYTES = 2 << 30


def _describe(head: bytes) -> str:
    """What a file that is not HDF5 seems to be."""
    text = head.lstrip().lower()
    if text.startswith((b"<!doctype", b"<html", b"<?xml")):
        return "a web page (the download probably failed)"
    if text.startswith(b"version https://git-lfs"):
        return "a Git LFS pointer, not the file itself (run `git lfs pull`)"
    if head.startswith(b"PK\x03\x04"):
        return "a zip archive (perhaps PyTorch weights)"
    if head.startswith(b"\x1f\x8b"):
        return "a gzip archive (unpack it first)"
    if head.startswith(b"\x80"):
        return "a Python pickle (perhaps PyTorch weights)"
    return "something else"


def _read_config(text: str | bytes | None) -> object:
    """The model's description in JSON, or None."""
    if text is None:
        return None
    try:
        return json.loads(text)
    except ValueError:
        return None


def _open_hdf5(source: Path | io.BytesIO, name: str) -> h5py.File:
    try:
        # locking: a file on a read-only share is readable too
        return h5py.File(source, "r", locking=False)
    except OSError as error:
        if "truncated" in str(error):
            raise BadInput(
                f"{name} is truncated (it ends before its own table says): download it again."
            ) from error
        raise BadInput(f"{name} is a damaged HDF5 file: download it again.") from error


def _open_archive(path: Path) -> tuple[io.BytesIO, object]:
    """The weights and the description in a .keras archive."""
    try:
        with zipfile.ZipFile(path) as archive:
            weights = archive.getinfo("model.weights.h5")
            if weights.file_size > MOST_BYTES:
                raise BadInput(f"{path.name} is far larger than SENet50: {WANTED}.")
            config = archive.read("config.json") if "config.json" in archive.namelist() else None
            return io.BytesIO(archive.read(weights)), _read_config(config)
    except KeyError:
        raise BadInput(
            f"{path.name} is not a Keras weights file but a zip archive (perhaps PyTorch weights): "
            f"{WANTED}."
        ) from None
    except (zipfile.BadZipFile, EOFError) as error:
        raise BadInput(
            f"{path.name} is a truncated or damaged zip archive, or no Keras model: {WANTED}."
        ) from error


@contextmanager
def open_weights(path: Path) -> Iterator[tuple[h5py.File, object]]:
    """The open file, and the model's description where the file has one."""
    try:
        if not path.is_file():
            what = "is a folder, not a file" if path.is_dir() else "does not exist"
            raise BadInput(f"{path} {what}: {WANTED}.")
        with path.open("rb") as stream:
            head = stream.read(512)
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}.") from error
    if not head:
        raise BadInput(f"{path.name} is empty: download it again.")
    config: object = None
    if head.startswith(b"PK\x03\x04"):
        source, config = _open_archive(path)
        file = _open_hdf5(source, path.name)
    elif head.startswith(HDF5_SIGNATURE):
        file = _open_hdf5(path, path.name)
    else:
        raise BadInput(
            f"{path.name} is not a Keras weights file (HDF5) but {_describe(head)}: {WANTED}."
        )
    with file:
        try:
            if config is None:
                config = _read_config(file.attrs.get("model_config"))
            yield file, config
        except (OSError, KeyError, RuntimeError) as error:
            raise BadInput(
                f"{path.name} is damaged, a part of it cannot be read ({error}): download it again."
            ) from error
