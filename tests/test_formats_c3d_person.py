"""C3D and the person in it: nothing of them is shown unless asked for, and an anonymised file holds no byte of them."""

import importlib.util
import io
import struct
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hipspine.errors import FormatError
from hipspine.formats.c3d.layout import parse
from hipspine.formats.c3d.person import what_of_a_person
from hipspine.formats.c3d.reader import READER
from hipspine.formats.c3d.writer import c3d_bytes
from hipspine.formats.source import Source
from hipspine.signals.recording import Channel, Recording, Stream
from hipspine.terms import Side, StreamKind

_spec = importlib.util.spec_from_file_location("c3d_variants", Path(__file__).with_name("test_formats_c3d_variants.py"))
assert _spec is not None
assert _spec.loader is not None
odd: Any = importlib.util.module_from_spec(_spec)
sys.modules[_spec.name] = odd
_spec.loader.exec_module(odd)

DATA = Path(__file__).parents[1].parent / "shared" / "data"
PLANTED = ("Quentin", "Zwiebelfisch", "Zwiebelfisch_Q", "QZ-4711", "1965-03-28", "Dr. Brückner", "Waldklinik", "zwiebel@fisch.de")


def planted(**changes: Any) -> bytes:
    """A file that names its person in every place that programs are known to use, and in some where only rests of texts are."""
    groups = {
        "SUBJECTS": {"USED": 1, "NAMES": ["Zwiebelfisch_Q"], "LABEL_PREFIXES": ["Zwiebelfisch_Q:"], "MARKER_SETS": ["Quentin lower body"]},
        "PATIENT": {"VORNAME": ["Quentin"], "NACHNAME": ["Zwiebelfisch"], "GEBURTSDATUM": ["1965-03-28"], "SEX": ["M"],
                    "WEIGHT": 71.5, "DOB": np.array([28, 3, 1965]), "ARZT": ["Dr. Brückner"], "KLINIK": ["Waldklinik"], "ID": ["QZ-4711"]},
        "POINT": {"LABELS": ["Zwiebelfisch_Q:LASI", "Zwiebelfisch_Q:LHipAngles"], "ANGLES": ["Zwiebelfisch_Q:LHipAngles"],
                  "DESCRIPTIONS": ["left spine of QUENTIN", ""]},
        "ANALOG": {"DESCRIPTIONS": ["gluteus zwiebelfisch left", "x", "y"]},
        "TRIAL": {"DATE": np.array([1965, 3, 28]), "TIME": np.array([15, 14, 29]), "NAME": ["C:\\Vicon\\Waldklinik\\walk.c3d"]},
        "EVENT": {"USED": 1, "LABELS": ["Foot Strike"], "CONTEXTS": ["Left"], "SUBJECTS": ["Zwiebelfisch_Q"],
                  "DESCRIPTIONS": ["recorded 1965-03-28 by zwiebel@fisch.de"], "TIMES": np.array([[0.0], [0.25]])},
        "MANUFACTURER": {"COMPANY": ["Vicon"], "SOFTWARE": ["Nexus"], "VERSION_LABEL": ["1.4.116"]},
        "MAIL": {"EMAIL": ["zwiebel@fisch.de"]},
        "NOTEBOOK": {"REMARKS": ["Quentin limps"]},
    }  # fmt: skip
    data = bytearray(odd.built(groups=groups, **changes))
    data[60:72] = b"Zwiebelfisch"  # reserved words of the header
    data[480:487] = b"Quentin"
    start = struct.unpack_from("<H", data, 16)[0] * 512 - 512
    data[start - 40 : start - 33] = b"Quentin"  # behind the last parameter
    return bytes(data) + b"\0" * 8 + "Quentin".encode("utf-16-le") + b"\0" * 500


def written(data: bytes) -> tuple[bytes, tuple[str, ...]]:
    assert READER.anonymise is not None
    out = io.BytesIO()
    removed = READER.anonymise(Source(Path("x.c3d"), data), out)
    return out.getvalue(), removed


def holds(data: bytes, text: str) -> bool:
    forms = {text, text.lower(), text.upper(), text.title()}
    return any(
        form.encode(encoding, errors="ignore") in data for form in forms for encoding in ("utf-8", "latin-1", "utf-16-le", "utf-16-be")
    )


def test_nothing_of_the_person_is_in_what_is_shown() -> None:
    recording = READER.recording(Source(Path("x.c3d"), planted()))
    shown = repr((recording.streams, recording.events, recording.warnings, dict(recording.about)))
    for secret in PLANTED:
        assert secret.lower() not in shown.lower()
    assert [c.label for s in recording.of_kind(StreamKind.MARKER) for c in s.channels] == ["LASI.x", "LASI.y", "LASI.z"]
    assert [c.side for s in recording.of_kind(StreamKind.ANGLE) for c in s.channels] == [Side.LEFT] * 3
    assert recording.about["device"] == "Vicon Nexus"


def test_the_person_is_told_where_somebody_asks() -> None:
    person = READER.recording(Source(Path("x.c3d"), planted())).person
    assert person["name"].split("; ") == ["Zwiebelfisch_Q", "Quentin", "Zwiebelfisch"]
    assert person["birth date"] == "1965-03-28; 28 3 1965"
    assert (person["sex"], person["code"], person["technician"], person["hospital"]) == ("M", "QZ-4711", "Dr. Brückner", "Waldklinik")
    assert (person["recording date"], person["time of day"], person["contact"]) == ("1965 3 28", "15 14 29", "zwiebel@fisch.de")
    assert person["notes"] == "Quentin limps"


@pytest.mark.parametrize(("processor", "real"), [(84, True), (84, False), (85, True), (86, False)])
def test_an_anonymised_file_holds_no_byte_of_the_person_and_every_sample(processor: int, real: bool) -> None:
    before = planted() if (processor, real) == (84, True) else odd.built(processor=processor, real=real, groups={
        "SUBJECTS": {"NAMES": ["Zwiebelfisch_Q"]}, "PATIENT": {"VORNAME": ["Quentin"], "DOB": np.array([28, 3, 1965])},
        "POINT": {"LABELS": ["Zwiebelfisch_Q:LASI", "RASI"]}})  # fmt: skip
    after, removed = written(before)
    assert len(after) == len(before)
    for secret in PLANTED:
        assert not holds(after, secret), secret
    assert struct.pack("<3h", 28, 3, 1965) not in after
    assert struct.pack(">3h", 28, 3, 1965) not in after
    one, other = parse(Source(Path("x.c3d"), before)), parse(Source(Path("x.c3d"), after))
    np.testing.assert_array_equal(one.points, other.points)
    np.testing.assert_array_equal(one.analog, other.analog)
    assert before[one.sizes.start : one.sizes.start + 3000] == after[one.sizes.start : one.sizes.start + 3000]
    for sentence in removed:
        assert not any(secret.lower() in sentence.lower() for secret in PLANTED)
    assert "PATIENT:VORNAME was emptied" in removed


def test_an_anonymised_file_reads_as_before_but_for_its_person() -> None:
    before = READER.recording(Source(Path("x.c3d"), planted()))
    after = READER.recording(Source(Path("x.c3d"), written(planted())[0]))
    assert not after.person
    assert after.events == before.events
    assert after.about == before.about
    for one, other in zip(before.streams, after.streams, strict=True):
        assert [(c.label, c.side, c.unit) for c in one.channels] == [(c.label, c.side, c.unit) for c in other.channels]
        np.testing.assert_array_equal(one.values, other.values)
    content = parse(Source(Path("x.c3d"), written(planted())[0]))
    assert content.values("PATIENT", "WEIGHT").tolist() == [71.5]
    assert content.texts("MANUFACTURER", "VERSION_LABEL") == ["1.4.116"]
    again, removed = written(written(planted())[0])
    assert again == written(planted())[0]
    assert removed == ()


def test_several_subjects_are_told_apart_by_number() -> None:
    labels = {"POINT": {"LABELS": ["Zwiebelfisch:LHEE", "Quentin:LHEE"]}}
    shown = [
        c.label for s in READER.recording(Source(Path("x.c3d"), odd.built(groups=labels))).of_kind(StreamKind.MARKER) for c in s.channels
    ]
    assert shown[::3] == ["subject 1:LHEE.x", "subject 2:LHEE.x"]
    after, removed = written(odd.built(groups=labels))
    assert removed == ("the subject in front of labels in POINT:LABELS was overwritten",)
    assert not holds(after, "Quentin")
    again = [c.label for s in READER.recording(Source(Path("x.c3d"), after)).of_kind(StreamKind.MARKER) for c in s.channels]
    assert again == shown


def test_sides_in_front_of_labels_are_no_subjects() -> None:
    labels = {"POINT": {"LABELS": ["L:HEE", "Left:TOE"]}}
    shown = [
        c.label for s in READER.recording(Source(Path("x.c3d"), odd.built(groups=labels))).of_kind(StreamKind.MARKER) for c in s.channels
    ]
    assert shown[::3] == ["L:HEE.x", "Left:TOE.x"]


@pytest.mark.parametrize(
    ("group", "title", "what"),
    [
        ("SUBJECTS", "NAMES", "name"), ("EVENT", "SUBJECTS", "name"), ("ANALYSIS", "SUBJECTS", "name"), ("PATIENT", "NOM", "name"),
        ("INFO", "PATIENT_NAME", "name"), ("INFO", "APELLIDOS", "name"), ("PAZIENTE", "COGNOME", "name"), ("SUJEITO", "NOME", "name"),
        ("PROBAND", "GEBURTSTAG", "birth date"), ("PACIENTE", "NASCIMENTO", "birth date"), ("SUJET", "DATE_DE_NAISSANCE", "birth date"),
        ("SUBJECT", "NUMBER", "code"), ("PATIENT_ID", "CODE", "code"), ("TRIAL", "DATE", "recording date"),
        ("TRIAL", "TIME", "time of day"),
        ("LAB", "OPERATOR", "technician"), ("LAB", "MEDECIN", "technician"), ("ANY", "FILENAME", "file"), ("ANY", "COMMENTAIRES", "notes"),
        ("EVENT", "TIMES", ""), ("EVENT", "LABELS", ""), ("POINT", "LABELS", ""), ("ANALOG", "LABELS", ""),
        ("MANUFACTURER", "SOFTWARE", ""),
        ("ANALYSIS", "NAMES", ""), ("POINT", "DATA_START", ""), ("HIPSPINE", "ABOUT", ""), ("FORCE_PLATFORM", "TYPE", ""),
    ],
)  # fmt: skip
def test_parameters_speak_of_a_person_in_six_languages(group: str, title: str, what: str) -> None:
    assert what_of_a_person(group, title, is_text=True) == what


def test_a_damaged_file_is_not_anonymised_by_halves() -> None:
    with pytest.raises(FormatError):
        written(planted()[:-3000])


def test_a_person_is_written_only_where_the_recording_holds_one() -> None:
    emg = Stream(StreamKind.EMG, 1000.0, 0.0, (Channel("GMAX_L", "gluteus_maximus", Side.LEFT, unit="V"),), np.ones((1, 20)))
    person = {"name": "Zwiebelfisch", "birth date": "1965-03-28", "code": "QZ-4711"}
    kept = c3d_bytes(Recording("x", "x", (emg,), person=person), name="x.c3d")
    assert READER.recording(Source(Path("x.c3d"), kept)).person == person
    assert parse(Source(Path("x.c3d"), kept)).texts("SUBJECTS", "NAMES") == ["Zwiebelfisch"]
    assert b"SUBJECTS" not in c3d_bytes(Recording("x", "x", (emg,)), name="x.c3d")
    after, removed = written(kept)
    assert not any(holds(after, secret) for secret in person.values())
    assert "SUBJECTS:DETAILS was emptied" in removed


@pytest.mark.skipif(not DATA.is_dir(), reason="no folder ../shared/data with recordings beside this checkout")
@pytest.mark.parametrize(
    ("name", "secrets"),
    [
        ("c3d/pc_int.c3d", ("Norm Walker", "Norm", "Walker", "Power Util")),
        ("c3d/sgi_real.c3d", ("Norm Walker", "Norm", "Walker", "Power Util")),
        ("c3d/Dec_real.c3d", ("Norm Walker", "Norm", "Walker", "Power Util")),
        ("c3d/PiG_Motion3_FF.c3d", ("flatFoot",)),
        ("gait_cohort_sample/HC032A03.c3d", ("HC032A", "NormalData2")),
        ("c3d/1123x01EMG.c3d", ()),
        ("c3d/Res16bits.c3d", ()),
    ],
)
def test_real_recordings_lose_their_person_and_nothing_else(name: str, secrets: tuple[str, ...]) -> None:
    source = Source(DATA / name)
    after, removed = written(source.read(0, source.size))
    assert len(after) == source.size
    for secret in secrets:
        assert not holds(after, secret), secret
    assert bool(removed) >= bool(secrets)
    before, then = READER.recording(source), READER.recording(Source(Path(name), after))
    assert not {key for key in then.person if key not in ("details",)}
    assert then.events == before.events
    for one, other in zip(before.streams, then.streams, strict=True):
        assert [c.label for c in one.channels] == [c.label for c in other.channels]
        np.testing.assert_array_equal(one.values, other.values)
