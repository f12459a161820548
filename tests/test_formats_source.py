"""The bytes of a file that lies on disk: what was opened is what is read."""

import os
from pathlib import Path

import pytest

from hipspine.errors import FormatError
from hipspine.formats.source import Source


def test_another_file_of_the_same_size_and_time_is_not_taken_for_the_one_that_was_opened(tmp_path: Path) -> None:
    path, other = tmp_path / "walk.edf", tmp_path / "other.edf"
    path.write_bytes(b"a" * 100)
    source = Source(path)
    other.write_bytes(b"b" * 100)
    times = path.stat()
    os.utime(other, ns=(times.st_atime_ns, times.st_mtime_ns))
    other.replace(path)
    with pytest.raises(FormatError, match="has changed since"):
        source.read(0, 10)
