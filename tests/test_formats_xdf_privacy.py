"""XDF without its person: nothing that names somebody is left in the bytes, and every sample and clock is as it was."""

import gzip
import io
import struct
from pathlib import Path

import numpy as np
import pytest
import pyxdf

from hipspine.formats.source import Source
from hipspine.formats.xdf.anonymise import anonymise
from hipspine.formats.xdf.chunks import BOUNDARY, BOUNDARY_TAG, CLOCK_OFFSET, FILE_HEADER, MAGIC, SAMPLES, STREAM_HEADER, chunk_bytes
from hipspine.formats.xdf.reader import READER
from hipspine.formats.xdf.writer import WRITER
from hipspine.signals.recording import Channel, Event, Recording, Stream
from hipspine.terms import Side, StreamKind

PLANTED = [
    "Anna Muster", "Muster", "Änne Größer", "P-00417", "1980-03-12", "2026-11-20T09:15:00", "lab-pc-muster", "Dr. Weiß", "Klinik am See",
    "00:07:80:3B:46:61", "192.168.17.4", "3f2c9a1e-uid", "private remark", "left knee operated", "secret@example.org", "note 77 of A. M.",
]  # fmt: skip
FILE_XML = (
    """<?xml version="1.0"?><!-- recorded for Anna Muster --><info><version>1.0</version><datetime>2026-11-20T09:15:00</datetime></info>"""
)
EMG_XML = """<?xml version="1.0"?><info><name>EMG Muster</name><type>EMG</type><channel_count>2</channel_count>
<nominal_srate>100</nominal_srate><channel_format>float32</channel_format><source_id>00:07:80:3B:46:61</source_id>
<uid>3f2c9a1e-uid</uid><hostname>lab-pc-muster</hostname><v4address>192.168.17.4</v4address><desc remark="private remark">
<channels><channel><label>GMAX_L</label><unit>uV</unit><type>EMG</type></channel>
<channel><label>BF_L Anna Muster</label><unit>uV</unit></channel></channels>
<acquisition><manufacturer>Delsys</manufacturer><serial_number>P-00417</serial_number></acquisition>
<subject><id>P-00417</id><name>Anna Muster</name><birthdate>1980-03-12</birthdate><sex>female</sex><mail>secret@example.org</mail></subject>
<patient><label>Änne Größer</label></patient><experimenter>Dr. Weiß</experimenter><institution>Klinik am See</institution>
<comment>left knee operated</comment><own_words>note 77 of A. M.</own_words></desc></info>"""
MARKS_XML = """<?xml version="1.0"?><info><name>Marks</name><type>Markers</type><channel_count>1</channel_count>
<nominal_srate>0</nominal_srate><channel_format>string</channel_format><desc/></info>"""


def planted() -> bytes:
    values = (np.arange(600).reshape(300, 2) * 1e-3).astype("<f4")
    rows = b"".join(b"\x08" + struct.pack("<d", 50 + k / 100) + row.tobytes() for k, row in enumerate(values))
    texts = ["start of Anna Muster", "go", "änne GRÖSSER", "end p-00417"]
    marks = b"".join(
        b"\x08" + struct.pack("<d", 50.5 + k) + struct.pack("<BI", 4, len(text.encode())) + text.encode() for k, text in enumerate(texts)
    )
    return (
        MAGIC
        + chunk_bytes(FILE_HEADER, FILE_XML.encode())
        + chunk_bytes(STREAM_HEADER, struct.pack("<I", 1) + EMG_XML.encode())
        + chunk_bytes(STREAM_HEADER, struct.pack("<I", 2) + MARKS_XML.encode())
        + chunk_bytes(SAMPLES, struct.pack("<IBI", 1, 4, 300) + rows)
        + chunk_bytes(BOUNDARY_TAG, BOUNDARY)
        + chunk_bytes(SAMPLES, struct.pack("<IBI", 2, 4, len(texts)) + marks)
        + chunk_bytes(CLOCK_OFFSET, struct.pack("<Idd", 1, 51.0, 7.0))
        + chunk_bytes(77, b"what a vendor wrote about Anna Muster")
        + chunk_bytes(SAMPLES, struct.pack("<I", 9) + b"Anna Muster once more, in a stream without a header")
    )


def without_person(data: bytes, name: str = "walk.xdf") -> tuple[bytes, tuple[str, ...]]:
    out = io.BytesIO()
    removed = anonymise(Source(Path(name), data), out)
    return out.getvalue(), removed


def test_no_planted_name_date_or_code_is_left_in_the_bytes() -> None:
    data, _ = without_person(planted())
    for text in PLANTED:
        for encoding in ("utf-8", "latin-1", "utf-16-le"):
            assert text.encode(encoding) not in data, text
        assert text.lower().encode() not in data.lower(), text


def test_samples_clocks_labels_and_marks_are_as_they_were(tmp_path: Path) -> None:
    data, _ = without_person(planted())
    before, after = (READER.recording(Source(Path("x"), each)) for each in (planted(), data))
    np.testing.assert_array_equal(np.asarray(before.streams[0].values), np.asarray(after.streams[0].values))
    assert [channel.label for channel in after.streams[0].channels] == ["GMAX_L", "BF_L xxxxxxxxxxx"]
    assert [event.time_s for event in after.events] == [event.time_s for event in before.events]
    assert after.events[1] == before.events[1]
    assert after.about == before.about == {"device": "Delsys"}
    path = tmp_path / "x.xdf"
    path.write_bytes(data)
    emg, marks = pyxdf.load_xdf(path)[0]
    assert emg["time_series"].shape == (300, 2)
    assert emg["time_stamps"][0] == pytest.approx(57.0)
    assert marks["time_series"][1] == ["go"]


def test_what_was_removed_is_said_by_field_and_never_by_content() -> None:
    _, removed = without_person(planted())
    said = " ".join(removed)
    for field in ("desc/subject/name", "datetime", "hostname", "desc/remark", "comments"):
        assert field in said
    assert not any(text in said for text in PLANTED)
    assert any("left out" in sentence for sentence in removed)


def test_the_person_is_shown_where_it_was_asked_for_and_nowhere_else() -> None:
    recording = READER.recording(Source(Path("x"), planted()))
    assert recording.person["name"] == "Anna Muster"
    assert recording.person["code"] == "P-00417"
    assert recording.person["birth date"] == "1980-03-12"
    assert recording.person["recording date"] == "2026-11-20T09:15:00"
    shown = repr((recording.about, recording.warnings, [stream.name for stream in recording.streams]))
    assert not any(text in shown for text in PLANTED)


def test_a_file_without_a_person_is_copied_bit_for_bit() -> None:
    channels = (Channel("GMAX_L", "gluteus_maximus", Side.LEFT, unit="V"),)
    stream = Stream(StreamKind.EMG, 1000.0, 0.0, channels, np.random.default_rng(1).normal(size=(1, 500)))
    for person in ({}, {"name": "Anna Muster", "code": "P-00417"}):
        file = io.BytesIO()
        events = (Event("foot strike", 0.1, Side.LEFT),)
        WRITER.write(Recording("x", "x", (stream,), events, about={"cue": "go"}, person=person), file, "x")
        data, removed = without_person(file.getvalue())
        assert bool(removed) == bool(person)
        assert (data == file.getvalue()) == (not person)
        assert b"Muster" not in data
        back = READER.recording(Source(Path("x"), data))
        assert (back.events, dict(back.about), dict(back.person)) == (events, {"cue": "go"}, {})
        assert dict(READER.recording(Source(Path("x"), file.getvalue())).person) == person


def test_a_damaged_header_is_not_passed_on() -> None:
    data = planted().replace(b"</subject>", b"</sobject>")
    out, _ = without_person(data)
    assert not any(text.encode() in out for text in PLANTED)


def test_a_compressed_file_stays_compressed() -> None:
    data, _ = without_person(gzip.compress(planted()), "walk.xdfz")
    assert b"Muster" not in gzip.decompress(data)
    assert data == without_person(gzip.compress(planted()), "walk.xdfz")[0]
