"""Network outputs to faces: decoding on the priors, and hard non-maximum suppression."""

from __future__ import annotations

import numpy as np

CENTER_VARIANCE = 0.1
SIZE_VARIANCE = 0.2
SCORE_THRESHOLD = 0.7
IOU_THRESHOLD = 0.3
CANDIDATE_LIMIT = 200
# Keeps empty boxes from dividing by zero.
EPSILON = 1e-5


def decode_corners(encoded: np.ndarray, priors: np.ndarray) -> np.ndarray:
    """Encoded boxes to corners x1, y1, x2, y2 in units of the picture."""
    centres = encoded[:, :2] * CENTER_VARIANCE * priors[:, 2:] + priors[:, :2]
    sizes = np.exp(encoded[:, 2:] * SIZE_VARIANCE) * priors[:, 2:]
    return np.concatenate([centres - sizes / 2, centres + sizes / 2], axis=1)


def area(corners: np.ndarray) -> np.ndarray:
    """Areas of boxes in corner form; 0 where a box is inside out."""
    sides = np.clip(corners[..., 2:] - corners[..., :2], 0.0, None)
    return sides[..., 0] * sides[..., 1]


def overlap(best: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Intersection over union of one box with many."""
    shared = area(
        np.concatenate(
            [np.maximum(best[:2], others[:, :2]), np.minimum(best[2:], others[:, 2:])], axis=1
        )
    )
    return shared / (area(best) + area(others) - shared + EPSILON)


def hard_nms(corners: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Indexes of the boxes to keep, best score first.

    Looks at the best CANDIDATE_LIMIT candidates only, in the order of numpy's default sort, taken
    from its end. The quantised networks give many equal scores, and which of two overlapping boxes
    survives depends on how the sort leaves them. numpy's float kernels for AVX2 and AVX-512 leave
    them otherwise than its portable one, so the same program gives other faces on another CPU. Long
    doubles have the portable kernel only: one order everywhere, the one of the golden values.
    """
    waiting = np.argsort(scores.astype(np.longdouble))[-CANDIDATE_LIMIT:]
    kept: list[int] = []
    while waiting.size > 0:
        best, waiting = waiting[-1], waiting[:-1]
        kept.append(int(best))
        waiting = waiting[overlap(corners[best], corners[waiting]) <= IOU_THRESHOLD]
    return np.array(kept, dtype=np.intp)
