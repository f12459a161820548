"""Column names of text files: the unit inside them, and whether they are time, a sample number or an event."""

import re

from hipspine.anatomy.lexicon import words_of
from hipspine.anatomy.names import resolve
from hipspine.formats.channels import si_spelling
from hipspine.formats.vocabulary import vocabulary
from hipspine.units import SI

_OTHER_UNITS = {"%mvc", "% mvc", "a.u.", "au", "w", "hz", "bit", "bits", "count", "counts", "deg/s^2", "ut", "nm/kg", "n/kg", "w/kg"}
_BRACKET = re.compile(r"^(.*?)\s*[\[(]\s*([^\[\]()]*?)\s*[\])]$", re.DOTALL)
_ANY_BRACKET = re.compile(r"[\[(]([^\[\]()]*)[\])]")
_AFTER_COMMA = re.compile(r"^(.*?)\s*[,;]\s*([^\s,;]+)$")
_AFTER_SPACE = re.compile(r"^(.*\S)[\s_]+(\S+)$")
_SECONDS = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds", "sekunden", "secondes"), 1.0),
    **dict.fromkeys(("ms", "msec", "msecs", "millisec", "milliseconds", "millisekunden"), 1e-3),
    **dict.fromkeys(("us", "µs", "μs", "usec", "microseconds", "mikrosekunden"), 1e-6),
    **dict.fromkeys(("ns", "nsec", "nanoseconds"), 1e-9),
    **dict.fromkeys(("min", "mins", "minutes"), 60.0),
}
_SNAKE = (("_deg_s", "deg/s"), ("_rad_s", "rad/s"), ("_m_s2", "m/s^2"), ("_n_m", "N m"), ("_percent", "%"), ("_per_s", ""))


def split_unit(name: str) -> tuple[str, str]:
    """Label and unit of a column name; the unit is empty where the name holds none.

    >>> [split_unit(name) for name in ("X[s]", "LT GLUT MAX, uV", "hip_flexion_deg", "acc_thigh_x_g", "GM_G", "time_us")]
    [('X', 's'), ('LT GLUT MAX', 'uV'), ('hip_flexion', 'deg'), ('acc_thigh_x', 'g'), ('GM_G', ''), ('time', 'us')]
    """
    text = name.strip()
    bracket = _BRACKET.match(text)
    if bracket and (
        is_unit(bracket[2])
        or _is_time_unit(bracket[1], bracket[2])
        or (text.endswith("]") and not bracket[2].isdigit() and resolve(bracket[2]).side is None)
    ):
        before = bracket[1].strip()
        return before.rstrip("_ ") if text.endswith(")") else before, bracket[2]
    comma = _AFTER_COMMA.match(text)
    if comma and is_unit(comma[2]):
        return comma[1].strip(), comma[2]
    for ending, unit in _SNAKE:
        if text.lower().endswith(ending) and len(text) > len(ending):
            return text[: -len(ending)], unit
    inside = next((match for match in _ANY_BRACKET.finditer(text) if len(match[1]) > 1 and is_unit(match[1])), None)
    if inside:
        return " ".join((text[: inside.start()] + " " + text[inside.end() :]).split()), inside[1]
    last = _AFTER_SPACE.match(text)
    if last and _is_time_unit(last[1], last[2]) and len(last[2]) > 1:
        return last[1].rstrip("_ "), last[2]
    if last and is_unit(last[2]):
        rest, unit = last[1].rstrip("_ "), last[2]
        if len(unit) > 1 or unit == "°" or _letter_fits(rest, unit):
            return rest, unit.upper() if unit == "n" else unit
    return text, ""


def is_unit(text: str) -> bool:
    """Whether a text is a unit of measurement as files write it."""
    spelled = si_spelling(text).lower()
    return bool(spelled) and (spelled in SI or spelled in _OTHER_UNITS)


def _is_time_unit(rest: str, unit: str) -> bool:
    """Whether a column of times is in this unit: "us" and "min" mean other things elsewhere."""
    return unit.lower() in _SECONDS and bool(set(words_of(rest)) & vocabulary().time)


def _letter_fits(rest: str, unit: str) -> bool:
    """A single letter is a unit only where the words before it ask for it: L, G and D are sides, M may be medial."""
    if unit == "s":
        return bool(set(words_of(rest)) & vocabulary().time) or rest.lower() in ("t", "x")
    if unit == "v":
        return resolve(rest).muscle is not None or "emg" in words_of(rest)
    wanted = vocabulary().letter_units.get(unit, frozenset())
    return bool(set(words_of(rest)) & wanted)


def is_time(label: str, unit: str) -> bool:
    """Whether a column holds times: by its name, or EMGworks' "X[s]" and LabVIEW's "X_Value"."""
    words = set(words_of(label))
    by_name = bool(words & vocabulary().time) or label.strip().lower() in ("t", "s", "x_value")
    return (by_name and (not unit or unit.lower() in _SECONDS)) or (label.strip().lower() == "x" and unit.lower() in ("s", "ms"))


def is_index(label: str) -> bool:
    """Whether a column counts samples or frames."""
    words = words_of(label)
    return bool(words) and set(words) <= vocabulary().index | {"s", "of", "the", "sub"} and bool(set(words) & vocabulary().index)


def is_event(label: str) -> bool:
    """Whether a column marks moments."""
    return bool(set(words_of(label)) & vocabulary().event)


def time_factor(unit: str) -> float:
    """Seconds per unit of a time column; seconds where none is given."""
    return _SECONDS.get(unit.strip().lower(), 1.0)
