"""VGGFace SENet50 as keras-vggface builds it: the layers, their names and their shapes.

Written from rcmalli/keras-vggface, keras_vggface/models.py (SENET50, senet_conv_block,
senet_identity_block, senet_se_block), checked against version 0.6 of the package:
- the stem is 7x7 with stride 2 and padding 'same', its max pool 3x3 with stride 2 'valid';
- the stride of a stage is in the first 1x1 convolution of its first block, and in the projection;
- only the two convolutions of squeeze-and-excitation have biases, they shrink by 16;
- every batch norm has epsilon 1e-4 (not Keras's 1e-3).
"""

from __future__ import annotations

from dataclasses import dataclass

INPUT_SIZE = 224
EMBEDDING_SIZE = 2048
# Of keras-vggface, whose released weights were trained and saved with it.
RELEASE_EPSILON = 1e-4
# Of Keras itself: for weights of another origin, which do not tell theirs.
KERAS_EPSILON = 1e-3
BATCH_NORM_ROLES = ("gamma", "beta", "moving_mean", "moving_variance")
# Blocks, width of the 3x3 convolution and stride of stages 2 to 5.
STAGES = ((2, 3, 64, 1), (3, 4, 128, 2), (4, 6, 256, 2), (5, 3, 512, 2))

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Convolution:
    """One convolution; with a bias of its own, or with a batch norm after it."""

    name: str
    kernel: int
    inputs: int
    outputs: int
    stride: int = 1
    has_bias: bool = False

    @property
    def norm(self) -> str | None:
        """The name of the batch norm after it."""
        return None if self.has_bias else f"{self.name}/bn"

    @property
    def kernel_shape(self) -> Shape:
        """Height, width, inputs, outputs: Keras's order."""
        return (self.kernel, self.kernel, self.inputs, self.outputs)


@dataclass(frozen=True)
class Block:
    """A residual block with squeeze-and-excitation."""

    name: str
    reduce: Convolution
    middle: Convolution
    increase: Convolution
    down: Convolution
    up: Convolution
    projection: Convolution | None

    def convolutions(self) -> list[Convolution]:
        """In the order in which keras-vggface makes them."""
        always = [self.reduce, self.middle, self.increase, self.down, self.up]
        return always if self.projection is None else [*always, self.projection]


STEM = Convolution("conv1/7x7_s2", 7, 3, 64, 2)


def _block(stage: int, number: int, inputs: int, width: int, stride: int) -> Block:
    name = f"conv{stage}_{number}"
    wide = 4 * width
    squeezed = wide // 16
    return Block(
        name,
        Convolution(f"{name}_1x1_reduce", 1, inputs, width, stride),
        Convolution(f"{name}_3x3", 3, width, width),
        Convolution(f"{name}_1x1_increase", 1, width, wide),
        Convolution(f"{name}_1x1_down", 1, wide, squeezed, has_bias=True),
        Convolution(f"{name}_1x1_up", 1, squeezed, wide, has_bias=True),
        Convolution(f"{name}_1x1_proj", 1, inputs, wide, stride) if number == 1 else None,
    )


def blocks() -> list[Block]:
    """The sixteen blocks, first to last."""
    result: list[Block] = []
    channels = STEM.outputs
    for stage, count, width, stride in STAGES:
        for number in range(1, count + 1):
            result.append(_block(stage, number, channels, width, stride if number == 1 else 1))
            channels = 4 * width
    return result


def convolutions() -> list[Convolution]:
    """All 85 convolutions, in the order in which keras-vggface makes them."""
    return [STEM, *(each for block in blocks() for each in block.convolutions())]


def expected_layers() -> dict[str, dict[str, Shape]]:
    """The 138 layers that have weights: name to role to shape."""
    layers: dict[str, dict[str, Shape]] = {}
    for each in convolutions():
        layers[each.name] = {"kernel": each.kernel_shape}
        if each.norm is None:
            layers[each.name]["bias"] = (each.outputs,)
        else:
            layers[each.norm] = {role: (each.outputs,) for role in BATCH_NORM_ROLES}
    return layers
