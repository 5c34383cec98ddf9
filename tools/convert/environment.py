"""The converter's own virtual environments: each made once per user, standard library only.

There are two. The slim one has MNN's converter and nothing else; most conversions need no more. The
full one also has what compares a conversion with onnxruntime and reads Keras's files. Both lie in the
user's cache (the same folder as src/models/user-cache.ts), named by a hash of their requirements and of
the interpreter. A marker file written last tells a finished environment from one whose installation
was interrupted, which is made again.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from executable_stack import clear_executable_stacks
from failures import CannotWork

HERE = Path(__file__).resolve().parent
OLDEST_PYTHON = (3, 10)
MARKER = "mnn-face-complete"


@dataclass(frozen=True)
class Environment:
    """What to install, and what of it to remove again."""

    requirements: Path
    # Nothing but the listed packages, and of them not what the converter never loads.
    slim: bool


FULL = Environment(HERE / "requirements.txt", slim=False)
SLIM = Environment(HERE / "requirements-slim.txt", slim=True)

# Of MNN's wheel: the inference engine and its Python modules (`_tools` has its own engine).
NOT_NEEDED = ("MNN", "_mnncengine*")
# What venv brings for installing more.
INSTALLER = (
    "pip",
    "pip-*",
    "setuptools*",
    "_distutils_hack",
    "pkg_resources",
    "distutils-precedence.pth",
)


def user_cache() -> Path:
    """The per-user cache of mnn-face: MNN_FACE_CACHE, else the platform's usual place."""
    chosen = os.environ.get("MNN_FACE_CACHE")
    if chosen:
        return Path(chosen)
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        return (Path(local) if local else Path.home() / "AppData" / "Local") / "mnn-face"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "mnn-face"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mnn-face"


def environment_folder(environment: Environment) -> Path:
    """Where the environment for these requirements and this interpreter lies."""
    base = os.path.realpath(getattr(sys, "_base_executable", sys.executable))
    key = hashlib.sha256(environment.requirements.read_bytes())
    key.update(f"{sys.version_info[:2]} {base}".encode())
    kind = "slim" if environment.slim else "venv"
    return (user_cache() / f"convert-{kind}-{key.hexdigest()[:12]}").absolute()


def environment_python(folder: Path) -> Path:
    """The interpreter inside the environment."""
    return folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def is_inside(folder: Path) -> bool:
    """Whether this process already runs in the environment."""
    return os.path.realpath(sys.prefix) == os.path.realpath(folder)


def has(module: str) -> bool:
    """Whether this Python has a module."""
    return importlib.util.find_spec(module) is not None


def check_python() -> None:
    """Refuses an interpreter that cannot make the environment."""
    if sys.version_info < OLDEST_PYTHON:
        raise CannotWork(
            f"Python {sys.version_info[0]}.{sys.version_info[1]} is too old for the converter: "
            "run it with Python 3.10 or newer."
        )
    if sys.maxsize < 1 << 32:
        raise CannotWork(
            "MNN's converter exists for 64-bit systems only (x86-64 and 64-bit ARM), and this Python is of "
            "32 bits: convert on another computer and copy the model file."
        )
    if not has("venv") or not (has("ensurepip") or has("pip")):
        raise CannotWork(
            f"This Python has no {'pip' if has('venv') else 'venv'}, so the converter cannot make its "
            "virtual environment: on Debian or Ubuntu run `apt install python3-venv`, elsewhere use a "
            "complete Python 3.10 or newer."
        )


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keeps two runs from making the environment at once: the second waits."""
    with path.open("a+b") as file:
        if sys.platform == "win32":
            import msvcrt

            while True:
                try:  # gives up after ten seconds
                    msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
                    break
                except OSError:
                    continue
            try:
                yield
            finally:
                file.seek(0)
                msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)
        else:
            import fcntl

            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                print("Waiting for another process that makes it", file=sys.stderr, flush=True)
                fcntl.flock(file, fcntl.LOCK_EX)
            yield


def run_step(arguments: list[str], purpose: str) -> None:
    """Runs one step of the installation; its output goes to standard error."""
    # In an environment of its own root is no danger to the system's packages.
    settings = {**os.environ, "PIP_ROOT_USER_ACTION": "ignore"}
    result = subprocess.run(
        arguments, stdin=subprocess.DEVNULL, stdout=sys.stderr, check=False, env=settings
    )
    if result.returncode != 0:
        raise CannotWork(
            f"Could not {purpose} (exit code {result.returncode}, see above). It needs pip's package "
            "index, and wheels of MNN for this system (x86-64 or 64-bit ARM); a model converted on "
            "another computer works here as it is."
        )


def packages_of(folder: Path) -> Path:
    """Where the environment's packages lie."""
    if sys.platform == "win32":
        return folder / "Lib" / "site-packages"
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    return folder / "lib" / version / "site-packages"


def remove_what_is_not_needed(folder: Path) -> None:
    """Leaves MNN's converter alone in the environment."""
    for pattern in (*NOT_NEEDED, *INSTALLER):
        for path in packages_of(folder).glob(pattern):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)


def install(environment: Environment, folder: Path) -> None:
    """Makes the virtual environment and installs into it, by its own pip or, on a Debian without
    python3-venv, by this Python's."""
    own = has("ensurepip")
    venv = [sys.executable, "-m", "venv", *([] if own else ["--without-pip"]), str(folder)]
    run_step(venv, "make a virtual environment")
    python = str(environment_python(folder)) if own else sys.executable
    command = [python, "-E", "-s", "-B", "-m", "pip", "install", "--quiet", "--no-input"]
    command += ["--disable-pip-version-check", "--only-binary", ":all:"]
    if not own:
        command += ["--target", str(packages_of(folder))]
    if environment.slim:
        command += ["--no-deps", "--no-compile"]
    command += ["--requirement", str(environment.requirements)]
    run_step(command, "install the converter's packages")


def make_environment(environment: Environment, folder: Path) -> None:
    """Makes the environment, unless it is already there and complete."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with locked(folder.with_name(folder.name + ".lock")):
        # The interpreter is a link to the one that made the environment, which may be gone.
        if (folder / MARKER).exists() and environment_python(folder).exists():
            return
        shutil.rmtree(folder, ignore_errors=True)
        print(
            f"Making the converter's Python environment in {folder} (once, about "
            f"{'15 seconds' if environment.slim else 'a minute'})",
            file=sys.stderr,
            flush=True,
        )
        install(environment, folder)
        if environment.slim:
            remove_what_is_not_needed(folder)
        if sys.platform == "linux":
            clear_executable_stacks(packages_of(folder))
        (folder / MARKER).write_text("complete\n")


def enter_environment(script: str, arguments: list[str], environment: Environment = FULL) -> None:
    """Returns at once inside the environment; else makes it and runs the script again in it."""
    folder = environment_folder(environment)
    if is_inside(folder):
        return
    check_python()
    try:
        make_environment(environment, folder)
    except OSError as error:
        raise CannotWork(
            f"Could not make the converter's Python environment: {error}. "
            "Set MNN_FACE_CACHE to a folder that can be written."
        ) from error
    python = str(environment_python(folder))
    command = [python, "-E", "-s", "-B", os.path.abspath(script), *arguments]
    sys.stdout.flush()
    sys.stderr.flush()
    if sys.platform == "win32":  # execv would return to the shell at once
        sys.exit(subprocess.run(command, check=False).returncode)
    os.execv(python, command)
