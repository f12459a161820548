"""Write a recording as HDF5: a group per stream with ``data`` (sample, channel), ``fs``, ``labels``, ``units``; compressed, no dates.

The layout is that of `tree.ours`. Numbers are double precision; a block at a time through a file of its own, then copied.
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
    through_a_file("hdf5.writer_bytes", recording, file, name)


def through_a_file(body: str, recording: Recording, file: BinaryIO, name: str) -> None:
    """Let ``write_file`` of this module write a file of its own, which h5py needs, and copy that."""
    check_writable(recording, name)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "recording"
        writing: Any = use(body)
        writing.write_file(recording, path)
        with path.open("rb") as written:
            shutil.copyfileobj(written, file, 1 << 22)


WRITER = Writer("HDF5", (".h5", ".hdf5"), nothing_is_lost, write, precision=0.0)
