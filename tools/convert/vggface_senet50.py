#!/usr/bin/env python3
"""Converts the Keras weights of VGGFace SENet50 into an MNN model for mnn-face.

    python3 tools/convert/vggface_senet50.py WEIGHTS.h5 [--out DIR] [--name NAME] [--fp16]
        [--check N] [--keep-onnx] [--bn-epsilon E]

Writes NAME.mnn and NAME.json, its entry for the manifest. Progress goes to standard error, one JSON
document to standard output. Exit code 0: done; 2: the file or the arguments are not usable; 3: the
converter cannot work here.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import re
import sys
import tempfile
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

sys.dont_write_bytecode = True

from environment import enter_environment
from failures import BAD_INPUT, INTERNAL, INTERRUPTED, OK, BadInput, CannotWork

# The largest difference from onnxruntime, in parts of the largest value.
MOST_DIFFERENCE = 1e-3
MOST_DIFFERENCE_HALF = 2e-2
THRESHOLD = 0.5


def parse_arguments(arguments: list[str]) -> argparse.Namespace:
    """The command line; argparse exits with 2 when it is wrong, as we do."""
    parser = argparse.ArgumentParser(
        prog="vggface_senet50.py",
        description="Converts the Keras weights of VGGFace SENet50 into an MNN model.",
    )
    parser.add_argument(
        "weights", type=Path, help="rcmalli_vggface_tf_notop_senet50.h5 of keras-vggface"
    )
    parser.add_argument(
        "--out", type=Path, default=Path("."), help="the folder to write to (default: here)"
    )
    parser.add_argument(
        "--name", default="vggface-senet50", help="the model's name (default: %(default)s)"
    )
    parser.add_argument("--fp16", action="store_true", help="half-float weights: half the size")
    parser.add_argument(
        "--check",
        type=int,
        default=3,
        metavar="N",
        help="compare with onnxruntime on N random pictures (default: %(default)s)",
    )
    parser.add_argument("--keep-onnx", action="store_true", help="write NAME.onnx too")
    parser.add_argument(
        "--bn-epsilon",
        type=float,
        default=None,
        metavar="E",
        help="epsilon of the batch norms (default: the file's; else 1e-4 for a file as old as keras-vggface's, 1e-3 for newer ones)",
    )
    options = parser.parse_args(arguments)
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]*", options.name):
        parser.error("--name begins with a small letter or digit; '.', '_' and '-' may follow too")
    if not 1 <= options.check <= 1000:
        parser.error("--check takes a number from 1 to 1000")
    if options.bn_epsilon is not None and not 0 < options.bn_epsilon < 1:
        parser.error("--bn-epsilon takes a number between 0 and 1")
    return options


def say(message: str) -> None:
    """One line of progress."""
    print(message, file=sys.stderr, flush=True)


def sha256_of(path: Path) -> str:
    """The hash of a file, as the manifest has it."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        for block in iter(lambda: stream.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


def manifest_entry(
    name: str, model: Path, half: bool, weights: Path, weights_hash: str
) -> dict[str, object]:
    """The model's entry as models/manifest.json has them (schema: src/models/manifest.ts)."""
    from architecture import EMBEDDING_SIZE, INPUT_SIZE
    from mnn_model import MEAN_BGR
    from onnx_graph import INPUT, OUTPUT

    return {
        "name": name,
        "file": f"{name}.mnn",
        "role": "embedder",
        "sha256": sha256_of(model),
        "bytes": model.stat().st_size,
        "license": "LicenseRef-non-commercial-research",
        "source": {
            "project": "https://github.com/rcmalli/keras-vggface",
            "commit": None,
            "url": None,
        },
        "input": {
            "name": INPUT,
            "shape": [1, 3, INPUT_SIZE, INPUT_SIZE],
            "order": "bgr",
            "mean": list(MEAN_BGR),
            "scale": [1, 1, 1],
        },
        "outputs": [{"name": OUTPUT, "shape": [1, EMBEDDING_SIZE]}],
        "threshold": THRESHOLD,
        "note": f"Converted from {weights.name} (SHA-256 {weights_hash}), {'half' if half else 'single'} "
        "precision, by tools/convert/vggface_senet50.py.",
    }


def run(options: argparse.Namespace) -> dict[str, object]:
    """The whole conversion; returns the summary."""
    import onnx

    from mnn_model import compare, convert
    from onnx_graph import build_model
    from senet50_weights import load_weights

    weights_file, out = options.weights, options.out
    say(f"Reading {weights_file}")
    weights = load_weights(weights_file, options.bn_epsilon)
    weights_hash = sha256_of(weights_file)
    say(
        f"SENet50, layout of {weights.layout}, layers found by {weights.matched_by}; "
        f"batch-norm epsilon {weights.epsilon:g} from {weights.epsilon_from}"
    )
    if weights.ignored:
        say(f"Not needed for the embedding: {', '.join(weights.ignored[:5])}")
    try:
        out.mkdir(parents=True, exist_ok=True)
        # Beside the results, so that the last step is a rename inside one file system.
        scratch_folder = tempfile.TemporaryDirectory(prefix=".converting-", dir=out)
    except OSError as error:
        raise BadInput(f"The folder {out} cannot be written to: {error.strerror}.") from error
    with scratch_folder as scratch:
        onnx_file, model_file = (
            Path(scratch, f"{options.name}.onnx"),
            Path(scratch, f"{options.name}.mnn"),
        )
        say("Building the network")
        onnx.save(build_model(weights), str(onnx_file))
        say(f"Converting to MNN{' with half-float weights' if options.fp16 else ''}")
        convert(onnx_file, model_file, options.fp16)
        say(
            f"Comparing with onnxruntime on {options.check} random picture{'s' if options.check > 1 else ''}"
        )
        difference = compare(onnx_file, model_file, options.check)
        most = MOST_DIFFERENCE_HALF if options.fp16 else MOST_DIFFERENCE
        # Not `>`: a NaN must fail too.
        if not difference.relative <= most:
            raise CannotWork(
                f"The converted model differs from onnxruntime by {difference.relative:.2e} of the largest "
                f"value (at most {most:g} is allowed); nothing was written."
            )
        say(
            f"Largest difference {difference.relative:.1e} of the largest value, "
            f"cosine distance {difference.cosine_distance:.1e}"
        )
        entry = manifest_entry(options.name, model_file, options.fp16, weights_file, weights_hash)
        entry_file = Path(scratch, f"{options.name}.json")
        entry_file.write_text(json.dumps(entry, indent=2) + "\n")
        kept = [onnx_file] if options.keep_onnx else []
        for made in (*kept, model_file, entry_file):
            os.replace(made, out / made.name)
    model_path, entry_path = (
        (out / f"{options.name}.mnn").resolve(),
        (out / f"{options.name}.json").resolve(),
    )
    say(f"Wrote {model_path} ({entry['bytes']} bytes) and {entry_path}")
    return {
        "name": options.name,
        "model": str(model_path),
        "manifest": str(entry_path),
        "sha256": entry["sha256"],
        "bytes": entry["bytes"],
        "precision": "fp16" if options.fp16 else "fp32",
        "weights": {
            "file": str(weights_file.resolve()),
            "sha256": weights_hash,
            "layout": weights.layout,
            "matchedBy": weights.matched_by,
            "batchNormEpsilon": weights.epsilon,
            "batchNormEpsilonFrom": weights.epsilon_from,
            "ignored": weights.ignored,
        },
        "check": {
            "against": "onnxruntime",
            "pictures": difference.pictures,
            "relativeDifference": difference.relative,
            "cosineDistance": difference.cosine_distance,
        },
        "entry": entry,
    }


def main(arguments: list[str]) -> int:
    """Runs the converter; returns the exit code."""
    options = parse_arguments(arguments)
    try:
        enter_environment(__file__, arguments)
        # MNN prints to standard output, which belongs to the summary.
        with standard_output_to_error() as output:
            summary = run(options)
            output.write(json.dumps(summary) + "\n")
    except BadInput as error:
        say(f"error: {error}")
        return BAD_INPUT
    except CannotWork as error:
        say(f"error: {error}")
        return INTERNAL
    except KeyboardInterrupt:
        say("interrupted; nothing was written")
        return INTERRUPTED
    except OSError as error:
        say(f"error: {error}")
        return INTERNAL
    except Exception:  # a mistake of the converter: all that helps to find it
        traceback.print_exc()
        say("error: the converter failed; please report the lines above")
        return INTERNAL
    return OK


@contextlib.contextmanager
def standard_output_to_error() -> Iterator[TextIO]:
    """Sends what libraries print to standard error; yields the real standard output."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        with os.fdopen(kept, "w") as output:
            yield output
    finally:
        sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
