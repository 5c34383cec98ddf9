"""The prior boxes of the RFB-320 and slim-320 detectors."""

from __future__ import annotations

import numpy as np

INPUT_WIDTH = 320
INPUT_HEIGHT = 240

# Pixels of the input per cell of the four feature maps, and the sides of their priors.
STRIDES = (8, 16, 32, 64)
MIN_BOXES = ((10, 16, 24), (32, 48), (64, 96), (128, 192, 256))


def make_priors(width: int = INPUT_WIDTH, height: int = INPUT_HEIGHT) -> np.ndarray:
    """Centre x, y, width and height of every prior in units of the input: 4420 x 4 for 320x240."""
    levels = []
    for stride, sides in zip(STRIDES, MIN_BOXES):
        rows, columns = -(-height // stride), -(-width // stride)
        row, column, side = np.meshgrid(
            np.arange(rows), np.arange(columns), np.array(sides), indexing="ij"
        )
        level = np.stack(
            [
                (column + 0.5) * stride / width,
                (row + 0.5) * stride / height,
                side / width,
                side / height,
            ],
            axis=-1,
        )
        levels.append(level.reshape(-1, 4))
    return np.clip(np.concatenate(levels), 0.0, 1.0).astype(np.float32)
