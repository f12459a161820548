"""EDF+ and BDF+ that hipspine writes: what other programs see, what reads back, and what anonymising leaves."""

import io
import math
from collections.abc import Sequence
from pathlib import Path

import edfio
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hipspine.errors import FormatError
from hipspine.formats.bdf import reader as bdf
from hipspine.formats.bdf import writer as bdf_write
from hipspine.formats.edf import reader as edf
from hipspine.formats.edf import writer as edf_write
from hipspine.formats.edf.scale import record_duration, scale_of
from hipspine.formats.lazy import Lazy
from hipspine.formats.reader import Reader
from hipspine.formats.source import Source
from hipspine.formats.writer import Writer
from hipspine.signals.recording import Channel, Event, Recording, Stream
from hipspine.terms import Side, StreamKind

DATA = Path(__file__).parents[1].parent / "shared" / "data" / "edf_xdf"
BOTH: Sequence[tuple[Writer, Reader]] = ((edf_write.WRITER, edf.READER), (bdf_write.WRITER, bdf.READER))
both = pytest.mark.parametrize(("writer", "reader"), BOTH, ids=["EDF", "BDF"])
PERSON = {
    "name": "Erika Mustermann", "birth date": "1951-05-02", "sex": "female", "code": "MCH-0234567", "technician": "Nils Neumann",
    "investigation": "PSG-1234", "recording date": "2002-03-02", "time of day": "16:13:05", "hospital": "Klinikum Köln",
}  # fmt: skip


def stream(kind: StreamKind, rate_hz: float, start_s: float, samples: int, *labels: str, seed: int = 0, size: float = 1e-4) -> Stream:
    unit = {StreamKind.EMG: "V", StreamKind.ANGLE: "rad", StreamKind.IMU: "m/s^2"}.get(kind, "")
    values = np.random.default_rng(seed).normal(size=(len(labels), samples)) * size
    return Stream(kind, rate_hz, start_s, tuple(Channel(label, unit=unit) for label in labels), values)


def recording(*streams: Stream, **changes: object) -> Recording:
    return Recording("x", "made here", streams or (stream(StreamKind.EMG, 1000.0, 0.0, 2500, "GMAX_L", "BF_L"),), **changes)  # type: ignore[arg-type]


def written(what: Recording, writer: Writer = edf_write.WRITER) -> bytes:
    file = io.BytesIO()
    writer.write(what, file, "x")
    return file.getvalue()


def read_back(data: bytes, reader: Reader = edf.READER) -> Recording:
    return reader.recording(Source(Path("x"), data))


def anonymised(data: bytes, reader: Reader = edf.READER) -> tuple[bytes, tuple[str, ...]]:
    out = io.BytesIO()
    assert reader.anonymise is not None
    said = reader.anonymise(Source(Path("x"), data), out)
    return out.getvalue(), said


# ------------------------------------------------------------------------------------------------------------ other programs


@both
def test_edfio_reads_the_same_numbers_rates_labels_and_annotations(writer: Writer, reader: Reader) -> None:
    angle = stream(StreamKind.ANGLE, 100.0, 0.0, 250, "trunk_flexion", seed=2, size=1.0)
    events = (Event("foot strike", 0.25, Side.LEFT), Event("cue", 1.5))
    before = recording(stream(StreamKind.EMG, 1000.0, 0.0, 2500, "GMAX_L", "ES_R"), angle, events=events, about={"simulated": "yes"})
    data = io.BytesIO(written(before, writer))
    judge = edfio.read_edf(data) if writer.name == "EDF" else edfio.read_bdf(data)
    assert [(s.label, s.sampling_frequency, s.physical_dimension) for s in judge.signals] == [
        ("GMAX_L", 1000.0, "uV"), ("ES_R", 1000.0, "uV"), ("trunk_flexion", 100.0, "rad")]  # fmt: skip
    expected = [*(row * 1e6 for row in before.streams[0].values), angle.values[0]]
    for signal, values in zip(judge.signals, expected, strict=True):
        np.testing.assert_allclose(signal.data[: values.size], values, rtol=0, atol=writer.precision * np.abs(values).max())
    texts = {(a.onset, a.text) for a in judge.annotations}
    assert {(0.25, "left foot strike"), (1.5, "cue"), (0.0, "hipspine about simulated: yes")} <= texts
    assert judge.local_patient_identification == "X X X X"
    assert judge.local_recording_identification == "Startdate X X X X"


def test_without_our_notes_the_file_reads_as_any_other() -> None:
    data = written(recording(stream(StreamKind.EMG, 1000.0, 0.0, 3000, "GMAX_L"), events=(Event("foot strike", 1.25, Side.LEFT),)))
    back = read_back(data.replace(b"hipspine note", b"somebody note"))
    assert [(c.label, c.muscle, c.side, c.unit) for c in back.streams[0].channels] == [("GMAX_L", "gluteus_maximus", Side.LEFT, "V")]
    assert Event("foot strike", 1.25, Side.LEFT) in back.events


def test_a_file_that_was_changed_since_is_read_by_its_own_header_and_says_so() -> None:
    data = written(recording(stream(StreamKind.EMG, 1000.0, 7.0, 3000, "GMAX_L")))
    back = read_back(data.replace(b"GMAX_L          ", b"GMAX_R          ", 1))
    assert [(c.label, c.side) for c in back.streams[0].channels] == [("GMAX_R", Side.RIGHT)]
    assert back.first_time_s == 0.0
    assert any("was changed since hipspine wrote it" in warning for warning in back.warnings)


# ----------------------------------------------------------------------------------------------------------------- round trip


@both
def test_three_rates_late_starts_different_lengths_and_gaps_read_back(writer: Writer, reader: Reader) -> None:
    streams = (
        stream(StreamKind.EMG, 1925.925925925926, 3.0, 5000, "GMAX_L", "a label that is far longer than sixteen letters", seed=1),
        stream(StreamKind.IMU, 148.14814814814815, 3.0123, 300, "ACC X", "ACC Y", seed=2, size=9.0),
        stream(StreamKind.ANGLE, 1259.2592592592594, 3.5, 1000, "trunk_flexion", "Winkel größer", "EDF Annotations", "Status", seed=3),
    )
    streams[0].values.setflags(write=True)
    streams[0].values[1, 100:200] = np.nan
    back = read_back(written(recording(*streams), writer), reader)
    assert [(s.rate_hz, s.start_s, s.values.shape) for s in back.streams] == [(s.rate_hz, s.start_s, s.values.shape) for s in streams]
    assert [c.label for s in back.streams for c in s.channels] == [c.label for s in streams for c in s.channels]
    for one, other in zip(back.streams, streams, strict=True):
        np.testing.assert_allclose(one.values, other.values, rtol=0, atol=writer.precision * np.nanmax(np.abs(other.values)))
    assert back.warnings == ()
    assert back.events == ()


@both
def test_a_missing_sample_stays_missing_after_the_end_of_a_file_was_lost(writer: Writer, reader: Reader) -> None:
    emg = stream(StreamKind.EMG, 1000.0, 0.0, 5000, "GMAX_L")
    emg.values.setflags(write=True)
    emg.values[0, 300:400] = np.nan
    data = written(recording(emg), writer)
    back = read_back(data[:-1000], reader)
    np.testing.assert_array_equal(np.flatnonzero(np.isnan(back.streams[0].values[0])), np.arange(300, 400))
    assert any("its end is missing" in warning for warning in back.warnings)


def test_what_other_programs_recorded_can_be_written_and_read_again() -> None:
    path = DATA / "short_psg.edf"
    if not path.exists():
        pytest.skip(f"{path} is not there")
    for writer, reader in BOTH:
        one = edf.READER.recording(Source(path))
        two = read_back(written(one, writer), reader)
        assert [(s.kind, s.rate_hz, s.channels) for s in two.streams] == [(s.kind, s.rate_hz, s.channels) for s in one.streams]
        assert (two.about, two.person) == (one.about, one.person)
        for before, after in zip(one.streams, two.streams, strict=True):
            np.testing.assert_allclose(after.values, before.values, rtol=0, atol=writer.precision * np.abs(before.values).max())


@both
def test_events_of_any_words_keep_their_words_side_and_time(writer: Writer, reader: Reader) -> None:
    labels = ["foot strike", "left turn", "hipspine note 1/1: x", "no side: x", "RHS", "größer"]
    events = tuple(Event(label, 0.1 * i - 0.2, side) for i, label in enumerate(labels) for side in (None, Side.LEFT, Side.RIGHT))
    back = read_back(written(recording(events=events), writer), reader)
    assert [(e.label, e.side) for e in back.events] == [(e.label, e.side) for e in events]
    assert [e.time_s for e in back.events] == pytest.approx([e.time_s for e in events], abs=1e-9)


@settings(max_examples=300, deadline=None)
@given(st.floats(1e-20, 1e20), st.integers(0, 2**32), st.sampled_from([32767, 8388607]))
def test_a_second_quantisation_changes_nothing(largest: float, seed: int, top: int) -> None:
    values = np.random.default_rng(seed).uniform(-1, 1, 50)
    values *= largest / np.abs(values).max()
    scale = scale_of(float(np.abs(values).max()), top)
    digital = scale.digital(values)
    read = digital * (scale.step * 10.0**scale.power)
    again = scale_of(float(np.abs(read).max()), top)
    assert (again.text, again.power) == (scale.text, scale.power)
    np.testing.assert_array_equal(again.digital(read), digital)
    assert len(f"-{scale.text}") <= 8
    assert np.abs(read - values).max() <= 1.001 / top * largest


@pytest.mark.parametrize(
    "rates_hz", [(1000.0,), (2000.0, 148.148148, 100.0), (1259.259259, 1925.925926), (0.01, 50.0), (512.37,), (999.98731, 500.0123)]
)
def test_a_record_holds_whole_numbers_of_samples_at_every_rate(rates_hz: tuple[float, ...]) -> None:
    duration, samples = record_duration(rates_hz, 2, 60.0, "x")
    assert len(duration) <= 8
    assert [count / float(duration) for count in samples] == pytest.approx(rates_hz, rel=1e-6)


def test_what_cannot_be_held_is_refused_with_advice() -> None:
    far = recording(stream(StreamKind.EMG, 1000.0, 0.0, 500, "A"), stream(StreamKind.EMG, 1000.0, 9e4, 500, "B"))
    odd = recording(*(stream(StreamKind.EMG, 100 * math.pi ** (i / 5) + 1e-4 * i, 0.0, 500, str(i)) for i in range(9)))
    for what, words in ((far, "too far apart"), (odd, "no duration of a record"), (Recording("x", "x", ()), "no samples")):
        with pytest.raises(FormatError, match=f"^x: .*{words}"):
            written(what)


def test_a_long_recording_is_written_and_read_a_part_at_a_time() -> None:
    asked: list[int] = []

    def read(rows: np.ndarray, start: int, stop: int) -> np.ndarray:
        asked.append(rows.size * (stop - start))
        return np.sin(np.arange(start, stop) / 50) + np.zeros((rows.size, 1))

    channels = tuple(Channel(f"EMG {i}", unit="V") for i in range(4))
    data = written(recording(Stream(StreamKind.EMG, 2000.0, 0.0, channels, Lazy((4, 1_500_000), read))))
    assert max(asked) <= 1 << 21
    values = read_back(data).streams[0].values
    assert isinstance(values, Lazy)
    np.testing.assert_allclose(
        values[2, 999_000:1_001_000], np.sin(np.arange(999_000, 1_001_000) / 50), rtol=0, atol=edf_write.WRITER.precision
    )


# -------------------------------------------------------------------------------------------------------------------- people


@both
def test_a_person_that_is_kept_reads_back_and_none_is_written_without_one(writer: Writer, reader: Reader) -> None:
    assert read_back(written(recording(person=PERSON), writer), reader).person == PERSON
    data = written(recording(), writer)
    assert read_back(data, reader).person == {}
    assert data[8:184].split() == [b"X"] * 4 + [b"Startdate"] + [b"X"] * 4 + [b"01.01.8500.00.00"]


@both
def test_person_fields_that_do_not_fit_the_header_are_kept_beside_it(writer: Writer, reader: Reader) -> None:
    odd = {"name": "Name_with_underscores", "code": "X", "sex": "divers", "birth date": "spring 1951", "technician": "t" * 90, "age": "33"}
    assert read_back(written(recording(person=odd), writer), reader).person == odd


PLANTED = ("Mustermann", "Erika", "0234567", "1951", "Neumann", "PSG-1234", "2002", "Köln", "16:13", "16.13", "02.03.02", "MAY")


@both
def test_anonymising_our_own_files_leaves_no_word_of_the_person_and_every_sample(writer: Writer, reader: Reader) -> None:
    before = recording(
        person=PERSON, events=(Event("Erika Mustermann coughs", 1.0), Event("foot strike", 1.5, Side.LEFT)), about={"cue": "go"}
    )
    data = written(before, writer)
    clean, said = anonymised(data, reader)
    for word in PLANTED:
        for coding in ("utf-8", "latin-1", "utf-16-le"):
            assert word.encode(coding) not in clean
        assert all(word not in sentence for sentence in said)
    one, other = read_back(data, reader), read_back(clean, reader)
    np.testing.assert_array_equal(one.streams[0].values, other.streams[0].values)
    assert other.person == {}
    assert other.about == {"cue": "go"}
    assert Event("foot strike", 1.5, Side.LEFT) in other.events
    assert [e.time_s for e in one.events] == [e.time_s for e in other.events]
    assert len(clean) == len(data)


def _foreign(width: int) -> bytes:
    """A file as another program may write it, its person in every corner."""
    data = bytearray(written(recording(stream(StreamKind.EMG, 1000.0, 0.0, 2000, "GMAX_L", "Max L")), BOTH[width - 2][0]))
    data = bytearray(bytes(data).replace(b"hipspine note", b"somebody note"))
    for at, text in ((8, b"MCH-0234567 F 02-MAY-1951 Erika_M\xfcller"), (88, b"Startdate 02-MAR-2002 PSG-1234 Neumann Max"),
                     (168, b"02.03.0216.13.05"), (197, b"for Erika M\xfcller"), (256 + 3 * 16, b"electrodes of Neumann"),
                     (256 + 3 * 136, b"HP:20Hz psg-1234"), (256 + 3 * 224, b"seen by Neumann")):  # fmt: skip
        data[at : at + len(text)] = text
    return bytes(data) + b"Erika behind the last record"


@both
def test_anonymising_finds_the_person_in_reserved_fields_transducers_filters_and_behind_the_end(writer: Writer, reader: Reader) -> None:
    data = _foreign(2 if writer.name == "EDF" else 3)
    clean, said = anonymised(data, reader)
    for word in (
        b"Erika",
        b"M\xfcller",
        b"0234567",
        b"1951",
        b"MAY",
        b"Neumann",
        b"PSG-1234",
        b"psg-1234",
        b"2002",
        b"02.03.02",
        b"16.13.05",
    ):
        assert word in data
        assert word not in clean
    assert b"HP:20Hz" in clean
    assert b"Max L" in clean
    assert any("bytes after the last record were left out" in sentence for sentence in said)
    one, other = read_back(data, reader), read_back(clean, reader)
    np.testing.assert_array_equal(np.asarray(one.streams[0].values), np.asarray(other.streams[0].values))
    assert other.person == {}


def test_words_of_the_measurement_in_a_free_field_stay_in_labels_and_annotations() -> None:
    data = bytearray(written(recording(events=(Event("foot strike", 0.5, Side.LEFT),))).replace(b"hipspine note", b"somebody note"))
    text = b"left gluteus GMAX_L foot trial 3 Beispielmann"
    data[8 : 8 + len(text)] = text
    clean, _ = anonymised(bytes(data))
    assert b"Beispielmann" not in clean
    assert Event("foot strike", 0.5, Side.LEFT) in read_back(clean).events


@pytest.mark.parametrize("name", ["short_psg.edf", "test_subsecond.edf"])
def test_anonymising_the_real_files_keeps_their_records_bit_for_bit(name: str) -> None:
    path = DATA / name
    if not path.exists():
        pytest.skip(f"{path} is not there")
    data = path.read_bytes()
    clean, said = anonymised(data)
    start = int(data[184:192])
    assert clean[start:] == data[start:]
    assert clean[256:start] == data[256:start]
    assert clean[8:184] == b"X X X X".ljust(80) + b"Startdate X X X X".ljust(80) + b"01.01.8500.00.00"
    assert len(said) >= 3
    again, nothing = anonymised(clean)
    assert again == clean
    assert [sentence for sentence in nothing if "emptied" in sentence] == []


def test_a_record_is_no_longer_than_the_specification_recommends() -> None:
    wide = stream(StreamKind.EMG, 4000.0, 0.0, 8000, *(f"EMG {i}" for i in range(16)))
    judge = edfio.read_edf(io.BytesIO(written(recording(wide))))
    assert judge.data_record_duration * 4000 * 16 * 2 <= 61440
