"""Writes test/fixtures/resize.json: SHA-256 of cv2.resize results on a made-up picture.

    python3 -m venv venv && venv/bin/pip install opencv-python-headless==4.11.0.86 numpy
    venv/bin/python tools/vectors/resize_vectors.py > test/fixtures/resize.json

The picture is drawn by a formula that test/unit/resample.test.ts repeats.
"""

import hashlib
import json
import sys

import cv2
import numpy as np

SIZES = [
    # source width, height, destination width, height
    (1, 1, 5, 7),
    (1, 200, 320, 240),
    (200, 1, 320, 240),
    (2, 3, 320, 240),
    (640, 480, 320, 240),
    (641, 479, 320, 240),
    (320, 240, 320, 240),
    (100, 75, 320, 240),
    (1920, 1080, 320, 240),
    (37, 53, 111, 17),
    (500, 3, 32, 32),
    (1000, 10, 320, 240),
    (150, 211, 224, 224),
    (401, 533, 224, 224),
    (90, 61, 113, 97),
]


def picture(width: int, height: int) -> np.ndarray:
    x = np.arange(width, dtype=np.int64)[None, :, None]
    y = np.arange(height, dtype=np.int64)[:, None, None]
    c = np.arange(3, dtype=np.int64)[None, None, :]
    return ((x * 7 + y * 13 + c * 29 + (x * y) % 31 * 5 + (x * x + c * y) % 127) & 255).astype(np.uint8)


def main() -> None:
    cv2.setNumThreads(1)
    # OpenCV's own code, as on ARM. Intel's IPP, where a wheel uses it, differs for cubic by at most
    # 1 grey level in some 4 % of the values.
    cv2.ipp.setUseIPP(False)
    cases = []
    for sw, sh, dw, dh in SIZES:
        for geometry, flag in (("linear", cv2.INTER_LINEAR), ("cubic", cv2.INTER_CUBIC)):
            resized = cv2.resize(picture(sw, sh), (dw, dh), interpolation=flag)
            digest = hashlib.sha256(resized.tobytes()).hexdigest()
            cases.append({"geometry": geometry, "source": [sw, sh], "size": [dw, dh], "sha256": digest})
    json.dump({"opencv": cv2.__version__, "cases": cases}, sys.stdout, indent=1)


if __name__ == "__main__":
    main()
