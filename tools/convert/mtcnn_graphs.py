"""The three networks of MTCNN as ONNX, from the weights of facenet-pytorch.

Layer by layer as models/mtcnn.py of facenet-pytorch has them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import onnx_bytes as onnx
from pickle_reader import PickledTensor
from torch_graph import Graph, Weights


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


class _Mtcnn(Graph):
    def convolution(
        self, name: str, outputs: int, inputs: int, kernel: int, output: str | None = None
    ) -> None:
        parameters = self.layer(name, outputs, inputs, kernel, kernel)
        self.convolve(parameters, f"/{name}/Conv", output, kernel=kernel)

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

    def stage(self, layer: Convolution) -> None:
        """A convolution with what follows it."""
        self.convolution(f"conv{layer.number}", layer.outputs, layer.inputs, layer.kernel)
        self.prelu(f"prelu{layer.number}.weight", layer.outputs, f"/prelu{layer.number}/PRelu")
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
    file = f"data/{name}.pt of facenet-pytorch"
    weights = Weights(f"MTCNN's {name}", file, tensors)
    graph = _Mtcnn(weights, network.slopes_from)
    for layer in network.convolutions:
        graph.stage(layer)
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
            graph.convolution(f"conv{number}", values, channels, 1, target)
        else:
            graph.dense(f"dense{number}", values, channels, target)
        if softmax:
            graph.add("Softmax", [graph.last], f"/softmax{number}/Softmax", output, axis=1)
    weights.check_all_taken()
    sizes = {output: count for _, output, count in network.heads}
    open_sizes = ("rows", "columns") if network.dense is None else ()
    return onnx.model(
        "main_graph",
        graph.nodes,
        graph.initializers,
        [onnx.float_value("input", ("batch", 3, *network.size))],
        [onnx.float_value(name, ("batch", sizes[name], *open_sizes)) for name in network.outputs],
    )
