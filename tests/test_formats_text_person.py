"""Who a text file is about: kept apart, shown only when asked for, and taken out by `anonymise` while the numbers stay bit for bit."""

import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hipspine.formats.content import Content
from hipspine.formats.source import Source
from hipspine.formats.text import reader as text
from hipspine.formats.text.person import is_personal
from hipspine.formats.text.writer import csv_text
from hipspine.signals.recording import Channel, Recording, Stream
from hipspine.terms import StreamKind

NOISE = np.random.default_rng(14).normal(size=(300, 2)) * 50
ROWS = "\n".join(f"{i / 1000};{NOISE[i, 0]:.4f};{NOISE[i, 1]:.4f}" for i in range(300))


def read(data: str | bytes) -> Content:
    return text.read(Source(Path("walk.csv"), data if isinstance(data, bytes) else data.encode()))


def anonymised(data: str | bytes) -> tuple[bytes, tuple[str, ...]]:
    out = io.BytesIO()
    said = text.anonymise(Source(Path("walk.csv"), data if isinstance(data, bytes) else data.encode()), out)
    return out.getvalue(), said


def samples(data: str | bytes) -> list[np.ndarray]:
    return [np.asarray(group.values) for group in read(data).groups]


NORAXON = (
    'Record;"Gangtest Mustermann links"\nName;Mustermann, Erika\nVorname;Erika\nGeburtsdatum;03.11.1971\nPatienten-Nr.;PX-4711\n'
    "Messdatum: 12.03.2024 10:15\nUntersucher: Dr. Quincy\nKommentar;Frau Mustermann hinkt\nMessfrequenz;1000 Hz\nGerät;Ultium EMG\n\n"
    "Zeit, s;LT GLUT MAX, uV;RT LUMBAR ES, uV\n{rows}\n# Bemerkung: Erika war müde\n"
)
SECRETS = ("Mustermann", "Erika", "03.11.1971", "1971", "4711", "12.03.2024", "10:15", "Quincy", "hinkt", "müde")


def test_a_person_in_the_header_block_is_kept_apart() -> None:
    content = read(NORAXON.format(rows=ROWS))
    assert content.person["Name"] == "Mustermann, Erika"
    assert content.person["Geburtsdatum"] == "03.11.1971"
    assert content.about == {"Gerät": "Ultium EMG"}
    open_words = repr(content.about) + repr(content.warnings) + repr([g.columns for g in content.groups]) + repr(content)
    assert not [secret for secret in SECRETS if secret in open_words]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_names_codes_and_days_are_gone_and_the_rows_are_the_same_bytes(encoding: str, ends: str) -> None:
    original = NORAXON.format(rows=ROWS).replace("\n", ends).encode(encoding)
    data, said = anonymised(original)
    for secret in SECRETS:
        for spelled in {secret, secret.upper(), secret.lower()}:
            for coding in ("utf-8", "latin-1", "utf-16-le"):
                assert spelled.encode(coding) not in data
    body = ROWS.replace("\n", ends).encode(encoding if encoding != "utf-16" else "utf-16-le")
    assert body.removeprefix(b"\xef\xbb\xbf") in data
    assert [np.array_equal(a, b) for a, b in zip(samples(data), samples(original), strict=True)] == [True]
    assert any("Geburtsdatum" in sentence for sentence in said)
    assert not [secret for secret in SECRETS if secret in repr(said)]
    assert read(data).about == read(original).about
    assert not any(value.strip(' "') for value in read(data).person.values())


@pytest.mark.parametrize(
    "key",
    [
        "Name", "First name", "Subject ID", "Patient", "Birthdate", "Date/Time", "Operator", "Comments", "Record name", "File name",
        "Vorname", "Geburtsdatum", "Datum", "Bemerkung", "Größe", "Nom", "Prénom", "Date de naissance", "Opérateur", "Sexe",
        "Nombre", "Apellidos", "Fecha de nacimiento", "Nome", "Sobrenome", "Data de nascimento", "Cognome", "Data di nascita", "Paziente",
        "Età", "Código",
    ],
)  # fmt: skip
def test_keys_of_a_person_in_six_languages(key: str) -> None:
    assert is_personal(key)


@pytest.mark.parametrize(
    "key",
    [
        "Sampling rate", "Device name", "Sensor ID", "Filter", "Software version", "Cue", "Number of channels", "Abtastrate", "Gerät",
        "Fréquence", "Frecuencia", "Measure unit", "Frames", "Channel name", "Data rate", "Type", "Gain", "simulated", "protocol",
    ],
)  # fmt: skip
def test_keys_of_a_device(key: str) -> None:
    assert not is_personal(key)


def test_a_name_that_stands_in_other_lines_and_titles_too() -> None:
    original = (
        "# subject: Featherstone\n# protocol: C:/data/Featherstone/walk\n# event: 0.1, Featherstone jumps, left\n"
        "time_s,featherstone GMAX L [uV],note\n"
        + "\n".join(f"{i / 1000},{NOISE[i, 0]:.3f},{'FEATHERSTONE stumbles' if i == 50 else ''}" for i in range(300))
    )
    data, said = anonymised(original)
    assert b"featherstone" not in data.lower()
    assert read(data).groups[0].columns[0].unit == "uV"
    assert np.array_equal(samples(data)[0], samples(original)[0])
    assert any("other lines" in sentence for sentence in said)
    assert any("rows" in sentence for sentence in said)


def test_a_person_called_max_does_not_take_the_muscle_along() -> None:
    data, _ = anonymised("First name;Max\nLast name;Lang\n\nZeit, s;LT GLUT MAX, uV;RT LUMBAR ES, uV\n" + ROWS)
    assert [column.label for column in read(data).groups[0].columns] == ["LT GLUT MAX", "RT LUMBAR ES"]


def test_day_and_time_of_opensignals() -> None:
    device = {"sensor": ["EMG"], "column": ["nSeq", "CH1"], "device": "biosignalsplux", "sampling rate": 1000, "resolution": [16]}
    header = {"00:07": {**device, "date": "2018-7-5", "time": "10:29:43.249", "comments": "Mrs Featherstone"}}
    body = "\n".join(f"{i}\t{32768 + i % 7}" for i in range(300))
    original = f"# OpenSignals Text File Format. Version 1\n# {json.dumps(header)}\n# EndOfHeader\n{body}\n"
    assert read(original).person["recording date"] == "2018-7-5"
    data, _ = anonymised(original)
    for secret in (b"2018", b"10:29", b"Featherstone"):
        assert secret not in data
    assert data.endswith(body.encode() + b"\n")
    assert read(data).groups[0].columns == read(original).groups[0].columns


@pytest.mark.parametrize(
    ("row", "secrets"),
    [
        ("2024-05-01T09:{m:02d}:{s:06.3f},{v}", (b"2024", b"09:")),
        ("01.05.2024 09:{m:02d}:{s:06.3f},{v}", (b"2024", b"09:")),
        ("09:{m:02d}:{s:06.3f},{v}", (b"09:",)),
        ("{epoch},{v}", (b"17146",)),
    ],
)
def test_days_and_clock_times_in_the_rows_become_times_from_the_first(row: str, secrets: tuple[bytes, ...]) -> None:
    start_s = 59 * 60 + 59.9
    lines = []
    for i in range(300):
        at = start_s + i / 1000
        lines.append(row.format(m=int(at // 60) % 60, s=round(at % 60, 3), v=f"{NOISE[i, 0]:.3f}", epoch=1_714_600_000_000 + i))
    lines = [line.replace("09:00", "10:00") for line in lines]
    original = "timestamp,gmax_l_uv\n" + "\n".join(lines)
    data, said = anonymised(original)
    for secret in (*secrets, b"10:00"):
        assert secret not in data
    before, after = read(original), read(data)
    assert (after.groups[0].rate_hz, after.groups[0].start_s) == (before.groups[0].rate_hz, before.groups[0].start_s)
    assert np.array_equal(samples(data)[0], samples(original)[0])
    assert after.person == {}
    assert said == ("days and clock times in the rows, which now count from the first",)


TABS = "\n".join(f"{i / 1000}\t{NOISE[i, 0]:.4f}\t{NOISE[i, 1]:.4f}" for i in range(300))
HEADS = {
    "Vicon": "Devices\n1000\n\t\tImported EMG\nFrame\tGMAX L\tES R\n\tmV\tmV\n",
    "AcqKnowledge": "Featherstone.acq\n1 msec/sample\n2 channels\nEMG GMax L\nmV\nForce\nN\nsec\tCH1\tCH2\n",
    "BTS": "BTS ASCII format\n\nType: \tEmg tracks\nMeasure unit: \tmV\nFrequency: \t1000 Hz\nStart time: \t0.000\n\nTime\tGMAX L\tES R\n",
    "Trigno": "Application:\tTrigno Discover\nDate/Time:\t3/4/2024\n"
    "GMax L (8)\t\tES R (9)\nsensor mode: 40\t\t\nTime (s)\tEMG 1 (mV)\tEMG 2 (mV)\n",
    "comments": "# Featherstone\n# Sampling Rate (Hz):= 1000.00\n# time\tGMAX L\tES R\n",
}


@pytest.mark.parametrize("program", HEADS)
def test_what_the_program_says_of_the_signals_stays(program: str) -> None:
    original = HEADS[program] + TABS
    data, _ = anonymised(original)
    before, after = read(original), read(data)
    assert b"Featherstone" not in data
    assert b"2024" not in data
    assert [(g.columns, g.rate_hz, g.start_s) for g in after.groups] == [(g.columns, g.rate_hz, g.start_s) for g in before.groups]
    assert all(np.array_equal(a, b) for a, b in zip(samples(data), samples(original), strict=True))
    assert data.endswith(TABS.encode())


def test_words_behind_an_unknown_key_go_too_and_it_is_said() -> None:
    data, said = anonymised("Squad;Featherstone's\nTrial;3\nMessfrequenz;1000 Hz\n\nZeit, s;LT GLUT MAX, uV;RT LUMBAR ES, uV\n" + ROWS)
    assert b"Featherstone" not in data
    assert said == ("the value of 'Squad' in line 1", "the value of 'Trial' in line 2")


@pytest.mark.parametrize(
    "head",
    [
        "Last name;First name\nBrontë;Quincy",
        "Subject;Frequency\nQuincy Brontë;1000",
        "Frequency;Subject\n1000;Quincy Brontë",
        "Type;Record name;Sampling frequency;Last name;First name;Date of birth\nEMG;Record 1;1000;Brontë;Quincy;03.11.1971",
        "Last name;Brontë\nFirst name;Quincy\nDate of birth;03.11.1971",
        "Patient;Subject Brontë\nTrial;Quincy 3",
    ],
)
def test_values_may_stand_below_their_keys_or_beside_them(head: str) -> None:
    file = f"{head}\n\nTime, s;LT GLUT MAX, uV;RT LUMBAR ES, uV\n{ROWS}\n"
    content = read(file)
    assert "Brontë" in str(content.person), "what nobody knows of cannot be searched for in a copy"
    assert not any(secret in str(content.about) for secret in ("Brontë", "Quincy", "1971"))
    clean, said = anonymised(file)
    assert not any(secret in clean.decode() for secret in ("Brontë", "Quincy", "1971"))
    assert said
    assert "Brontë" not in str(said)
    assert clean.decode().endswith(ROWS + "\n")
    assert np.array_equal(samples(file)[0], samples(clean)[0])


def test_a_file_without_a_person_stays_as_it_is() -> None:
    original = ("# rate_hz: 1000\n# device: DataLite\ngmax_l_uv;es_r_uv\n" + ROWS.replace("0.0;", "", 0)).encode()
    assert anonymised(original) == (original, ())


def test_what_was_asked_to_be_kept_is_written_and_read_back_and_can_be_taken_out() -> None:
    emg = Stream(StreamKind.EMG, 1000.0, 0.0, (Channel("GMAX_L", unit="V"),), NOISE.T[:1])
    recording = Recording("x", "x", (emg,), about={"comment": "as asked"}, person={"name": "Featherstone", "birth date": "1971-11-03"})
    written = csv_text(recording, name="x.csv")
    content = read(written)
    assert (content.person, content.about) == (recording.person, recording.about)
    assert text.READER.recording(Source(Path("x.csv"), written.encode())).person == recording.person
    data, _ = anonymised(written)
    assert b"Featherstone" not in data
    assert b"1971" not in data
    assert csv_text(replace(recording, person={}), name="x.csv").count("person") == 0
