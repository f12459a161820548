"""The contract of a file format, and how a path finds its reader.

To add a format write ``formats/<name>.py`` with ``READER = Reader(...)``; `open_recording`, the commands and the shared
compliance tests find it by themselves. Another distribution offers one through the entry-point group ``hipspine.readers``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path

import numpy as np

from hipspine.errors import FormatError
from hipspine.signals.recording import Recording

_LONGEST = 390  # letters of a message


@dataclass(frozen=True, slots=True)
class Reader:
    """How one format is recognised and read."""

    name: str  # as `format` in results
    suffixes: tuple[str, ...]  # lower case, with the dot
    recognises: Callable[[bytes, str], bool]  # (first 4 kB, lower-case suffix) -> does this look like ours?
    read: Callable[[Path, bytes], Recording]  # (path, all bytes) -> recording; raises FormatError only


def one_sentence(text: str) -> str:
    """A message without the line breaks and control characters that a damaged file may have put into it, of bearable length.

    >>> one_sentence("walk.c3d: parameter 'A" + chr(7) + "B' is damaged")
    "walk.c3d: parameter 'A?B' is damaged"
    """
    plain = "".join(letter if letter.isprintable() else "?" for letter in " ".join(text.split()))
    return plain if len(plain) <= _LONGEST else plain[: _LONGEST - 3] + "..."


def only_format_errors(format_name: str) -> Callable[[Callable[[Path, bytes], Recording]], Callable[[Path, bytes], Recording]]:
    """Decorator of a ``read`` function: whatever damaged bytes set off inside becomes one sentence for a person.

    The last line of defence; what can be foreseen is said where it is found.
    """

    def decorate(read: Callable[[Path, bytes], Recording]) -> Callable[[Path, bytes], Recording]:
        @wraps(read)
        def guarded(path: Path, data: bytes) -> Recording:
            try:
                with np.errstate(all="ignore"):
                    return read(path, data)
            except FormatError as error:
                sentence = one_sentence(str(error))
                if sentence == str(error):
                    raise
                raise FormatError(sentence) from None
            except MemoryError:
                size = f"{len(data) / 1e6:.0f} MB as {format_name}"
                raise FormatError(f"{path.name}: too large for the memory of this machine ({size}); cut it into parts.") from None
            except Exception as error:
                what = one_sentence(f"{type(error).__name__}: {str(error)[:120]}")
                raise FormatError(f"{path.name}: cannot be read as {format_name} ({what}); export it again.") from error

        return guarded

    return decorate
