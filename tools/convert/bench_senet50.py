#!/usr/bin/env python3
"""Time per embedding of a converted SENet50: the addon of mnn-face against onnxruntime.

    python3 tools/convert/bench_senet50.py NAME.mnn NAME.onnx [--rounds N]

NAME.onnx comes from the converter's --keep-onnx. One thread each, in turns, so that both see the
same machine; the time of a run is that of the whole call, as a program waits for it. Prints JSON.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.dont_write_bytecode = True

from environment import enter_environment
from failures import INTERNAL, CannotWork

ADDON = Path(__file__).resolve().parents[2] / "build" / "Release" / "mnn_face.node"
WARM_UP = 5
# Answers each line of its input with the milliseconds of one run; at the end writes the embedding.
NODE_SCRIPT = """
const fs = require('node:fs');
const [addon, model, input, output] = process.argv.slice(1);
const floats = (file) => new Float32Array(new Uint8Array(fs.readFileSync(file)).buffer);
(async () => {
  const session = await require(addon).Session.load(fs.readFileSync(model), {
    lanes: 1, threads: 1, precision: 'normal', kernels: 'best', input: 'input',
    inputShape: [1, 3, 224, 224], outputs: [{ name: 'embedding', shape: [1, 2048] }],
  });
  const job = { tensor: floats(input), width: 224, height: 224 };
  let result;
  for await (const _ of require('node:readline').createInterface({ input: process.stdin })) {
    const began = process.hrtime.bigint();
    result = await session.run(job);
    console.log(Number(process.hrtime.bigint() - began) / 1e6);
  }
  fs.writeFileSync(output, new Uint8Array(result[0].buffer, result[0].byteOffset, 8192));
})().catch((error) => { console.error(error); process.exit(1); });
"""


class Addon:
    """A Node process with the model loaded in the addon."""

    def __init__(self, model: Path, given: Path, result: Path) -> None:
        files = [str(path.resolve()) for path in (ADDON, model, given, result)]
        self.process = subprocess.Popen(
            ["node", "-e", NODE_SCRIPT, *files],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self) -> float:
        """One run; its milliseconds."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise CannotWork("The addon did not run the model, see above.")
        return float(line)

    def close(self) -> None:
        """Lets the process write its result and end."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


def summary(times: list[float]) -> dict[str, float]:
    """Milliseconds, without the first runs."""
    kept = sorted(times[WARM_UP:])
    return {"median": round(kept[len(kept) // 2], 1), "least": round(kept[0], 1)}


def bench(model: Path, onnx_file: Path, rounds: int) -> dict[str, object]:
    """Both in turns."""
    import numpy as np

    from mnn_model import OnnxRunner, random_picture, relative_difference

    picture = random_picture(np.random.default_rng(88))
    reference = OnnxRunner(onnx_file, threads=1)
    with tempfile.TemporaryDirectory(prefix="mnn-face-bench-") as folder:
        given, result = Path(folder, "input.f32"), Path(folder, "output.f32")
        picture.astype("<f4").tofile(given)
        addon = Addon(model, given, result)
        ours: list[float] = []
        theirs: list[float] = []
        for _ in range(WARM_UP + rounds):
            ours.append(addon.run())
            began = time.perf_counter()
            wanted = reference.run(picture)
            theirs.append((time.perf_counter() - began) * 1000)
        addon.close()
        found = np.fromfile(result, "<f4")
    return {
        "rounds": rounds,
        "addonMilliseconds": summary(ours),
        "onnxruntimeMilliseconds": summary(theirs),
        "relativeDifference": relative_difference(found, wanted),
    }


def main(arguments: list[str]) -> int:
    """Runs the bench; returns the exit code."""
    parser = argparse.ArgumentParser(description="Times SENet50 in mnn-face and in onnxruntime.")
    parser.add_argument("model", type=Path, help="NAME.mnn")
    parser.add_argument("onnx", type=Path, help="NAME.onnx of the converter's --keep-onnx")
    parser.add_argument("--rounds", type=int, default=40)
    options = parser.parse_args(arguments)
    if options.rounds < 1:
        parser.error("--rounds takes a number from 1")
    try:
        enter_environment(__file__, arguments)
        if not ADDON.is_file():
            raise CannotWork(f"There is no {ADDON}: run `npm run build:native` first.")
        print(json.dumps(bench(options.model, options.onnx, options.rounds)))
    except CannotWork as error:
        print(f"error: {error}", file=sys.stderr)
        return INTERNAL
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
