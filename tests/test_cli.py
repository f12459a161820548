"""The command line as people and programs meet it: answers, exit codes, one sentence for every mistake."""

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import typer

import hipspine
from hipspine.cli import app, door, main
from hipspine.errors import InputError
from hipspine.workflows.assessing import protocols
from hipspine.workflows.simulating import KINDS


@dataclass(frozen=True)
class Said:
    """What one command line answered."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        def refuse(word: str) -> None:
            raise ValueError(f"{word} is not JSON")

        return json.loads(self.out, parse_constant=refuse)


Say = Callable[..., Said]


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Say:
    def run(*arguments: object) -> Said:
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        return Said(code, *capsys.readouterr())

    return run


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one simulated recording of each kind, written by the command itself."""
    folder = tmp_path_factory.mktemp("recordings")
    for kind in ("prone-hip-extension", "trunk-flexion-extension", "contact", "bursts", "noise"):
        assert main(["simulate", kind, "--out", str(folder / f"{kind}.c3d"), "--seed", "3"]) == 0
    return folder


def leaves(command: Any, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    below = getattr(command, "commands", None)
    return [path] if below is None else [leaf for name, child in below.items() for leaf in leaves(child, (*path, name))]


COMMANDS = leaves(typer.main.get_command(app))


# --- help and version


def test_the_bare_command_prints_its_help(say: Say) -> None:
    said = say()
    assert (said.code, said.err) == (0, "")
    assert "Commands:" in said.out


def test_version_is_the_package_version(say: Say) -> None:
    assert say("--version") == Said(0, f"hipspine {hipspine.__version__}\n", "")


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_each_help_fits_a_terminal_and_its_example_runs(
    command: tuple[str, ...], say: Say, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = say(*command, "--help")
    assert (said.code, said.err) == (0, "")
    assert max(map(len, said.out.splitlines())) <= 80
    assert "--json" in said.out
    lines = re.findall(r"^ {4}(hipspine .+)$", said.out.partition("Example:")[2].partition("\n\n")[0], re.MULTILINE)
    assert lines
    assert lines[-1].startswith(f"hipspine {' '.join(command)}")
    monkeypatch.chdir(tmp_path)
    for line in lines:
        assert say(*shlex.split(line)[1:]).code == 0, line


def test_help_names_every_protocol_and_every_simulated_kind(say: Say) -> None:
    assessing, simulating = ("".join(say(command, "--help").out.split()) for command in ("assess", "simulate"))
    assert [name for name in protocols() if name not in assessing] == []
    assert [kind for kind in KINDS if kind not in simulating and kind != "gait"] == []


# --- answers


def questions(folder: Path) -> list[tuple[object, ...]]:
    prone, trunk, contact = (folder / f"{name}.c3d" for name in ("prone-hip-extension", "trunk-flexion-extension", "contact"))
    return [
        ("read", prone),
        ("onsets", prone),
        ("onsets", folder / "noise.c3d"),
        ("assess", prone, "--protocol", "prone-hip-extension"),
        ("assess", trunk, "--protocol", "trunk-flexion-extension"),
        ("assess", contact, "--protocol", "contact"),
        ("evidence", "list"),
        ("evidence", "show", "timing"),
        ("evidence", "check"),
    ]


@pytest.mark.parametrize("number", range(9))
def test_json_is_one_document_of_the_same_bytes_each_time(number: int, folder: Path, say: Say) -> None:
    question = questions(folder)[number]
    first, second = say(*question, "--json"), say(*question, "--json")
    assert first.code == 0
    assert first.err == ""
    assert first.out == second.out
    assert first.document["version"] == hipspine.__version__


@pytest.mark.parametrize("number", range(9))
def test_lines_for_people_fit_80_characters(number: int, folder: Path, say: Say) -> None:
    said = say(*questions(folder)[number])
    assert (said.code, said.err) == (0, "")
    assert [line for line in said.out.splitlines() if len(line) > 80] == []
    unwanted = [r"\bnan\b", "gluteus_maximus"]
    if questions(folder)[number][0] != "evidence":  # which quotes what others wrote
        unwanted += [r"\bNone\b", "(?i:inhibited)", "(?i:dysfunction)", "(?i:diagnosis)"]
    assert [word for word in unwanted if re.search(word, said.out)] == []


def test_onsets_carry_intervals_in_order_and_the_hash_of_their_input(folder: Path, say: Say) -> None:
    document = say("onsets", folder / "bursts.c3d", "--json").document
    assert re.fullmatch(r"[0-9a-f]{64}", document["recording"]["sha256"])
    assert document["recording"]["simulated"] is True
    bursts = [burst for channel in document["channels"] for burst in channel["bursts"]]
    assert len(bursts) >= 3
    for burst in bursts:
        for end in ("on", "off"):
            if burst[f"{end}_s"] is not None:
                assert burst[f"{end}_low_s"] <= burst[f"{end}_s"] <= burst[f"{end}_high_s"]


def test_onsets_of_one_channel_are_those_of_the_whole_answer(folder: Path, say: Say) -> None:
    everything = say("onsets", folder / "prone-hip-extension.c3d", "--json").document["channels"]
    chosen = everything[1]
    alone = say("onsets", folder / "prone-hip-extension.c3d", "--channel", chosen["label"], "--json").document["channels"]
    assert [(c["label"], c["bursts"]) for c in alone] == [(chosen["label"], chosen["bursts"])]


def test_noise_has_no_onsets(folder: Path, say: Say) -> None:
    channels = say("onsets", folder / "noise.c3d", "--json").document["channels"]
    assert channels
    assert {(channel["status"], len(channel["bursts"])) for channel in channels} == {("no_signal", 0)}


def test_an_assessment_holds_the_contract(folder: Path, say: Say) -> None:
    document = say("assess", folder / "prone-hip-extension.c3d", "--protocol", "prone-hip-extension", "--json").document
    assert document["findings"]
    wanted = {"measure", "side", "value", "unit", "low", "high", "reference", "grade", "certainty", "sentence"}
    for finding in document["findings"]:
        assert wanted <= finding.keys()
        assert finding["reference"] is None or {"value", "spread", "source"} <= finding["reference"].keys()
        assert finding["sentence"].strip()
    order = document["order"]
    assert order == document["orders"][0]
    assert len(order["p_before"]) == len(order["muscles"]) == len(order["p_before"][0])
    assert {"consistency", "verdict"} <= order.keys()
    assert {source["key"] for source in document["sources"]} >= {f["reference"]["source"] for f in document["findings"] if f["reference"]}


def test_assess_writes_the_reports_that_it_was_asked_for(folder: Path, say: Say, tmp_path: Path) -> None:
    html, pdf = tmp_path / "out.html", tmp_path / "out.pdf"
    said = say("assess", folder / "prone-hip-extension.c3d", "--protocol", "prone-hip-extension", "--report", html, "--pdf", pdf)
    assert (said.code, said.err) == (0, "")
    assert html.read_text(encoding="utf-8").lstrip().lower().startswith("<!doctype html>")
    assert pdf.read_bytes().startswith(b"%PDF-")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.html", "out.pdf"]


def test_a_cue_given_by_the_person_is_part_of_the_answer(folder: Path, say: Say) -> None:
    asked = ("assess", folder / "prone-hip-extension.c3d", "--protocol", "prone-hip-extension", "--json", "--cue", "squeeze first")
    assert say(*asked).document["recording"]["about"]["cue"] == "squeeze first"


def test_movement_starts_given_by_hand_are_used_and_said(folder: Path, say: Say) -> None:
    truth = json.loads((folder / "prone-hip-extension.c3d.truth.json").read_text(encoding="utf-8"))
    asked = ("assess", folder / "prone-hip-extension.c3d", "--protocol", "prone-hip-extension", "--json")
    found = say(*asked).document["repetitions"]
    left = [repetition["start_s"] for repetition in found if repetition["side"] == "left"][:3]
    document = say(*asked, f"--movement-start=left:{','.join(f'{start:.3f}' for start in left)}").document
    assert truth
    assert [r["start_s"] for r in document["repetitions"]] == pytest.approx(left, abs=5e-4)
    assert any("given by hand" in warning for warning in document["warnings"])


# --- mistakes


def mistakes(folder: Path) -> dict[str, tuple[tuple[object, ...], str]]:
    prone = folder / "prone-hip-extension.c3d"
    ask = ("assess", prone, "--protocol", "prone-hip-extension")
    return {
        "no such file": (("read", folder / "nothing.c3d"), "nothing.c3d"),
        "a folder": (("read", folder), folder.name),
        "an empty file": (("read", folder / "empty.c3d"), "empty.c3d"),
        "a file of nonsense": (("onsets", folder / "nonsense.c3d"), "nonsense.c3d"),
        "unknown protocol": (("assess", prone, "--protocol", "hip"), "contact, prone-hip-extension, trunk-flexion-extension"),
        "unknown channel": (("onsets", prone, "--channel", "GLUTE"), "ST_L, ST_R"),
        "wrong protocol": (("assess", folder / "bursts.c3d", "--protocol", "trunk-flexion-extension"), "bursts.c3d"),
        "a device": (("read", "/dev/zero"), "/dev/zero"),
        "a truth that cannot be written": (("simulate", "noise", "--out", folder / ("x" * 246 + ".c3d")), "--out"),
        "a full disk": ((*ask, "--report", "/dev/full"), "hipspine: /dev/full:"),
        "report is the recording": ((*ask, "--report", prone), "--report"),
        "report in no folder": ((*ask, "--pdf", folder / "no" / "out.pdf"), "--pdf"),
        "movement start in words": ((*ask, "--movement-start", "soon"), "--movement-start"),
        "movement start outside": ((*ask, "--movement-start=-5"), "--movement-start"),
        "movement start given twice": ((*ask, "--movement-start=left:3,3"), "--movement-start"),
        "movement start not a number": ((*ask, "--movement-start", "nan"), "--movement-start"),
        "unknown kind": (("simulate", "sprint", "--out", folder / "x.c3d"), "sprint"),
        "unknown suffix": (("simulate", "bursts", "--out", folder / "x.docx"), "x.docx"),
        "negative seed": (("simulate", "bursts", "--out", folder / "x.c3d", "--seed=-1"), "--seed"),
        "seed in words": (("simulate", "bursts", "--out", folder / "x.c3d", "--seed", "one"), "--seed"),
        "demo onto a file": (("demo", "--out", prone), "--out"),
        "misspelt option": (("onsets", prone, "--chanel", "x"), "--chanel"),
        "missing file": (("read",), "FILE"),
        "missing protocol": (("assess", prone), "--protocol"),
        "option without value": (("onsets", prone, "--channel"), "--channel"),
        "unknown command": (("raed",), "raed"),
        "missing subcommand": (("bench",), "bench"),
        "a meaning of no label": (("read", prone, "--map", "X=multifidus"), "--map"),
        "a meaning that is no muscle": (("onsets", prone, "--map", "ST_L=elbow"), "--map"),
        "nothing to keep": (("assess", prone, "--protocol", "prone-hip-extension", "--keep-map"), "--keep-map"),
        "questions without a terminal": (("read", prone, "--ask"), "--ask"),
        "convert onto itself": (("convert", prone, prone, "--overwrite"), "OUT"),
        "convert over another file": (("convert", prone, folder / "bursts.c3d"), "--overwrite"),
        "convert to an unknown format": (("convert", prone, folder / "x.docx"), ".parquet"),
        "anonymise into another format": (("anonymise", prone, folder / "x.csv"), "hipspine convert"),
        "two files": (("read", prone, prone), "read"),
        "unknown row": (("evidence", "show", "Z9"), "Z9"),
        "unknown peer": (("bench", "onset", "--peers", "excel"), "excel"),
        "one trial": (("bench", "onset", "--trials", "1"), "--trials"),
    }


@pytest.mark.parametrize("mistake", mistakes(Path()))
def test_a_mistake_is_answered_with_one_sentence_and_exit_code_2(mistake: str, folder: Path, say: Say) -> None:
    (folder / "empty.c3d").write_bytes(b"")
    (folder / "nonsense.c3d").write_bytes(bytes(range(256)) * 40)
    before = {path: path.read_bytes() for path in folder.iterdir()}
    arguments, named = mistakes(folder)[mistake]
    said = say(*arguments)
    first, *usage = said.err.splitlines()
    assert said.code == 2
    assert said.out == ""
    assert re.match(r"hipspine: \S.*?: \S", first)
    assert named in first
    assert not usage or (len(usage) == 1 and usage[0].startswith("Usage: hipspine"))
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


def test_control_characters_of_a_label_are_shown_and_not_obeyed(folder: Path, say: Say) -> None:
    path = folder / "loud.csv"
    path.write_text("time_s,GMAX_L \x1b[31mred\x07 [V]\n" + "".join(f"{i / 1000},{i % 7}\n" for i in range(2000)), encoding="utf-8")
    said = say("read", path)
    path.unlink()
    assert said.code == 0
    assert "\\x1b[31mred\\x07" in said.out
    assert not set(said.out) & {"\x1b", "\x07"}


def test_an_error_that_breaks_its_lines_is_told_on_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    def broken() -> None:
        raise InputError("walk.c3d: label 'a\nb\x1b[31m' is odd")

    assert door.run(broken) == 2
    assert capsys.readouterr().err == "hipspine: walk.c3d: label 'a b [31m' is odd\n"


@pytest.mark.parametrize(
    ("raised", "code", "said"),
    [
        (RuntimeError("no luck"), 1, "a fault of the program"),
        (KeyboardInterrupt(), 130, "stopped"),
        (MemoryError(), 2, "not enough memory"),
        (PermissionError(13, "Permission denied", "walk.c3d"), 2, "walk.c3d: Permission denied"),
    ],
)
def test_no_exception_becomes_a_traceback(
    raised: BaseException, code: int, said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails() -> None:
        raise raised

    monkeypatch.delenv("HIPSPINE_DEBUG", raising=False)
    assert door.run(fails) == code
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert said in lines[0]


def test_a_traceback_is_shown_to_those_who_ask_for_it(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def fails() -> None:
        raise RuntimeError("no luck")

    monkeypatch.setenv("HIPSPINE_DEBUG", "1")
    assert door.run(fails) == 1
    assert "Traceback" in capsys.readouterr().err


def test_a_reader_that_goes_away_is_no_error_message() -> None:
    command = [sys.executable, "-c", "import sys, hipspine.cli; sys.exit(hipspine.cli.main())", "evidence", "list"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


def test_json_is_the_same_in_a_plain_ascii_terminal() -> None:
    command = [sys.executable, "-c", "import sys, hipspine.cli; sys.exit(hipspine.cli.main())", "evidence", "list"]
    plain, wide = (
        subprocess.run([*command, "--json"], capture_output=True, check=True, env={"PYTHONIOENCODING": encoding}).stdout
        for encoding in ("ascii", "utf-8")
    )
    assert plain == wide
    assert subprocess.run(command, capture_output=True, check=True, env={"PYTHONIOENCODING": "ascii"}).stderr == b""


@pytest.mark.parametrize(("terminal", "cached", "told"), [(True, False, True), (True, True, False), (False, False, False)])
def test_a_first_compilation_is_announced_once_and_only_at_a_terminal(
    terminal: bool, cached: bool, told: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    if cached:
        (tmp_path / "signals").mkdir()
        (tmp_path / "signals" / "kernels.levinson-12.py311.nbi").touch()
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
    door.announce_kernels()
    assert capsys.readouterr().err.startswith("hipspine: preparing the fast kernels, once, about") is told
