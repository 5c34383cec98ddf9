"""What the graphs of this folder have in common: weights taken by name and shape, nodes with the names
that torch's exporter gives, so that a converted file is, byte for byte, the one that went through torch.
"""

from __future__ import annotations

import array
import math
import sys
from collections.abc import Mapping, Sequence

import onnx_bytes as onnx
from failures import BadInput
from pickle_reader import PickledTensor


class Weights:
    """The tensors of a file, each taken once and checked."""

    def __init__(self, what: str, file: str, tensors: Mapping[str, PickledTensor]) -> None:
        """`what` and `file` say in an error whose weights these should be, and where they are."""
        self.what = what
        self.file = file
        self.tensors = dict(tensors)

    def refuse(self, reason: str) -> BadInput:
        return BadInput(f"These are not the weights of {self.what}: {reason}. Give {self.file}.")

    def shape(self, name: str) -> tuple[int, ...]:
        """The shape of a tensor that the network takes as it is."""
        if name not in self.tensors:
            raise self.refuse(f"{name} is missing")
        return self.tensors[name].shape

    def take(self, name: str, *shape: int, transposed: bool = False) -> bytes:
        """The numbers of a tensor of this shape, as little-endian floats."""
        if self.shape(name) != shape:
            found = list(self.tensors[name].shape)
            raise self.refuse(f"{name} has the shape {found} in place of {list(shape)}")
        tensor = self.tensors.pop(name)
        data = (tensor.transposed() if transposed else tensor).floats()
        if not all(map(math.isfinite, numbers_of(data))):
            raise BadInput(f"{name} has values that are no numbers: download the file again.")
        return data

    def drop(self, name: str) -> None:
        """A tensor that inference does not need."""
        self.tensors.pop(name, None)

    def check_all_taken(self) -> None:
        if self.tensors:
            raise self.refuse(f"{ascii(min(self.tensors)[:60])} is none of them")


def numbers_of(data: bytes) -> array.array[float]:
    """Little-endian floats as numbers."""
    numbers = array.array("f", data)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


def bytes_of(numbers: array.array[float]) -> bytes:
    """Numbers as little-endian floats."""
    if sys.byteorder == "big":
        numbers = numbers[:]
        numbers.byteswap()
    return numbers.tobytes()


class Graph:
    """Nodes and initializers in the order of torch's exporter."""

    def __init__(self, weights: Weights, slopes_from: int) -> None:
        """`slopes_from`: the number that torch's tracer gave to the slopes of the first PReLU."""
        self.weights = weights
        self.nodes: list[bytes] = []
        self.initializers: list[bytes] = []
        self.last = "input"
        self.next_slopes = slopes_from

    def add(
        self,
        operator: str,
        inputs: Sequence[str],
        name: str,
        output: str | None = None,
        **attributes: onnx.Attribute,
    ) -> None:
        """A node that gives `output`, or `{name}_output_0` as the exporter calls it."""
        self.last = output or f"{name}_output_0"
        self.nodes.append(onnx.node(operator, inputs, self.last, name, **attributes))

    def initializer(self, name: str, shape: Sequence[int], data: bytes) -> str:
        self.initializers.append(onnx.tensor(name, shape, onnx.FLOAT, data))
        return name

    def parameter(self, name: str, *shape: int) -> str:
        return self.initializer(name, shape, self.weights.take(name, *shape))

    def layer(self, name: str, *shape: int) -> list[str]:
        """Weights and biases of a convolution or a dense layer."""
        return [self.parameter(f"{name}.weight", *shape), self.parameter(f"{name}.bias", shape[0])]

    def convolve(
        self,
        parameters: Sequence[str],
        name: str,
        output: str | None = None,
        *,
        kernel: int,
        stride: int = 1,
        pad: int = 0,
        group: int = 1,
    ) -> None:
        self.add(
            "Conv",
            [self.last, *parameters],
            name,
            output,
            dilations=[1, 1],
            group=group,
            kernel_shape=[kernel] * 2,
            pads=[pad] * 4,
            strides=[stride] * 2,
        )

    def prelu(self, weights: str, channels: int, name: str) -> None:
        """Of maps: one slope a channel."""
        slopes = f"onnx::PRelu_{self.next_slopes}"
        self.next_slopes += 1
        self.initializer(slopes, (channels, 1, 1), self.weights.take(weights, channels))
        self.add("PRelu", [self.last, slopes], name)
