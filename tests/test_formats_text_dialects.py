"""Text as the programs of measuring systems write it, each made after real exports: titles, units, rates, markers, clocks."""

import json
from pathlib import Path

import numpy as np
import pytest

from hipspine.errors import FormatError
from hipspine.formats.source import Source
from hipspine.formats.text.reader import READER, recognises
from hipspine.signals.recording import Recording
from hipspine.terms import Side, StreamKind

NOISE = np.random.default_rng(12).normal(size=(400, 4)) * 50


def read(text: str | bytes, name: str = "walk.txt") -> Recording:
    return READER.recording(Source(Path(name), text if isinstance(text, bytes) else text.encode()))


def labels(recording: Recording) -> list[tuple[str, str, str | None, str]]:
    return [(c.label, s.kind.value, c.muscle, c.unit) for s in recording.streams for c in s.channels]


def rows(count: int = 400, *, rate_hz: float = 1000.0, columns: int = 1, separator: str = "\t", end: str = "") -> str:
    return "\n".join(separator.join([f"{i / rate_hz:.7f}", *(f"{value:.4f}" for value in NOISE[i, :columns])]) + end for i in range(count))


TRIGNO = (
    "Application:,Trigno Discover (1.7.0)\nDate/Time:,3/4/2024 10:20:30 AM\nCollection Length (seconds):,0.2\n"
    "Left GMax (81221),,,,Right ES (81222),\nsensor mode: 40,,,,sensor mode: 40,\n"
    "EMG 1 Time Series (s),EMG 1 (mV),ACC X Time Series (s),ACC X (G),EMG 1 Time Series (s),EMG 1 (mV)\n"
    ",2148.1481 Hz,,148.1481 Hz,,2148.1481 Hz\n,0.000466 s,,0.00675 s,,0.000466 s{markers}\n"
)


def trigno_rows(markers: bool) -> str:
    lines = []
    for i in range(400):
        slow = f"{i / 148.1481:.7f},{NOISE[i, 2] / 100:.4f}" if i < 28 else ","
        beside = ("," + ("General,Marker,foot strike left,0.05" if i == 1 else ",,,")) if markers else ""
        lines.append(f"{i / 2148.1481:.7f},{NOISE[i, 0]:.4f},{slow},{i / 2148.1481:.7f},{NOISE[i, 1]:.4f}{beside}")
    return "\n".join(lines)


@pytest.mark.parametrize("markers", [False, True])
def test_trigno_discover_with_rates_steps_and_a_table_of_markers_beside_the_samples(markers: bool) -> None:
    recording = read(TRIGNO.format(markers=",Type,Name,Label,Time (s)" if markers else "") + trigno_rows(markers), "walk.csv")
    emg, imu = recording.of_kind(StreamKind.EMG)[0], recording.of_kind(StreamKind.IMU)[0]
    assert [(c.muscle, c.side, c.unit) for c in emg.channels] == [
        ("gluteus_maximus", Side.LEFT, "V"),
        ("erector_spinae", Side.RIGHT, "V"),
    ]
    np.testing.assert_allclose(emg.values[1], np.round(NOISE[:, 1], 4) * 1e-3, rtol=1e-12)
    assert emg.rate_hz == pytest.approx(2148.1481, rel=1e-6)
    assert (imu.values.shape, imu.channels[0].unit) == ((1, 28), "m/s^2")
    assert [(e.label, e.side, e.time_s) for e in recording.events] == ([("foot strike", Side.LEFT, 0.05)] if markers else [])


def test_trigno_rows_that_a_table_program_saved_without_their_empty_cells() -> None:
    text = TRIGNO.format(markers="").replace("Right ES (81222),", "").replace("sensor mode: 40,\n", "\n")
    head = [*text.splitlines()[:4], "EMG 1 Time Series (s),EMG 1 (mV),ACC X Time Series (s),ACC X (G)"]
    body = [
        f"{i / 2148.1481:.7f},{NOISE[i, 0]:.4f}" + (f",{i / 148.1481:.7f},{NOISE[i, 2] / 100:.4f}" if i < 28 else "") for i in range(400)
    ]
    recording = read("\n".join([*head, *body]), "walk.csv")
    assert [s.values.shape for s in recording.streams] == [(1, 400), (1, 28)]
    with pytest.raises(FormatError, match=r"the last line has 1 cells"):
        read("\n".join([*head, *body])[:-9], "walk.csv")


def test_emgworks_with_a_line_on_each_channel_above_the_names() -> None:
    head = (
        "Label: L GLUT MAX: EMG 1 Sampling frequency: 1925.925926 Number of points: 400 start: 0 Unit: V Domain Unit: s\n"
        "Label: L GLUT MAX: ACC.X 1 Sampling frequency: 148.148148 Number of points: 30 start: 0 Unit: g Domain Unit: s\n"
        'X[s],"L GLUT MAX: EMG 1 [V]",X[s],"L GLUT MAX: ACC.X 1 [g]"\n'
    )
    body = "\n".join(
        f"{i / 1925.925926:.7f},{NOISE[i, 0] * 1e-6:.4e}," + (f"{i / 148.148148:.7f},{NOISE[i, 1]:.3f}" if i < 30 else ",")
        for i in range(400)
    )
    recording = read(head + body, "walk.csv")
    assert [(s.kind.value, round(s.rate_hz, 3), s.values.shape) for s in recording.streams] == [
        ("emg", 1925.926, (1, 400)),
        ("imu", 148.148, (1, 30)),
    ]


@pytest.mark.parametrize("quoted", [False, True])
def test_noraxon_names_with_the_unit_behind_a_comma(quoted: bool) -> None:
    names = ["Time,s", "LT GLUT MAX,uV", "RT LUMBAR ES,uV"]
    head = ",".join(f'"{name}"' if quoted else name for name in names)
    recording = read(f"{head}\n{rows(columns=2, separator=',')}", "walk.csv")
    assert labels(recording) == [("LT GLUT MAX", "emg", "gluteus_maximus", "V"), ("RT LUMBAR ES", "emg", "erector_spinae", "V")]


@pytest.mark.parametrize("with_time", [False, True])
def test_acqknowledge_titles_and_units_in_turn_and_a_row_of_counts(with_time: bool) -> None:
    heads = ("milliSec\t" if with_time else "") + "CH1\tCH2"
    counts = ("\t" if with_time else "") + "400\t400"
    body = "\n".join((f"{i * 0.5:.1f}\t" if with_time else "") + f"{NOISE[i, 0]:.4f}\t{NOISE[i, 1]:.4f}\t" for i in range(400))
    recording = read(f"bridge.gtl\n0.5 msec/sample\n2 channels\nEMG GMax L\nmV\nForce\nN\n{heads}\n{counts}\t\n{body}")
    assert labels(recording) == [("EMG GMax L", "emg", "gluteus_maximus", "V"), ("Force", "force", None, "N")]
    assert {s.rate_hz for s in recording.streams} == {2000.0}
    np.testing.assert_allclose(recording.streams[0].values[0], np.round(NOISE[:, 0], 4) * 1e-3, rtol=1e-12)


def test_bts_tracks_share_the_unit_of_the_header() -> None:
    head = (
        "BTS ASCII format\n\nType:         \tEmg tracks\nMeasure unit: \tmV\n\nTracks:       \t1\nFrequency:    \t1000 Hz\n"
        "Frames:       \t400\nStart time:   \t0.000\n\n Frame\t  Time\tVoltage:Right Gluteus Maximus\t\n"
    )
    body = "\n".join(f"{i + 1:5d}\t{i / 1000:8.3f}\t{NOISE[i, 0]:12.8f}\t" for i in range(400))
    recording = read(head + body, "walk.emt")
    assert labels(recording) == [("Right Gluteus Maximus", "emg", "gluteus_maximus", "V")]
    assert recording.streams[0].rate_hz == 1000.0


def test_vicon_nexus_writes_the_rate_below_the_title_of_its_section() -> None:
    body = "\n".join(f"{i // 10 + 1},{i % 10},{NOISE[i, 0] * 1e-6:.6e},{NOISE[i, 1] * 1e-6:.6e}" for i in range(400))
    recording = read(f"Devices\n1000\n,,Imported EMG,,\nFrame,Sub Frame,GMAX L,ES R\n,,V,V\n{body}", "walk.csv")
    assert labels(recording) == [("GMAX L", "emg", "gluteus_maximus", "V"), ("ES R", "emg", "erector_spinae", "V")]
    assert recording.streams[0].rate_hz == 1000.0


def test_a_second_table_below_the_first_is_said() -> None:
    body = "\n".join(f"{i // 10 + 1},{i % 10},{NOISE[i, 0] * 1e-6:.6e}" for i in range(400))
    below = "Trajectories\n100\n,,LASI,,\nFrame,Sub Frame,X,Y,Z\n,,mm,mm,mm\n1,0,1,2,3\n2,0,1,2,3\n"
    recording = read(f"Devices\n1000\nFrame,Sub Frame,GMAX L\n,,V\n{body}\n\n{below}", "walk.csv")
    assert recording.streams[0].values.shape == (1, 400)
    assert any("'Trajectories'" in warning for warning in recording.warnings)


@pytest.mark.parametrize("mark", ["# ", "%", "// "])
def test_names_may_stand_in_a_comment(mark: str) -> None:
    recording = read(f"{mark}simulated: yes\n{mark}time_s,gmax_l_uv,es_r_uv\n{rows(200, columns=2, separator=',')}", "walk.csv")
    assert [label for label, *_ in labels(recording)] == ["gmax_l", "es_r"]
    assert recording.about == {"simulated": "yes"}


def test_noraxon_events_in_a_column_of_markers() -> None:
    lines = rows(200, columns=2, separator=",").split("\n")
    body = "\n".join(line.replace(",", f",,{'cue' if i == 30 else ''},", 1) for i, line in enumerate(lines))
    recording = read(f'"Record","Walk"\n\n"Time,s","Activity","Marker","LT GLUT MAX,uV","RT GLUT MAX,uV"\n{body}', "walk.csv")
    assert [(e.label, e.time_s) for e in recording.events] == [("cue", pytest.approx(0.03))]
    assert len(recording.streams[0].channels) == 2
    assert recording.person == {"Record": "Walk"}


def open_signals(device: str, bits: int, **more: object) -> str:
    header = {
        "00:07:80:0F:31:9C": {
            "sensor": ["EMG", "RAW"],
            "column": ["nSeq", "DI", "CH1", "CH2"],
            "device": device,
            "sampling rate": 1000,
            "resolution": [1, bits, bits],
            "date": "2018-7-5",
            "time": "10:29:43.249",
            "comments": "",
            **more,
        }
    }
    body = "\n".join(f"{i % 16}\t0\t{2 ** (bits - 1) + round(NOISE[i, 0])}\t{round(NOISE[i, 1])}\t" for i in range(400))
    return f"# OpenSignals Text File Format. Version 1\n# {json.dumps(header)}\n# EndOfHeader\n{body}\n"


@pytest.mark.parametrize(("device", "bits", "volts"), [("bitalino_rev", 10, 3.3 / 1009), ("biosignalsplux", 16, 3.0 / 1000)])
def test_counts_of_a_known_emg_sensor_become_volts(device: str, bits: int, volts: float) -> None:
    recording = read(open_signals(device, bits))
    emg = next(s for s in recording.streams if s.channels[0].unit == "V")
    assert emg.channels[0].label == "EMG CH1"
    np.testing.assert_allclose(emg.values[0], np.round(NOISE[:, 0]) / 2**bits * volts, atol=1e-15)


@pytest.mark.parametrize(("device", "more"), [("someone else's", {}), ("bitalino_rev", {"convertedValues": 1})])
def test_other_counts_stay_as_they_are(device: str, more: dict[str, object]) -> None:
    recording = read(open_signals(device, 10, **more))
    channel = next((s, i) for s in recording.streams for i, c in enumerate(s.channels) if c.label == "EMG CH1")
    assert channel[0].values[channel[1]][0] == 512 + round(NOISE[0, 0])
    assert any("10-bit" in warning for warning in recording.warnings)


def test_two_devices_in_one_opensignals_file() -> None:
    one = {"sensor": ["EMG"], "column": ["nSeq", "CH1"], "device": "x", "sampling rate": 1000, "resolution": [16]}
    header = {"aa": one, "bb": {**one, "sensor": ["ECG"]}}
    body = "\n".join(f"{i}\t{round(NOISE[i, 0])}\t{i}\t{round(NOISE[i, 1])}" for i in range(400))
    recording = read(f"# OpenSignals Text File Format. Version 1\n# {json.dumps(header)}\n# EndOfHeader\n{body}\n")
    assert {c.label for s in recording.streams for c in s.channels} == {"EMG CH1", "ECG CH1"}


def test_a_qualisys_file_is_left_to_its_own_reader() -> None:
    assert not recognises(b"NO_OF_FRAMES\t100\nNO_OF_CAMERAS\t8\n", ".tsv")
    assert not recognises(b"NO_OF_SAMPLES\t100\n", ".tsv")


# ------------------------------------------------------------------------------------------------------------------- cells


def column(texts: list[str], separator: str = ";", name: str = "gmax_l_uv") -> Recording:
    lines = [f"{i},{'0' * 3}{separator}{text}".replace(",000", ",0") for i, text in enumerate(texts)]
    return read("\n".join([f"time_ms{separator}{name}", *lines]), "walk.csv")


def test_european_thousands_are_read_where_the_file_shows_them() -> None:
    values = column(["1.234,5", "-12.345,25", "999,0", "1.000", "7"]).streams[0].values[0]
    np.testing.assert_allclose(values * 1e6, [1234.5, -12345.25, 999.0, 1000.0, 7.0])


def test_a_number_that_may_be_read_in_two_ways_is_refused() -> None:
    with pytest.raises(FormatError, match=r"line 4, column 2: '1.234' may be read with thousands or with decimals"):
        column(["1,5", "2,5", "1.234", "4,5"])


def test_quoted_cells_with_commas_inside() -> None:
    body = "\n".join(f'"{i / 1000:.3f}","{1000 + i:,d}.5","{NOISE[i, 0]:.3f}"' for i in range(200))
    recording = read(f'"time_s","gmax_l_uv","es_r_uv"\n{body}', "walk.csv")
    np.testing.assert_allclose(recording.streams[0].values[0] * 1e6, 1000.5 + np.arange(200))


def test_the_index_that_a_table_program_puts_in_front_is_no_channel() -> None:
    body = rows(200, columns=2, separator=",").split("\n")
    for head, first in ((",time_s,gmax_l_uv,es_r_uv", 0), ("time_s,gmax_l_uv,es_r_uv", 1)):
        recording = read("\n".join([head, *(f"{first + i},{line}" for i, line in enumerate(body))]), "walk.csv")
        assert [label for label, *_ in labels(recording)] == ["gmax_l", "es_r"]
        assert recording.streams[0].rate_hz == 1000.0


@pytest.mark.parametrize("word", ["", "NaN", "NA", "null", "-", "#N/A", "1.#QNAN", "-inf", " "])
def test_words_for_a_missing_sample(word: str) -> None:
    body = rows(200, columns=2, separator=",").split("\n")
    body[7] = f"0.0070000,{word},1.5"
    body[9] = f"0.0090000,2.5,{word}"
    values = read("\n".join(["time_s,gmax_l_uv,es_r_uv", *body]), "walk.csv").streams[0].values
    assert np.argwhere(np.isnan(values)).tolist() == [[0, 7], [1, 9]]
    assert values[1, 7] == 1.5e-6


def test_a_number_that_may_stand_for_a_missing_sample_is_said_and_kept() -> None:
    body = rows(200, separator=",").split("\n")
    body[5] = "0.0050000,-9999"
    recording = read("\n".join(["time_s,gmax_l_uv", *body]), "walk.csv")
    assert recording.streams[0].values[0, 5] == pytest.approx(-9999e-6)
    assert any("-9999 in 1 rows" in warning for warning in recording.warnings)


def test_remarks_and_blank_lines_at_the_end_are_no_samples() -> None:
    recording = read(f"time_s\tgmax_l_uv\n{rows(200)}\n\n# end of file\n\n\x1a")
    assert recording.streams[0].values.shape == (1, 200)


@pytest.mark.parametrize("space", [" ", "   ", " \t "])
def test_columns_set_off_by_blanks(space: str) -> None:
    recording = read(f"time_s{space}gmax_l_uv\n" + "\n".join(f"  {line}" for line in rows(200, separator=space).split("\n")))
    np.testing.assert_allclose(recording.streams[0].values[0] * 1e6, np.round(NOISE[:200, 0], 4))


def test_utf_16_without_its_mark_and_names_over_two_lines() -> None:
    text = f'"time\n(s)","Gluteus maximus\nleft (uV)"\n{rows(200, separator=",")}'
    for data in (text.encode("utf-16-le"), text.encode()):
        assert labels(read(data, "walk.csv")) == [("Gluteus maximus left", "emg", "gluteus_maximus", "V")]


# ------------------------------------------------------------------------------------------------------------------ clocks


def clock(times: list[str], name: str = "time") -> Recording:
    return read("\n".join([f"{name},gmax_l_uv", *(f"{time},{NOISE[i, 0]:.3f}" for i, time in enumerate(times))]), "walk.csv")


def test_elapsed_clock_times() -> None:
    recording = clock([f"00:00:{1.5 + i / 1000:06.3f}" for i in range(300)])
    assert (recording.streams[0].rate_hz, recording.first_time_s) == (1000.0, 1.5)
    assert recording.warnings == ()


def test_stamps_with_a_date_begin_at_zero_and_say_so() -> None:
    stamps = [str(np.datetime64("2024-02-29T23:59:59.900") + np.timedelta64(i, "ms")) for i in range(300)]
    for times in (stamps, [stamp.replace("T", " ") + "+01:00" for stamp in stamps], [stamp + "Z" for stamp in stamps]):
        recording = clock(times, "timestamp")
        assert (recording.streams[0].rate_hz, recording.first_time_s) == (1000.0, 0.0)
        assert any("counted from the first sample" in warning for warning in recording.warnings)
        assert "2024" not in repr(recording.warnings) + repr(recording.about)
        assert recording.person["recording date"].startswith("2024-02-29")


def test_a_time_of_day_may_pass_midnight() -> None:
    seconds = (23 * 3600 + 59 * 60 + 59.9 + np.arange(300) / 1000) % 86400
    recording = clock([f"{int(s // 3600):02d}:{int(s // 60) % 60:02d}:{s % 60:06.3f}" for s in seconds.round(3)], "Uhrzeit / time")
    assert (recording.streams[0].rate_hz, recording.streams[0].values.shape) == (1000.0, (1, 300))


@pytest.mark.parametrize(("unit", "digits"), [(1.0, 3), (1e3, 0), (1e6, 0)])
def test_times_since_1970_in_any_unit(unit: float, digits: int) -> None:
    recording = clock([f"{(1_714_600_000 + i / 1000) * unit:.{digits}f}" for i in range(300)], "timestamp")
    assert recording.streams[0].rate_hz == pytest.approx(1000.0, rel=1e-6)
    assert recording.first_time_s == 0.0


def test_a_date_and_a_clock_in_two_columns() -> None:
    body = "\n".join(f"01.03.2024;00:00:{i / 1000:06.3f};{NOISE[i, 0]:.3f}" for i in range(300))
    recording = read(f"Datum;Zeit;gmax_l_uv\n{body}", "walk.csv")
    assert labels(recording) == [("gmax_l", "emg", "gluteus_maximus", "V")]


def test_a_word_in_every_row_is_an_event_where_it_begins() -> None:
    phase = ["rest"] * 100 + ["lift"] * 50 + ["rest"] * 50
    body = "\n".join(f"{line},{phase[i]}" for i, line in enumerate(rows(200, separator=",").split("\n")))
    recording = read(f"time_s,gmax_l_uv,phase\n{body}", "walk.csv")
    assert [(e.label, e.time_s) for e in recording.events] == [("rest", 0.0), ("lift", 0.1), ("rest", 0.15)]


@pytest.mark.parametrize(
    ("name", "unit_s"),
    [("time_ms", 1e-3), ("Time (msec)", 1e-3), ("time_us", 1e-6), ("Timestamp (µs)", 1e-6), ("timestamp [ns]", 1e-9), ("timestamp", 1e-6)],
)
def test_times_in_fine_units_give_the_rate(name: str, unit_s: float) -> None:
    text = f"{name},gmax_l_uv\n" + "\n".join(f"{i * 0.0005 / unit_s:.0f}.0,{NOISE[i, 0]:.4f}" for i in range(0, 400, 2))
    stream = read(text).streams[0]
    assert stream.rate_hz == pytest.approx(1000.0, rel=1e-9)
    assert stream.start_s == 0.0


@pytest.mark.parametrize(
    "line",
    [
        "# Sampling rate (Hz), 2000", "# Sampling rate\t2000", "# Sample rate: 2,000 Hz", "Abtastrate: 2.000 Hz", "# Samplerate: 2k",
        "# sampling interval: 0.5 ms", "# Sampling period (s): 0.0005", "# Abtastintervall: 0,5 ms", "# Samples per second: 2000",
        "Intervallo di campionamento: 500 us",
    ],
)  # fmt: skip
def test_the_rate_in_a_header_is_read_as_it_is_meant(line: str) -> None:
    values = "\n".join(f"{a:.4f},{b:.4f}" for a, b in NOISE[:, :2])
    assert read(f"{line}\ngmax_l_uv,gmax_r_uv\n{values}\n").streams[0].rate_hz == 2000.0


@pytest.mark.parametrize(
    "header", ['"time_s" "gmax_l_uv" "gmax_r_uv"\n', '"" "time_s" "gmax_l_uv" "gmax_r_uv"\n', '"" "time_s" "gmax_l_uv" "left out"\n']
)
def test_tables_of_r_have_row_names_in_quotes(header: str) -> None:
    recording = read(header + "".join(f'"{i + 1}" {i / 1000:.4f} {a:.4f} {b:.4f}\n' for i, (a, b) in enumerate(NOISE[:, :2])))
    assert sum(len(stream.channels) for stream in recording.streams) == 2
    assert {stream.rate_hz for stream in recording.streams} == {1000.0}
    np.testing.assert_allclose(recording.streams[0].values[0], NOISE[:, 0] * 1e-6, atol=1e-10)


def test_an_index_of_pandas_is_no_channel_and_its_times_are_a_clock() -> None:
    cells = [f"{i},{i / 1000:.4f},{a:.4f}" for i, a in enumerate(NOISE[:, 0])]
    assert [c[0] for c in labels(read("Unnamed: 0,time_s,gmax_l_uv\n" + "\n".join(cells)))] == ["gmax_l"]
    unnamed = read(",gmax_l_uv\n" + "\n".join(f"{i / 1000:.4f},{a:.4f}" for i, a in enumerate(NOISE[:, 0])))
    assert [c[0] for c in labels(unnamed)] == ["gmax_l"]
    assert unnamed.streams[0].rate_hz == 1000.0
    assert any("no name" in warning for warning in unnamed.warnings)
    with pytest.raises(FormatError, match="sampling rate"):
        read(",gmax_l_uv\n" + "\n".join(f"{10 * i},{a:.4f}" for i, a in enumerate(NOISE[:, 0])))


def test_sides_over_merged_cells_belong_to_the_columns_below() -> None:
    recording = read(",Left,,Right,\nTime (s),GMAX (uV),BF (uV),GMAX (uV),BF (uV)\n" + rows(separator=",", columns=4))
    assert [c.side for c in recording.streams[0].channels] == [Side.LEFT, Side.LEFT, Side.RIGHT, Side.RIGHT]
    assert [c.label for c in recording.streams[0].channels] == ["Left GMAX", "Left BF", "Right GMAX", "Right BF"]


def test_a_list_of_visits_is_no_recording() -> None:
    with pytest.raises(FormatError, match="list of visits"):
        read("Timestamp,Name,Pain (0-10)\n2024/01/02 10:11:12,Ann,3\n2024/01/02 11:12:13,Bob,4\n2024/01/02 12:12:50,Cat,5\n")


@pytest.mark.parametrize("units", ["Range=\t10.000 mV\t2.000 V\n", "Range=\t10 x\t2 y\nUnitName=\tmV\tV\n"])
def test_labchart_gives_titles_units_and_interval_in_its_header(units: str) -> None:
    head = f"Interval=\t0.0005 s\nTimeFormat=\tStartOfBlock\nDateFormat=\t\nChannelTitle=\tGMAX L\tGMAX R\n{units}"
    recording = read(head + rows(rate_hz=2000.0, columns=2))
    assert labels(recording) == [("GMAX L", "emg", "gluteus_maximus", "V"), ("GMAX R", "emg", "gluteus_maximus", "V")]
    assert recording.streams[0].rate_hz == 2000.0
    np.testing.assert_allclose(recording.streams[0].values.T, NOISE[:, :2] * [1e-3, 1.0], atol=1e-3)
    values = "\n".join(f"{a:.4f}\t{b:.4f}" for a, b in NOISE[:, :2])
    assert read(head + values).streams[0].rate_hz == 2000.0


def test_shimmer_has_a_row_of_one_word_between_names_and_units() -> None:
    names = "sep=\t\nShimmer_A_Timestamp_Unix_CAL\tShimmer_A_GMAX_L_CAL\tShimmer_A_GMAX_R_CAL\t\nCAL\tCAL\tCAL\t\nms\tmV\tmV\t\n"
    values = "".join(f"{1.7e12 + i * 2:.3f}\t{a:.4f}\t{b:.4f}\t\n" for i, (a, b) in enumerate(NOISE[:, :2]))
    stream = read(names + values).streams[0]
    assert stream.rate_hz == 500.0
    assert [(c.side, c.unit) for c in stream.channels] == [(Side.LEFT, "V"), (Side.RIGHT, "V")]


def test_days_with_hyphens_are_read_and_whole_seconds_are_too_coarse() -> None:
    def stamped(digits: int) -> str:
        return "".join(f"31-01-2024 10:11:{12 + i / 100:0{3 + digits}.{digits}f},{a:.4f}\n" for i, a in enumerate(NOISE[:, 0]))

    assert read("DateTime,gmax_l_uv\n" + stamped(2)).streams[0].rate_hz == pytest.approx(100.0)
    with pytest.raises(FormatError, match="too coarse"):
        read("DateTime,gmax_l_uv\n" + "".join(f"31-01-2024 10:11:{12 + i // 100:02},{a:.4f}\n" for i, a in enumerate(NOISE[:, 0])))


@pytest.mark.parametrize("name", ["Zeitstempel [s]", "Messzeit (s)", "Elapsed (s)", "Horodatage (s)", "Tiempo (s)", "X_Value"])
def test_times_are_found_by_their_name_in_many_programs(name: str) -> None:
    assert read(f"{name}\tgmax_l_uv\n" + rows(rate_hz=1000.0)).streams[0].rate_hz == 1000.0


def test_blank_lines_between_rows_are_no_samples_and_one_column_may_have_blanks_in_its_name() -> None:
    spaced = read("time_s,gmax_l_uv\n\n" + rows(separator=",").replace("\n", "\n\n"))
    np.testing.assert_array_equal(spaced.streams[0].values, read("time_s,gmax_l_uv\n" + rows(separator=",")).streams[0].values)
    alone = read("# rate_hz: 1925.93\nL GMAX [uV]\n" + "".join(f"{a:.4f}\n" for a in NOISE[:, 0]))
    assert labels(alone) == [("L GMAX", "emg", "gluteus_maximus", "V")]
