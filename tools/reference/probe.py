"""Whether the wheel can run a model. Run as a process of its own, since it may crash:

python probe.py MODEL

Exit code 0: it can; else it cannot, and stderr says why.
"""

from __future__ import annotations

import sys

import numpy as np

from network import Network, NetworkError


def main() -> int:
    """Runs the model once on zeros and reads an output, as a caller would."""
    network = Network(sys.argv[1])
    try:
        network.run(np.zeros(network.input_shape, dtype=np.float32))
    except NetworkError as error:
        print(error, file=sys.stderr)
        return 1
    network.output("scores")
    return 0


if __name__ == "__main__":
    sys.exit(main())
