"""Reads a flatbuffer with every access checked. A place is an offset into the file."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import NoReturn

MOST_ITEMS = 100_000


class FlatBuffer:
    """The bytes of a file, and what to call when they cannot be read."""

    def __init__(self, data: bytes, damaged: Callable[[], NoReturn]) -> None:
        self.data = data
        self.damaged = damaged

    def read(self, code: str, place: int) -> int:
        """One number, by its code of the struct module."""
        if place < 0 or place + struct.calcsize(code) > len(self.data):
            self.damaged()
        return int(struct.unpack_from("<" + code, self.data, place)[0])

    def follow(self, place: int) -> int:
        """The place that the offset at this place points to."""
        return place + self.read("I", place)

    def field(self, table: int, number: int) -> int | None:
        """The place of a table's field, or None where it has its default."""
        virtual = table - self.read("i", table)
        if 4 + 2 * number + 2 > self.read("H", virtual):
            return None
        offset = self.read("H", virtual + 4 + 2 * number)
        return table + offset if offset else None

    def scalar(self, table: int, number: int, code: str = "I") -> int:
        """A number that is a table's field; 0 is the default."""
        place = self.field(table, number)
        return 0 if place is None else self.read(code, place)

    def vector(self, table: int, number: int, item: int = 4) -> tuple[int, int]:
        """The place of the first of a vector's items, of so many bytes each, and how many there are."""
        place = self.field(table, number)
        if place is None:
            return 0, 0
        start = self.follow(place)
        count = self.read("I", start)
        if start + 4 + item * count > len(self.data):
            self.damaged()
        return start + 4, count

    def integers(self, table: int, number: int) -> list[int]:
        """A vector of 32-bit numbers."""
        start, count = self.vector(table, number)
        if count > MOST_ITEMS:
            self.damaged()
        return [self.read("i", start + 4 * index) for index in range(count)]

    def tables(self, table: int, number: int) -> list[int]:
        """A vector of tables."""
        start, count = self.vector(table, number)
        if count > MOST_ITEMS:
            self.damaged()
        return [self.follow(start + 4 * index) for index in range(count)]

    def item(self, items: list[int], index: int) -> int:
        """One of a list, by an index that the file gives."""
        if not 0 <= index < len(items):
            self.damaged()
        return items[index]
