"""What the lines above the numbers say: sampling rate, column labels, events, of the recording and of people."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from hipspine.errors import FormatError
from hipspine.formats.column_names import is_time, time_factor
from hipspine.formats.events import canonical_event
from hipspine.formats.personal import quoted
from hipspine.formats.text.cells import is_number
from hipspine.formats.text.dialects import OpenSignals, open_signals, vicon_rate
from hipspine.formats.text.layout import Layout
from hipspine.formats.text.person import OWN, entries_of, is_free_text, is_personal, is_technical, is_title_row, pair_of, stand_below
from hipspine.signals.recording import Event
from hipspine.terms import Side

_RATE_KEY = re.compile(
    r"sampl\w*\s*_?-?\s*(rate|freq)|^freq|frequen[cz]|rate_hz|^rate$|abtastrate|fr[eé]quence|frecuencia|frequenza|frequ[eê]ncia"
    r"|taxa de amostr|tasa de muestreo|taux d.?[eé]chantillonnage|^fs$|data_?rate|^hz$|^sf$|^sr$|samples? ?(per|/) ?s|^emg[ _-]?rate"
)
_STEP_KEY = re.compile(
    r"(sampl\w*|abtast)\W*(interval|period|step)|^(intervall?[eo]?|p[eé]r[ií]odo?e?) d\W?.*([eé]chantillon|campion|muestreo|amostr)"
)
_STEP = re.compile(r"([\d.,]+(?:[eE]-?\d+)?)\W*(\w+)?\W*$")
_GROUPED = re.compile(r"([1-9]|1\d)([.,])(\d{3})(?!\d)")
_NOT_THE_RATE = re.compile(r"cut|pass|notch|filter|filtre|filtro|band|grenz|corner|mains|netz|response|corte|coupure|taglio")
_SLOWEST_HZ = 10.0  # of muscles and movements
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?(?:[eE][+-]?\d+)?")


@dataclass(frozen=True, slots=True)
class Header:
    """The header of a text file."""

    rate_hz: float | None = None
    labels: tuple[str, ...] = ()
    resolution_bits: int | None = None
    events: tuple[Event, ...] = ()
    statement: str = ""
    about: dict[str, str] = field(default_factory=dict)
    person: dict[str, str] = field(default_factory=dict, repr=False)
    signals: OpenSignals = field(default_factory=OpenSignals)


def header_of(layout: Layout, name: str) -> Header:
    """The header from comment lines (``# key: value``) and from the lines of a header block.

    Names, birth dates and other particulars of a person go into ``person`` only; free text too, since anything may stand there.
    """
    about: dict[str, str] = {}
    person: dict[str, str] = {}
    found: dict[str, str] = {}
    signals = open_signals(layout.comments)
    found |= {"sampling rate": signals.rate, "labels": "\t".join(signals.labels)} if signals.labels else {}
    events = _from_comments(layout.comments, found, about, person, name)
    _from_preamble(layout.preamble, found, about, person)
    about |= signals.about
    person |= signals.person
    rate_text = (
        layout.extra.get("rate")
        or vicon_rate(layout.preamble)
        or next((value for key, value in found.items() if _is_rate(key) and not _STEP_KEY.search(key) and value), "")
    )
    rate_text = rate_text or next(filter(None, (_rate_of_step(key, value) for key, value in found.items())), "")
    labels = signals.labels or tuple(label.strip() for label in re.split(r"[,;\t]", found.get("labels", "")) if label.strip())
    bits = re.match(r"\d{1,2}(?!\d)", found.get("resolution", ""))
    depth = int(bits[0]) if bits else max(signals.bits, default=0)
    rate = _rate(rate_text, name, comma=layout.style.comma)
    return Header(rate, labels, depth or None, tuple(events), found.get("streams", ""), about, person, signals)


def _is_rate(key: str) -> bool:
    return bool(_RATE_KEY.search(key) or _STEP_KEY.search(key)) and not _NOT_THE_RATE.search(key)


def _rate_pair(comment: str) -> tuple[str, str, int] | None:
    """A rate in a comment whose parts stand in cells: ``Sampling rate (Hz), 2000``."""
    cells = [cell.strip() for cell in re.split(r"[,;\t]", comment) if cell.strip()]
    return (cells[0], cells[1], 0) if len(cells) == 2 and _is_rate(cells[0].lower()) and _NUMBER.match(cells[1]) else None


def _rate_of_step(key: str, value: str) -> str:
    """The rate behind a sampling interval with its unit, beside the number or in the key; empty if this is none."""
    number = _STEP.match(value)
    unit = (number[2] if number else None) or next(iter(re.findall(r"[\[(]\s*(\w+)\s*[\])]", key)), "")
    step_s = float(number[1].replace(",", ".")) * time_factor(unit) if number and is_number(number[1]) and is_time("t", unit) else 0.0
    return repr(1 / step_s) if unit and 1e-7 < step_s < 1e3 else ""


def _from_comments(comments: Sequence[str], found: dict[str, str], about: dict[str, str], person: dict[str, str], name: str) -> list[Event]:
    """Events; the other entries go where they belong. A file that hipspine wrote says itself what is of a person."""
    events: list[Event] = []
    ours = any(comment.startswith("streams:") for comment in comments)
    for comment in comments:
        pair = (pair_of(comment) or _rate_pair(comment)) if not comment.startswith("{") else None
        if pair is None:
            continue
        key, value, _ = pair
        if key == "event":
            events.append(_event(value, name))
        elif key == "streams" or (not ours and (_is_rate(key.lower()) or key.lower() in ("labels", "resolution"))) or key == "rate_hz":
            found[key.lower()] = value
        elif key.startswith(OWN):
            person[key.removeprefix(OWN)] = value
        elif value and not ours and is_personal(key, value):
            person[key] = value
        elif value:
            about[key] = value
    return events


def _from_preamble(preamble: Sequence[Sequence[str]], found: dict[str, str], about: dict[str, str], person: dict[str, str]) -> None:
    """Entries of a header block; of those that are of nobody only what speaks of the device is kept."""
    for above, row, below in zip(((), *preamble), preamble, (*preamble[1:], ()), strict=False):
        text = "\t".join(row)
        keys = above if stand_below(above, row) else ()
        if not keys and (is_title_row(row) or stand_below(row, below)):
            continue
        if not keys and is_free_text(row, text):
            person.setdefault("title", next(cell for cell in row if cell))
        for entry in entries_of(row, text, keys):
            if entry.personal:
                person.setdefault(entry.key, entry.value)
            elif _is_rate(entry.key.lower()) or entry.key.lower() == "resolution":
                found.setdefault(entry.key.lower(), entry.value)
            elif is_technical(entry.key) and len(row) < 4:
                about.setdefault(entry.key, entry.value)


def _rate(text: str, name: str, *, comma: bool) -> float | None:
    """The rate in hertz. "2.000 Hz" beside decimal commas, and where it would be slower than anything measured, is two thousand."""
    if not text:
        return None
    number = _NUMBER.search(text)
    rate = float(number[0].replace(",", ".")) if number else 0.0
    grouped = _GROUPED.match(number[0]) if number else None
    if grouped and (rate < _SLOWEST_HZ or (grouped[2] == ",") is not comma):
        rate *= 1000.0
    if re.search(r"\d\s*k|khz", text.lower()):
        rate *= 1000.0
    if not 0 < rate < 1e7:
        raise FormatError(f"{name}: the header gives the sampling rate as {text[:40]!r}; it must be a positive number of hertz.")
    return rate


def _event(text: str, name: str) -> Event:
    """``time_s, label[, side]`` as hipspine writes it."""
    time, _, rest = text.partition(",")
    label, _, side = rest.rpartition(",") if rest.strip().lower().endswith((", left", ", right", ",")) else (rest, "", "")
    try:
        time_s = float(time)
    except ValueError:
        raise FormatError(
            f"{name}: the header line '# event:' with {quoted(text)} should read '# event: 1.25, foot strike, left' with a time in seconds."
        ) from None
    if not abs(time_s) < 1e9:
        raise FormatError(f"{name}: the header line '# event: {text[:40]}' has no usable time in seconds.")
    event, stated = canonical_event(label.strip(), side.strip())
    return Event(event, time_s, stated if stated is not None else _side(side))


def _side(text: str) -> Side | None:
    return Side(text.strip()) if text.strip() in ("left", "right") else None
