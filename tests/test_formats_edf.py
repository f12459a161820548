"""EDF and BDF as recorders write them: every field of the header by hand, the dialects that exist, and edfio as the judge."""

import io
import struct
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import edfio
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hipspine.errors import FormatError
from hipspine.formats.bdf import reader as bdf
from hipspine.formats.edf import reader as edf
from hipspine.formats.source import Source
from hipspine.signals.recording import Recording
from hipspine.terms import ChannelStatus, Side, StreamKind

DATA = Path(__file__).parents[1].parent / "shared" / "data" / "edf_xdf"


@dataclass
class Signal:
    """One signal and its digital numbers."""

    label: str | bytes
    digital: np.ndarray  # all records one after the other
    unit: str | bytes = "uV"
    physical: tuple[str, str] = ("-3276.8", "3276.7")
    range: tuple[str, str] = ("-32768", "32767")
    transducer: str = ""
    prefilter: str = ""
    samples: str = ""  # in a record, where the header lies about it
    reserved: str = ""


@dataclass
class File:
    """An EDF or BDF file, field by field; the numbers in the header are right unless given."""

    signals: Sequence[Signal]
    records: int = 5
    duration: str = "1"
    lists: Sequence[bytes] = ()  # annotation bytes of each record, if the file has any
    plus: str = ""  # reserved field
    fields: Mapping[str, str] = field(default_factory=dict)
    width: int = 2
    room: int = 120  # bytes of annotations in a record

    def __bytes__(self) -> bytes:
        signals = [*self.signals]
        kind = "EDF" if self.width == 2 else "BDF"
        if self.lists:
            signals.append(Signal(f"{kind} Annotations", np.zeros(0), "", ("-1", "1")))
        sizes = [s.digital.size // self.records if s.digital.size else self.room // self.width for s in signals]
        wanted = {
            "version": "0" if self.width == 2 else b"\xffBIOSEMI", "patient": "X X X X", "recording": "Startdate X X X X",
            "date": "01.01.85", "time": "00.00.00", "bytes": str(256 * (len(signals) + 1)), "reserved": self.plus,
            "records": str(self.records), "duration": self.duration, "count": str(len(signals)), **self.fields,
        }  # fmt: skip
        head = b"".join(_padded(text, n) for text, n in zip(wanted.values(), (8, 80, 80, 8, 8, 8, 44, 8, 8, 4), strict=True))
        rows: list[tuple[int, Callable[[Signal, int], str | bytes]]] = [
            (16, lambda s, n: s.label), (80, lambda s, n: s.transducer), (8, lambda s, n: s.unit), (8, lambda s, n: s.physical[0]),
            (8, lambda s, n: s.physical[1]), (8, lambda s, n: s.range[0]), (8, lambda s, n: s.range[1]), (80, lambda s, n: s.prefilter),
            (8, lambda s, n: s.samples or str(n)), (32, lambda s, n: s.reserved),
        ]  # fmt: skip
        for n, get in rows:
            head += b"".join(_padded(get(s, size), n) for s, size in zip(signals, sizes, strict=True))
        body = b""
        for record in range(self.records):
            for signal, size in zip(signals, sizes, strict=True):
                if signal.digital.size:
                    body += _stored(signal.digital[record * size : (record + 1) * size], self.width)
                else:
                    body += self.lists[record].ljust(size * self.width, b"\0")
        return head + body


def _padded(text: str | bytes, width: int) -> bytes:
    raw = text if isinstance(text, bytes) else text.encode("latin-1")
    return raw.ljust(width)[:width]


def _stored(digital: np.ndarray, width: int) -> bytes:
    return b"".join(struct.pack("<i", int(value))[:width] for value in digital)


def noise(count: int, seed: int = 1, top: int = 20000) -> np.ndarray:
    return np.random.default_rng(seed).integers(-top, top, count)


def tal(time_s: float | str, *texts: str, duration: str = "") -> bytes:
    onset = time_s if isinstance(time_s, str) else f"{time_s:+g}"
    return (onset + (f"\x15{duration}" if duration else "")).encode() + "".join(f"\x14{text}" for text in texts).encode() + b"\x14\0"


def emg(label: str | bytes = "GMAX_L", seed: int = 1, **changes: object) -> Signal:
    return Signal(label, noise(500, seed), **changes)  # type: ignore[arg-type]


def opened(file: File | bytes, name: str = "x.edf") -> Recording:
    data = bytes(file)
    return (bdf if data[:1] == b"\xff" else edf).READER.recording(Source(Path(name), data))


def channels(recording: Recording) -> dict[str, np.ndarray]:
    return {c.label: np.asarray(s.values[i]) for s in recording.streams for i, c in enumerate(s.channels)}


# ------------------------------------------------------------------------------------------------------------ the real files


@pytest.mark.parametrize("name", ["short_psg.edf", "test_subsecond.edf"])
def test_every_sample_of_the_real_files_is_that_of_edfio(name: str) -> None:
    path = DATA / name
    if not path.exists():
        pytest.skip(f"{path} is not there")
    ours, judge = channels(edf.READER.recording(Source(path))), edfio.read_edf(path)
    assert set(ours) == {signal.label for signal in judge.signals}
    for signal in judge.signals:
        scale = 1e-6 if signal.physical_dimension == "uV" else 1.0
        np.testing.assert_allclose(ours[signal.label], signal.data * scale, rtol=1e-12, atol=1e-18)


def test_annotations_of_the_real_file_count_from_its_first_sample_as_in_edfio() -> None:
    path = DATA / "test_subsecond.edf"
    if not path.exists():
        pytest.skip(f"{path} is not there")
    ours, judge = edf.READER.recording(Source(path)), edfio.read_edf(path)
    assert [(e.label, e.time_s) for e in ours.events] == [(a.text, pytest.approx(a.onset)) for a in judge.annotations]
    assert ours.duration_s == 698.0


# ----------------------------------------------------------------------------------------------------------- what it reads as


def test_the_scale_of_the_header_gives_volts() -> None:
    recording = opened(File([emg(physical=("-5000", "5000"), range=("-2048", "2047"), unit="uV")]))
    digital = noise(500)
    np.testing.assert_allclose(channels(recording)["GMAX_L"], ((digital + 2048) * 10000 / 4095 - 5000) * 1e-6, rtol=1e-12, atol=1e-18)


@pytest.mark.parametrize(("unit", "factor", "si"), [
    ("uV", 1e-6, "V"), (b"\xb5V", 1e-6, "V"), ("\xb5V".encode(), 1e-6, "V"), ("mV", 1e-3, "V"), ("V", 1.0, "V"), ("nV", 1e-9, "V"),
    ("microvolts", 1e-6, "V"), ("millivolts", 1e-3, "V"), ("DegC", 1.0, "DegC"), ("mmHg", 1.0, "mmHg"), ("N", 1.0, "N"),
    ("deg", np.pi / 180, "rad"),
])  # fmt: skip
def test_units_in_the_spellings_of_real_headers_become_si(unit: str | bytes, factor: float, si: str) -> None:
    stream = opened(File([emg(unit=unit)])).streams[0]
    assert stream.channels[0].unit == si
    np.testing.assert_allclose(stream.values[0], noise(500) * 0.1 * factor, rtol=1e-9, atol=1e-15)


def test_each_rate_is_a_stream_and_each_muscle_has_its_side() -> None:
    slow = Signal("Knee flexion L", noise(50), "deg")
    recording = opened(File([emg("EMG GMAX L"), slow, emg("EMG-Lt. BF", 2)], duration="0,5"))
    assert [(s.kind, s.rate_hz, s.values.shape) for s in recording.streams] == [
        (StreamKind.EMG, 200.0, (2, 500)), (StreamKind.ANGLE, 20.0, (1, 50))]  # fmt: skip
    assert [(c.muscle, c.side) for c in recording.streams[0].channels] == [("gluteus_maximus", Side.LEFT), ("biceps_femoris", Side.LEFT)]


def test_annotations_become_events_on_the_clock_of_the_first_sample() -> None:
    lists = [
        tal("+0.25", "") + tal(1.5, "left foot strike") + tal(2, "Anmerkung: müde", duration="0.5"),
        *(tal(i + 0.25, "") for i in range(1, 5)),
    ]
    recording = opened(File([emg()], lists=lists, plus="EDF+C"))
    assert [(e.label, e.time_s, e.side) for e in recording.events] == [
        ("foot strike", 1.25, Side.LEFT), ("Anmerkung: müde", 1.75, None), ("Anmerkung: müde (end)", 2.25, None)]  # fmt: skip
    assert recording.first_time_s == 0.0


def test_a_latin_1_annotation_and_two_texts_at_one_moment_are_read() -> None:
    lists = [tal(0, "") + b"+1\x14tr\xe4ge\x14R\xfcckenlage\x14\0", *(tal(i, "") for i in range(1, 5))]
    assert [e.label for e in opened(File([emg()], lists=lists, plus="EDF+C")).events] == ["träge", "Rückenlage"]


def test_gaps_of_a_discontinuous_file_are_missing_samples_at_their_place() -> None:
    onsets = [0.0, 1.0, 4.5, 5.5, 8.25]
    lists = [tal(t + 100, "") + (tal(t + 100.5, "cue") if t == 4.5 else b"") for t in onsets]
    file = File([emg(), Signal("Temp", noise(50, 3), "DegC")], lists=lists, plus="EDF+D")
    recording = opened(file)
    wide = channels(recording)["GMAX_L"]
    assert wide.size == 925
    for record, onset in enumerate(onsets):
        place = round(onset * 100)
        np.testing.assert_allclose(wide[place : place + 100], noise(500)[record * 100 : record * 100 + 100] * 1e-7, rtol=1e-9, atol=1e-18)
    assert np.isnan(wide).sum() == 425
    assert channels(recording)["Temp"].size == 92
    assert recording.streams[0].channels[0].status is ChannelStatus.GAPS
    assert [(e.label, e.time_s) for e in recording.events] == [("cue", 5.0)]
    assert any("2 gap(s) between records, the first after 2 s, 4.25 s in all" in warning for warning in recording.warnings)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 924), st.integers(0, 924))
def test_any_stretch_of_a_discontinuous_file_is_a_stretch_of_the_whole(one: int, other: int) -> None:
    lists = [tal(t, "") for t in (0.0, 1.0, 4.5, 5.5, 8.25)]
    values = edf.read(Source(Path("x.edf"), bytes(File([emg()], lists=lists, plus="EDF+D"))), 2).groups[0].values
    start, stop = sorted((one, other))
    np.testing.assert_array_equal(values[0, start:stop], np.asarray(values)[0, start:stop])


def test_a_discontinuous_file_whose_records_overlap_or_lie_days_apart_is_refused() -> None:
    for onsets, words in (
        ((0, 1, 1.4, 3, 4), "before record 2 ends"),
        ((0, 1, 2, 3, 90000), "split the file"),
        ((0, 1, 2, "", 4), "record 4"),
    ):
        lists = [tal(t, "") if t != "" else b"" for t in onsets]
        with pytest.raises(FormatError, match=words):
            opened(File([emg()], lists=lists, plus="EDF+D"))


def test_a_file_that_calls_itself_continuous_but_is_not_keeps_its_gaps_and_says_so() -> None:
    recording = opened(File([emg()], lists=[tal(t, "") for t in (0, 1, 2, 5, 6)], plus="EDF+C"))
    assert recording.duration_s == 7.0
    assert any("calls itself continuous" in warning for warning in recording.warnings)


def test_bdf_reads_24_bits_and_its_status_channel_gives_triggers_and_no_emg() -> None:
    status = np.full(500, 0x3F0000)
    status[100:120] |= 7
    status[120:130] |= 0x8000
    status[300:] |= 255
    signed = np.where(status >= 1 << 23, status - (1 << 24), status)
    scale = {"physical": ("-262144", "262143"), "range": ("-8388608", "8388607")}
    wide = Signal("ES_R", noise(500, 1, 8_000_000), **scale)  # type: ignore[arg-type]
    recording = opened(File([wide, Signal("Status", signed, "Boolean", **scale)], width=3, plus="24BIT"))  # type: ignore[arg-type]
    assert recording.format == "BDF"
    np.testing.assert_allclose(
        channels(recording)["ES_R"], ((wide.digital + 8388608.0) * 524287 / 16777215 - 262144) * 1e-6, rtol=1e-9, atol=1e-12
    )
    np.testing.assert_array_equal(channels(recording)["Status"], status)
    assert [(e.label, e.time_s) for e in recording.events] == [("trigger 7", 1.0), ("trigger 32768", 1.2), ("trigger 255", 3.0)]
    assert [(s.kind, s.name) for s in recording.streams] == [(StreamKind.EMG, ""), (StreamKind.OTHER, "status")]


def test_bdf_samples_are_those_of_edfio() -> None:
    data = bytes(File([Signal("A", noise(500, 4, 8_388_607), physical=("-8388608", "8388607"), range=("-8388608", "8388607"))], width=3))
    judge = edfio.read_bdf(io.BytesIO(data))
    np.testing.assert_allclose(channels(opened(data))["A"], judge.signals[0].data * 1e-6, rtol=1e-9, atol=1e-15)


# ------------------------------------------------------------------------------------------------------- headers of the wild


def _with(data: bytes, at: int, raw: bytes) -> bytes:
    return data[:at] + raw + data[at + len(raw) :]


PLAIN = bytes(File([emg()]))
ODD: dict[str, tuple[bytes, int, str]] = {  # bytes, samples that must be read, a part of the warning
    "records -1": (bytes(File([emg()], fields={"records": "-1"})), 500, "not closed"),
    "records blank": (bytes(File([emg()], fields={"records": ""})), 500, "does not count its records"),
    "records too many": (bytes(File([emg()], fields={"records": "99999999"})), 500, "promises 99999999 records, the file holds 5"),
    "records too few": (bytes(File([emg()], fields={"records": "3"})), 500, "counts 3 records, the file holds 5; all are read"),
    "cut in the last record": (PLAIN[:-77], 400, "its end is missing"),
    "bytes after the last record": (PLAIN + b"vendor", 500, "6 bytes belong to no whole record"),
    "zeros after the last record": (PLAIN + bytes(512), 500, "512 bytes belong to no whole record"),
    "header bytes wrong": (bytes(File([emg()], fields={"bytes": "4096"})), 500, "do not agree"),
    "header bytes blank": (bytes(File([emg()], fields={"bytes": ""})), 500, "do not agree"),
    "number of signals wrong": (bytes(File([emg()], fields={"count": "7"})), 500, "do not agree"),
    "number of signals no number": (bytes(File([emg()], fields={"count": "n/a"})), 500, "do not agree"),
    "physical minimum is maximum": (bytes(File([emg(physical=("0", "0"))])), 500, "no scale for 'GMAX_L'"),
    "digital minimum is maximum": (bytes(File([emg(range=("0", "0"))])), 500, "no scale for 'GMAX_L'"),
    "physical minimum no number": (bytes(File([emg(physical=("n/a", "1"))])), 500, "no scale for 'GMAX_L'"),
    "decimal commas": (bytes(File([emg(physical=("-3276,8", "3276,7"))], duration="1,0")), 500, ""),
    "upside down": (bytes(File([emg(physical=("3276.8", "-3276.7"))])), 500, ""),
    "NUL padding": (PLAIN[:184].replace(b" ", b"\0") + PLAIN[184:], 500, ""),
    "Latin-1 label": (bytes(File([emg(b"Ges\xe4\xdf")])), 500, ""),
    "time with colons": (bytes(File([emg()], fields={"time": "10:20:30", "date": "1/2/2003"})), 500, ""),
    "annotations without the mark of EDF+": (bytes(File([emg()], lists=[tal(i, "") for i in range(5)])), 500, ""),
    "broken annotations": (bytes(File([emg()], lists=[b"\1\2", *(tal(i, "") for i in range(1, 5))], plus="EDF+C")), 500, "cannot be read"),
    "duration 0, onsets": (bytes(File([emg()], lists=[tal(i, "") for i in range(5)], plus="EDF+C", duration="0")), 500, "no duration"),
}  # fmt: skip


@pytest.mark.parametrize("case", ODD)
def test_odd_headers_are_read_with_a_word_about_it(case: str) -> None:
    data, samples, words = ODD[case]
    recording = opened(data)
    (values,) = channels(recording).values()
    factor = 1.0 if "no scale" in words else -1e-7 if case == "upside down" else 1e-7
    np.testing.assert_allclose(values, noise(500)[:samples] * factor, rtol=1e-9, atol=2e-4 * 1e-6)
    assert recording.streams[0].rate_hz == 100.0
    if words:
        assert any(words in warning for warning in recording.warnings), recording.warnings
    else:
        assert recording.warnings == ()


def test_no_library_underneath_opens_all_of_these() -> None:
    """The reason why samples are decoded here: the day edfio opens them all, this test fails and it can be asked again."""
    opened_by_edfio = 0
    for data, samples, _ in ODD.values():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                opened_by_edfio += edfio.read_edf(io.BytesIO(data)).signals[0].data.size == samples
            except Exception:
                continue
    assert opened_by_edfio < len(ODD)


@pytest.mark.parametrize(("data", "words"), [
    (PLAIN[:200], "not an EDF file"),
    (PLAIN[:300], "header of 1 signals needs 512 bytes"),
    (PLAIN[:600], "a record needs 200 bytes, the file has 88"),
    (bytes(File([emg()], duration="0")), "duration of a record is 0 s"),
    (bytes(File([emg()], duration="abc")), "duration of a record is no number"),
    (bytes(File([emg(samples="99999999")])), "a record needs 199999998 bytes"),
    (bytes(File([emg(samples="-4")])), "'-4' samples"),
    (bytes(File([emg(samples="0")])), "0 samples in a record"),
    (bytes(File([emg()], fields={"count": "0", "bytes": "256"})), "number of signals is '0'"),
    (bytes(File([], lists=[tal(0, "") + tal(3, "sleep")] * 5, duration="0", plus="EDF+C")), "5 annotations and no signal"),
])  # fmt: skip
def test_what_cannot_be_read_says_why(data: bytes, words: str) -> None:
    with pytest.raises(FormatError, match=f"^x.edf: .*{words}"):
        opened(data)


def test_hundreds_of_signals_doubled_labels_and_records_of_any_length_are_read() -> None:
    many = opened(File([Signal("EMG", noise(4, i)) for i in range(900)], records=2))
    assert sum(len(s.channels) for s in many.streams) == 900
    assert any("several channels are labelled" in warning for warning in many.warnings)
    long = File([Signal("GMAX_L", noise(1_200_000)), Signal("BF_L", noise(600_000, 2))], records=2)
    data = _quick(long)
    values = edf.read(Source(Path("x.edf"), data), 2).groups[0].values
    np.testing.assert_allclose(values[0, 599_990:600_010], long.signals[0].digital[599_990:600_010] * 0.1, rtol=1e-9, atol=1e-9)


def _quick(file: File) -> bytes:
    """The bytes of a file with many samples of 2 bytes."""
    head = bytes(File([Signal(s.label, s.digital[: file.records]) for s in file.signals], file.records))[: 256 * (len(file.signals) + 1)]
    at = 256 + len(file.signals) * 216
    for i, signal in enumerate(file.signals):
        head = _with(head, at + 8 * i, str(signal.digital.size // file.records).encode().ljust(8))
    parts = [np.split(signal.digital.astype("<i2"), file.records) for signal in file.signals]
    return head + b"".join(part[record].tobytes() for record in range(file.records) for part in parts)


def test_a_few_samples_of_a_large_file_are_read_without_the_rest(tmp_path: Path) -> None:
    file = File([Signal("GMAX_L", noise(400_000)), *(Signal(f"EMG {i}", noise(400_000, i)) for i in range(8))], records=20)
    path = tmp_path / "large.edf"
    path.write_bytes(_quick(file))
    values = edf.read(Source(path), 2).groups[0].values
    for row, start in ((0, 0), (3, 19_990), (8, 399_990)):
        np.testing.assert_allclose(
            values[row, start : start + 10], file.signals[row].digital[start : start + 10] * 0.1, rtol=1e-9, atol=1e-9
        )


# ------------------------------------------------------------------------------------------------------------------- privacy


def test_the_person_is_read_apart_and_stays_out_of_everything_else() -> None:
    fields = {"patient": "MCH-0234567 F 02-MAY-1951 Erika_Mustermann", "recording": "Startdate 02-MAR-2002 PSG-1234 NN_Tech Telemetry03"}
    file = File(
        [emg(prefilter="HP:20Hz", transducer="Ag-AgCl electrode")], fields={**fields, "date": "02.03.02", "time": "16.13.05"}, plus="EDF+C"
    )
    recording = opened(file)
    assert recording.person == {
        "code": "MCH-0234567", "sex": "female", "birth date": "1951-05-02", "name": "Erika Mustermann", "recording date": "2002-03-02",
        "investigation": "PSG-1234", "technician": "NN Tech", "time of day": "16:13:05",
    }  # fmt: skip
    assert recording.about == {"device": "Telemetry03", "filters": "HP:20Hz", "transducers": "Ag-AgCl electrode"}
    shown = repr((recording.streams, recording.events, recording.warnings, recording.about))
    assert not any(word in shown for word in ("Mustermann", "0234567", "1951", "2002", "NN", "16:13"))


def test_free_fields_of_plain_edf_belong_to_the_person_as_a_whole() -> None:
    recording = opened(File([emg()], fields={"patient": "Max Mustermann 3.4.1970", "recording": "Praxis Dr. Beispiel"}))
    assert recording.person == {"patient": "Max Mustermann 3.4.1970", "recording": "Praxis Dr. Beispiel"}
    assert recording.about == {}
