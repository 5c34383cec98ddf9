"""Reads a pickle that torch.save wrote, without torch and without running anything.

Not a subclass of pickle.Unpickler: that one can be made to take gigabytes (memo indexes) or to
overflow the stack (hashes of nested tuples) by a file of a few bytes. This one knows the opcodes
that a dictionary of tensors needs, and four globals; all else is refused. Nothing is imported,
called or looked up by a name in the file.
"""

from __future__ import annotations

import array
import math
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NoReturn

from failures import BadInput

MOST_DIMENSIONS = 8


@dataclass
class Storage:
    """The numbers behind one or more tensors; the bytes come later in the file."""

    key: str
    item: int
    count: int
    data: memoryview | None = None


@dataclass(frozen=True)
class PickledTensor:
    """A dense tensor, still by reference to its storage."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]

    def transposed(self) -> PickledTensor:
        """The same numbers with the axes in reverse order."""
        return PickledTensor(self.storage, self.offset, self.shape[::-1], self.stride[::-1])

    def floats(self) -> bytes:
        """Its numbers as little-endian 32-bit floats, in row-major order."""
        storage = self.storage
        if storage.item != 4 or storage.data is None:
            raise BadInput("A tensor is not of 32-bit floats: give the file as its authors publish it.")
        places = [self.offset]
        for size, step in zip(self.shape, self.stride, strict=True):
            places = [place + index * step for place in places for index in range(size)]
        words = storage.data.cast("I")  # moved as they are, whatever the byte order here
        return array.array("I", [words[place] for place in places]).tobytes()


class _Global:
    """A name in the file that is known; it is only compared, never called."""

    def __init__(self, name: str, item: int = 0) -> None:
        self.name = name
        self.item = item


REBUILD = _Global("torch._utils _rebuild_tensor_v2")
DICTIONARY = _Global("collections OrderedDict")
GLOBALS = {
    known.name: known
    for known in (
        REBUILD,
        DICTIONARY,
        _Global("torch FloatStorage", 4),
        _Global("torch LongStorage", 8),  # num_batches_tracked of batch norms
    )
}

_MARK = object()


def damaged(what: str) -> NoReturn:
    raise BadInput(f"The weights are a damaged PyTorch file ({what}): download it again.")


@dataclass
class _Reader:
    """One pickle: a stack, a memo and the place in the file."""

    data: memoryview
    at: int
    storages: dict[str, Storage]
    stack: list[object] = field(default_factory=list)
    memo: dict[int, object] = field(default_factory=dict)

    def take(self, count: int) -> memoryview:
        if count < 0 or self.at + count > len(self.data):
            damaged("it ends too early")
        self.at += count
        return self.data[self.at - count : self.at]

    def number(self, code: str) -> int:
        return int(struct.unpack("<" + code, self.take(struct.calcsize(code)))[0])

    def text(self, count: int) -> str:
        try:
            return str(self.take(count), "utf-8")
        except UnicodeDecodeError:
            damaged("a text that is not UTF-8")

    def line(self) -> str:
        for length in range(256):
            if self.at + length >= len(self.data):
                break
            if self.data[self.at + length] == 0x0A:
                text = self.text(length)
                self.at += 1
                return text
        damaged("a name without an end")

    def pop(self) -> object:
        if not self.stack or self.stack[-1] is _MARK:
            damaged("an opcode without its operand")
        return self.stack.pop()

    def pop_to_mark(self) -> list[object]:
        for index in range(len(self.stack) - 1, -1, -1):
            if self.stack[index] is _MARK:
                items = self.stack[index + 1 :]
                del self.stack[index:]
                return items
        damaged("an end without its beginning")

    def pop_tuple(self, count: int) -> None:
        items = [self.pop() for _ in range(count)]
        self.stack.append(tuple(reversed(items)))

    def top(self, kind: type[dict[object, object]] | type[list[object]]) -> object:
        if not self.stack or not isinstance(self.stack[-1], kind):
            damaged("an opcode without its container")
        return self.stack[-1]

    def remember(self, index: int) -> None:
        if not self.stack or self.stack[-1] is _MARK:
            damaged("nothing to remember")
        self.memo[index] = self.stack[-1]

    def recall(self, index: int) -> None:
        if index not in self.memo:
            damaged("a reference to nothing")
        self.stack.append(self.memo[index])

    def append(self, items: list[object]) -> None:
        target = self.top(list)
        assert isinstance(target, list)
        target.extend(items)

    def set_items(self, items: list[object]) -> None:
        target = self.top(dict)
        assert isinstance(target, dict)
        if len(items) % 2:
            damaged("a key without its value")
        for key, value in zip(items[::2], items[1::2], strict=True):
            if not isinstance(key, str):  # nothing else is hashed
                damaged("a key that is no text")
            target[key] = value

    def find_global(self) -> None:
        name = f"{self.line()} {self.line()}"
        known = GLOBALS.get(name)
        if known is None:
            shown = ascii(".".join(name.split(" ")))[1:81].rstrip("'")
            raise BadInput(
                f"The weights file names {shown}, which is no tensor: it could run code, so it is "
                "refused. Give the file as its authors publish it."
            )
        self.stack.append(known)

    def find_storage(self) -> None:
        """A persistent id: ('storage', kind, key, place, count[, view])."""
        identity = self.pop()
        if not isinstance(identity, tuple) or len(identity) not in (5, 6):
            damaged("a reference to no storage")
        word, kind, key, _, count = identity[:5]
        view = identity[5] if len(identity) == 6 else None
        if word != "storage" or not isinstance(kind, _Global) or kind.item == 0:
            damaged("a reference to no storage")
        if type(key) is not str or type(count) is not int or count < 0 or view is not None:
            damaged("a reference to no storage")
        found = self.storages.setdefault(key, Storage(key, kind.item, count))
        if (found.item, found.count) != (kind.item, count):
            damaged("one storage of two kinds")
        self.stack.append(found)

    def reduce(self) -> None:
        """A call in pickle's mind; here only the two that are known, and none is called."""
        arguments = self.pop()
        function = self.pop()
        if function is DICTIONARY and arguments == ():
            self.stack.append({})
        elif function is REBUILD and isinstance(arguments, tuple):
            self.stack.append(_tensor(arguments))
        else:
            damaged("a call of something that is no tensor")

    def build(self) -> None:
        """An object's own attributes, such as a state_dict's _metadata: not needed."""
        self.pop()
        self.top(dict)


def _sizes(value: object) -> tuple[int, ...] | None:
    if not isinstance(value, tuple) or len(value) > MOST_DIMENSIONS:
        return None
    if not all(type(size) is int and 0 <= size < 1 << 32 for size in value):
        return None
    return value


def _tensor(arguments: tuple[object, ...]) -> PickledTensor:
    if len(arguments) not in (6, 7):
        damaged("a tensor of no known form")
    storage, offset = arguments[:2]
    shape, stride = _sizes(arguments[2]), _sizes(arguments[3])
    if not isinstance(storage, Storage) or type(offset) is not int or offset < 0:
        damaged("a tensor without its storage")
    if shape is None or stride is None or len(shape) != len(stride):
        damaged("a tensor of no known shape")
    last = sum((size - 1) * step for size, step in zip(shape, stride, strict=True))
    if 0 in shape or math.prod(shape) > storage.count or offset + last >= storage.count:
        damaged("a tensor that does not fit its storage")
    return PickledTensor(storage, offset, shape, stride)


_STEPS: dict[int, Callable[[_Reader], object]] = {
    ord("N"): lambda r: r.stack.append(None),
    0x88: lambda r: r.stack.append(True),
    0x89: lambda r: r.stack.append(False),
    ord("K"): lambda r: r.stack.append(r.number("B")),
    ord("M"): lambda r: r.stack.append(r.number("H")),
    ord("J"): lambda r: r.stack.append(r.number("i")),
    ord("G"): lambda r: r.stack.append(struct.unpack(">d", r.take(8))[0]),
    0x8A: lambda r: r.stack.append(int.from_bytes(r.take(r.number("B")), "little", signed=True)),
    ord("X"): lambda r: r.stack.append(r.text(r.number("I"))),
    ord("}"): lambda r: r.stack.append({}),
    ord("]"): lambda r: r.stack.append([]),
    ord(")"): lambda r: r.stack.append(()),
    ord("("): lambda r: r.stack.append(_MARK),
    ord("t"): lambda r: r.stack.append(tuple(r.pop_to_mark())),
    0x85: lambda r: r.pop_tuple(1),
    0x86: lambda r: r.pop_tuple(2),
    0x87: lambda r: r.pop_tuple(3),
    ord("q"): lambda r: r.remember(r.number("B")),
    ord("r"): lambda r: r.remember(r.number("I")),
    ord("h"): lambda r: r.recall(r.number("B")),
    ord("j"): lambda r: r.recall(r.number("I")),
    ord("a"): lambda r: r.append([r.pop()]),
    ord("e"): lambda r: r.append(r.pop_to_mark()),
    ord("s"): lambda r: r.set_items([r.pop(), r.pop()][::-1]),
    ord("u"): lambda r: r.set_items(r.pop_to_mark()),
    ord("c"): _Reader.find_global,
    ord("Q"): _Reader.find_storage,
    ord("R"): _Reader.reduce,
    ord("b"): _Reader.build,
}


def read_pickle(data: memoryview, at: int, storages: dict[str, Storage]) -> tuple[object, int]:
    """One pickle from `at` on: its object, and where the next thing begins."""
    reader = _Reader(data, at, storages)
    if reader.number("B") != 0x80 or reader.number("B") not in (2, 3, 4):
        damaged("it does not begin as a pickle")
    while True:
        code = reader.number("B")
        if code == ord("."):
            result = reader.pop()
            if reader.stack:
                damaged("something is left over")
            return result, reader.at
        step = _STEPS.get(code)
        if step is None:
            raise BadInput(
                f"The weights file has the pickle opcode 0x{code:02x}, which tensors do not need: it is "
                "refused. Give the file as its authors publish it."
            )
        step(reader)
