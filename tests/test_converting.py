"""From format to format with nothing lost in silence, and copies without their person; whole and true, or not there at all."""

import hashlib
import io
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
import pytest

import hipspine
from hipspine.cli import main
from hipspine.errors import FormatError, InputError
from hipspine.formats import source
from hipspine.formats.parquet import writer as parquet_write
from hipspine.formats.personal import personal_texts
from hipspine.formats.source import Source
from hipspine.formats.writer import Writer
from hipspine.signals.recording import Channel, Event, Recording, Stream
from hipspine.terms import Side, StreamKind
from hipspine.workflows import anonymising, converting
from hipspine.workflows.anonymising import anonymise, standing
from hipspine.workflows.comparing import Difference, differences
from hipspine.workflows.converting import convert, writers

PERSON = {"name": "Zoë Quistgaard", "birth date": "1980-02-01", "code": "KX-7741-B"}
HOLD_NO_EMG = (".trc",)
SUFFIXES = sorted(suffix for writer in writers().values() for suffix in writer.suffixes[:1])
Say = Callable[..., tuple[int, str, str]]


def recording(**more: object) -> Recording:
    """EMG with a gap and angles, that begin together, with an event."""
    noise = np.random.default_rng(7).normal(size=(2, 4000)) * 1e-4
    noise[1, 100:120] = np.nan
    emg = (Channel("GMAX_L", "gluteus_maximus", Side.LEFT, unit="V"), Channel("ES_R", "erector_spinae", Side.RIGHT, unit="V"))
    swing = np.sin(np.arange(400) / 9)[None]
    streams = (
        Stream(StreamKind.EMG, 1000.0, 0.0, emg, noise),
        Stream(StreamKind.ANGLE, 100.0, 0.0, (Channel("trunk_flexion", unit="rad"),), swing),
    )
    whole = Recording("x", "made here", streams, (Event("foot strike", 0.25, Side.LEFT),), about={"task": "walking"}, person=PERSON)
    return replace(whole, **more)  # type: ignore[arg-type]


def saved(path: Path, what: Recording) -> Path:
    with path.open("wb") as file:
        converting.writer_for(path).write(what, file, path.name)
    return path


@pytest.fixture
def walk(tmp_path: Path) -> Path:
    return saved(tmp_path / "walk.parquet", recording())


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Say:
    def run(*arguments: object) -> tuple[int, str, str]:
        capsys.readouterr()
        return (main([str(argument) for argument in arguments]), *capsys.readouterr())

    return run


# --- convert


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_format_is_written_and_tells_what_it_leaves_out(suffix: str, walk: Path) -> None:
    out = walk.with_name(f"out{suffix}")
    if suffix in HOLD_NO_EMG:
        with pytest.raises(FormatError, match="write a C3D or CSV file"):
            convert(walk, out)
        assert not out.exists()
        return
    document = convert(walk, out)
    assert document["sha256"] == hashlib.sha256(out.read_bytes()).hexdigest()
    assert document["input_sha256"] == hashlib.sha256(walk.read_bytes()).hexdigest()
    assert document["personal_fields"] == {"found": 3, "kept": 0}
    back = hipspine.open_recording(out)
    assert back.format == document["format"]
    unannounced = [
        one
        for one in differences(hipspine.open_recording(walk), back, precision=converting.writer_for(out).precision)
        if not one.is_announced(document["lost"])
    ]
    assert unannounced == []
    assert document["lost"] or len(back.streams) == 2


def test_there_and_back_nothing_has_changed(walk: Path) -> None:
    convert(walk, walk.with_name("a.csv"))
    convert(walk.with_name("a.csv"), walk.with_name("b.parquet"))
    before, after = hipspine.open_recording(walk), hipspine.open_recording(walk.with_name("b.parquet"))
    assert list(differences(before, after, precision=1e-8)) == []


def test_the_same_recording_gives_the_same_bytes(walk: Path) -> None:
    assert convert(walk, walk.with_name("a.parquet"))["sha256"] == convert(walk, walk.with_name("b.parquet"))["sha256"]


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_people_are_left_out_unless_they_are_asked_for(suffix: str, walk: Path) -> None:
    out = walk.with_name(f"out{suffix}")
    convert(walk, out)
    assert not [text for text in ("Quistgaard", "1980-02-01", "7741-B") if text.encode() in out.read_bytes()]
    convert(walk, out, keep_person=True, overwrite=True)
    assert hipspine.open_recording(out, person=True).person == PERSON


def test_the_recording_itself_is_never_replaced(walk: Path) -> None:
    before = walk.read_bytes()
    (walk.with_name("link.parquet")).symlink_to(walk)
    walk.with_name("hard.parquet").hardlink_to(walk)
    for name in ("walk.parquet", "link.parquet", "hard.parquet"):
        with pytest.raises(InputError, match=r"^OUT: .*is the recording itself"):
            convert(walk, walk.with_name(name), overwrite=True)
    assert walk.read_bytes() == before


def test_a_file_that_is_there_stays_unless_it_may_be_replaced(walk: Path) -> None:
    out = walk.with_name("out.csv")
    out.write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match="is already there; give another name, or --overwrite"):
        convert(walk, out)
    assert out.read_text(encoding="utf-8") == "mine"
    convert(walk, out, overwrite=True)
    assert hipspine.open_recording(out).format == "delimited text"


@pytest.mark.parametrize("name", ["out.docx", "out", "no/out.csv", "."])
def test_a_place_that_cannot_be_written_is_refused_before_anything_is_read(name: str, walk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(converting, "open_recording", None)
    with pytest.raises(InputError, match=r"^OUT: "):
        convert(walk, walk.parent / name)


def test_an_unknown_suffix_is_answered_with_the_formats(walk: Path) -> None:
    with pytest.raises(InputError) as caught:
        convert(walk, walk.with_name("out.docx"))
    assert all(f"({name})" in str(caught.value) for name in writers())


def broken_writer(spoil: Callable[[Recording], Recording]) -> dict[str, Writer]:
    """A writer of Parquet that writes something else than it was given."""

    def write(what: Recording, file: BinaryIO, name: str) -> None:
        parquet_write.WRITER.write(spoil(what), file, name)

    return {"Parquet": replace(parquet_write.WRITER, write=write)}


def louder(what: Recording) -> Recording:
    values = np.array(what.streams[0].values)
    values[0, 1234] *= 1 + 1e-6
    return replace(what, streams=(replace(what.streams[0], values=values), *what.streams[1:]))


SPOILT: dict[str, tuple[Callable[[Recording], Recording], str]] = {
    "a sample": (louder, "'GMAX_L' is"),
    "a gap": (
        lambda r: replace(r, streams=(replace(r.streams[0], values=np.nan_to_num(np.asarray(r.streams[0].values))), r.streams[1])),
        "has a gap on one side only",
    ),
    "a stream": (lambda r: replace(r, streams=r.streams[:1]), "'trunk_flexion' is not in it"),
    "the rate": (lambda r: replace(r, streams=(replace(r.streams[0], rate_hz=1001.0), r.streams[1])), "the rate of 'GMAX_L'"),
    "the start": (lambda r: replace(r, streams=(replace(r.streams[0], start_s=0.1), r.streams[1])), "starts at 0.1 s"),
    "an event": (lambda r: replace(r, events=()), "0 events instead of 1"),
    "the notes": (lambda r: replace(r, about={}), "differs in 'task'"),
    "the side": (
        lambda r: replace(r, streams=(replace(r.streams[0], channels=(replace(r.streams[0].channels[0], side=Side.RIGHT),
                                                                      r.streams[0].channels[1])), r.streams[1])),
        "the side of 'GMAX_L' is right instead of left",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", SPOILT)
def test_a_loss_that_nobody_announced_is_an_error_and_leaves_no_file(what: str, walk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spoil, said = SPOILT[what]
    before = sorted(walk.parent.iterdir())
    monkeypatch.setattr(converting, "writers", lambda: broken_writer(spoil))
    with pytest.raises(FormatError, match="reads back differently") as caught:
        convert(walk, walk.with_name("out.parquet"))
    assert said in str(caught.value)
    assert sorted(walk.parent.iterdir()) == before


def test_a_loss_that_was_announced_is_none_to_stop_for(walk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spoilt = broken_writer(lambda r: replace(r, events=()))["Parquet"]
    told = replace(spoilt, losses=lambda _: ("this format keeps no events",))
    monkeypatch.setattr(converting, "writers", lambda: {"Parquet": told})
    assert convert(walk, walk.with_name("out.parquet"))["lost"] == ["this format keeps no events"]


@pytest.mark.parametrize("failure", [OSError(28, "No space left on device"), KeyboardInterrupt(), MemoryError()])
def test_whatever_stops_the_writing_leaves_the_folder_as_it_was(
    failure: BaseException, walk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(what: Recording, file: BinaryIO, name: str) -> None:
        file.write(b"PAR1")
        raise failure

    before = sorted(walk.parent.iterdir())
    monkeypatch.setattr(converting, "writers", lambda: {"Parquet": replace(parquet_write.WRITER, write=write)})
    with pytest.raises((InputError, KeyboardInterrupt, MemoryError)):
        convert(walk, walk.with_name("out.parquet"))
    assert sorted(walk.parent.iterdir()) == before


def test_the_command_says_what_was_written_and_what_was_left_out(walk: Path, say: Say) -> None:
    out = walk.with_name("out.csv")
    code, text, err = say("convert", walk, out)
    assert (code, err) == (0, "")
    assert "3 personal fields were left out" in text
    assert hashlib.sha256(out.read_bytes()).hexdigest() in text
    document = json.loads(say("convert", walk, out, "--overwrite", "--json")[1])
    assert document["lost"] == []
    assert document["version"] == hipspine.__version__
    assert "Quistgaard" not in json.dumps(document) + text
    assert say("convert", walk, out)[0] == 2


# --- anonymise


def test_a_copy_without_its_person_has_the_same_samples_and_says_what_was_removed(walk: Path) -> None:
    out = walk.with_name("p1.parquet")
    document = anonymise(walk, out)
    assert sorted(document["removed"]) == sorted(PERSON)
    assert [warning for warning in document["warnings"] if "name of the new file" in warning] == []
    assert list(differences(hipspine.open_recording(walk), hipspine.open_recording(out), precision=0.0)) == []
    assert hipspine.open_recording(out, person=True).person == {}
    assert not [text for text in ("Quistgaard", "Zoë", "1980-02", "KX-7741") if text.encode() in out.read_bytes()]


@pytest.mark.parametrize("suffix", [suffix for suffix in SUFFIXES if suffix not in HOLD_NO_EMG])
def test_no_format_keeps_a_planted_person(suffix: str, tmp_path: Path) -> None:
    emg = recording(person={"name": "Zoe Quistgaard", "birth date": "1980-02-01"}, streams=recording().streams[:1])
    path = saved(tmp_path / f"walk{suffix}", emg)
    assert b"Quistgaard" in path.read_bytes() or "Quistgaard".encode("utf-16-le") in path.read_bytes()
    out = tmp_path / f"p1{suffix}"
    document = anonymise(path, out)
    assert document["removed"]
    assert "Quistgaard" not in json.dumps(document)
    data = out.read_bytes().lower()
    forms = [b"quistgaard", "quistgaard".encode("utf-16-le"), b"1980-02-01", b"01-feb-1980", b"01.02.80", b"19800201"]
    assert [form for form in forms if form in data] == []


def test_a_name_that_would_still_stand_in_the_copy_is_told_by_field_and_byte(walk: Path, say: Say) -> None:
    whole = recording()
    saved(walk, recording(streams=(replace(whole.streams[1], channels=(Channel("trunk Quistgaard", unit="rad"),)), whole.streams[0])))
    out = walk.with_name("p1.parquet")
    code, text, err = say("anonymise", walk, out)
    assert (code, text, out.exists()) == (2, "", False)
    assert "'name' would still stand at byte " in err
    assert "quistgaard" not in err.lower()
    allowed = [option for word in ("Quistgaard", "Zoë Quistgaard") for option in ("--allow", word)]
    assert say("anonymise", walk, out, *allowed)[0] == 0


@pytest.mark.parametrize("suffix", [suffix for suffix in SUFFIXES if suffix not in HOLD_NO_EMG])
def test_a_name_in_notes_and_events_is_crossed_out_wherever_it_is_shown(suffix: str, tmp_path: Path, say: Say) -> None:
    about, events = {"remark": "QUISTGAARD walks, kx-7741-b"}, (Event("Zoë Quistgaard sits", 0.1), Event("born 1.2.1980", 0.2))
    path = saved(tmp_path / "walk.parquet", recording(about=about, events=events, streams=recording().streams[:1]))
    read = say("read", path, "--json")[1]
    assert json.loads(read)["about"] == {"remark": "xxxxxxxxxx walks, xxxxxxxxx"}
    assert [event["label"] for event in json.loads(read)["events"]] == ["xxxxxxxxxxxxxx sits", "born xxxxxxxx"]
    assert "crossed out in 3 labels, events or remarks" in read
    code, text, err = say("convert", path, tmp_path / f"out{suffix}", "--json")
    assert code == 0
    assert "quistgaard" not in (text + err + read).lower()
    assert b"quistgaard" not in (tmp_path / f"out{suffix}").read_bytes().lower()


def test_a_name_that_is_packed_in_the_copy_is_found_by_reading_it(walk: Path) -> None:
    copy = recording(about={"remark": "walks with Quistgaard"}, person={})
    with pytest.raises(InputError, match="'name' would still stand in the remark 'remark'") as caught:
        anonymising._require_unread(copy, personal_texts(PERSON), "out.mat")
    assert "Quistgaard" not in str(caught.value)


def test_a_name_that_is_also_a_word_of_muscles_does_not_stop_a_copy(walk: Path) -> None:
    emg = recording().streams[0]
    labels = (Channel("Adductor Magnus L", "adductor_magnus", Side.LEFT, unit="V"), Channel("GMAX Max", unit="V"))
    saved(walk, recording(streams=(replace(emg, channels=labels),), person={"name": "Max Magnus"}))
    anonymise(walk, walk.with_name("p1.parquet"))
    assert hipspine.open_recording(walk.with_name("p1.parquet")).streams[0].channels[0].label == "Adductor Magnus L"


def test_a_name_in_the_name_of_the_copy_is_said(walk: Path, say: Say) -> None:
    document = anonymise(walk, walk.with_name("zoë_quistgaard.parquet"))
    assert [warning for warning in document["warnings"] if "'name'" in warning]
    assert "quistgaard" not in " ".join(document["warnings"]).lower()


def test_a_full_disk_is_said_of_the_copy_and_not_of_the_recording(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = saved(tmp_path / "walk.c3d", recording(person={}))
    monkeypatch.setattr(anonymising, "opened_part", full_disk)
    with pytest.raises(InputError, match=r"^OUT: p1.c3d cannot be written \(No space left on device\)"):
        anonymise(path, tmp_path / "p1.c3d")
    assert [entry.name for entry in tmp_path.iterdir()] == ["walk.c3d"]


@contextmanager
def full_disk(part: Path, name: str) -> Iterator[BinaryIO]:
    """A place where no byte fits."""

    class Full(io.RawIOBase):
        def write(self, data: object) -> int:
            raise OSError(28, "No space left on device")

    with converting.opened_part(part, name):
        yield cast(BinaryIO, Full())


def test_an_anonymised_file_stays_of_its_format(walk: Path) -> None:
    with pytest.raises(InputError, match=r"stays one: call it out\.parquet"):
        anonymise(walk, walk.with_name("out.csv"))


def test_a_reader_that_changes_a_sample_is_found_out(walk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(anonymising, "writers", lambda: broken_writer(louder))
    before = sorted(walk.parent.iterdir())
    with pytest.raises(FormatError, match="would read differently"):
        anonymise(walk, walk.with_name("out.parquet"))
    assert sorted(walk.parent.iterdir()) == before


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("at", [0, 5, 4090, 4095, 4096, 8000])
def test_a_text_is_found_in_each_encoding_and_across_the_blocks_that_are_read(
    encoding: str, at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "BLOCK_BYTES", 4096)
    form = "Zoë Quistgaard".encode(encoding)
    data = b"\x01" * at + form + b"\x01" * 50
    hits = [(field, place) for field, place, _ in standing(Source(Path("x"), data), [("name", "Zoë Quistgaard")])]
    assert hits == [("name", at)]
    assert next(standing(Source(Path("x"), data[: at + len(form)]), [("name", "Zoë Quistgaard")]))[1] == at
    assert list(standing(Source(Path("x"), data), [("name", "Quist")])) == []


def test_what_is_searched_for_is_what_points_at_a_person() -> None:
    texts = [text for _, text in personal_texts({"name": "Ann O'Brien-Osei", "sex": "female", "age": "44", "code": "0012", "id": "771245"})]
    assert texts == ["Ann O'Brien-Osei", "Brien", "Osei", "771245"]
    dates = [text for _, text in personal_texts({"birth date": "1980-02-01"})]
    assert {"1980-02-01", "01.02.1980", "02/01/80", "01-FEB-1980", "19800201"} <= set(dates)


def test_another_kind_and_a_channel_that_nobody_wrote_are_differences() -> None:
    before = recording()
    emg, angles = before.streams
    assert [
        one.what for one in differences(before, replace(before, streams=(replace(emg, kind=StreamKind.OTHER), angles)), precision=0.0)
    ] == [
        "kinds",
        "kinds",
    ]
    added = replace(angles, channels=(Channel("invented"),))
    found = list(differences(before, replace(before, streams=(*before.streams, added)), precision=0.0))
    assert [one.what for one in found] == ["added"]
    assert "'invented'" in found[0].sentence


def test_two_threads_that_write_one_file_do_not_take_each_other_s_part_away(walk: Path) -> None:
    out = walk.with_name("out.csv")
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: convert(walk, out, overwrite=True)["sha256"], range(12)))
    assert set(answers) == {Source(out).sha256}
    assert {path.name for path in walk.parent.iterdir()} == {walk.name, out.name}


@pytest.mark.parametrize("suffix", [".sto", ".trc"])
def test_a_stream_that_is_left_out_excuses_no_wrong_clock_in_the_others(suffix: str) -> None:
    lost = converting.writer_for(Path(f"x{suffix}")).losses(recording())
    assert lost
    assert Difference("channels", "").is_announced(lost)
    assert not Difference("clock", "").is_announced(lost)
    assert Difference("clock", "").is_announced(["The start is rounded to 0.1 s."])
