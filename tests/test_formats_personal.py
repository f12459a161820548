"""A person planted where other programs put one: nothing of them in labels, events, remarks and copies."""

import io
import json
from pathlib import Path

import h5py
import numpy as np
import pytest

import hipspine
from hipspine.formats.edf.reader import READER as EDF
from hipspine.formats.opensim.reader import READER as OPENSIM
from hipspine.formats.parquet.notes import notes_of
from hipspine.formats.personal import crossed_out, personal_texts, spelled_dates
from hipspine.formats.qualisys.reader import READER as QUALISYS
from hipspine.formats.reader import Reader
from hipspine.formats.source import Source
from hipspine.formats.text.reader import READER as TEXT
from hipspine.workflows.anonymising import anonymise
from hipspine.workflows.converting import convert

NAME = "Jürgen Krähwinkel"
NOISE = np.random.default_rng(1).normal(size=(1200, 2))
ROWS = "".join(f"{i / 1000:.3f},{a:.4f},{b:.4f}\n" for i, (a, b) in enumerate(NOISE))


def copied(reader: Reader, name: str, text: str, encoding: str = "utf-8") -> tuple[str, tuple[str, ...]]:
    out = io.BytesIO()
    said = reader.anonymised(Source(Path(name), text.encode(encoding)), out)
    assert reader.recording(Source(Path(name), out.getvalue())).streams
    return out.getvalue().decode(encoding), said


def table(*lines: str) -> str:
    return "\n".join([*lines, "time_s,gmax_l_uv,es_r_uv", ROWS])


def test_a_line_with_a_day_is_no_key_and_neither_it_nor_its_words_are_repeated() -> None:
    text, said = copied(
        TEXT, "a.csv", table("# recorded 12-MAR-2024 at 10:17:43 by Thistlewood", "# start 12.03.2024 10:17:43", "# gain: 5")
    )
    assert not [word for word in ("MAR-2024", "Thistlewood", "12.03.2024", "10:17") if word in text + " ".join(said)]
    assert "gain: 5" in text


def test_labels_events_and_remarks_of_a_table_hold_nothing_of_its_person() -> None:
    lines = (f"# subject: {NAME}", "# event: 0.5, Krähwinkel coughs", "# cue: JÜRGEN, lift your leg", "# event: 0.7, born 23.07.1961")
    recording = TEXT.recording(Source(Path("a.csv"), table(*lines).encode()))
    assert [event.label for event in recording.events] == ["xxxxxxxxxx coughs", "born xxxxxxxxxx"]
    assert recording.about["cue"] == "xxxxxx, lift your leg"
    assert [warning for warning in recording.warnings if "crossed out in 3 labels, events or remarks" in warning]


def test_an_umlaut_in_the_json_line_of_opensignals_is_crossed_out_too() -> None:
    device = {"device name": "Krähwinkel", "comments": NAME, "special": [{"subject": NAME}], "sampling rate": 1000, "resolution": [4, 16],
              "column": ["nSeq", "A1"], "label": ["A1"], "sensor": ["EMG"], "channels": [1]}  # fmt: skip
    for ascii_only in (True, False):
        note = json.dumps({"00:07": device}, ensure_ascii=ascii_only)
        rows = "".join(f"{i % 16}\t{int(1000 * a) + 32768}\n" for i, a in enumerate(NOISE[:, 0]))
        text, _ = copied(TEXT, "o.txt", f"# OpenSignals Text File Format. Version 1\n# {note}\n# EndOfHeader\n{rows}")
        assert "winkel" not in text
        assert "rgen" not in text


def test_opensim_lines_that_only_begin_as_its_own_are_removed_and_an_anonymous_title_is_nobody() -> None:
    rows = "".join(f"{i / 100:.3f}\t{i / 7:.4f}\n" for i in range(60))
    head = "Krähwinkel\nversion=1\nnRows=60\nnColumns=2\ninDegrees=yes\nUnits are S.I. units; recorded 2024-03-12\n"
    text, _ = copied(OPENSIM, "a.sto", f"{head}Units are S.I. units (second, meters, Newtons, ...)\nendheader\ntime\thip_flexion_r\n{rows}")
    assert "2024" not in text
    assert "(second, meters, Newtons, ...)" in text
    assert OPENSIM.recording(Source(Path("a.sto"), text.encode())).person == {}


def test_a_storage_file_with_hundreds_of_events_is_read_back(tmp_path: Path) -> None:
    events = "".join(f"# event: {i / 1000:.3f}, mark {i}\n" for i in range(600))
    (tmp_path / "a.csv").write_text(events + table())
    convert(tmp_path / "a.csv", tmp_path / "a.sto")
    assert len(hipspine.open_recording(tmp_path / "a.sto").events) == 600


def test_a_qualisys_key_nobody_knows_is_no_row_of_titles_and_names_in_other_lines_are_crossed_out() -> None:
    head = f"NO_OF_FRAMES\t60\nNO_OF_MARKERS\t1\nFREQUENCY\t100\nDESCRIPTION\t{NAME}\nSUBJECT\tP7\nEVENT\tKrähwinkel coughs\t5\t0.04\n"
    rows = "".join(f"{i + 1}\t{i / 100:.2f}\t{i}.5\t2.5\t3.5\n" for i in range(60))
    text, said = copied(QUALISYS, "q.tsv", f"{head}MARKER_NAMES\tKrähwinkel_LASI\n{rows}")
    assert "Krähwinkel" not in text + " ".join(said)
    assert "xxxxxxxxxx_LASI" in text
    assert QUALISYS.recording(Source(Path("q.tsv"), text.encode())).person == {}


@pytest.mark.parametrize("people", [("Smith", "Jones"), ("Smith", "Smith")])
def test_the_people_in_front_of_markers_are_told_apart_by_a_number(people: tuple[str, str], tmp_path: Path) -> None:
    keys = "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tOrigDataStartFrame\tOrigNumFrames"
    head = f"PathFileType\t4\t(X/Y/Z)\tw.trc\n{keys}\n100\t100\t60\t2\tmm\t100\t1\t60\n"
    head += f"Frame#\tTime\t{people[0]}:LASI\t\t\t{people[1]}:RASI\t\t\n"
    rows = "".join(f"{i + 1}\t{i / 100:.2f}\t{i}.5\t2.5\t3.5\t{i}.25\t1\t2\n" for i in range(60))
    (tmp_path / "a.trc").write_text(f"{head}\t\tX1\tY1\tZ1\tX2\tY2\tZ2\n\n{rows}")
    expected = ["subject 1:LASI.x", "subject 2:RASI.x"] if people[0] != people[1] else ["LASI.x", "RASI.x"]
    anonymise(tmp_path / "a.trc", tmp_path / "b.trc")
    assert not [name for name in ("Smith", "Jones") if name in (tmp_path / "b.trc").read_text()]
    assert hipspine.open_recording(tmp_path / "a.trc", person=True).person["subject"] == ", ".join(dict.fromkeys(people))
    for name in ("a.trc", "b.trc"):
        recording = hipspine.open_recording(tmp_path / name)
        assert [channel.label for channel in recording.streams[0].channels][::3] == expected
    assert hipspine.open_recording(tmp_path / "b.trc", person=True).person == {}


def test_remarks_and_paths_beside_a_parquet_table_may_name_somebody() -> None:
    notes = notes_of([("comment", "of Osei"), ("source_path", "C:/Osei/walk"), ("device", "ACME"), ("filter", "20-450 Hz")], "x.parquet")
    assert dict(notes.about) == {"device": "ACME", "filter": "20-450 Hz"}
    assert set(notes.person) == {"comment", "source_path"}


@pytest.mark.parametrize("device", [f"ACME of {NAME}", "ACME 4"])
def test_a_packed_remark_that_names_the_person_is_emptied_and_another_one_stays(device: str, tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        emg = file.create_dataset("EMG", data=NOISE.T, compression="gzip")
        emg.attrs["fs"], emg.attrs["labels"] = 1000.0, ["GMAX_L", "ES_R"]
        file.attrs["subject"], file.attrs["device"] = NAME, device
    anonymise(tmp_path / "a.h5", tmp_path / "b.h5")
    with h5py.File(tmp_path / "b.h5") as file:
        assert str(file.attrs.get("device", "")) == ("" if NAME in device else device)


def test_the_time_of_day_in_an_annotation_is_crossed_out_where_the_header_gives_it() -> None:
    fields = [
        b"0",
        b"X M 23-JUL-1961 Jo_Osei",
        b"Startdate 12-MAR-2024 X X X",
        b"12.03.24",
        b"10.17.43",
        b"768",
        b"EDF+C",
        b"4",
        b"1",
        b"2",
    ]
    widths = (8, 80, 80, 8, 8, 8, 44, 8, 8, 4)
    head = b"".join(field.ljust(width) for field, width in zip(fields, widths, strict=True))
    signals = ((16, b"GMAX_L", b"EDF Annotations"), (80, b"", b""), (8, b"uV", b""), (8, b"-1000", b"-1"), (8, b"1000", b"1"),
               (8, b"-32768", b"-32768"), (8, b"32767", b"32767"), (80, b"", b""), (8, b"1000", b"40"), (32, b"", b""))  # fmt: skip
    head += b"".join(value.ljust(width) for width, *values in signals for value in values)
    samples = (NOISE[:1000, 0] * 1000).astype("<i2").tobytes()
    note = b"\x14\x14\x00+0.5\x14begun 10:17:43 by Osei\x14\x00"
    data = head + b"".join(samples + (b"+%d" % k + note).ljust(80, b"\0") for k in range(4))
    out = io.BytesIO()
    EDF.anonymised(Source(Path("a.edf"), data), out)
    assert b"10:17:43" not in out.getvalue()
    assert b"Osei" not in out.getvalue()


def test_codes_and_days_are_looked_for_as_others_spell_them() -> None:
    texts = [text for _, text in personal_texts({"patient": "Ann Osei-Boateng geb. 23.07.1961 PX-90417-B in Halle"})]
    assert {"PX-90417-B", "Osei", "Boateng", "1961-07-23", "23-JUL-1961", "19610723"} <= set(texts)
    assert "1961-07-23" in spelled_dates("23 July 1961")
    assert personal_texts({"comment": "slow walking, Osei"}, telling=True) == [("comment", "slow walking, Osei")]


@pytest.mark.parametrize(
    "remark", ["# comment: Gluteus maximus", "# patient name: Femoris", "# title: left trial 3", "# description: Power in the Gluteus"]
)
def test_a_remark_about_the_muscle_takes_nothing_from_the_labels(remark: str, tmp_path: Path) -> None:
    rows = "\n".join(f"{i / 1000},{i % 7}.5,{i % 5}.5" for i in range(50))
    (tmp_path / "walk.csv").write_text(f"{remark}\ntime_s,Gluteus maximus left [uV],Rectus femoris left [uV]\n{rows}\n", encoding="utf-8")
    recording = hipspine.open_recording(tmp_path / "walk.csv")
    assert [c.muscle for s in recording.streams for c in s.channels] == ["gluteus_maximus", "rectus_femoris"]
    assert not any("crossed out" in warning for warning in recording.warnings)


@pytest.mark.parametrize(
    ("person", "label"),
    [
        ({"name": "Marie Grand"}, "Grand fessier G"),
        ({"technician": "T. Long"}, "add_long_r"),
        ({"recording": "Vasto 2 kHz"}, "vasto_lateral"),
        ({"session": "RTIB"}, "RTIB"),
        ({"trial": "Lateral Hamstrin"}, "Lateral Hamstrin"),
        ({"protocol": "prone RERS"}, "RERS"),
        ({"protocol": "prone hip extension"}, "prone hip extension"),
    ],
)
def test_a_label_loses_no_word_of_its_muscle_to_a_header_field(person: dict[str, str], label: str) -> None:
    assert crossed_out(label, person) == label


def test_a_person_whose_name_is_partly_a_muscle_word_is_crossed_out_whole() -> None:
    assert crossed_out("Marie_Grand_LASI, Marie walks", {"name": "Marie Grand"}) == "xxxxxxxxxxx_LASI, xxxxx walks"
