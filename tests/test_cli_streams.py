"""What `hipspine read` shows on a terminal: nothing missing, nothing wider than the screen, and what to do next."""

from pathlib import Path

import pytest

from hipspine.cli import main


@pytest.fixture
def shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> "Shown":
    monkeypatch.chdir(tmp_path)
    return Shown(capsys)


class Shown:
    """The lines that a command prints about a file with this text."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, name: str, text: str, *arguments: str) -> list[str]:
        Path(name).write_text(text, encoding="utf-8")
        command, *options = arguments or ("read",)
        assert main([command, name, *options]) == 0
        lines = self._capsys.readouterr().out.splitlines()
        assert [line for line in lines if len(line) > 80] == []
        return lines


def of_markers(names: list[str]) -> str:
    """A .trc file as the format's documents describe it."""
    numbers = "\n".join("\t".join([str(i + 1), f"{i / 100:.2f}", *(f"{i}.{axis}" for _ in names for axis in range(3))]) for i in range(50))
    heads = "\t\t\t".join(names)
    axes = "\t".join(f"X{i}\tY{i}\tZ{i}" for i in range(1, len(names) + 1))
    return (
        "PathFileType\t4\t(X/Y/Z)\twalk.trc\n"
        "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tOrigDataStartFrame\tOrigNumFrames\n"
        f"100\t100\t50\t{len(names)}\tmm\t100\t1\t50\n"
        f"Frame#\tTime\t{heads}\n\t\t{axes}\n\n{numbers}\n"
    )


def test_many_markers_are_a_list_of_names_and_none_is_missing(shown: Shown) -> None:
    names = [f"M{number:02}" for number in range(60)]
    lines = shown("walk.trc", of_markers(names))
    said = " ".join(lines)
    assert [name for name in names if said.count(f"{name}.xyz") != 1] == []
    assert "NAME.xyz: NAME.x, NAME.y and NAME.z" in said
    assert len(lines) < 20


def test_a_label_of_several_words_stays_on_one_line(shown: Shown) -> None:
    labels = [f"left shank sensor number {number}" for number in range(9)]
    rows = "".join(f"{i / 100},{','.join(str(i % 7) for _ in labels)}\n" for i in range(100))
    lines = shown("sensors.csv", f"time_s,{','.join(f'{label} [g]' for label in labels)}\n{rows}")
    assert [label for label in labels if not any(label in line for line in lines)] == []


def of_emg(labels: str, columns: list[str]) -> str:
    """Numbers from a rule, 1000 a second; columns are 'raw' or 'flat' or 'envelope'."""
    rows = []
    for i in range(3000):
        value = {"raw": (i * 7919 % 1009) - 504, "flat": 3, "envelope": 1000 - abs(i - 1500) // 2}
        rows.append(",".join([f"{i / 1000}", *(str(value[column]) for column in columns)]))
    return "\n".join([f"time_s,{labels}", *rows, ""])


def test_each_channel_that_needs_a_person_comes_with_what_to_do(shown: Shown) -> None:
    lines = shown("walk.csv", of_emg("GM_L [uV],EMG7 [uV],BF_L [uV],ST_L [uV],ES_L [uV]", ["raw", "raw", "flat", "envelope", "raw"]))
    said = " ".join(" ".join(lines).split())
    assert '--map "GM_L=gluteus_maximus:left"' in said
    assert 'EMG7: no muscle could be read from the label; say which with --map "LABEL=muscle:side"' in said
    assert "BF_L: every sample is the same" in said
    assert "ST_L: rectified or smoothed, so no onset can be timed from it" in said
    assert "ES_L:" not in said


def test_a_muscle_that_was_not_read_with_certainty_comes_with_its_reason(shown: Shown) -> None:
    said = " ".join(shown("walk.csv", of_emg("gluteus maximis left [uV],BF_L [uV]", ["raw", "raw"])))
    assert "gluteus maximis left was taken for gluteus maximus" in said
    assert "BF_L was taken" not in said


def test_onsets_ask_for_the_label_that_several_muscles_fit(shown: Shown) -> None:
    text = of_emg("GM_L [uV],GM_R [uV],ES_L [uV]", ["raw", "raw", "raw"])
    both, one = (" ".join(" ".join(shown("walk.csv", text, "onsets", *options)).split()) for options in ([], ["--channel", "GM_L"]))
    assert '--map "GM_L=gluteus_maximus:left"' in both
    assert '--map "GM_R=gluteus_maximus:right"' in both
    assert '--map "GM_L=gluteus_maximus:left"' in one
    assert "GM_R" not in one


def test_a_stream_is_shown_with_its_name(shown: Shown) -> None:
    rows = "".join(f"{i / 100:.2f}\t{i % 5}\t{i / 1000:.3f}\n" for i in range(60))
    head = "Coordinates\nversion=1\nnRows=60\nnColumns=3\ninDegrees=yes\nendheader\ntime\thip_flexion_l\tpelvis_tx\n"
    lines = shown("walk.mot", head + rows)
    assert "angle, 100 Hz, 1 channel" in lines
    assert "other (translations), 100 Hz, 1 channel" in lines


def test_a_conversion_that_loses_something_does_not_claim_to_be_the_same(shown: Shown) -> None:
    text = "time_s,ES_L [uV],,time_s,hip_flexion_l [deg]\n"
    text += "".join(f"{i / 1000},{i * 7919 % 1009 - 504},,{f'{i / 100},{i % 9}' if i < 60 else ','}\n" for i in range(600))
    said = " ".join(" ".join(shown("two.csv", text, "convert", "two.sto")).split())
    assert "from 2 channels in 2 streams, 0 events, without what is named below; the rest was read back and is the same." in said
    assert "angle at 100 Hz" in said.split("Not kept")[1].replace("'angles' ", "")


def test_of_many_events_each_time_is_shown_once_beside_its_kind(shown: Shown) -> None:
    times = [f"{1.013 + i / 25:.3f}" for i in range(40)]
    marks = "".join(f"# event: {time}, {'foot strike' if i % 2 else 'foot off'}, left\n" for i, time in enumerate(times))
    lines = shown("walk.csv", marks + of_emg("ES_L [uV]", ["raw"]))
    said = " ".join(lines)
    assert [time for time in times if said.count(time) != 1] == []
    assert len([line for line in lines if "foot strike" in line]) == 1


def test_a_label_longer_than_a_line_breaks_between_its_words(shown: Shown) -> None:
    label = "sensor number seven of the second amplifier on the left thigh, fixed with tape above the knee [g]"
    lines = shown("long.csv", f'time_s,"{label}"\n' + "".join(f"{i / 100},{i % 7}\n" for i in range(100)))
    shown_words = set(" ".join(lines).replace(",", " ").split())
    assert {"sensor", "amplifier", "thigh", "fixed", "above", "knee"} <= shown_words


def test_a_test_whose_muscle_is_missing_says_how_to_name_a_channel(shown: Shown, capsys: pytest.CaptureFixture[str]) -> None:
    Path("walk.csv").write_text(of_emg("GM_L [uV],BF_L [uV]", ["raw", "raw"]), encoding="utf-8")
    assert main(["assess", "walk.csv", "--protocol", "prone-hip-extension"]) == 2
    assert "found GM_L, BF_L; say which it is, such as --map LABEL=gluteus_maximus:left" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("command", "said"), [("convert", "which chooses the format; known are .bdf (BDF)"), ("anonymise", "call it out.csv")]
)
def test_an_output_without_a_suffix_is_told_so(command: str, said: str, shown: Shown, capsys: pytest.CaptureFixture[str]) -> None:
    Path("walk.csv").write_text(of_emg("GM_L [uV]", ["raw"]), encoding="utf-8")
    assert main([command, "walk.csv", "out"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("hipspine: OUT: out has no suffix, ")
    assert said in error
