"""From a box to an aligned face: square crop, similarity transform, warp."""

from __future__ import annotations

import math

import cv2
import numpy as np

LANDMARK_SIZE = 48
ALIGNED_SIZE = 112

# Where the eyes, the nose and the corners of the mouth lie in an aligned face (ArcFace).
TEMPLATE = np.array(
    [
        [38.2946, 51.6963],
        [73.5318, 51.5014],
        [56.0252, 71.7366],
        [41.5493, 92.3655],
        [70.7299, 92.2041],
    ]
)

# Shrinking by more than this aliases under plain bilinear sampling.
MOST_BILINEAR_SHRINK = 2.0
MOST_SAMPLES = 16


def square_around(corners: np.ndarray) -> tuple[float, float, float]:
    """Left, top and side of the square around a box with its centre and longer side."""
    x1, y1, x2, y2 = (float(value) for value in corners)
    side = max(x2 - x1, y2 - y1)
    return (x1 + x2 - side) / 2, (y1 + y2 - side) / 2, side


def crop_map(square: tuple[float, float, float], size: int) -> np.ndarray:
    """The 2x3 map from a pixel of the size x size crop to the picture."""
    left, top, side = square
    step = side / size
    shift = 0.5 * step - 0.5
    return np.array([[step, 0.0, left + shift], [0.0, step, top + shift]])


def similarity_map(landmarks: np.ndarray) -> np.ndarray:
    """The 2x3 similarity transform that brings the template closest to the landmarks.

    Least squares over a, b, tx, ty with x' = a*x - b*y + tx and y' = b*x + a*y + ty.
    """
    x, y = TEMPLATE[:, 0], TEMPLATE[:, 1]
    ones, zeros = np.ones_like(x), np.zeros_like(x)
    system = np.concatenate(
        [np.stack([x, -y, ones, zeros], axis=1), np.stack([y, x, zeros, ones], axis=1)]
    )
    targets = np.concatenate([landmarks[:, 0], landmarks[:, 1]])
    a, b, tx, ty = np.linalg.lstsq(system, targets, rcond=None)[0]
    return np.array([[a, -b, tx], [b, a, ty]])


def warp(picture: np.ndarray, to_picture: np.ndarray, size: int) -> np.ndarray:
    """Samples a size x size crop bilinearly, black outside of the picture.

    Where the map shrinks by more than 2, a finer crop is sampled and averaged down.
    """
    shrink = max(np.linalg.norm(to_picture[:, 0]), np.linalg.norm(to_picture[:, 1]))
    samples = 1
    if shrink > MOST_BILINEAR_SHRINK:
        samples = min(math.ceil(shrink), MOST_SAMPLES)
    finer = to_picture.copy()
    finer[:, :2] /= samples
    # The centre of the first fine pixel lies half a coarse pixel, less half a fine one, earlier.
    finer[:, 2] += to_picture[:, :2].sum(axis=1) * (0.5 / samples - 0.5)
    fine = cv2.warpAffine(
        picture,
        finer,
        (size * samples, size * samples),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_CONSTANT,
    )
    if samples == 1:
        return fine
    return cv2.resize(fine, (size, size), interpolation=cv2.INTER_AREA)
