"""The fields of an EDF header that point at a person: read apart, written by the rules of EDF+, and emptied.

EDF+ (2.1.3): patient = code, sex, birth date, name; recording = "Startdate", date, code of the investigation, technician, equipment; each
"X" where unknown. A year of two digits from 85 on belongs to the 1900s. Plain EDF leaves both fields to whoever writes them.
"""

import re
from collections.abc import Mapping, Sequence

from hipspine.formats.edf.header import EdfHeader

UNKNOWN_PATIENT, UNKNOWN_RECORDING, UNKNOWN_DATE, UNKNOWN_TIME = "X X X X", "Startdate X X X X", "01.01.85", "00.00.00"
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_PATIENT = ("code", "sex", "birth date", "name")
_RECORDING = ("recording date", "investigation", "technician", "device")
_SEXES = {"F": "female", "M": "male"}
_ROOM = 80  # letters of the patient and of the recording field


def person_of(header: EdfHeader) -> tuple[dict[str, str], str]:
    """What the header says of people, by name of the field, and the device; unknown fields are left out."""
    person, device = _of_fields(header.patient, header.recording)
    if header.date not in ("", UNKNOWN_DATE):
        person.setdefault("recording date", _short_date(header.date))
    if header.time not in ("", UNKNOWN_TIME):
        person["time of day"] = re.sub(r"[.,\- ]", ":", header.time)
    return person, device


def _of_fields(patient: str, recording: str) -> tuple[dict[str, str], str]:
    person: dict[str, str] = {}
    parts = patient.split(" ")
    if len(parts) >= len(_PATIENT) and parts[1] in ("F", "M", "X") and (parts[2] == "X" or _iso_date(parts[2])):
        person |= {key: value for key, value in zip(_PATIENT, parts, strict=False) if value not in ("X", "")}
        _keep(person, "patient", parts[len(_PATIENT) :])
    elif patient:
        person["patient"] = patient
    parts = recording.split(" ")
    if len(parts) > len(_RECORDING) and parts[0] == "Startdate" and (parts[1] == "X" or _iso_date(parts[1])):
        person |= {key: value for key, value in zip(_RECORDING, parts[1:], strict=False) if value not in ("X", "")}
        _keep(person, "recording", parts[1 + len(_RECORDING) :])
    elif recording:
        person["recording"] = recording
    for key in ("birth date", "recording date"):
        if key in person:
            person[key] = _iso_date(person[key]) or person[key]
    if "sex" in person:
        person["sex"] = _SEXES[person["sex"]]
    for key in ("name", "technician", "device"):
        if key in person:
            person[key] = person[key].replace("_", " ")
    return person, person.pop("device", "")


def _keep(person: dict[str, str], key: str, parts: Sequence[str]) -> None:
    """What follows the fields that EDF+ prescribes."""
    if any(parts):
        person[key] = " ".join(parts)


def _iso_date(text: str) -> str:
    """2002-03-02 for 02-MAR-2002; empty if it is no such date.

    >>> _iso_date("02-MAR-2002"), _iso_date("EMG561")
    ('2002-03-02', '')
    """
    match = re.fullmatch(r"(\d\d)-([A-Z]{3})-(\d{4})", text.upper())
    return f"{match[3]}-{_MONTHS.index(match[2]) + 1:02d}-{match[1]}" if match and match[2] in _MONTHS else ""


def _short_date(text: str) -> str:
    """2002-03-02 for 02.03.02, whatever stands between the numbers."""
    match = re.fullmatch(r"(\d\d?)\D(\d\d?)\D(\d\d)", text)
    if not match:
        return text
    year = int(match[3])
    return f"{1900 + year if year >= 85 else 2000 + year}-{int(match[2]):02d}-{int(match[1]):02d}"


def fields_of(person: Mapping[str, str]) -> tuple[dict[str, bytes], dict[str, str]]:
    """The header fields of a person by the rules of EDF+, and what does not fit into them or would read back differently.

    >>> fields, left = fields_of({"name": "Harry Haagse", "sex": "male", "shoe size": "44"})
    >>> fields["patient"].rstrip(), left
    (b'X M X Harry_Haagse', {'shoe size': '44'})
    """
    values = dict(person)
    while True:
        fields = _fields(values)
        unlike = [key for key, value in values.items() if _read_back(fields).get(key) != value]
        if not unlike:
            return fields, {key: value for key, value in person.items() if key not in values}
        for key in unlike:
            del values[key]


def _fields(values: Mapping[str, str]) -> dict[str, bytes]:
    sexes = {word: letter for letter, word in _SEXES.items()}
    day = values.get("recording date", "")
    sub = {key: values.get(key, "").replace(" ", "_") or "X" for key in ("code", "name", "investigation", "technician")}
    patient = f"{sub['code']} {sexes.get(values.get('sex', ''), 'X')} {_edf_date(values.get('birth date', ''))} {sub['name']}"
    recording = f"Startdate {_edf_date(day)} {sub['investigation']} {sub['technician']} X"
    short = f"{day[8:]}.{day[5:7]}.{day[2:4]}" if _edf_date(day) != "X" else UNKNOWN_DATE
    texts = {
        "patient": patient if len(patient) <= _ROOM else UNKNOWN_PATIENT,
        "recording": recording if len(recording) <= _ROOM else UNKNOWN_RECORDING,
        "date": short,
        "time": values.get("time of day", "").replace(":", ".") or UNKNOWN_TIME,
    }
    widths = {"patient": _ROOM, "recording": _ROOM, "date": 8, "time": 8}
    return {key: text.encode("ascii", "replace").ljust(widths[key])[: widths[key]] for key, text in texts.items()}


def _read_back(fields: Mapping[str, bytes]) -> dict[str, str]:
    patient, recording, time = (fields[key].decode("ascii").strip() for key in ("patient", "recording", "time"))
    person, _ = _of_fields(patient, recording)
    return person | ({"time of day": time.replace(".", ":")} if time != UNKNOWN_TIME else {})


def _edf_date(iso: str) -> str:
    match = re.fullmatch(r"(\d{4})-(0[1-9]|1[0-2])-(\d\d)", iso)
    return f"{match[3]}-{_MONTHS[int(match[2]) - 1]}-{match[1]}" if match else "X"
