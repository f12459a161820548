"""The contract of a file format, and how its content becomes a recording.

To add a format write a package ``formats/<name>/`` whose ``__init__`` offers ``READER = Reader(...)``; `open_recording`, the
commands and the shared compliance tests find it by themselves. Another distribution offers one through the entry-point group
``hipspine.readers``.
"""

import errno
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import BinaryIO

import numpy as np

from hipspine.anatomy.assignments import Assignment
from hipspine.errors import FormatError
from hipspine.formats.assembly import assembled
from hipspine.formats.content import Content, Group
from hipspine.formats.lazy import Lazy, Rows
from hipspine.formats.personal import discreet
from hipspine.formats.source import Source
from hipspine.signals.recording import Recording
from hipspine.terms import Floats

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_LONGEST = 390  # letters of a message


@dataclass(frozen=True, slots=True)
class Reader:
    """How one format is recognised and read."""

    name: str  # as `format` in results
    suffixes: tuple[str, ...]  # lower case, with the dot
    recognises: Callable[[bytes, str], bool]  # (first 4 kB, lower-case suffix) -> does this look like ours?
    read: Callable[[Source], Content]  # samples of large files as `Lazy`; raises FormatError only (`guarded` sees to it)
    anonymise: Callable[[Source, BinaryIO], tuple[str, ...]] | None = None  # write the file without its person; what was removed, in words

    def recording(
        self,
        source: Source,
        *,
        labels: Mapping[str, Assignment] | None = None,
        only: Collection[str] = (),
        progress: Callable[[float], None] | None = None,
    ) -> Recording:
        """The recording in a file of this format.

        Args:
            source: the file.
            labels: what somebody said that labels mean; over everything that is read from them.
            only: labels of the channels that are wanted; the samples of the others are not read. All if empty.
            progress: told the share that is done, 0-1, while the samples are looked through.

        Raises:
            FormatError: damaged, cut off, holding no samples, or numbers that no device gives.
        """
        with guarded(self.name, source):
            content = discreet(_guarded_samples(self.read(source), self.name, source))
            return assembled(content, source, self.name, labels=labels or {}, only=only, progress=progress)

    def anonymised(self, source: Source, out: BinaryIO) -> tuple[str, ...]:
        """Write the file without its person; what was removed, in words.

        Raises:
            FormatError: damaged, or a format that is anonymised by writing its recording anew.
        """
        if self.anonymise is None:
            raise FormatError(f"{source.name}: {self.name} files are not anonymised as they are; convert the recording instead.")
        with guarded(self.name, source):
            return self.anonymise(source, out)


def one_sentence(text: str) -> str:
    """A message without the line breaks and control characters that a damaged file may have put into it, of bearable length.

    >>> one_sentence("walk.c3d: parameter 'A" + chr(7) + "B' is damaged")
    "walk.c3d: parameter 'A?B' is damaged"
    """
    plain = "".join(letter if letter.isprintable() else "?" for letter in " ".join(text.split()))
    return plain if len(plain) <= _LONGEST else plain[: _LONGEST - 3] + "..."


@contextmanager
def guarded(format_name: str, source: Source) -> Iterator[None]:
    """Inside this block whatever damaged bytes set off becomes one sentence for a person.

    The last line of defence; what can be foreseen is said where it is found.
    """
    name = source.name
    try:
        with np.errstate(all="ignore"):
            yield
    except FormatError as error:
        sentence = one_sentence(str(error))
        if sentence == str(error):
            raise
        raise FormatError(sentence) from None
    except MemoryError:
        size = f"{source.size / 1e6:.0f} MB as {format_name}"
        raise FormatError(f"{name}: too large for the memory of this machine ({size}); cut it into parts.") from None
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise  # of a copy that is being written, not of this file
        raise FormatError(f"{name}: cannot be read ({error.strerror or type(error).__name__}); check the disk and its rights.") from None
    except Exception as error:
        what = one_sentence(f"{type(error).__name__}: {str(error)[:120]}")
        raise FormatError(f"{name}: cannot be read as {format_name} ({what}); export it again.") from error


def _guarded_samples(content: Content, format_name: str, source: Source) -> Content:
    """The same content, its lazily read samples behind the same guard."""
    return replace(content, groups=tuple(_guarded_group(group, format_name, source) for group in content.groups))


def _guarded_group(group: Group, format_name: str, source: Source) -> Group:
    values = group.values
    if not isinstance(values, Lazy):
        return group

    def read(rows: Rows, start: int, stop: int) -> Floats:
        with guarded(format_name, source):
            return values.read(rows, start, stop)

    return replace(group, values=Lazy(values.shape, read))
