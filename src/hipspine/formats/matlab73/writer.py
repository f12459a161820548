"""Write a recording as a MATLAB 7.3 file: the layout of `tree.ours` in HDF5 behind MATLAB's text; for what exceeds 2 GB of level 5."""

from typing import BinaryIO

from hipspine.formats.hdf5.writer import through_a_file
from hipspine.formats.writer import Writer, nothing_is_lost
from hipspine.signals.recording import Recording


def write(recording: Recording, file: BinaryIO, name: str) -> None:
    """Write the recording to a MATLAB 7.3 file that reads back the same; the same recording gives the same bytes."""
    through_a_file("matlab73.writer_bytes", recording, file, name)


WRITER = Writer("MATLAB 7.3", (".mat73",), nothing_is_lost, write, precision=0.0)
