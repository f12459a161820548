"""The part of the HDF5 writer that needs h5py."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from hipspine.formats.ours import statement_text
from hipspine.formats.tree.ours import NOTE, VERSION, named_streams, written
from hipspine.signals.recording import Recording, Stream

_CHUNK = 1 << 15  # numbers in a chunk
_STEP = 1 << 19  # numbers written at a time


def write_file(recording: Recording, path: Path) -> None:
    """Write the recording to this path."""
    with h5py.File(path, "w", libver="earliest", track_order=True) as file:
        for title, stream in named_streams(recording):
            _write_stream(file.create_group(title, track_order=True), stream)
        if recording.events:
            group = file.create_group("events", track_order=True)
            _texts(group, "labels", [event.label for event in recording.events])
            _put(group, "times_s", np.array([event.time_s for event in recording.events]))
            _texts(group, "sides", [str(event.side or "") for event in recording.events])
        note = file.create_group(NOTE, track_order=True)
        texts = {"streams": statement_text(recording), "about": written(recording.about), "person": written(recording.person)}
        for key, text in texts.items():
            _texts(note, key, [text])
        _put(note, "version", np.float64(VERSION))


def _write_stream(group: Any, stream: Stream) -> None:
    channels, samples = stream.values.shape
    rows = max(1, min(samples, _CHUNK // max(channels, 1)))
    data = group.create_dataset(
        "data", (samples, channels), "<f8", chunks=(rows, channels), compression="gzip", compression_opts=4, shuffle=True, track_times=False
    )
    step = max(rows, _STEP // max(channels, 1) // rows * rows)
    for start in range(0, samples, step):
        stop = min(start + step, samples)
        data[start:stop] = np.asarray(stream.values[:, start:stop]).T
    _put(group, "fs", np.float64(stream.rate_hz))
    _put(group, "start_s", np.float64(stream.start_s))
    _texts(group, "labels", [channel.label for channel in stream.channels])
    _texts(group, "units", [channel.unit for channel in stream.channels])
    _texts(group, "muscles", [channel.muscle or "" for channel in stream.channels])
    _texts(group, "sides", [str(channel.side or "") for channel in stream.channels])
    _texts(group, "kind", [str(stream.kind)])
    _texts(group, "name", [stream.name])


def _put(group: Any, name: str, value: Any) -> None:
    group.create_dataset(name, data=value, track_times=False)


def _texts(group: Any, name: str, texts: Sequence[str]) -> None:
    """Texts of equal width, in UTF-8."""
    raw = [text.encode("utf-8") for text in texts]
    kind = h5py.string_dtype("utf-8", max([1, *(len(text) for text in raw)]))
    group.create_dataset(name, data=np.array(raw, dtype=kind), track_times=False)
