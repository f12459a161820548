"""The contract of a file format, and how a path finds its reader.

To add a format write ``formats/<name>.py`` with ``READER = Reader(...)``; `open_recording`, the commands and the shared
compliance tests find it by themselves. Another distribution offers one through the entry-point group ``hipspine.readers``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hipspine.signals.recording import Recording


@dataclass(frozen=True, slots=True)
class Reader:
    """How one format is recognised and read."""

    name: str  # as `format` in results
    suffixes: tuple[str, ...]  # lower case, with the dot
    recognises: Callable[[bytes, str], bool]  # (first 4 kB, lower-case suffix) -> does this look like ours?
    read: Callable[[Path, bytes], Recording]  # (path, all bytes) -> recording; raises FormatError only
