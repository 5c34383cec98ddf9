"""The two MiniFASNet of minivision-ai/Silent-Face-Anti-Spoofing as ONNX, from their .pth files.

Layer by layer as src/model_lib/MiniFASNet.py there has them, with a softmax at the end. The number of
channels of each layer is the one that its weights have. As torch's exporter does, a batch norm is
folded into the convolution before it.
"""

from __future__ import annotations

import array
import math
from collections.abc import Mapping
from dataclasses import dataclass

import onnx_bytes as onnx
from pickle_reader import PickledTensor
from torch_graph import Graph, Weights, bytes_of, numbers_of

EPSILON = 1e-5
SIZE = 80
CLASSES = 3
# Blocks with a way around them, after each layer that halves the map.
BLOCKS = {"conv_23": ("conv_3", 4), "conv_34": ("conv_4", 6), "conv_45": ("conv_5", 2)}


@dataclass(frozen=True)
class Network:
    """What tells the two apart."""

    file: str
    # Squeeze and excitation in the last of each row of blocks.
    excited: bool
    slopes_from: int


NETWORKS = {
    "v2-2.7": Network("2.7_80x80_MiniFASNetV2.pth", False, 705),
    "v1se-4.0": Network("4_0_0_80x80_MiniFASNetV1SE.pth", True, 783),
}


class _MiniFasNet(Graph):
    def folded(self, conv: str, norm: str) -> tuple[list[str], tuple[int, ...]]:
        """A convolution's weights and biases with its batch norm in them, and its shape.

        In double precision, rounded once at the end.
        """
        shape = self.weights.shape(f"{conv}.weight")
        if len(shape) != 4:
            raise self.weights.refuse(f"{conv}.weight is no convolution's")
        channels = shape[0]
        gamma, beta, mean, variance = (
            numbers_of(self.weights.take(f"{norm}.{part}", channels))
            for part in ("weight", "bias", "running_mean", "running_var")
        )
        self.weights.drop(f"{norm}.num_batches_tracked")
        weights = numbers_of(self.weights.take(f"{conv}.weight", *shape))
        size = len(weights) // channels
        biases = array.array("f")
        for channel in range(channels):
            spread = variance[channel] + EPSILON
            if spread <= 0:
                raise self.weights.refuse(f"{norm}.running_var has a value below zero")
            scale = gamma[channel] / math.sqrt(spread)
            for index in range(channel * size, (channel + 1) * size):
                weights[index] *= scale
            biases.append(beta[channel] - mean[channel] * scale)
        names = [f"{conv}.folded", f"{conv}.folded.bias"]
        self.initializer(names[0], shape, bytes_of(weights))
        self.initializer(names[1], (channels,), bytes_of(biases))
        return names, shape

    def layer_of(self, name: str, *, stride: int = 1, pad: int = 0, slopes: bool = True) -> None:
        """A convolution, its batch norm and its PReLU; depthwise where its weights are."""
        parameters, shape = self.folded(f"module.{name}.conv", f"module.{name}.bn")
        path = "/m/" + name.replace(".model.", "/model/model.").replace(".conv", "/conv")
        path = path.replace(".project", "/project")
        depthwise = shape[1] == 1
        self.convolve(
            parameters,
            f"{path}/conv/Conv",
            kernel=shape[2],
            stride=stride,
            pad=pad,
            group=shape[0] if depthwise else 1,
        )
        if slopes:
            self.prelu(f"module.{name}.prelu.weight", shape[0], f"{path}/prelu/PRelu")

    def block(self, name: str, stride: int = 1) -> None:
        """Wider by a 1x1 convolution, a depthwise 3x3, and narrower again."""
        self.layer_of(f"{name}.conv")
        self.layer_of(f"{name}.conv_dw", stride=stride, pad=1)
        self.layer_of(f"{name}.project", slopes=False)

    def excite(self, name: str, path: str) -> None:
        """Squeeze and excitation: each channel times a weight found from all channels' means."""
        features = self.last
        self.add("GlobalAveragePool", [features], f"{path}/avg_pool/GlobalAveragePool")
        for number, after in ((1, "relu/Relu"), (2, "sigmoid/Sigmoid")):
            parameters, _ = self.folded(f"{name}.fc{number}", f"{name}.bn{number}")
            self.convolve(parameters, f"{path}/fc{number}/Conv", kernel=1)
            self.add(after.split("/")[1], [self.last], f"{path}/{after}")
        self.add("Mul", [features, self.last], f"{path}/Mul")

    def row(self, name: str, blocks: int, excited: bool) -> None:
        for index in range(blocks):
            way_around = self.last
            self.block(f"{name}.model.{index}")
            path = f"/m/{name}/model/model.{index}"
            if excited and index == blocks - 1:
                self.excite(f"module.{name}.model.{index}.se_module", f"{path}/se_module")
            self.add("Add", [way_around, self.last], f"{path}/Add")

    def dense(self, name: str, outputs: int, inputs: int) -> None:
        data = self.weights.take(f"module.{name}.weight", outputs, inputs, transposed=True)
        matrix = self.initializer(f"{name}.transposed", (inputs, outputs), data)
        self.add("MatMul", [self.last, matrix], f"/m/{name}/MatMul")

    def norm(self, name: str, channels: int) -> None:
        parts = ("weight", "bias", "running_mean", "running_var")
        parameters = [self.parameter(f"module.{name}.{part}", channels) for part in parts]
        self.weights.drop(f"module.{name}.num_batches_tracked")
        path = f"/m/{name}/BatchNormalization"
        self.add("BatchNormalization", [self.last, *parameters], path, epsilon=EPSILON, momentum=0.9)


def build_minifasnet(name: str, tensors: Mapping[str, PickledTensor]) -> bytes:
    """The ONNX model of `v2-2.7` or `v1se-4.0`; refuses weights that are of another network."""
    network = NETWORKS[name]
    weights = Weights(f"MiniFASNet {name}", f"{network.file} of Silent-Face-Anti-Spoofing", tensors)
    graph = _MiniFasNet(weights, network.slopes_from)
    graph.layer_of("conv1", stride=2, pad=1)
    graph.layer_of("conv2_dw", pad=1)
    for halving, (row, blocks) in BLOCKS.items():
        graph.block(halving, stride=2)
        graph.row(row, blocks, network.excited)
    graph.layer_of("conv_6_sep")
    graph.layer_of("conv_6_dw", slopes=False)
    features = graph.last
    shape = onnx.integers("", (2,), [1, -1])
    graph.add("Constant", [], "/m/conv_6_flatten/Constant", value=shape)
    graph.add("Reshape", [features, graph.last], "/m/conv_6_flatten/Reshape")
    embedding, channels = weights.shape("module.linear.weight")[:2]
    graph.dense("linear", embedding, channels)
    graph.norm("bn", embedding)
    graph.dense("prob", CLASSES, embedding)
    graph.add("Softmax", [graph.last], "/Softmax", "probability", axis=1)
    weights.check_all_taken()
    return onnx.model(
        "main_graph",
        graph.nodes,
        graph.initializers,
        [onnx.float_value("input", (1, 3, SIZE, SIZE))],
        [onnx.float_value("probability", (1, CLASSES))],
    )
