"""What every reader must hold, old and new: shared tests over all registered formats.

A reader with a writer is tested on what the writer writes; one without needs an entry in ``format_examples.BY_HAND``.
"""

from pathlib import Path

import numpy as np
import pytest
from format_examples import EXAMPLES, READERS

from hipspine import plugins
from hipspine.errors import FormatError
from hipspine.formats.reader import Reader
from hipspine.formats.source import Source
from hipspine.signals.recording import Recording
from hipspine.workflows.reading import open_recording

MUTATIONS = 250


every_reader = pytest.mark.parametrize("reader", READERS.values(), ids=READERS.keys())


def _one_sentence(error: FormatError, name: str) -> None:
    message = str(error)
    assert message.startswith(name)
    assert "\n" not in message
    assert len(message) < 400


def _read_or_refuse(reader: Reader, data: bytes, name: str) -> Recording | None:
    try:
        recording = reader.recording(Source(Path(name), data))
    except FormatError as error:
        _one_sentence(error, name)
        return None
    assert recording.streams
    return recording


def test_every_registered_reader_has_an_example_here() -> None:
    assert set(EXAMPLES) == set(READERS)


@every_reader
def test_the_example_is_recognised_by_its_reader_alone(reader: Reader) -> None:
    head = EXAMPLES[reader.name]()[:4096]
    assert next(other.name for other in READERS.values() if other.recognises(head, reader.suffixes[0])) == reader.name


@every_reader
def test_the_content_decides_not_the_suffix(reader: Reader, tmp_path: Path) -> None:
    for suffix in (".csv", ".c3d", ".sto", ".bin", ""):
        path = tmp_path / f"walk{suffix}"
        path.write_bytes(EXAMPLES[reader.name]())
        assert open_recording(path).format == reader.name


@every_reader
def test_streams_are_in_si_and_on_one_clock(reader: Reader) -> None:
    recording = reader.recording(Source(Path("x"), EXAMPLES[reader.name]()))
    units = {channel.unit for stream in recording.streams for channel in stream.channels}
    assert units <= {"V", "rad", "N", "N m", "m", "m/s^2", "rad/s", ""}
    assert recording.format == reader.name
    assert recording.duration_s > 0.5
    assert all(recording.first_time_s <= event.time_s <= recording.first_time_s + recording.duration_s for event in recording.events)


@every_reader
def test_a_path_may_hold_any_letters(reader: Reader, tmp_path: Path) -> None:
    path = tmp_path / f"Übung — größer 步行{reader.suffixes[0]}"
    path.write_bytes(EXAMPLES[reader.name]())
    assert open_recording(path).name == path.name


@every_reader
def test_the_same_bytes_give_the_same_recording(reader: Reader) -> None:
    data = EXAMPLES[reader.name]()
    first, second = reader.recording(Source(Path("x"), data)), reader.recording(Source(Path("x"), data))
    assert [s.channels for s in first.streams] == [s.channels for s in second.streams]
    assert all(np.array_equal(a.values, b.values, equal_nan=True) for a, b in zip(first.streams, second.streams, strict=True))


@every_reader
def test_an_empty_or_blank_file_is_refused(reader: Reader) -> None:
    for data in (b"", b"\n\n  \n", b"\0" * 600):
        with pytest.raises(FormatError):
            reader.recording(Source(Path("x.bin"), data))


@every_reader
def test_a_file_cut_anywhere_is_refused_or_read_as_far_as_it_is_whole(reader: Reader) -> None:
    data = EXAMPLES[reader.name]()
    whole = reader.recording(Source(Path("cut.x"), data))
    for length in np.unique(np.linspace(0, len(data) - 1, 120).astype(int)):
        recording = _read_or_refuse(reader, data[:length], "cut.x")
        if recording is not None:
            assert recording.duration_s <= whole.duration_s + 1e-6


@every_reader
def test_damaged_bytes_give_a_sentence_and_never_a_traceback(reader: Reader) -> None:
    original, dice = EXAMPLES[reader.name](), np.random.default_rng(20_261_122)
    refused = 0
    for _ in range(MUTATIONS):
        data = bytearray(original)
        zone = len(data) if dice.random() < 0.3 else min(len(data), 2500)
        for place in dice.integers(0, zone, size=int(dice.integers(1, 6))):
            data[place] = int(dice.integers(0, 256))
        if dice.random() < 0.2:
            cut = int(dice.integers(0, len(data)))
            data = data[:cut] + data[cut + int(dice.integers(1, 50)) :]
        refused += _read_or_refuse(reader, bytes(data), "damaged.x") is None
    assert refused > 0  # the damage was real; each sentence was looked at on its way


@every_reader
def test_pure_noise_is_refused(reader: Reader) -> None:
    dice = np.random.default_rng(3)
    for _ in range(30):
        with pytest.raises(FormatError):
            reader.recording(Source(Path("noise.x"), dice.bytes(int(dice.integers(1, 5000)))))


@every_reader
def test_foreign_bytes_are_refused_by_each_reader(reader: Reader) -> None:
    for name, example in EXAMPLES.items():
        table = b"\0" not in example()  # a table of numbers in any text format: the one for text may make sense of it
        if name != reader.name and not (table and reader.name == "delimited text"):
            with pytest.raises(FormatError):
                reader.recording(Source(Path("foreign.x"), example()))


def test_a_missing_file_a_folder_and_an_unknown_format_are_explained(tmp_path: Path) -> None:
    (tmp_path / "x.pdf").write_bytes(b"%PDF-1.7 and so on")
    (tmp_path / "empty.c3d").write_bytes(b"")
    for path, words in (
        (tmp_path / "no.c3d", "no such file"),
        (tmp_path, "folder"),
        (tmp_path / "x.pdf", "no known format"),
        (tmp_path / "empty.c3d", "empty"),
    ):
        with pytest.raises(FormatError, match=words):
            open_recording(path)


def test_a_broken_file_of_a_known_suffix_is_explained_by_its_reader(tmp_path: Path) -> None:
    path = tmp_path / "walk.c3d"
    path.write_bytes(b"\x07" * 3000)
    with pytest.raises(FormatError, match=r"walk.c3d: not a C3D file"):
        open_recording(path)


def test_errors_that_no_reader_foresaw_still_become_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(path: Path, data: bytes) -> Recording:
        raise ZeroDivisionError("float division\nby zero")

    broken = Reader("broken", (".zzz",), lambda head, suffix: suffix == ".zzz", read)
    monkeypatch.setattr(plugins, "find", lambda *args, **kwargs: {"broken": broken})
    path = tmp_path / "a.zzz"
    path.write_bytes(b"1")
    with pytest.raises(FormatError) as caught:
        open_recording(path)
    _one_sentence(caught.value, "a.zzz: cannot be read as broken")
