"""Write a recording as a MATLAB 7.3 file: the layout of `tree_ours` in HDF5 behind MATLAB's text; for what exceeds 2 GB of level 5."""

import shutil
import tempfile
from pathlib import Path
from typing import Any, BinaryIO

from hipspine.formats.lazy_module import use
from hipspine.formats.ours import check_writable
from hipspine.formats.writer import Writer, nothing_is_lost
from hipspine.signals.recording import Recording


def write(recording: Recording, file: BinaryIO, name: str) -> None:
    """Write the recording to a MATLAB 7.3 file that reads back the same; the same recording gives the same bytes."""
    check_writable(recording, name)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "recording.mat"
        body: Any = use("matlab73.writer_bytes")
        body.write_file(recording, path)
        with path.open("rb") as written:
            shutil.copyfileobj(written, file, 1 << 22)


WRITER = Writer("MATLAB 7.3", (".mat73",), nothing_is_lost, write, precision=0.0)
