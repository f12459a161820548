"""MATLAB files of version 5 to 7.2 (.mat, .zoo): plain arrays with a rate, and the exports of many EMG and motion systems."""

from dataclasses import replace
from typing import BinaryIO

from hipspine.errors import FormatError
from hipspine.formats.content import Content
from hipspine.formats.matlab.anonymise import anonymised
from hipspine.formats.matlab.reader_bytes import header_notes, tree
from hipspine.formats.reader import Reader
from hipspine.formats.source import Source
from hipspine.formats.tree.content import content_of

NAME = "MATLAB"


def recognises(head: bytes, suffix: str) -> bool:
    """Whether these first bytes are the header of a MAT-file of level 5: its version and the mark of its byte order."""
    del suffix
    return head[124:128] in (b"\x00\x01IM", b"\x01\x00MI")


def read(source: Source) -> Content:
    """The content of a MATLAB file."""
    if source.head[124:128] == b"\x00\x02IM":
        raise FormatError(f"{source.name}: a file of MATLAB 7.3 that lacks its HDF5 part; it is cut off. Copy or export it again.")
    if not recognises(source.head, ""):
        raise FormatError(
            f"{source.name}: not a MATLAB file of version 5 to 7.3: its header lacks the mark of these. Save it with 'save -v7'."
        )
    content = content_of(tree(source), source.name, NAME)
    return replace(content, person={**content.person, **header_notes(source)})


def anonymise(source: Source, out: BinaryIO) -> tuple[str, ...]:
    """The file without its person; samples are copied bit for bit."""
    return anonymised(source, out)


READER = Reader(NAME, (".mat", ".zoo", ".set"), recognises, read, anonymise)
