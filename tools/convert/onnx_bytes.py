"""Writes ONNX models as bytes, without the onnx package: the few messages that a network needs.

Field numbers are those of onnx.proto (https://github.com/onnx/onnx, onnx/onnx.proto).
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

FLOAT, INT64 = 1, 7
IR_VERSION = 7
OPSET = 13

Attribute = int | float | Sequence[int] | bytes


def _varint(value: int) -> bytes:
    value &= (1 << 64) - 1  # negative numbers as 64-bit two's complement
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _bytes(field: int, value: bytes | str) -> bytes:
    data = value.encode() if isinstance(value, str) else value
    return _varint(field << 3 | 2) + _varint(len(data)) + data


def tensor(name: str, shape: Sequence[int], kind: int, data: bytes) -> bytes:
    """A TensorProto with raw little-endian data."""
    dims = b"".join(_number(1, size) for size in shape)
    return dims + _number(2, kind) + _bytes(8, name) + _bytes(9, data)


def integers(name: str, shape: Sequence[int], values: Sequence[int]) -> bytes:
    """A TensorProto of 64-bit integers."""
    return tensor(name, shape, INT64, struct.pack(f"<{len(values)}q", *values))


def _attribute(name: str, value: Attribute) -> bytes:
    if isinstance(value, float):
        body = _varint(2 << 3 | 5) + struct.pack("<f", value)
        kind = 1
    elif isinstance(value, int):
        body, kind = _number(3, value), 2
    elif isinstance(value, bytes):  # a TensorProto
        body, kind = _bytes(5, value), 4
    else:
        body, kind = b"".join(_number(8, item) for item in value), 7
    return _bytes(1, name) + body + _number(20, kind)


def node(operator: str, inputs: Sequence[str], output: str, name: str, **attributes: Attribute) -> bytes:
    """A NodeProto with one output."""
    return (
        b"".join(_bytes(1, item) for item in inputs)
        + _bytes(2, output)
        + _bytes(3, name)
        + _bytes(4, operator)
        + b"".join(_bytes(5, _attribute(key, value)) for key, value in attributes.items())
    )


def float_value(name: str, shape: Sequence[int | str]) -> bytes:
    """A ValueInfoProto of floats; a name in the shape is a size that is open."""
    dims = b"".join(
        _bytes(1, _number(1, size) if isinstance(size, int) else _bytes(2, size)) for size in shape
    )
    return _bytes(1, name) + _bytes(2, _bytes(1, _number(1, FLOAT) + _bytes(2, dims)))


def model(
    name: str,
    nodes: Sequence[bytes],
    initializers: Sequence[bytes],
    inputs: Sequence[bytes],
    outputs: Sequence[bytes],
) -> bytes:
    """A ModelProto."""
    graph = (
        b"".join(_bytes(1, item) for item in nodes)
        + _bytes(2, name)
        + b"".join(_bytes(5, item) for item in initializers)
        + b"".join(_bytes(11, item) for item in inputs)
        + b"".join(_bytes(12, item) for item in outputs)
    )
    return _number(1, IR_VERSION) + _bytes(7, graph) + _bytes(8, _bytes(1, "") + _number(2, OPSET))
