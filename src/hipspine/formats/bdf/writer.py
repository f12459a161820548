"""Write a recording as BDF+: as EDF+, with samples of 24 bits."""

from typing import BinaryIO

from hipspine.formats.edf.writer import write
from hipspine.formats.writer import Writer, nothing_is_lost
from hipspine.signals.recording import Recording


def _write_bdf(recording: Recording, file: BinaryIO, name: str) -> None:
    write(recording, file, name, width=3)


WRITER = Writer("BDF", (".bdf",), nothing_is_lost, _write_bdf, precision=1.001 / 8388607)
