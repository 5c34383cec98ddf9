"""Reads the tensors of a file that torch.save wrote, in its format of before torch 1.6.

Three pickles with a magic number, a protocol and the sizes of the platform; the object; the list of
storage keys; then each storage, its length in eight bytes before it (torch/serialization.py).
"""

from __future__ import annotations

import struct
from collections.abc import Mapping

from failures import BadInput
from pickle_reader import PickledTensor, Storage, damaged, read_pickle

MAGIC = 0x1950A86A20F9469CFC6C
LEGACY_PROTOCOL = 1001


def _read_storages(data: memoryview, at: int, keys: object, storages: dict[str, Storage]) -> None:
    if not isinstance(keys, list) or len(keys) != len(storages):
        damaged("its list of storages")
    for key in keys:
        storage = storages.get(key) if isinstance(key, str) else None
        if storage is None or storage.data is not None:
            damaged("its list of storages")
        if at + 8 > len(data) or struct.unpack_from("<q", data, at)[0] != storage.count:
            damaged("a storage of another length")
        end = at + 8 + storage.count * storage.item
        if end > len(data):
            damaged("it ends too early")
        storage.data, at = data[at + 8 : end], end


def read_tensors(content: bytes) -> Mapping[str, PickledTensor]:
    """The tensors of a file of torch's old format, by name.

    The zip format of torch 1.6 and newer has the same pickle as `data.pkl` and each storage as a file
    of its own: read_pickle serves there too.
    """
    if content.startswith(b"PK\x03\x04"):
        raise BadInput(
            "The weights are a zip archive, PyTorch's newer format: this network's authors publish the "
            "older one."
        )
    if not content.startswith(b"\x80\x02\x8a\x0a"):
        raise BadInput("The file is not PyTorch weights (torch.save's older format).")
    data = memoryview(content)
    storages: dict[str, Storage] = {}
    magic, at = read_pickle(data, 0, {})
    protocol, at = read_pickle(data, at, {})
    system, at = read_pickle(data, at, {})
    if magic != MAGIC or protocol != LEGACY_PROTOCOL or not isinstance(system, dict):
        damaged("its head")
    if system.get("little_endian") is not True:
        raise BadInput("The weights were written on a big-endian machine, which is not supported.")
    state, at = read_pickle(data, at, storages)
    keys, at = read_pickle(data, at, {})
    _read_storages(data, at, keys, storages)
    if not isinstance(state, dict):
        damaged("it holds no dictionary of tensors")
    return {name: value for name, value in state.items() if isinstance(value, PickledTensor)}
