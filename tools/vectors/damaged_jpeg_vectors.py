"""Writes test/fixtures/damaged-jpeg.json: what cv2.imread gives for damaged JPEGs.

    python3 -m venv venv && venv/bin/pip install opencv-python-headless==4.11.0.86 numpy
    venv/bin/python tools/vectors/damaged_jpeg_vectors.py > test/fixtures/damaged-jpeg.json

The pictures are drawn. Each case is a picture, an edit of its bytes ({cut}: so many are left; {set}: pairs of place and value;
{hole}: from, to, left out), and the size and the SHA-256 of the RGB bytes, or null where imread gives nothing.
"""

import base64
import hashlib
import json
import os
import random
import struct
import sys
import tempfile

import cv2
import numpy as np

WIDTH, HEIGHT = 93, 61


def drawn() -> np.ndarray:
    x = np.arange(WIDTH)[None, :, None]
    y = np.arange(HEIGHT)[:, None, None]
    c = np.arange(3)[None, None, :]
    noise = np.random.default_rng(1).integers(0, 12, (HEIGHT, WIDTH, 3))
    return (120 + 70 * np.sin(x / (7 + c)) + 40 * np.cos(y / 9) + noise).clip(0, 255).astype(np.uint8)


def encoded(image: np.ndarray, *options: int) -> bytes:
    done, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 75, *options])
    assert done
    return data.tobytes()


def with_orientation(jpeg: bytes, orientation: int) -> bytes:
    tiff = b"II*\0\x08\0\0\0\x01\0" + struct.pack("<HHIHH", 0x0112, 3, 1, orientation, 0) + b"\0\0\0\0"
    content = b"Exif\0\0" + tiff
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(content) + 2) + content + jpeg[2:]


def edited(jpeg: bytes, edit: dict) -> bytes:
    if "cut" in edit:
        return jpeg[: edit["cut"]]
    if "hole" in edit:
        start, end = edit["hole"]
        return jpeg[:start] + jpeg[end:]
    changed = bytearray(jpeg)
    for place, value in edit["set"]:
        changed[place] = value
    return bytes(changed)


def read(jpeg: bytes) -> dict | None:
    with tempfile.NamedTemporaryFile(suffix=".jpg", delete=False) as file:
        file.write(jpeg)
    image = cv2.imread(file.name)
    os.unlink(file.name)
    if image is None:
        return None
    height, width = image.shape[:2]
    rgb = hashlib.sha256(image[:, :, ::-1].tobytes()).hexdigest()
    return {"width": width, "height": height, "sha256": rgb}


def edits(jpeg: bytes, chance: random.Random) -> list[dict]:
    length = len(jpeg)
    head = jpeg.index(b"\xff\xda")
    return (
        [{"cut": length - n} for n in (1, 2, 3, 50)]
        + [{"cut": chance.randrange(length)} for _ in range(8)]
        + [
            {"set": [[chance.randrange(4, length), chance.randrange(256)] for _ in range(chance.randint(1, 3))]}
            for _ in range(24)
        ]
        + [{"set": [[chance.randrange(head, length), chance.randrange(256)]]} for _ in range(8)]
        + [{"hole": [at, at + chance.randint(1, 40)]} for at in (chance.randrange(4, length) for _ in range(6))]
    )


def main() -> None:
    image = drawn()
    baseline = encoded(image, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420)
    files = {
        "baseline": baseline,
        "full-colour": encoded(image, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444),
        "progressive": encoded(image, cv2.IMWRITE_JPEG_PROGRESSIVE, 1),
        "restarts": encoded(image, cv2.IMWRITE_JPEG_RST_INTERVAL, 4),
        "grey": encoded(image[:, :, 0]),
        "turned": with_orientation(baseline, 6),
    }
    chance = random.Random(14)
    cases = [
        {"file": name, "edit": edit, "imread": read(edited(jpeg, edit))}
        for name, jpeg in files.items()
        for edit in edits(jpeg, chance)
    ]
    json.dump(
        {
            "opencv": cv2.__version__,
            "files": {name: base64.b64encode(jpeg).decode() for name, jpeg in files.items()},
            "cases": cases,
        },
        sys.stdout,
    )


main()
