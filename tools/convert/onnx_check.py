"""Tells an ONNX model from other files by its outermost messages, without the onnx package.

What is inside is for MNN's converter to judge, in a process of its own.
"""

from __future__ import annotations

from collections.abc import Iterator

from failures import BadInput

GRAPH, NODE, INPUT, OUTPUT, INITIALIZER = 7, 1, 11, 12, 5


class _Damaged(Exception):
    pass


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            raise _Damaged
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise _Damaged


def _fields(data: memoryview) -> Iterator[tuple[int, memoryview | int]]:
    """The fields of one message: number, and the bytes or the number in it."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        kind = key & 7
        if kind == 0:
            value, at = _varint(data, at)
            yield key >> 3, value
            continue
        if kind == 2:
            size, at = _varint(data, at)
        elif kind in (1, 5):
            size = 8 if kind == 1 else 4
        else:
            raise _Damaged
        if at + size > len(data):
            raise _Damaged
        yield key >> 3, data[at : at + size]
        at += size


def check_onnx(content: bytes, name: str) -> None:
    """Refuses what is no ONNX model with nodes, an input and an output."""
    found: set[int] = set()
    try:
        for number, value in _fields(memoryview(content)):
            if number == GRAPH and isinstance(value, memoryview):
                found.update(inner for inner, _ in _fields(value))
    except _Damaged:
        raise BadInput(f"{name} is no valid ONNX model: it is damaged or of another format.") from None
    if not {NODE, INPUT, OUTPUT} <= found:
        raise BadInput(f"{name} is no valid ONNX model: it has no graph with an input and an output.")
