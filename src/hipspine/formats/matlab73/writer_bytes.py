"""The part of the MATLAB 7.3 writer that needs h5py: structs are groups, texts are numbers of letters, cells are references."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from hipspine.formats.matlab.userblock import HEADER_TEXT, USERBLOCK, put_header
from hipspine.formats.ours import statement_text
from hipspine.formats.tree.ours import NOTE, VERSION, named_streams, written
from hipspine.signals.recording import Recording, Stream

_CHUNK = 1 << 15
_STEP = 1 << 19


def write_file(recording: Recording, path: Path) -> None:
    """Write the recording to this path."""
    with h5py.File(path, "w", libver="earliest", userblock_size=USERBLOCK) as file:
        box = _Box(file)
        for title, stream in named_streams(recording):
            _write_stream(box, box.struct(title), stream)
        if recording.events:
            group = box.struct("events")
            box.cell(group, "labels", [event.label for event in recording.events])
            box.numbers(group, "times_s", [event.time_s for event in recording.events])
            box.cell(group, "sides", [str(event.side or "") for event in recording.events])
        note = box.struct(NOTE)
        for key, text in (
            ("streams", statement_text(recording)),
            ("about", written(recording.about)),
            ("person", written(recording.person)),
        ):
            box.text(note, key, text)
        box.numbers(note, "version", [VERSION])
    put_header(path, HEADER_TEXT)


class _Box:
    """An open file, and the cellar for the members of its cells."""

    def __init__(self, file: Any) -> None:
        self.file, self.count = file, 0

    def struct(self, name: str) -> Any:
        group = self.file.create_group(name)
        _mark(group, "struct")
        return group

    def numbers(self, group: Any, name: str, values: Sequence[float]) -> None:
        _mark(group.create_dataset(name, data=np.array([values], dtype="<f8"), track_times=False), "double")

    def text(self, group: Any, name: str, text: str) -> Any:
        letters = np.frombuffer(text.encode("utf-16-le"), "<u2")
        if not letters.size:
            data = group.create_dataset(name, data=np.zeros(2, "<u8"), track_times=False)
            data.attrs.create("MATLAB_empty", np.uint8(1))
        else:
            data = group.create_dataset(name, data=letters.reshape(-1, 1), track_times=False)
        _mark(data, "char")
        data.attrs.create("MATLAB_int_decode", np.int32(2))
        return data

    def cell(self, group: Any, name: str, texts: Sequence[str]) -> None:
        cellar = self.file.require_group("#refs#")
        found = []
        for text in texts:
            self.count += 1
            found.append(self.text(cellar, f"c{self.count}", text).ref)
        _mark(group.create_dataset(name, data=np.array([found], dtype=h5py.ref_dtype), dtype=h5py.ref_dtype, track_times=False), "cell")


def _write_stream(box: _Box, group: Any, stream: Stream) -> None:
    channels, samples = stream.values.shape
    width = max(1, min(samples, _CHUNK // max(channels, 1)))
    data = group.create_dataset(
        "data",
        (channels, samples),
        "<f8",
        chunks=(channels, width),
        compression="gzip",
        compression_opts=4,
        shuffle=True,
        track_times=False,
    )
    _mark(data, "double")
    step = max(width, _STEP // max(channels, 1) // width * width)
    for start in range(0, samples, step):
        data[:, start : start + step] = np.asarray(stream.values[:, start : min(start + step, samples)])
    box.numbers(group, "fs", [stream.rate_hz])
    box.numbers(group, "start_s", [stream.start_s])
    box.cell(group, "labels", [channel.label for channel in stream.channels])
    box.cell(group, "units", [channel.unit for channel in stream.channels])
    box.text(group, "kind", str(stream.kind))
    box.text(group, "name", stream.name)


def _mark(place: Any, kind: str) -> None:
    place.attrs.create("MATLAB_class", np.bytes_(kind))
