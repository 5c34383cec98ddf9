"""Writes test/fixtures/argsort.json: numpy's argsort of scores with many equal ones.

    python3 -m venv venv && venv/bin/pip install numpy==1.24.4
    venv/bin/python tools/vectors/argsort_vectors.py > test/fixtures/argsort.json

1.24 has only the portable kernel; later ones take AVX-512 or AVX2 kernels where the machine has
them (NPY_DISABLE_CPU_FEATURES switches those off), which order equal values differently. The
golden values of the reference follow the portable kernel.
"""

import json
import sys

import numpy as np


def main() -> None:
    cases = []
    random = np.random.default_rng(7)
    for count in (1, 2, 16, 17, 18, 40, 59, 100, 250):
        values = random.integers(0, max(2, count // 6), count) / 64
        order = np.argsort(values.astype(np.float32))
        cases.append({"values": values.tolist(), "order": order.tolist()})
    json.dump({"numpy": np.__version__, "cases": cases}, sys.stdout)


if __name__ == "__main__":
    main()
