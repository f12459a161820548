"""What MATLAB 7.3 puts before the HDF5 of a file."""

from pathlib import Path

HEADER_TEXT = "MATLAB 7.3 MAT-file, written by hipspine"
USERBLOCK = 512


def put_header(path: Path, text: str) -> None:
    """The text, version and byte order that MATLAB puts into its user block."""
    with path.open("r+b") as file:
        file.write((text.ljust(116).encode("ascii") + b"\0" * 8 + b"\x00\x02IM").ljust(USERBLOCK, b"\0"))
