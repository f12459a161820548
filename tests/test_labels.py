"""What a label means is said once: on the command line, in the file beside the recordings, at the terminal; never guessed."""

import json
import tomllib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import typer

import hipspine
from hipspine.anatomy.assignments import assignment_of
from hipspine.cli import main, recordings
from hipspine.errors import FormatError, InputError
from hipspine.formats.parquet.writer import WRITER
from hipspine.signals.recording import Channel, Recording, Stream
from hipspine.terms import Side, StreamKind
from hipspine.workflows import reading
from hipspine.workflows.labels import KEPT, choices, keep, kept_beside, labels_for, questions, said_of

Say = Callable[..., tuple[int, str, str]]


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Say:
    def run(*arguments: object) -> tuple[int, str, str]:
        capsys.readouterr()
        return (main([str(argument) for argument in arguments]), *capsys.readouterr())

    return run


@pytest.fixture
def trial(tmp_path: Path) -> Path:
    """Four EMG channels: one that several muscles fit, one of a number only, one that is clear, one with letters for a shell."""
    noise = np.random.default_rng(1).normal(size=(4, 3000))
    rows = "\n".join(",".join([f"{i / 1000}", *(f"{value:.6g}" for value in column)]) for i, column in enumerate(noise.T))
    path = tmp_path / "trial.csv"
    path.write_text(f"time_s,GM_L [uV],EMG 7 [uV],RF_R [uV],G$M l [uV]\n{rows}\n", encoding="utf-8")
    return path


def channels(path: Path, **options: object) -> dict[str, tuple[str | None, str | None]]:
    recording = hipspine.open_recording(path, **options)  # type: ignore[arg-type]
    return {c.label: (c.muscle, c.side.value if c.side else None) for stream in recording.streams for c in stream.channels}


# --- what is said


@pytest.mark.parametrize(
    ("text", "label", "meaning"),
    [
        ("GM_L=gluteus_medius:left", "GM_L", "gluteus_medius:left"),
        ("GM=GMAX/upper", "GM", "gluteus_maximus/upper"),
        ("a=b=RF:r", "a=b", "rectus_femoris:right"),
        (" EMG 7 = none ", "EMG 7", "none"),
    ],
)
def test_a_meaning_is_read_from_what_a_person_types(text: str, label: str, meaning: str) -> None:
    assert {key: value.text() for key, value in said_of([text]).items()} == {label: meaning}


@pytest.mark.parametrize("text", ["GM_L", "=gluteus_medius", "GM_L=", "GM_L=glutus", "GM_L=gluteus_medius:up", "GM_L=GM"])
def test_what_is_no_meaning_is_refused_with_the_option_in_front(text: str) -> None:
    with pytest.raises(InputError, match=r"^--map: "):
        said_of([text])


def test_what_is_said_now_wins_over_what_is_kept(trial: Path) -> None:
    keep(trial, said_of(["GM_L=gluteus_maximus", "EMG 7=multifidus:left"]))
    known = labels_for(trial, said_of(["GM_L=gluteus_medius"]))
    assert {label: meaning.text() for label, meaning in known.items()} == {"GM_L": "gluteus_medius", "EMG 7": "multifidus:left"}


# --- the file beside the recordings


def test_what_is_kept_is_used_for_each_recording_of_the_folder_and_said(trial: Path) -> None:
    assert channels(trial)["GM_L"] == (None, "left")
    keep(trial, said_of(["GM_L=gluteus_medius", "not in this file=multifidus"]))
    other = trial.with_name("other.csv")
    other.write_bytes(trial.read_bytes())
    for path in (trial, other):
        assert channels(path)["GM_L"] == ("gluteus_medius", "left")
        assert f"labels read from {KEPT}: GM_L" in hipspine.open_recording(path).warnings
    given = hipspine.open_recording(trial, labels=said_of(["GM_L=gluteus_maximus"]))
    assert not any(KEPT in warning for warning in given.warnings)


def test_keeping_sorts_the_labels_and_leaves_comments_and_other_tables(trial: Path) -> None:
    path = trial.with_name(KEPT)
    path.write_text(
        '# of our laboratory\nmade = "2026"\n\n[labels]\n# asked on Monday\nMA = "gluteus_maximus:right" # sure\n\n[more]\nx = 1\n',
        encoding="utf-8",
    )
    keep(trial, said_of(["Z 1=multifidus", 'EMG "7"=none', "B\\=rectus_femoris"]))
    text = path.read_text(encoding="utf-8")
    assert list(tomllib.loads(text)["labels"]) == ["B\\", 'EMG "7"', "MA", "Z 1"]
    assert '# asked on Monday\nMA = "gluteus_maximus:right" # sure\n' in text
    assert text.startswith('# of our laboratory\nmade = "2026"\n')
    assert tomllib.loads(text)["more"] == {"x": 1}
    keep(trial, said_of(["MA=gluteus_medius"]))
    assert '# asked on Monday\nMA = "gluteus_medius"\n' in path.read_text(encoding="utf-8")


def test_what_is_kept_reads_back_the_same_whatever_the_label(trial: Path) -> None:
    labels = ["GM_L", "a.b", "ä ö", "'x'", 'y"z', "back\\slash", "tab\tin", "步", "labels", "#1"]
    said = {label: assignment_of(f"multifidus:{('left', 'right')[i % 2]}") for i, label in enumerate(labels)}
    for label, meaning in said.items():
        keep(trial, {label: meaning})
    assert kept_beside(trial) == said
    before = trial.with_name(KEPT).read_bytes()
    keep(trial, said)
    assert trial.with_name(KEPT).read_bytes() == before


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[labels]\nGM_L = "gluteus_medius\n', "line 2"),
        ('[labels]\nA = "multifidus"\nGM_L = "glutus"\n', "line 3: 'GM_L': 'glutus' is no muscle"),
        ("[labels]\nGM_L = 3\n", "line 2: the meaning of 'GM_L' is no text"),
        ('labels = "x"\n', "line 1: 'labels' is no table"),
        ("[labels]\n" + "#" * (1 << 20), "larger than 1 MB"),
    ],
)
def test_a_damaged_file_is_refused_with_its_line_and_stays_as_it_is(text: str, said: str, trial: Path) -> None:
    path = trial.with_name(KEPT)
    path.write_text(text, encoding="utf-8")
    for act in (lambda: hipspine.open_recording(trial), lambda: keep(trial, said_of(["GM_L=multifidus"]))):
        with pytest.raises(InputError) as caught:
            act()
        assert said in str(caught.value)
        assert KEPT in str(caught.value)
    assert path.read_text(encoding="utf-8") == text


def test_a_file_that_is_no_text_is_refused(trial: Path) -> None:
    trial.with_name(KEPT).write_bytes(b"[labels]\nGM = \xff")
    with pytest.raises(InputError, match="no UTF-8 text"):
        hipspine.open_recording(trial)


# --- questions


def test_a_label_that_several_muscles_fit_is_asked_with_what_to_type(trial: Path, say: Say) -> None:
    code, out, _ = say("read", trial, "--json")
    asked = [warning for warning in json.loads(out)["warnings"] if "GM_L" in warning]
    assert code == 0
    assert asked == [
        "'GM_L' may be gluteus maximus, gluteus medius or gastrocnemius medialis; say which, such as --map \"GM_L=gluteus_maximus:left\""
    ]
    option = asked[0].partition('--map "')[2].rstrip('"')
    answer = json.loads(say("read", trial, "--map", option, "--json")[1])
    assert answer["streams"][0]["channels"][0]["muscle"] == "gluteus_maximus"
    assert [warning for warning in answer["warnings"] if "GM_L" in warning] == []


def test_unnamed_labels_are_asked_only_of_those_who_want_to_be_asked(trial: Path) -> None:
    recording = hipspine.open_recording(trial)
    assert "EMG 7" not in [question.label for question in questions(recording)]
    asked = {question.label: question for question in questions(recording, unnamed=True)}
    assert "EMG 7" in asked
    assert choices(asked["GM_L"])[-1] == "none"
    assert "RF_R" not in asked


def test_answers_at_the_terminal_are_kept(trial: Path, say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {"GM_L": ["glutus", "gluteus_medius"], "EMG 7": [""], "G$M l": ["none"]}

    def prompt(text: str, **options: object) -> str:
        return answers[text.partition(":")[0]].pop(0)

    monkeypatch.setattr(typer, "prompt", prompt)
    monkeypatch.setattr(recordings, "at_terminal", lambda: True)
    code, out, _ = say("read", trial, "--ask")
    assert code == 0
    assert "'glutus' is no muscle" in out
    kept = {label: meaning.text() for label, meaning in kept_beside(trial).items()}
    assert kept["GM_L"] == "gluteus_medius"
    assert "EMG 7" not in kept
    assert channels(trial)["GM_L"] == ("gluteus_medius", "left")


def test_questions_need_a_terminal(trial: Path, say: Say) -> None:
    assert say("read", trial, "--ask")[0] == 2
    assert say("read", trial, "--ask")[2].startswith("hipspine: --ask: ")


# --- commands


def test_a_meaning_holds_in_every_command_that_opens_a_recording(trial: Path, say: Say) -> None:
    for command in (("read",), ("onsets",)):
        document = json.loads(say(*command, trial, "--map", "GM_L=gluteus_medius", "--json")[1])
        found = document["channels"] if command == ("onsets",) else document["streams"][0]["channels"]
        assert [(c["muscle"], c["side"]) for c in found if c["label"] == "GM_L"] == [("gluteus_medius", "left")]


def test_a_meaning_of_a_label_that_is_not_there_is_refused_with_those_that_are(trial: Path, say: Say) -> None:
    code, _, err = say("read", trial, "--map", "GM=gluteus_medius")
    assert code == 2
    assert err == "hipspine: --map: trial.csv has no channel labelled 'GM'; it has GM_L, EMG 7, RF_R, G$M l.\n"


def test_keep_map_writes_the_file_once_everything_is_right(trial: Path, say: Say) -> None:
    path = trial.with_name(KEPT)
    assert say("read", trial, "--keep-map")[0] == 2
    assert say("read", trial, "--map", "X=multifidus", "--keep-map")[0] == 2
    assert not path.exists()
    assert say("onsets", trial, "--map", "GM_L=gluteus_medius", "--keep-map")[0] == 0
    assert tomllib.loads(path.read_text(encoding="utf-8")) == {"labels": {"GM_L": "gluteus_medius"}}


def test_one_channel_is_answered_as_it_is_among_the_others(trial: Path, say: Say) -> None:
    whole, one = (json.loads(say("onsets", trial, *options, "--json")[1]) for options in ((), ("--channel", "RF_R")))
    assert [channel["label"] for channel in one["channels"]] == ["RF_R"]
    assert one["channels"][0] in whole["channels"]


def test_only_the_channels_that_are_asked_for_are_opened(trial: Path) -> None:
    recording = reading.open_recording(trial, channels=["RF_R"])
    assert [channel.label for stream in recording.streams for channel in stream.channels] == ["RF_R"]
    with pytest.raises(FormatError, match=r"trial\.csv: there is no channel 'X'; the file has 'GM_L'"):
        reading.open_recording(trial, channels=["X"])


def test_a_meaning_may_be_given_as_text(trial: Path) -> None:
    recording = reading.open_recording(trial, labels={"GM_L": "gluteus_medius"})
    channel = recording.streams[0].channels[0]
    assert (channel.muscle, channel.side, channel.reason) == ("gluteus_medius", Side.LEFT, "as you said")
    assert any("'GM_R'" in warning for warning in reading.open_recording(trial, labels={"GM_R": "gluteus_medius"}).warnings)


def test_what_a_file_says_of_people_is_shown_only_when_asked_for(tmp_path: Path, say: Say) -> None:
    emg = Stream(StreamKind.EMG, 1000.0, 0.0, (Channel("RF_R", unit="V"),), np.random.default_rng(1).normal(size=(1, 900)))
    with (tmp_path / "walk.parquet").open("wb") as file:
        WRITER.write(Recording("x", "x", (emg,), person={"name": "Jane Doe", "birth date": "1980-02-01"}), file, "walk.parquet")
    for arguments in ((), ("--json",)):
        out = say("read", tmp_path / "walk.parquet", *arguments)[1]
        assert "Jane" not in out
        assert "1980" not in out
    assert json.loads(say("read", tmp_path / "walk.parquet", "--json")[1])["personal_fields"] == 2
    assert "2 personal fields" in say("read", tmp_path / "walk.parquet")[1]
    document = json.loads(say("read", tmp_path / "walk.parquet", "--json", "--person")[1])
    assert document["person"] == {"name": "Jane Doe", "birth date": "1980-02-01"}
    assert "name: Jane Doe" in say("read", tmp_path / "walk.parquet", "--person")[1]


def test_a_table_without_names_is_timed_once_somebody_says_what_it_is(tmp_path: Path, say: Say) -> None:
    noise = np.random.default_rng(1).normal(size=4000) * np.where(np.arange(4000) // 1000 == 2, 10, 1)
    path = tmp_path / "plain.csv"
    path.write_text("".join(f"{i / 1000:.3f},{value:.4f}\n" for i, value in enumerate(noise)), encoding="utf-8")
    code, _, err = say("onsets", path)
    assert (code, '--map "column 2=gluteus_maximus:left"' in err) == (2, True)
    code, out, _ = say("onsets", path, "--map", "column 2=gluteus_maximus:left", "--json")
    (channel,) = json.loads(out)["channels"]
    assert (code, channel["muscle"], channel["side"]) == (0, "gluteus_maximus", "left")
    assert channel["bursts"][0]["on_s"] == pytest.approx(2.0, abs=0.01)
