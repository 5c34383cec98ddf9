"""Takes from shared libraries the wish for an executable stack.

MNN's wheel asks for one because a file in assembler lacks a note, not because it needs it. glibc 2.41
(Debian 13) no longer loads such a library: "cannot enable executable stack as shared object requires".
"""

from __future__ import annotations

import struct
from pathlib import Path

PT_GNU_STACK = 0x6474E551
EXECUTABLE = 1


def clear_executable_stacks(folder: Path) -> None:
    """Changes every 64-bit little-endian ELF library below the folder that has the wish."""
    for path in folder.rglob("*.so*"):
        if path.is_file() and not path.is_symlink():
            _clear(path)


def _clear(path: Path) -> None:
    with path.open("r+b") as file:
        header = file.read(64)
        if len(header) < 64 or header[:6] != b"\x7fELF\x02\x01":
            return
        (table,) = struct.unpack_from("<Q", header, 0x20)
        size, count = struct.unpack_from("<HH", header, 0x36)
        for index in range(count):
            file.seek(table + index * size)
            kind, flags = struct.unpack("<II", file.read(8))
            if kind == PT_GNU_STACK and flags & EXECUTABLE:
                file.seek(table + index * size + 4)
                file.write(struct.pack("<I", flags & ~EXECUTABLE))
