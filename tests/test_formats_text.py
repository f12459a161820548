"""Delimited text as laboratories export it: separators, decimal commas, header blocks, units, clocks, events."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hipspine.errors import FormatError
from hipspine.formats.clock import clock_of
from hipspine.formats.column_names import split_unit
from hipspine.formats.events import canonical_event
from hipspine.formats.source import Source
from hipspine.formats.statuses import envelope_reason
from hipspine.formats.text.reader import READER
from hipspine.signals.recording import Recording
from hipspine.terms import ChannelStatus, Side, StreamKind
from hipspine.workflows.reading import open_recording

NOISE = np.random.default_rng(11).normal(size=(400, 3)) * 50


def read(text: str | bytes, name: str = "walk.csv") -> Recording:
    return READER.recording(Source(Path(name), text if isinstance(text, bytes) else text.encode()))


def table(header: str, *, rate_hz: float = 1000.0, columns: int = 1, rows: int = 400, separator: str = ",") -> str:
    lines = [separator.join([f"{i / rate_hz:.6f}", *(f"{value:.4f}" for value in NOISE[i, :columns])]) for i in range(rows)]
    return "\n".join([header, *lines]) + "\n"


def channels(recording: Recording) -> dict[str, tuple[str, str | None, str]]:
    return {c.label: (s.kind.value, c.muscle, c.unit) for s in recording.streams for c in s.channels}


def test_plain_csv_with_units_in_the_names() -> None:
    recording = read(table("time_s,gmax_l_uv,es_r_uv", columns=2))
    assert channels(recording) == {"gmax_l": ("emg", "gluteus_maximus", "V"), "es_r": ("emg", "erector_spinae", "V")}
    assert recording.streams[0].rate_hz == 1000.0
    np.testing.assert_allclose(recording.streams[0].values[0], NOISE[:, 0] * 1e-6, atol=1e-10)
    assert recording.warnings == ()


@pytest.mark.parametrize(("separator", "comma"), [("\t", False), (";", False), (";", True), ("\t", True), ("|", False)])
def test_separators_and_decimal_commas_do_not_change_the_numbers(separator: str, comma: bool) -> None:
    text = table("time_s;gmax_l_uv;es_r_uv".replace(";", separator), columns=2, separator=separator)
    recording = read(text.replace(".", ",") if comma else text)
    np.testing.assert_array_equal(recording.streams[0].values, read(table("time_s,gmax_l_uv,es_r_uv", columns=2)).streams[0].values)


def test_a_noraxon_like_header_block_with_decimal_commas() -> None:
    numbers = table("Zeit, s;LT GLUT MAX, uV;RT LUMBAR ES, uV", columns=2, separator=";", rate_hz=1500.0).replace(".", ",")
    recording = read(f'Record;"Messung 1"\nName;Muster, Max\nGeburtsdatum;1.1.1980\nMessfrequenz;1500 Hz\n\n{numbers}')
    assert channels(recording) == {"LT GLUT MAX": ("emg", "gluteus_maximus", "V"), "RT LUMBAR ES": ("emg", "erector_spinae", "V")}
    assert recording.streams[0].rate_hz == 1500.0
    assert "Muster" not in repr(recording.about) + repr(recording.warnings)


def test_emgworks_has_a_time_column_per_channel_and_two_rates() -> None:
    rows = [f"{i / 2000:.6f},{NOISE[i, 0] * 1e-6:.9f}," + (f"{i / 148.148:.6f},{NOISE[i, 1]:.4f}" if i < 29 else ",") for i in range(400)]
    recording = read('"X[s]","R GLUT MAX: EMG 1 [V]","X[s]","R GLUT MAX: ACC.X 1 [g]"\n' + "\n".join(rows))
    emg, imu = recording.streams
    assert (emg.kind, emg.rate_hz, emg.values.shape, emg.channels[0].muscle) == (StreamKind.EMG, 2000.0, (1, 400), "gluteus_maximus")
    assert (imu.kind, imu.values.shape, imu.channels[0].unit) == (StreamKind.IMU, (1, 29), "m/s^2")
    assert imu.rate_hz == pytest.approx(148.148, rel=1e-4)
    assert np.isfinite(imu.values).all()


def test_titles_above_the_names_give_the_muscles() -> None:
    text = table("EMG 1 Time Series (s),EMG 1 (mV)", rate_hz=2000.0)
    assert channels(read("Sensor 1 GMax R,\n" + text)) == {"EMG 1": ("emg", "gluteus_maximus", "V")}


def test_an_export_with_sensor_names_modes_and_rates_above_the_numbers() -> None:
    head = (
        "Application:,Trigno Discover\nCollection Length (seconds):,0.2\n\nLeft GMax (81221),,Right ES (81222),\n"
        "sensor mode: 44,,sensor mode: 44,\nEMG 1 Time Series (s),EMG 1 (mV),EMG 2 Time Series (s),EMG 2 (mV)\n,2148.148 Hz,,2148.148 Hz\n"
    )
    rows = "\n".join(f"{i / 2148.148:.7f},{NOISE[i, 0]:.4f},{i / 2148.148:.7f},{NOISE[i, 1]:.4f}" for i in range(400))
    stream = read(head + rows).streams[0]
    assert [(c.label, c.muscle, c.side) for c in stream.channels] == [
        ("EMG 1", "gluteus_maximus", Side.LEFT),
        ("EMG 2", "erector_spinae", Side.RIGHT),
    ]
    assert stream.rate_hz == pytest.approx(2148.148, rel=1e-5)
    assert stream.values.shape == (2, 400)


def test_a_row_of_units_below_the_names() -> None:
    assert channels(read(table("Time\tGMax_L\tGMax_R\ns\tmV\tmV", columns=2, separator="\t"))) == {
        "GMax_L": ("emg", "gluteus_maximus", "V"),
        "GMax_R": ("emg", "gluteus_maximus", "V"),
    }


def test_biosppy_headers_give_rate_and_labels_and_counts_keep_their_numbers() -> None:
    text = "# Simple Text Format\n# Sampling Rate (Hz):= 1000.00\n# Resolution:= 12\n# Labels:= EMG\n" + "\n".join(
        f"{2055 + x:.0f}" for x in NOISE[:, 0]
    )
    recording = read(text, "emg.txt")
    assert recording.streams[0].rate_hz == 1000.0
    assert recording.streams[0].values[0, 0] == round(2055 + NOISE[0, 0])
    assert any("12-bit" in warning for warning in recording.warnings)


def test_kinds_are_told_apart_by_name_and_unit() -> None:
    text = "# rate_hz: 1000\ngmax_l_uv,hip_flexion_deg,trunk_flexion_deg,pelvis_tilt_deg,acc_thigh_x_g,force_n,Trigger\n"
    recording = read(text + "\n".join(",".join(f"{v:.3f}" for v in (*NOISE[i], *NOISE[i], i)) for i in range(400)))
    kinds = {label: kind for label, (kind, _, _) in channels(recording).items()}
    assert kinds == {
        "gmax_l": "emg",
        "hip_flexion": "angle",
        "trunk_flexion": "angle",
        "pelvis_tilt": "angle",
        "acc_thigh_x": "imu",
        "force": "force",
        "Trigger": "other",
    }
    angle = recording.of_kind(StreamKind.ANGLE)[0]
    np.testing.assert_allclose(angle.values[0], np.radians(np.round(NOISE[:, 1], 3)), atol=1e-12)


def test_an_assumed_unit_is_said() -> None:
    recording = read(table("time_s,trunk_flexion,gmax_l", columns=2))
    assert any("angle" in warning and "deg" in warning for warning in recording.warnings)
    assert any("unit of the EMG is not given" in warning for warning in recording.warnings)
    assert recording.of_kind(StreamKind.EMG)[0].channels[0].unit == ""


def test_milliseconds_by_name_and_by_reason() -> None:
    rows = "\n".join(f"{i},{value:.3f}" for i, value in enumerate(NOISE[:, 0]))
    by_name, by_reason = read("time_ms,gmax_l_uv\n" + rows), read("time,gmax_l_uv\n" + rows)
    assert by_name.streams[0].rate_hz == by_reason.streams[0].rate_hz == 1000.0
    assert by_name.warnings == ()
    assert any("milliseconds" in warning for warning in by_reason.warnings)


def test_no_clock_at_all_is_refused_with_the_way_out() -> None:
    with pytest.raises(FormatError, match=r"rate_hz: 1000"):
        read("gmax_l_uv,es_l_uv\n" + "\n".join(f"{a:.3f},{b:.3f}" for a, b in NOISE[:, :2]))


def test_a_gap_in_time_becomes_missing_samples_and_a_warning() -> None:
    lines = table("time_s,gmax_l_uv").splitlines()
    recording = read("\n".join(lines[:101] + lines[151:]))
    values = recording.streams[0].values[0]
    assert values.size == 400
    assert np.flatnonzero(np.isnan(values)).tolist() == list(range(100, 150))
    assert recording.streams[0].channels[0].status is ChannelStatus.GAPS
    assert any("gap" in warning and "0.05 s" in warning for warning in recording.warnings)


def test_empty_cells_and_nan_are_gaps() -> None:
    lines = table("time_s,gmax_l_uv,es_l_uv", columns=2).splitlines()
    lines[10], lines[20] = "0.009000,,1.0", "0.019000,1.0,NaN"
    recording = read("\n".join(lines))
    assert np.isnan(recording.streams[0].values[0, 9])
    assert np.isnan(recording.streams[0].values[1, 19])
    assert [c.status for c in recording.streams[0].channels] == [ChannelStatus.GAPS] * 2


def test_a_column_filled_in_every_tenth_row_has_its_own_rate() -> None:
    rows = "\n".join(f"{i / 1000},{NOISE[i, 0]:.3f},{NOISE[i, 1] if i % 10 == 2 else ''}" for i in range(400))
    recording = read("time_s,gmax_l_uv,hip_flexion_deg\n" + rows)
    emg, angle = recording.streams
    assert (emg.rate_hz, emg.values.shape, emg.channels[0].status) == (1000.0, (1, 400), ChannelStatus.OK)
    assert (angle.rate_hz, angle.start_s, angle.values.shape) == (100.0, 0.002, (1, 40))
    np.testing.assert_allclose(angle.values[0], np.radians(NOISE[2::10, 1]), atol=1e-9)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("time_s,gmax_uv\n0,1\n0.001,oops\n0.002,3\n0.003,4\n0.004,4", r"line 3, column 2: a word is not a number"),
        ("time_s,gmax_uv,es_uv\n0,1,2\n0.001,2,3\n0.002,3", r"the last line has 2 cells, the lines above have 3"),
        ("time_s,gmax_uv\n0,1\n0.001,2\n0,3\n0.001,4", r"time runs backwards after 0.001 s"),
        ("time_s,gmax_uv\n1,1\n1,2\n1,3", r"too coarse"),
        ("time_s,gmax_uv\n0,1", r"at least two"),
        ("time_s,gmax_uv\n", r"no table of numbers"),
        ("dear diary\ntoday I trained\n", r"no table of numbers"),
        ("time_s,gmax_uv\n0,1\n0.001,2\n5000,3\n5000.001,4", r"nothing was recorded for 5000 s"),
        ("# rate_hz: fast\ngmax_uv\n1\n2\n3", r"sampling rate as 'fast'"),
        ("# event: soon, cue\ntime_s,gmax_uv\n0,1\n0.001,2", r"the header line '# event:' with 'xxx, xxx' should read"),
        ("# streams: [{}]\ntime_s,gmax_uv\n0,1\n0.001,2", r"streams is damaged"),
        ("touchdown_s,stance_end_s\n1.4,2.0\n2.4,3.1", r"holds moments, not samples"),
    ],
)
def test_what_is_wrong_with_a_text_is_said_with_its_place(text: str, words: str) -> None:
    with pytest.raises(FormatError, match=words) as caught:
        read(text)
    assert str(caught.value).startswith("walk.csv")
    assert "\n" not in str(caught.value)


def test_an_uneven_clock_is_refused_and_jitter_is_said() -> None:
    dice = np.random.default_rng(2)
    times = np.arange(500) / 1000
    jittering = clock_of(times + dice.uniform(-2e-4, 2e-4, 500), where="x")
    assert jittering.rate_hz == 1000.0
    assert any("jitter" in warning for warning in jittering.warnings)
    with pytest.raises(FormatError, match="uneven"):
        clock_of(np.cumsum(dice.exponential(1e-3, 500)), where="x")


@given(st.sampled_from([100.0, 148.148, 1000.0, 1024.0, 1925.926, 2000.0, 2148.1481, 4000.0]), st.floats(0, 3000), st.integers(4, 9))
def test_times_rounded_by_an_export_do_not_bend_the_rate(rate_hz: float, start_s: float, digits: int) -> None:
    clock = clock_of(np.round(start_s + np.arange(3000) / rate_hz, digits), where="x")
    assert clock.rate_hz == pytest.approx(rate_hz, rel=2e-5)
    assert clock.places is None
    assert clock.start_s == pytest.approx(start_s, abs=1.01 * 10.0**-digits)


@given(st.integers(1, 98), st.integers(1, 60))
def test_a_gap_of_any_place_and_length_is_found(place: int, length: int) -> None:
    times = np.arange(100 + length) / 1000
    kept = np.delete(np.arange(100 + length), slice(place, place + length))
    clock = clock_of(times[kept], where="x")
    assert clock.places is not None
    assert clock.places.tolist() == kept.tolist()
    assert clock.samples == 100 + length


@pytest.mark.parametrize("rate_hz", [50.0, 100.0, 1000.0])
@pytest.mark.parametrize(
    ("rows", "lost"), [(10, [1]), (27, [1]), (27, [13]), (27, [24]), (40, [5, 30]), (40, [7, 8, 20]), (50, [1, 19, 35])]
)
def test_a_few_lost_rows_do_not_bend_the_rate_of_a_short_file(rate_hz: float, rows: int, lost: list[int]) -> None:
    kept = np.delete(np.arange(rows), lost)
    clock = clock_of(np.round(kept / rate_hz, 3), where="x")
    assert clock.rate_hz == rate_hz
    assert clock.places is not None
    assert clock.places.tolist() == kept.tolist()


@pytest.mark.parametrize("rate_hz", [960.0, 980.0, 990.0, 1010.0, 1024.0])
def test_times_as_coarse_as_the_step_have_no_gaps(rate_hz: float) -> None:
    clock = clock_of(np.round(np.arange(3000) / rate_hz, 3), where="x")
    assert clock.rate_hz == pytest.approx(rate_hz, rel=1e-6)
    assert clock.places is None


def test_a_rounded_rate_in_the_header_does_not_bend_the_times_of_a_long_recording() -> None:
    def long(rate_hz: float, rows: int) -> float:
        return (
            read(f"# rate: {rate_hz!r} Hz\n" + "time_s,gmax_l_uv\n" + "".join(f"{i / 2148.1481:.7f},{i % 7}\n" for i in range(rows)))
            .streams[0]
            .rate_hz
        )

    assert long(2148, 30_000) == pytest.approx(2148.1481, rel=1e-7)
    assert long(2148.1481, 300) == 2148.1481


def test_events_in_columns_of_words_and_of_ones() -> None:
    words = read(
        "time_s,gmax_l_uv,event\n"
        + "\n".join(f"{i / 1000},{v:.3f},{'foot strike left' if i == 100 else ''}" for i, v in enumerate(NOISE[:, 0]))
    )
    assert [(e.label, e.side, e.time_s) for e in words.events] == [("foot strike", Side.LEFT, pytest.approx(0.1))]
    ones = read("time_s,gmax_l_uv,event\n" + "\n".join(f"{i / 1000},{v:.3f},{int(100 <= i < 120)}" for i, v in enumerate(NOISE[:, 0])))
    assert [e.time_s for e in ones.events] == pytest.approx([0.1])


@pytest.mark.parametrize(("stem", "beside"), [("walk", "walk_cycles.csv"), ("walk_emg", "walk_events.csv")])
def test_events_beside_the_recording_are_read_and_said(tmp_path: Path, stem: str, beside: str) -> None:
    (tmp_path / beside).write_text("touchdown_s,stance_end_s\n0.1,0.2\n0.3,0.35\n")
    path = tmp_path / f"{stem}.csv"
    path.write_text(table("time_s,gmax_l_uv"))
    recording = open_recording(path)
    assert [(e.label, e.side) for e in recording.events] == [("foot strike", None), ("foot off", None)] * 2
    assert any(beside in warning and "side" in warning for warning in recording.warnings)


def test_events_beside_may_stand_one_per_row_with_a_side(tmp_path: Path) -> None:
    (tmp_path / "walk_events.csv").write_text("time_s,label,side\n0.1,Heel strike,left\n0.2,movement start,\n")
    (tmp_path / "walk.csv").write_text(table("time_s,gmax_l_uv"))
    recording = open_recording(tmp_path / "walk.csv")
    assert [(e.label, e.side, e.time_s) for e in recording.events] == [("foot strike", Side.LEFT, 0.1), ("movement start", None, 0.2)]


@pytest.mark.parametrize(
    "beside",
    [
        "label,time_s\nRHS,0.1\nLTO,0.2\n",
        "event;time (ms)\nRHS;100,0\nLTO;200,0\n",
        "Zeit [s];Ereignis;Seite\n0,1;Fersenauftritt;rechts\n0,2;FO;links\n",
    ],
)
def test_events_beside_may_have_their_labels_first_or_other_names(tmp_path: Path, beside: str) -> None:
    (tmp_path / "walk_events.csv").write_text(beside)
    (tmp_path / "walk.csv").write_text(table("time_s,gmax_l_uv"))
    events = open_recording(tmp_path / "walk.csv").events
    assert [(e.label, e.side) for e in events] == [("foot strike", Side.RIGHT), ("foot off", Side.LEFT)]
    assert [e.time_s for e in events] == pytest.approx([0.1, 0.2])


def test_a_damaged_file_of_events_does_not_hide_the_recording(tmp_path: Path) -> None:
    (tmp_path / "walk_events.csv").write_text("to be filled in\n")
    (tmp_path / "walk.csv").write_text(table("time_s,gmax_l_uv"))
    recording = open_recording(tmp_path / "walk.csv")
    assert recording.events == ()
    assert any("walk_events.csv" in warning and "could not be read" in warning for warning in recording.warnings)


def test_the_notes_of_a_file_are_kept_but_not_who_it_was() -> None:
    recording = read("# cue: squeeze your glutes\n# device: DataLite\n# patient name: A. B.\n" + table("time_s,gmax_l_uv"))
    assert recording.about == {"cue": "squeeze your glutes", "device": "DataLite"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings_do_not_matter(encoding: str) -> None:
    recording = read(table("time_s,Glúteo mayor izquierdo [µV]").encode(encoding))
    assert channels(recording) == {"Glúteo mayor izquierdo": ("emg", "gluteus_maximus", "V")}


def test_line_ends_do_not_matter() -> None:
    text = table("time_s,gmax_l_uv")
    for ends in ("\r\n", "\r"):
        np.testing.assert_array_equal(read(text.replace("\n", ends)).streams[0].values, read(text).streams[0].values)


def test_duplicate_labels_can_be_told_apart() -> None:
    recording = read(table("time_s,gmax_uv,gmax_uv", columns=2))
    assert [c.label for c in recording.streams[0].channels] == ["gmax", "gmax (2)"]
    assert any("several channels" in warning for warning in recording.warnings)


@pytest.mark.parametrize(
    ("name", "label", "unit"),
    [
        ("EMG 1 (Volts)", "EMG 1", "Volts"),
        ("GM_G", "GM_G", ""),
        ("vastus_m", "vastus_m", ""),
        ("LT ES, uV", "LT ES", "uV"),
        ("es_l_mv", "es_l", "mV"),
        ("gyro_x_deg_s", "gyro_x", "deg/s"),
        ("Grand fessier (µV) gauche", "Grand fessier gauche", "µV"),
        ("GMAX (left)", "GMAX (left)", ""),
        ("hip angle [°]", "hip angle", "°"),
        ("emg_v", "emg", "v"),
        ("moment_n_m", "moment", "N m"),
        ("ES L3", "ES L3", ""),
        ("gmax [%MVC]", "gmax", "%MVC"),
    ],
)
def test_units_are_found_in_names_and_sides_are_not_taken_for_units(name: str, label: str, unit: str) -> None:
    found_label, found_unit = split_unit(name)
    assert found_label == label
    assert found_unit.lower() == unit.lower()


@pytest.mark.parametrize(
    ("label", "context", "event", "side"),
    [
        ("Foot Strike", "Left", "foot strike", Side.LEFT),
        ("RHS", "", "foot strike", Side.RIGHT),
        ("LTO", "", "foot off", Side.LEFT),
        ("touchdown", "", "foot strike", None),
        ("stance_end", "", "foot off", None),
        ("left heel strike", "", "foot strike", Side.LEFT),
        ("movement onset", "General", "movement start", None),
        ("Cue", "", "cue", None),
        ("STRT", "", "STRT", None),
    ],
)
def test_events_get_the_words_of_the_product(label: str, context: str, event: str, side: Side | None) -> None:
    assert canonical_event(label, context) == (event, side)


@given(st.floats(1e-6, 1e6), st.booleans(), st.sampled_from([500.0, 1000.0, 2000.0, 4000.0]))
def test_an_envelope_is_told_from_raw_emg_at_any_gain_and_rate(gain: float, flip: bool, rate_hz: float) -> None:
    dice = np.random.default_rng(4)
    times = np.arange(int(4 * rate_hz)) / rate_hz
    shape = 0.05 + np.clip(np.sin(2 * np.pi * 0.8 * times), 0, None) ** 2
    raw = shape * dice.normal(size=times.size)
    assert envelope_reason(gain * shape, rate_hz=rate_hz)
    assert envelope_reason(gain * np.abs(raw), rate_hz=rate_hz)
    assert not envelope_reason((-gain if flip else gain) * raw, rate_hz=rate_hz)
    assert not envelope_reason(gain * (20.0 + raw), rate_hz=rate_hz)


def test_a_flat_channel_is_flat_and_a_spare_one_is_spare() -> None:
    rows = "\n".join(f"{i / 1000},0,{NOISE[i, 0]:.3f},{NOISE[i, 1]:.3f}" for i in range(400))
    recording = read("time_s,gmax_l_uv,Spare_uv,GM_uv\n" + rows)
    assert [c.status for c in recording.streams[0].channels] == [ChannelStatus.FLAT, ChannelStatus.EMPTY, ChannelStatus.AMBIGUOUS]
