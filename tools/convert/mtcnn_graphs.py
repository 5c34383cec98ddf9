"""The three networks of MTCNN as ONNX, from the weights of facenet-pytorch.

Layer by layer as models/mtcnn.py of facenet-pytorch has them, with the names that torch's exporter
gives: the converted file is then, byte for byte, the one that went through torch.
"""

from __future__ import annotations

import array
import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass

import onnx_bytes as onnx
from failures import BadInput
from pickled_tensors import PickledTensor


@dataclass(frozen=True)
class Convolution:
    """A convolution without padding, its PReLU, and a max pool where `pool` is not 0."""

    number: str
    inputs: int
    outputs: int
    kernel: int
    pool: int = 0


@dataclass(frozen=True)
class Network:
    """One of the three: convolutions, a dense layer or none, and the heads by output name."""

    name: str
    size: tuple[int | str, int | str]
    convolutions: tuple[Convolution, ...]
    dense: tuple[str, int, int] | None
    heads: tuple[tuple[str, str, int], ...]
    outputs: tuple[str, ...]
    # The number in the names that torch's tracer gave to what follows.
    slopes_from: int
    axis: int = 0


PNET = Network(
    "pnet",
    ("height", "width"),
    (Convolution("1", 3, 10, 3, 2), Convolution("2", 10, 16, 3), Convolution("3", 16, 32, 3)),
    None,
    (("4_1", "probability", 2), ("4_2", "offsets", 4)),
    ("offsets", "probability"),
    slopes_from=30,
)
RNET = Network(
    "rnet",
    (24, 24),
    (Convolution("1", 3, 28, 3, 3), Convolution("2", 28, 48, 3, 3), Convolution("3", 48, 64, 2)),
    ("4", 576, 128),
    (("5_1", "probability", 2), ("5_2", "offsets", 4)),
    ("offsets", "probability"),
    slopes_from=47,
    axis=36,
)
ONET = Network(
    "onet",
    (48, 48),
    (
        Convolution("1", 3, 32, 3, 3),
        Convolution("2", 32, 64, 3, 3),
        Convolution("3", 64, 64, 3, 2),
        Convolution("4", 64, 128, 2),
    ),
    ("5", 1152, 256),
    (("6_1", "probability", 2), ("6_2", "offsets", 4), ("6_3", "landmarks", 10)),
    ("offsets", "landmarks", "probability"),
    slopes_from=58,
    axis=46,
)
NETWORKS = {network.name: network for network in (PNET, RNET, ONET)}


class _Weights:
    """The tensors of a file, each taken once and checked."""

    def __init__(self, network: Network, tensors: Mapping[str, PickledTensor]) -> None:
        self.network = network
        self.tensors = dict(tensors)

    def take(self, name: str, *shape: int) -> bytes:
        tensor = self.tensors.pop(name, None)
        if tensor is None:
            raise BadInput(
                f"These are not the weights of MTCNN's {self.network.name}: {name} is missing. "
                f"Give data/{self.network.name}.pt of facenet-pytorch."
            )
        if tensor.shape != shape:
            raise BadInput(
                f"These are not the weights of MTCNN's {self.network.name}: {name} has the shape "
                f"{list(tensor.shape)} in place of {list(shape)}. "
                f"Give data/{self.network.name}.pt of facenet-pytorch."
            )
        data = tensor.floats()
        numbers = array.array("f", data)
        if sys.byteorder == "big":
            numbers.byteswap()
        if not all(map(math.isfinite, numbers)):
            raise BadInput(f"{name} has values that are no numbers: download the file again.")
        return data

    def check_all_taken(self) -> None:
        if self.tensors:
            raise BadInput(
                f"These are not the weights of MTCNN's {self.network.name}: "
                f"{min(self.tensors)[:60]!a} is none of them. "
                f"Give data/{self.network.name}.pt of facenet-pytorch."
            )


class _Graph:
    """Nodes and initializers in the order of torch's exporter."""

    def __init__(self, weights: _Weights) -> None:
        self.weights = weights
        self.nodes: list[bytes] = []
        self.initializers: list[bytes] = []
        self.slopes: list[bytes] = []
        self.last = "input"

    def add(
        self,
        operator: str,
        inputs: list[str],
        name: str,
        output: str | None = None,
        **attributes: onnx.Attribute,
    ) -> None:
        """A node that gives `output`, or `{name}_output_0` as the exporter calls it."""
        self.last = output or f"{name}_output_0"
        self.nodes.append(onnx.node(operator, inputs, self.last, name, **attributes))

    def parameter(self, name: str, *shape: int) -> str:
        data = self.weights.take(name, *shape)
        self.initializers.append(onnx.tensor(name, shape, onnx.FLOAT, data))
        return name

    def layer(self, name: str, *shape: int) -> list[str]:
        """Weights and biases of a convolution or a dense layer."""
        return [self.parameter(f"{name}.weight", *shape), self.parameter(f"{name}.bias", shape[0])]

    def convolve(self, name: str, outputs: int, inputs: int, kernel: int, output: str | None = None) -> None:
        self.add(
            "Conv",
            [self.last, *self.layer(name, outputs, inputs, kernel, kernel)],
            f"/{name}/Conv",
            output,
            dilations=[1, 1],
            group=1,
            kernel_shape=[kernel] * 2,
            pads=[0] * 4,
            strides=[1, 1],
        )

    def dense(self, name: str, outputs: int, inputs: int, output: str | None = None) -> None:
        parameters = self.layer(name, outputs, inputs)
        self.add(
            "Gemm",
            [self.last, *parameters],
            f"/{name}/Gemm",
            output,
            alpha=1.0,
            beta=1.0,
            transB=1,
        )

    def stage(self, layer: Convolution, slope: str) -> None:
        """A convolution with what follows it."""
        self.convolve(f"conv{layer.number}", layer.outputs, layer.inputs, layer.kernel)
        data = self.weights.take(f"prelu{layer.number}.weight", layer.outputs)
        self.slopes.append(onnx.tensor(slope, (layer.outputs, 1, 1), onnx.FLOAT, data))
        self.add("PRelu", [self.last, slope], f"/prelu{layer.number}/PRelu")
        if layer.pool:
            self.add(
                "MaxPool",
                [self.last],
                f"/pool{layer.number}/MaxPool",
                ceil_mode=1,
                kernel_shape=[layer.pool] * 2,
                pads=[0] * 4,
                strides=[2, 2],
            )

    def flatten(self, axis: int) -> None:
        """x.permute(0, 3, 2, 1).contiguous().view(x.shape[0], -1)"""
        self.add("Transpose", [self.last], "/Transpose", perm=[0, 3, 2, 1])
        moved = self.last
        self.add("Shape", [moved], "/Shape")
        self.add("Constant", [], "/Constant", value=onnx.integers("", (), [0]))
        self.add("Gather", ["/Shape_output_0", "/Constant_output_0"], "/Gather", axis=0)
        axes = f"onnx::Unsqueeze_{axis}"
        self.initializers.append(onnx.integers(axes, (1,), [0]))
        self.add("Unsqueeze", ["/Gather_output_0", axes], "/Unsqueeze")
        self.add("Constant", [], "/Constant_1", value=onnx.integers("", (1,), [-1]))
        self.add("Concat", ["/Unsqueeze_output_0", "/Constant_1_output_0"], "/Concat", axis=0)
        self.add("Reshape", [moved, "/Concat_output_0"], "/Reshape")


def build_mtcnn(name: str, tensors: Mapping[str, PickledTensor]) -> bytes:
    """The ONNX model of `pnet`, `rnet` or `onet`; refuses weights that are of another network."""
    network = NETWORKS[name]
    weights = _Weights(network, tensors)
    graph = _Graph(weights)
    for index, layer in enumerate(network.convolutions):
        graph.stage(layer, f"onnx::PRelu_{network.slopes_from + index}")
    channels = network.convolutions[-1].outputs
    if network.dense is not None:
        number, inputs, channels = network.dense
        graph.flatten(network.axis)
        graph.dense(f"dense{number}", channels, inputs)
        slope = graph.parameter(f"prelu{number}.weight", channels)
        graph.add("PRelu", [graph.last, slope], f"/prelu{number}/PRelu")
    features = graph.last
    for number, output, values in network.heads:
        graph.last = features
        softmax = output == "probability"
        target = None if softmax else output
        if network.dense is None:
            graph.convolve(f"conv{number}", values, channels, 1, target)
        else:
            graph.dense(f"dense{number}", values, channels, target)
        if softmax:
            graph.add("Softmax", [graph.last], f"/softmax{number}/Softmax", output, axis=1)
    weights.check_all_taken()
    values = {output: count for _, output, count in network.heads}
    open_sizes = ("rows", "columns") if network.dense is None else ()
    return onnx.model(
        "main_graph",
        graph.nodes,
        graph.initializers + graph.slopes,
        [onnx.float_value("input", ("batch", 3, *network.size))],
        [onnx.float_value(name, ("batch", values[name], *open_sizes)) for name in network.outputs],
    )
