"""The two numeric steps of learn.mjs: poor copies of aligned crops, and the directions they move in.

    projection.py degrade CROPS OUT          112x112 RGB crops, one after the other, to two poor ones each
    projection.py directions SHARP POOR N    float32 embeddings of N values; prints base64
"""

from __future__ import annotations

import base64
import sys
from pathlib import Path

import cv2
import numpy as np

SIDE = 112
COPIES = 2
# Sides and qualities of faces in group pictures; pictures that are only scaled look far too good.
SIDES = (10, 24)
SIGMAS = (0.4, 1.2)
QUALITIES = (25, 80)
SHIFT = 3.0
# After the mean. More than about seven cost accuracy on full-size faces.
PRINCIPAL_DIRECTIONS = 3


def poor_copy(crop: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Shrinks, perhaps blurs, compresses and enlarges a crop, a few pixels off its place."""
    side = int(random.integers(SIDES[0], SIDES[1] + 1))
    small = cv2.resize(crop, (side, side), interpolation=cv2.INTER_AREA)
    if random.random() < 0.5:
        small = cv2.GaussianBlur(small, (0, 0), random.uniform(*SIGMAS))
    quality = int(random.integers(QUALITIES[0], QUALITIES[1] + 1))
    _, encoded = cv2.imencode(".jpg", small[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    small = cv2.imdecode(encoded, cv2.IMREAD_COLOR)[..., ::-1]
    step = side / SIDE
    x, y = random.uniform(-SHIFT, SHIFT, 2)
    to_small = np.array(
        [[step, 0, step * (0.5 + x) - 0.5], [0, step, step * (0.5 + y) - 0.5]], np.float32
    )
    return cv2.warpAffine(
        small,
        to_small,
        (SIDE, SIDE),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )


def degrade(crops_file: Path, out: Path) -> None:
    """Writes COPIES poor copies of all crops: the first copy of each, then the second."""
    crops = np.fromfile(crops_file, np.uint8).reshape(-1, SIDE, SIDE, 3)
    random = np.random.default_rng(17)
    with out.open("wb") as file:
        for _ in range(COPIES):
            for crop in crops:
                file.write(poor_copy(crop, random).tobytes())


def directions(sharp_file: Path, poor_file: Path, dimension: int) -> np.ndarray:
    """The mean and the first principal directions of (poor - sharp), orthonormal, row by row."""
    sharp = np.fromfile(sharp_file, np.float32).reshape(-1, dimension).astype(np.float64)
    poor = np.fromfile(poor_file, np.float32).reshape(-1, dimension).astype(np.float64)
    moved = poor - np.tile(sharp, (COPIES, 1))
    mean = moved.mean(axis=0)
    mean /= np.linalg.norm(mean)
    rest = moved - np.outer(moved @ mean, mean)
    _, _, principal = np.linalg.svd(rest - rest.mean(axis=0), full_matrices=False)
    rows = [mean]
    for candidate in principal[:PRINCIPAL_DIRECTIONS]:
        row = candidate - sum((candidate @ other) * other for other in rows)
        row /= np.linalg.norm(row)
        # The sign of a singular vector is arbitrary: fixed, so that the same data give the same bytes.
        rows.append(row if row[np.argmax(np.abs(row))] > 0 else -row)
    return np.array(rows, np.float32)


def main(arguments: list[str]) -> None:
    """Runs one of the two steps."""
    step, first, second, *rest = arguments
    if step == "degrade":
        degrade(Path(first), Path(second))
    else:
        found = directions(Path(first), Path(second), int(rest[0]))
        print(base64.b64encode(found.astype("<f4").tobytes()).decode())


main(sys.argv[1:])
