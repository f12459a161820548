"""What the name of a variable, a field or an attribute says of its role: a rate, a clock, labels, units, a person, a note."""

import re
import tomllib
from functools import lru_cache
from importlib import resources

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_SPLIT = re.compile(r"[^0-9a-zA-ZÀ-ÿµμ°%#]+")
_TABLE = {
    role: frozenset(found)
    for role, found in tomllib.loads(
        resources.files("hipspine.formats").joinpath("data/tree_words.toml").read_text(encoding="utf-8")
    ).items()
}
_RATE = _TABLE["rate"]
_RATE_FILLERS = _TABLE["rate_fillers"]
_NO_RATE = _TABLE["no_rate"]
_INTERVAL = _TABLE["interval"]
_TIME = _TABLE["time"]
_TIME_FILLERS = _TABLE["time_fillers"]
_LABELS = _TABLE["labels"]
_UNITS = _TABLE["units"]
_START = _TABLE["start"]
_FIRST = _TABLE["first"]
_EVENT = _TABLE["event"]
_INDEX = _TABLE["index"]
_RECORDING = _TABLE["recording"]
_ABOUT = _TABLE["about"]
_PERSON = _TABLE["person"]
_OF_THE_FORMAT = _TABLE["of_the_format"]


@lru_cache(maxsize=4096)
def words(name: str) -> tuple[str, ...]:
    """The words of a name in lower case: at signs, spaces, and capitals.

    >>> words("SamplingFrequency"), words("fs_EMG"), words("EMGData")
    (('sampling', 'frequency'), ('fs', 'emg'), ('emg', 'data'))
    """
    parts = (part for chunk in _SPLIT.split(name[:200]) for part in _CAMEL.split(chunk))
    return tuple(part.lower() for part in parts if part)


def _joined(name: str) -> str:
    return "".join(words(name))


def is_rate(name: str) -> bool:
    """Whether a name means samples per second.

    >>> [is_rate(name) for name in ("Fs", "sampling_rate", "EMG_fs", "FRAME_RATE", "HeartRate", "cutoff_freq", "fs_emg_hz")]
    [True, True, True, True, False, False, True]
    """
    found = set(words(name))
    return bool(found & _RATE or _joined(name) in _RATE) and not found & _NO_RATE


def of_what(name: str) -> frozenset[str]:
    """The words that say whose rate, clock, labels or units these are: of ``fs_emg`` it is "emg"."""
    if _joined(name) in _RATE | _LABELS | _UNITS | _TIME:
        return frozenset()
    return frozenset(words(name)) - _RATE - _RATE_FILLERS - _LABELS - _UNITS - _TIME - _TIME_FILLERS - {"ms", "us"}


def is_interval(name: str) -> bool:
    """Whether a name means the time from sample to sample."""
    found = set(words(name))
    return bool(found & _INTERVAL) and not found & {"stimulus", "inter", "rr", "confidence"}


def is_clock(name: str) -> bool:
    """Whether a name means the times of samples; other words may say whose."""
    found = set(words(name))
    return bool(found & _TIME or _joined(name) in _TIME) and not found & (_EVENT | {"start", "starting", "duration", "normalized", "delay"})


def are_labels(name: str) -> bool:
    """Whether a name means the labels of channels."""
    found = set(words(name))
    return bool(found & _LABELS or _joined(name) in _LABELS) and not found & (_EVENT | {"file", "subject", "patient", "session", "class"})


def are_units(name: str) -> bool:
    """Whether a name means units."""
    return bool(set(words(name)) & _UNITS)


def is_start(name: str) -> bool:
    """Whether a name means the time of the first sample."""
    return _joined(name) in _START or _joined(name) in ("starts", "starttimes", "startingtime")


def is_first_frame(name: str) -> bool:
    """Whether a name means the number of the first frame or sample, counted from 1."""
    return _joined(name) in _FIRST


def is_mark(name: str) -> bool:
    """Whether a name means events."""
    return bool(set(words(name)) & _EVENT)


def recording_stem(name: str) -> str:
    """The name of a numbered recording without its number; empty for anything else.

    >>> recording_stem("trial_02"), recording_stem("sensor2"), recording_stem("trial")
    ('trial', '', '')
    """
    stem = name.rstrip("0123456789").strip("_- ")
    found = set(words(stem))
    return stem if name[-1:].isdigit() and found and found <= _RECORDING else ""


def is_count(name: str) -> bool:
    """Whether a name means a running number."""
    return _joined(name) in _INDEX


def seconds_per(name: str, unit: str = "") -> float | None:
    """Seconds per unit of a time, from its unit or its name; None if neither says.

    >>> seconds_per("time_ms"), seconds_per("isi", "ms"), seconds_per("time")
    (0.001, 0.001, None)
    """
    found = {*words(name), unit.strip().lower()}
    if found & {"ms", "msec", "milliseconds", "millisecond"}:
        return 1e-3
    if found & {"us", "µs", "μs", "usec", "microseconds"}:
        return 1e-6
    if found & {"min", "minutes"}:
        return 60.0
    return 1.0 if found & {"s", "sec", "secs", "second", "seconds"} else None


def says_of_format(name: str) -> bool:
    """Whether an attribute belongs to the format and not to the recording."""
    return name.lower() in _OF_THE_FORMAT or name.lower().startswith(("dimension_", "_nc", "field_", "matlab_"))


def is_about(name: str) -> bool:
    """Whether a text under this name may be shown: device, filters, task. Everything else may point at a person."""
    found = set(words(name))
    return bool(found & _ABOUT) and not found & _PERSON


def is_personal(name: str) -> bool:
    """Whether a name says that what stands under it points at a person, also where it is a number.

    >>> is_personal("subject_age"), is_personal("emg_data"), is_personal("Date")
    (True, False, True)
    """
    return bool(set(words(name)) & _PERSON)
