"""Parquet as DuckDB, pandas and Arrow leave it: clocks, units, moments, people; and files whose notes are not true."""

import gc
import io
import json
import struct
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import pytest

from hipspine.errors import FormatError
from hipspine.formats.parquet import reader as parquet
from hipspine.formats.parquet import reader_bytes as parquet_bytes
from hipspine.formats.parquet.footer import footer_of
from hipspine.formats.parquet.thrift import Long, Notes, packed
from hipspine.formats.parquet.writer import WRITER
from hipspine.formats.source import Source
from hipspine.signals.recording import Channel, Event, Recording, Stream
from hipspine.terms import ChannelStatus, Side, StreamKind

Table = Callable[..., Path]


@pytest.fixture
def table(tmp_path: Path) -> Table:
    """Write the rows of a query as Parquet, by DuckDB's own writer."""

    def write(
        columns: str, *, rows: int = 1000, name: str = "walk.parquet", notes: dict[str, str] | None = None, **options: object
    ) -> Path:
        path = tmp_path / name
        said = ", ".join(f"'{key}': '{value}'" for key, value in (notes or {}).items())
        more = [f"{key} {value}" for key, value in options.items()] + ([f"kv_metadata {{{said}}}"] if said else [])
        target = str(path).replace("'", "''")
        query = f"COPY (SELECT {columns} FROM range({rows}) t(i)) TO '{target}' ({', '.join(['FORMAT parquet', *more])})"
        duckdb.connect(config={"threads": 1}).execute(query)
        return path

    return write


def opened(path: Path) -> Recording:
    return parquet.READER.recording(Source(path))


def refused(path: Path) -> str:
    with pytest.raises(FormatError) as caught:
        opened(path)
    return str(caught.value)


def written(recording: Recording) -> bytes:
    file = io.BytesIO()
    WRITER.write(recording, file, "x.parquet")
    return file.getvalue()


def two_clocks() -> Recording:
    emg = np.random.default_rng(1).normal(size=(2, 600)) * 1e-4
    emg[0, 40:50] = np.nan
    channels = (Channel("GMAX_L", "gluteus_maximus", Side.LEFT, unit="V"), Channel("ES", "erector_spinae", unit="V"))
    angle = Stream(StreamKind.ANGLE, 100.0, 0.25, (Channel("trunk_flexion", unit="rad"),), np.sin(np.arange(60.0))[None])
    return Recording(
        "x", "made here", (Stream(StreamKind.EMG, 1000.0, 0.0, channels, emg), angle), (Event("cue", 0.5),), about={"simulated": "yes"}
    )


# --- clocks


@pytest.mark.parametrize(
    "time",
    ["i / 2000.0 AS time_s", "i / 2.0 AS time_ms", 'i / 2.0 AS "Time [ms]"', "i * 500000 AS time_ns", "i * 500 AS timestamp_us",
     "1700000000000000000 + i * 500000 AS timestamp", "1700000000.0::DOUBLE + i / 2000.0 AS unix_time",
     "TIMESTAMP '2024-03-01 10:00:00' + INTERVAL 1 MICROSECOND * 500 * i AS moment",
     "TIMESTAMPTZ '2024-03-01 10:00:00+02' + INTERVAL 1 MICROSECOND * 500 * i AS moment",
     "TIME '10:00:00' + INTERVAL 1 MICROSECOND * 500 * i AS clock_time", "INTERVAL 1 MICROSECOND * 500 * i AS elapsed"],
)  # fmt: skip
def test_a_clock_is_read_in_every_unit_and_as_moments_of_the_calendar(time: str, table: Table) -> None:
    stream = opened(table(f"{time}, sin(i) AS GMAX_L_uV")).streams[0]
    assert (stream.rate_hz, stream.start_s, stream.values.shape) == (2000.0, 0.0, (1, 1000))
    np.testing.assert_allclose(stream.values[0], 1e-6 * np.sin(np.arange(1000)), rtol=1e-12)


def test_when_a_person_was_recorded_is_said_of_the_person_only(table: Table) -> None:
    recording = opened(table("TIMESTAMP '2024-03-01 10:00:00' + INTERVAL 1 MILLISECOND * i AS moment, sin(i) AS GMAX_L_uV"))
    assert recording.person == {"recording date": "2024-03-01", "time of day": "10:00:00"}
    assert "2024" not in repr((recording.warnings, recording.about, recording.streams[0].channels))


@pytest.mark.parametrize("key", ["fs", "sampling_rate", "Sampling Rate (Hz)", "srate", "sample_frequency_hz"])
def test_the_rate_may_stand_beside_the_table(key: str, table: Table) -> None:
    if "(" in key:
        assert "neither a time column" in refused(table("sin(i) AS RF", notes={key: "2000"}))
    else:
        assert opened(table("sin(i) AS RF", notes={key: "2000"})).streams[0].rate_hz == 2000.0


def test_the_attributes_of_a_pandas_table_are_understood(table: Table) -> None:
    note = {"columns": [{"field_name": "t", "numpy_type": "timedelta64[ns]"}], "attributes": {"device": "Acme 3", "subject": "Jane Doe"}}
    recording = opened(table("i * 1000000 AS t, sin(i) AS RF", notes={"pandas": json.dumps(note)}))
    assert recording.streams[0].rate_hz == 1000.0
    assert recording.about == {"device": "Acme 3"}
    assert recording.person == {"subject": "Jane Doe"}


def test_units_may_stand_beside_the_table(table: Table) -> None:
    stream = opened(table("i / 1000.0 AS time_s, sin(i) AS RF", notes={"units": json.dumps({"RF": "mV"})})).streams[0]
    assert stream.channels[0].unit == "V"
    assert stream.values[0, 1] == pytest.approx(1e-3 * np.sin(1))


def test_a_nameless_index_that_rises_evenly_is_the_clock_and_one_that_counts_is_not(table: Table) -> None:
    recording = opened(table("sin(i) AS RF, i / 500.0 AS __index_level_0__"))
    assert recording.streams[0].rate_hz == 500.0
    assert any("index of the table" in warning for warning in recording.warnings)
    assert "neither a time column nor a sampling rate" in refused(table("sin(i) AS RF, i AS __index_level_0__"))


def test_gaps_in_time_and_empty_cells_are_missing_samples(table: Table) -> None:
    jump = opened(table("(i + CASE WHEN i >= 500 THEN 100 ELSE 0 END) / 1000.0 AS time_s, sin(i) AS RF_uV"))
    values = jump.streams[0].values[0]
    assert values.size == 1100
    assert np.flatnonzero(np.isnan(values)).tolist() == list(range(500, 600))
    assert values[600] == pytest.approx(1e-6 * np.sin(500))
    holes = opened(table("i / 1000.0 AS time_s, CASE WHEN i % 97 = 5 THEN NULL WHEN i = 7 THEN 'nan'::DOUBLE ELSE sin(i) END AS RF_uV"))
    assert np.flatnonzero(np.isnan(holes.streams[0].values[0])).tolist() == sorted([7, *range(5, 1000, 97)])
    assert holes.streams[0].channels[0].status is ChannelStatus.GAPS


def test_a_column_filled_in_every_tenth_row_has_a_slower_clock(table: Table) -> None:
    recording = opened(table("i / 1000.0 AS time_s, sin(i) AS RF_uV, CASE WHEN i % 10 = 3 THEN cos(i) END AS hip_flexion_deg"))
    slow = recording.of_kind(StreamKind.ANGLE)[0]
    assert (slow.rate_hz, slow.start_s, slow.values.shape) == (100.0, 0.003, (1, 100))
    np.testing.assert_allclose(slow.values[0], np.radians(np.cos(np.arange(3, 1000, 10))), rtol=1e-12)
    assert slow.values[0, 7:9].tolist() == slow.values[0][7:9].tolist()


def test_two_clocks_each_with_its_columns_are_told_apart(table: Table) -> None:
    slow = "CASE WHEN i < 100 THEN i / 100.0 END AS time_2_s, CASE WHEN i < 100 THEN cos(i) END AS trunk_flexion_deg"
    recording = opened(table(f"i / 1000.0 AS time_s, sin(i) AS RF_uV, {slow}"))
    assert [(stream.kind, stream.rate_hz, stream.values.shape) for stream in recording.streams] == [
        (StreamKind.EMG, 1000.0, (1, 1000)),
        (StreamKind.ANGLE, 100.0, (1, 100)),
    ]


def test_several_recordings_in_one_table_are_refused(table: Table) -> None:
    assert "time runs backwards" in refused(table("(i % 500) / 1000.0 AS time_s, sin(i) AS RF_uV, i // 500 AS subject"))


# --- what columns hold


@pytest.mark.parametrize("kind", ["TINYINT", "SMALLINT", "UINTEGER", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE", "DECIMAL(9, 3)", "BOOLEAN"])
def test_numbers_of_every_type_are_read(kind: str, table: Table) -> None:
    stream = opened(table(f"i / 1000.0 AS time_s, (i % 2)::{kind} AS RF_uV")).streams[0]
    np.testing.assert_allclose(stream.values[0], 1e-6 * (np.arange(1000) % 2), rtol=1e-7)


def test_words_are_moments_facts_or_people(table: Table) -> None:
    words = (
        "CASE WHEN i = 250 THEN 'left foot strike' END AS event, CASE WHEN i % 200 < 50 THEN 'stance' ELSE 'swing' END AS phase, "
        "'walking' AS task, 'Jane Doe' AS subject, 17 AS participant_id"
    )
    recording = opened(table(f"i / 1000.0 AS time_s, sin(i) AS RF_uV, {words}"))
    assert Event("foot strike", 0.25, Side.LEFT) in recording.events
    assert [event.time_s for event in recording.events if event.label == "stance"] == pytest.approx([0, 0.2, 0.4, 0.6, 0.8])
    assert recording.about == {"task": "walking"}
    assert recording.person == {"subject": "Jane Doe", "participant_id": "17"}
    assert [channel.label for stream in recording.streams for channel in stream.channels] == ["RF"]


def test_labels_that_differ_in_capitals_only_keep_their_samples(tmp_path: Path) -> None:
    channels = tuple(Channel(label, unit="V") for label in ("rf", "RF", "Rf"))
    data = written(Recording("x", "x", (Stream(StreamKind.EMG, 1000.0, 0.0, channels, np.arange(300.0).reshape(3, 100)),)))
    back = parquet.READER.recording(Source(Path("x.parquet"), data)).streams[0]
    assert [channel.label for channel in back.channels] == ["rf", "RF", "Rf"]
    np.testing.assert_array_equal(back.values[:, :2], [[0, 1], [100, 101], [200, 201]])


@pytest.mark.parametrize(("column", "said"), [("[i, i] AS pair", "'pair' is nested"), ("{'x': i} AS hip", "'hip' is nested"),
                                              ("(i / 7)::VARCHAR AS RF", "'RF' holds numbers written as words")])  # fmt: skip
def test_a_column_without_one_number_per_row_is_refused_by_name(column: str, said: str, table: Table) -> None:
    assert said in refused(table(f"i / 1000.0 AS time_s, sin(i) AS GMAX, {column}"))


@pytest.mark.parametrize("name", ["it's; walk.parquet", "b[1]*?.parquet", "subject=7 größe 步行.parquet"])
def test_a_file_name_is_a_name_and_no_pattern(name: str, table: Table) -> None:
    path = table("i / 1000.0 AS time_s, sin(i) AS RF_uV", name="a.parquet")
    path = path.rename(path.with_name(name))
    recording = opened(path)
    assert [channel.label for stream in recording.streams for channel in stream.channels] == ["RF"]


@pytest.mark.parametrize("name", ["file_row_number", "filename", 'a "quoted" name', "file_index"])
def test_a_column_may_be_named_like_something_of_the_engine(name: str, table: Table) -> None:
    quoted = name.replace('"', '""')
    recording = opened(table(f'i / 1000.0 AS time_s, sin(i) AS RF_uV, cos(i) AS "{quoted}"', rows=3000))
    np.testing.assert_allclose(recording.of_kind(StreamKind.EMG)[0].values[0, 2500:2504], 1e-6 * np.sin(np.arange(2500, 2504)), rtol=1e-9)


@pytest.mark.parametrize("compression", ["uncompressed", "snappy", "gzip", "zstd", "brotli", "lz4_raw"])
def test_stretches_are_the_same_as_the_whole(compression: str, table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_bytes, "_AHEAD", 4000)
    path = table("i / 1000.0 AS time_s, sin(i) AS RF_uV, cos(i) AS VL_uV", rows=9000, row_group_size=2048, compression=compression)
    values = opened(path).streams[0].values
    whole = 1e-6 * np.array([np.sin(np.arange(9000)), np.cos(np.arange(9000))])
    np.testing.assert_allclose(np.asarray(values), whole, rtol=1e-12)
    for start, stop in ((0, 1), (2040, 2060), (5, 8999), (8999, 9000), (3000, 3000)):
        np.testing.assert_allclose(values[1, start:stop], whole[1, start:stop], rtol=1e-12)
        np.testing.assert_allclose(values[[1, 0], start:stop], whole[[1, 0], start:stop], rtol=1e-12)


# --- files that are not true


def footer(data: bytes) -> tuple[int, int]:
    length = struct.unpack("<I", data[-8:-4])[0]
    return len(data) - 8 - length, length


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda d: d[: len(d) // 2], "cut off"),
        (lambda d: d[:-4] + b"PARE", "encrypted"),
        (lambda d: d[:-8] + struct.pack("<I", 1 << 31) + b"PAR1", "should have 2147483648 bytes"),
        (lambda d: d[:-8] + struct.pack("<I", 0) + b"PAR1", "the footer is damaged"),
        (lambda d: d[:300] + b"\xff" * 40 + d[340:], "x.parquet"),
        (lambda d: d[:4] + b"\xff" * 12 + d[16:], "column 'time [s]'"),
        (lambda d: b"PAR1" + b"PAR1", "not a Parquet file"),
    ],
)
def test_a_damaged_file_is_refused_with_its_place(damage: Callable[[bytes], bytes], said: str) -> None:
    with pytest.raises(FormatError, match=r"^x\.parquet") as caught:
        parquet.READER.recording(Source(Path("x.parquet"), damage(written(two_clocks()))))
    assert said in str(caught.value)


def forged(rows: int, *, values: int | None = None, expanded: int = 100, name: str = "a", children: int = 1) -> bytes:
    """A small file whose notes claim more than it holds."""
    page = packed({1: 0, 2: expanded, 3: 8, 5: {1: rows if values is None else values, 2: 0, 3: 3, 4: 3}}) + b"\0" * 8
    data = {1: 5, 2: [0], 3: [name], 4: 0, 5: Long(rows), 6: Long(len(page)), 7: Long(len(page)), 9: Long(4)}
    groups = [{1: [{2: Long(0), 3: data}], 2: Long(len(page)), 3: Long(rows)}]
    schema: list[dict[int, object]] = [{4: "schema", 5: children}, {1: 5, 3: 1, 4: name}]
    notes = packed({1: 2, 2: schema, 3: Long(rows), 4: groups, 6: "forger"})
    return b"PAR1" + page + notes + struct.pack("<I", len(notes)) + b"PAR1"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (forged(1 << 40), "no recording is so regular"),
        (forged(100, values=99), "its pages hold 99 values, 100 are announced"),
        (forged(100, expanded=1 << 30), "expands to 1073741824"),
        (forged(100, children=7), "speaks of 7 columns"),
        (forged(-5), "expected a whole number of 0 or more"),
    ],
)
def test_sizes_that_no_bytes_stand_behind_are_refused_before_anything_is_decoded(
    data: bytes, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet_bytes, "ParquetTable", None)
    with pytest.raises(FormatError) as caught:
        parquet.READER.recording(Source(Path("x.parquet"), data))
    assert said in str(caught.value)


def test_a_list_of_a_billion_members_takes_no_memory() -> None:
    with pytest.raises(FormatError, match="bytes were announced"):
        Notes(bytes([0x19, 0xFC, 0xFF, 0xFF, 0xFF, 0xFF, 0x03]), "x: the footer").structure({1: ("list", None)})


def test_structures_without_end_are_refused() -> None:
    with pytest.raises(FormatError, match="nested too deeply"):
        Notes(bytes([0x1C] * 5000), "x: the footer").structure({})


def test_a_file_that_changes_after_it_was_opened_is_noticed(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_bytes, "_AHEAD", 100)
    path = table("i / 1000.0 AS time_s, sin(i) AS RF_uV", rows=5000)
    values = parquet.READER.read(Source(path)).groups[0].values
    assert values[0, 10] == np.sin(10)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(FormatError, match="has changed since"):
        values[0, 4000:4010]


def test_a_copy_made_for_bytes_in_memory_goes_away_with_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    recording = parquet.READER.recording(Source(Path("x.parquet"), written(two_clocks())))
    assert recording.streams[0].values[0, 3] == two_clocks().streams[0].values[0, 3]
    del recording
    gc.collect()
    assert list(tmp_path.iterdir()) == []


# --- what is written


def test_another_program_reads_what_is_written(tmp_path: Path) -> None:
    recording = two_clocks()
    path = tmp_path / "x.parquet"
    path.write_bytes(written(recording))
    found = duckdb.connect().execute(f"SELECT * FROM '{path}'").fetchnumpy()
    assert list(found) == ["time [s]", "GMAX_L [V]", "ES [V]", "time 2 [s]", "trunk_flexion [rad]"]
    np.testing.assert_allclose(found["time [s]"], np.arange(600) / 1000)
    np.testing.assert_array_equal(np.ma.filled(found["GMAX_L [V]"], np.nan), recording.streams[0].values[0])
    assert np.ma.count(found["trunk_flexion [rad]"]) == 60
    np.testing.assert_array_equal(found["trunk_flexion [rad]"][:60], recording.streams[1].values[0])


def test_without_its_statement_a_written_file_still_says_what_it_holds() -> None:
    data = written(two_clocks()).replace(b"hipspine.streams", b"someoneelse_note")
    back = parquet.READER.recording(Source(Path("x.parquet"), data))
    assert [(stream.kind, stream.rate_hz, stream.start_s, stream.values.shape) for stream in back.streams] == [
        (StreamKind.EMG, 1000.0, 0.0, (2, 600)),
        (StreamKind.ANGLE, 100.0, 0.25, (1, 60)),
    ]
    np.testing.assert_array_equal(back.streams[0].values[:], two_clocks().streams[0].values)


@pytest.mark.parametrize("label", ["time", "time 2", "event", "N", "GMAX [mV]", "a [b] c", "subject", "Ω µ 步"])
def test_a_channel_may_be_labelled_like_anything(label: str) -> None:
    stream = Stream(StreamKind.OTHER, 100.0, 0.0, (Channel(label, unit="s"), Channel("b", unit="")), np.arange(80.0).reshape(2, 40))
    other = Stream(StreamKind.OTHER, 50.0, 0.0, (Channel("c", unit="V"),), np.arange(20.0)[None])
    back = parquet.READER.recording(Source(Path("x.parquet"), written(Recording("x", "x", (stream, other)))))
    assert [[channel.label for channel in one.channels] for one in back.streams] == [[label, "b"], ["c"]]
    np.testing.assert_array_equal(back.streams[0].values[:], stream.values)


def test_a_stream_of_a_single_sample_keeps_its_rate() -> None:
    stream = Stream(StreamKind.OTHER, 100.0, 2.0, (Channel("a", unit="V"),), np.array([[7.0]]))
    back = parquet.READER.recording(Source(Path("x.parquet"), written(Recording("x", "x", (stream,))))).streams[0]
    assert (back.rate_hz, back.start_s, back.values[0].tolist()) == (100.0, 2.0, [7.0])


def test_the_person_is_written_only_where_the_recording_holds_one() -> None:
    recording = two_clocks()
    named = Recording("x", "x", recording.streams, person={"name": "Jane Doe"})
    assert b"Jane" not in written(recording)
    assert parquet.READER.recording(Source(Path("x"), written(named))).person == {"name": "Jane Doe"}


def test_a_long_recording_is_written_in_row_groups_of_bounded_size(tmp_path: Path) -> None:
    stream = Stream(StreamKind.EMG, 2000.0, 0.0, tuple(Channel(f"EMG {i}", unit="V") for i in range(60)), np.zeros((60, 60_000)))
    path = tmp_path / "long.parquet"
    with path.open("wb") as file:
        WRITER.write(Recording("x", "x", (stream,)), file, path.name)
    groups = footer_of(Source(path)).chunks
    assert len(groups) > 2
    assert max(sum(chunk.size for chunk in group) for group in groups) < 10_000_000


def test_a_table_without_rows_says_so(table: Table) -> None:
    assert "2 columns and no rows" in refused(table("i / 1000.0 AS time_s, sin(i) AS GMAX_L", rows=0))
