"""Write a recording as HDF5: a group per stream with ``data`` (sample, channel), ``fs``, ``labels``, ``units``; compressed, no dates.

The layout is that of `tree_ours`. Numbers are double precision; a block at a time through a file of its own, then copied.
"""

import shutil
import tempfile
from pathlib import Path
from typing import Any, BinaryIO

from hipspine.formats.lazy_module import use
from hipspine.formats.ours import check_writable
from hipspine.formats.writer import Writer, nothing_is_lost
from hipspine.signals.recording import Recording


def write(recording: Recording, file: BinaryIO, name: str) -> None:
    """Write the recording to an HDF5 file that reads back the same; the same recording gives the same bytes."""
    check_writable(recording, name)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "recording.h5"
        body: Any = use("hdf5.writer_bytes")
        body.write_file(recording, path)
        with path.open("rb") as written:
            shutil.copyfileobj(written, file, 1 << 22)


WRITER = Writer("HDF5", (".h5", ".hdf5"), nothing_is_lost, write, precision=0.0)
