"""SENet50 as an ONNX graph, with every batch norm folded into the convolution before it."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from architecture import EMBEDDING_SIZE, INPUT_SIZE, STEM, Block, Convolution, blocks
from senet50_weights import Senet50Weights

INPUT = "input"
OUTPUT = "embedding"
OPSET = 13
IR_VERSION = 8


def folded(convolution: Convolution, weights: Senet50Weights) -> tuple[np.ndarray, np.ndarray]:
    """Kernel (outputs, inputs, height, width) and bias of the convolution with its batch norm."""
    own = weights.values[convolution.name]
    kernel = own["kernel"].transpose(3, 2, 0, 1).astype(np.float64)
    if convolution.norm is None:
        return np.ascontiguousarray(kernel, np.float32), own["bias"]
    norm = {
        role: value.astype(np.float64) for role, value in weights.values[convolution.norm].items()
    }
    scale = norm["gamma"] / np.sqrt(norm["moving_variance"] + weights.epsilon)
    bias = norm["beta"] - norm["moving_mean"] * scale
    return np.ascontiguousarray(kernel * scale[:, None, None, None], np.float32), bias.astype(
        np.float32
    )


def same_padding(size: int, kernel: int, stride: int) -> tuple[int, int]:
    """Keras's 'same': the odd one goes to the end."""
    out = -(-size // stride)
    total = max((out - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


class GraphBuilder:
    """Collects nodes and weights; each method returns the name of the tensor that it makes."""

    def __init__(self, weights: Senet50Weights) -> None:
        self.weights = weights
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: list[onnx.TensorProto] = []

    def node(self, op: str, inputs: list[str], name: str, **attributes: Any) -> str:
        """One node with one output of the node's name."""
        self.nodes.append(helper.make_node(op, inputs, [name], name=name, **attributes))
        return name

    def convolution(self, source: str, convolution: Convolution, size: int) -> str:
        """A convolution with its batch norm; `size` is the height and width of its input."""
        name = convolution.name.replace("/", "_")
        kernel, bias = folded(convolution, self.weights)
        self.initializers.append(numpy_helper.from_array(kernel, f"{name}_kernel"))
        self.initializers.append(numpy_helper.from_array(bias, f"{name}_bias"))
        # The 1x1 convolutions are 'valid' in Keras, which is the same as no padding.
        begin, end = same_padding(size, convolution.kernel, convolution.stride)
        if convolution.kernel == 1:
            begin = end = 0
        return self.node(
            "Conv",
            [source, f"{name}_kernel", f"{name}_bias"],
            name,
            kernel_shape=[convolution.kernel] * 2,
            strides=[convolution.stride] * 2,
            pads=[begin, begin, end, end],
        )

    def mean(self, source: str, size: int, name: str) -> str:
        """The mean of a whole `size` x `size` map: 1x1.

        A pool with its size written out, because MNN's converter makes a global one a Pooling3D;
        as a ReduceMean it is slower.
        """
        return self.node("AveragePool", [source], name, kernel_shape=[size] * 2, strides=[1, 1])

    def relu(self, source: str) -> str:
        """max(x, 0)."""
        return self.node("Relu", [source], f"{source}_relu")

    def block(self, source: str, block: Block, size: int) -> str:
        """Three convolutions, scaled per channel by squeeze-and-excitation, plus the shortcut."""
        inner = (size - 1) // block.reduce.stride + 1
        x = self.relu(self.convolution(source, block.reduce, size))
        x = self.relu(self.convolution(x, block.middle, inner))
        x = self.convolution(x, block.increase, inner)
        gate = self.mean(x, inner, f"{block.name}_squeeze")
        gate = self.relu(self.convolution(gate, block.down, 1))
        gate = self.node("Sigmoid", [self.convolution(gate, block.up, 1)], f"{block.name}_gate")
        x = self.node("Mul", [x, gate], f"{block.name}_scaled")
        shortcut = source
        if block.projection is not None:
            shortcut = self.convolution(source, block.projection, size)
        return self.relu(self.node("Add", [x, shortcut], block.name))


def build_model(weights: Senet50Weights) -> onnx.ModelProto:
    """The whole network: 1x3x224x224 (blue, green, red less their means) to 1x2048."""
    graph = GraphBuilder(weights)
    x = graph.relu(graph.convolution(INPUT, STEM, INPUT_SIZE))
    size = -(-INPUT_SIZE // STEM.stride)
    x = graph.node("MaxPool", [x], "pool1", kernel_shape=[3, 3], strides=[2, 2])
    size = (size - 3) // 2 + 1
    for block in blocks():
        x = graph.block(x, block, size)
        size = (size - 1) // block.reduce.stride + 1
    # keras-vggface pools 7x7 and then globally; at 224x224 what is left is 7x7, so it is one mean.
    x = graph.mean(x, size, "avg_pool")
    graph.node("Flatten", [x], OUTPUT, axis=1)
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "vggface_senet50",
            [
                helper.make_tensor_value_info(
                    INPUT, TensorProto.FLOAT, [1, 3, INPUT_SIZE, INPUT_SIZE]
                )
            ],
            [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, [1, EMBEDDING_SIZE])],
            graph.initializers,
        ),
        producer_name="mnn-face",
        opset_imports=[helper.make_opsetid("", OPSET)],
    )
    model.ir_version = IR_VERSION
    onnx.checker.check_model(model, full_check=True)
    return model
