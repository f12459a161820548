"""The header of an EDF or BDF file: what its fixed fields say, compared with the bytes that are there.

Layout: B. Kemp et al., "A simple format for exchange of digitized polygraphic recordings" (EDF, 1992), its extension EDF+ (2003,
edfplus.info), and BioSemi's 24-bit variant BDF. Fields are plain text padded with spaces; real files also hold decimal commas, NUL bytes,
Latin-1 letters, and counts that were never filled in because the recorder was switched off.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from hipspine.errors import FormatError
from hipspine.formats.source import BLOCK_BYTES, Source, beginning

HEAD = 256  # bytes of the fixed part, and of each signal's fields
FIELDS = {"version": (0, 8), "patient": (8, 80), "recording": (88, 80), "date": (168, 8), "time": (176, 8), "bytes": (184, 8),
          "reserved": (192, 44), "records": (236, 8), "duration": (244, 8), "signals": (252, 4)}  # fmt: skip
SIGNAL_FIELDS = {"label": 16, "transducer": 80, "unit": 8, "physical minimum": 8, "physical maximum": 8, "digital minimum": 8,
                 "digital maximum": 8, "prefilter": 80, "samples": 8, "reserved": 32}  # fmt: skip
MAGIC = {2: b"0       ", 3: b"\xffBIOSEMI"}  # by bytes of a sample
NAMES = {2: "EDF", 3: "BDF"}
ANNOTATIONS = ("edf annotations", "bdf annotations")  # labels of signals that hold text, in lower case


@dataclass(frozen=True, slots=True)
class EdfSignal:
    """One signal as its header fields describe it."""

    label: str
    transducer: str
    unit: str
    prefilter: str
    samples: int  # in one record
    start: int  # byte of the first of them within the record
    gain: float  # physical = gain x digital + offset
    offset: float
    calibrated: bool  # False: the header gives no scale; the numbers are those of the converter

    @property
    def is_annotations(self) -> bool:
        """Whether it holds text and not samples."""
        return self.label.lower() in ANNOTATIONS


@dataclass(frozen=True, slots=True, eq=False)
class EdfHeader:
    """Where the records stand and what is in them."""

    width: int  # bytes of a sample: 2 in EDF, 3 in BDF
    start: int  # byte of the first record
    records: int  # whole ones that are read
    record_bytes: int
    duration_s: float  # of a record, as stated; NaN if that is no number
    reserved: str  # "EDF+C", "EDF+D", "24BIT" ...
    signals: tuple[EdfSignal, ...]
    patient: str
    recording: str
    date: str
    time: str
    warnings: tuple[str, ...]

    @property
    def is_plus(self) -> bool:
        """Whether the file says that it follows EDF+ (or BDF+)."""
        return self.reserved[:4] in ("EDF+", "BDF+")

    @property
    def is_discontinuous(self) -> bool:
        """Whether the file says that its records need not follow each other."""
        return self.reserved[:5] in ("EDF+D", "BDF+D")


def recognises(head: bytes, width: int) -> bool:
    """Whether these first bytes are a header of samples of this width: the version, then whole numbers where sizes belong.

    >>> recognises(b"0       " + b" " * 176 + b"512     ", 2), recognises(b"0       " + b" " * 248, 2)
    (True, False)
    """
    version = head[:8].strip(b" \0") == b"0" if width == 2 else head[:8] == MAGIC[width]
    sizes = [whole_number(head[at : at + count]) for at, count in (FIELDS["bytes"], FIELDS["signals"])]
    return version and b"\n" not in head[168:256] and any(size is not None for size in sizes)


def text_of(raw: bytes) -> str:
    """A field without its padding; UTF-8 or Latin-1; what is no letter as "?"."""
    raw = raw.partition(b"\0")[0]
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    return "".join(letter if letter.isprintable() else "?" for letter in text.strip())


def _shown(raw: bytes) -> str:
    """A number as a message repeats it; letters, which may be of a name where the header is out of place, are not repeated."""
    text = text_of(raw)
    return repr(text) if not re.search(r"[^\W\d_]", text) else "letters instead of a number of"


def number(raw: bytes) -> float:
    """The number in a field, a decimal comma allowed; NaN if there is none.

    >>> number(b"-3276,8 "), number(b"n/a     "), number(b"1E-3")
    (-3276.8, nan, 0.001)
    """
    text = text_of(raw).replace(",", ".").replace(" ", "")
    try:
        value = float(text) if "_" not in text else math.nan
    except ValueError:
        return math.nan
    return value if abs(value) < 1e300 else math.nan


def whole_number(raw: bytes) -> int | None:
    """The whole number in a field; None if there is none."""
    value = number(raw)
    return int(value) if math.isfinite(value) and value == int(value) else None


def parse(source: Source, width: int) -> EdfHeader:
    """The header of a file of this sample width.

    Raises:
        FormatError: not such a file, cut off inside the header or before the end of its first record, or sizes that cannot be.
    """
    name, kind = source.name, NAMES[width]
    raw = source.read(0, min(HEAD, source.size))
    if len(raw) < HEAD or not recognises(raw, width):
        raise FormatError(
            f"{name}: not an {kind} file: its first {HEAD} bytes should begin with {MAGIC[width]!r} and give the size of the header; "
            f"found {source.size} bytes that begin with {beginning(raw)}."
        )
    field = {key: raw[at : at + count] for key, (at, count) in FIELDS.items()}
    warnings: list[str] = []
    count, table, start = _signal_table(source, field, warnings)
    signals = tuple(_signals(table, count, width, name, warnings))
    record_bytes = sum(signal.samples for signal in signals) * width
    if not record_bytes:
        raise FormatError(f"{name}: all {count} signals of the {kind} header have 0 samples in a record; there is nothing to read.")
    records = _records(source, field["records"], start, record_bytes, warnings)
    return EdfHeader(
        width, start, records, record_bytes, number(field["duration"]), text_of(field["reserved"]), signals, text_of(field["patient"]),
        text_of(field["recording"]), text_of(field["date"]), text_of(field["time"]), tuple(warnings),
    )  # fmt: skip


def _signal_table(source: Source, field: dict[str, bytes], warnings: list[str]) -> tuple[int, bytes, int]:
    """Number of signals, the bytes of their fields, and the byte where the records begin; the two counts in the header may disagree."""
    stated, size = whole_number(field["signals"]), whole_number(field["bytes"])
    by_size = size // HEAD - 1 if size is not None and size % HEAD == 0 else None
    choices = [count for count in dict.fromkeys((stated, by_size)) if count is not None and 1 <= count <= 9999]
    for count in choices:
        if HEAD * (count + 1) > source.size:
            continue
        table = source.read(HEAD, HEAD * count)
        if len(choices) > 1 and any(whole_number(raw) is None for raw in _column(table, count, "samples")):
            continue
        if (stated, size) != (count, HEAD * (count + 1)):
            found = f"{_shown(field['signals'])} signals in {_shown(field['bytes'])} bytes"
            warnings.append(f"the header counts {found}, which do not agree; read as {count} signals in {HEAD * (count + 1)} bytes")
        return count, table, HEAD * (count + 1)
    if not choices:
        what = f"number of signals is {_shown(field['signals'])} (byte 252), a number from 1 to 9999 is needed; the file is damaged"
    else:
        what = f"the header of {choices[0]} signals needs {HEAD * (choices[0] + 1)} bytes, the file has {source.size}; it is cut off"
    raise FormatError(f"{source.name}: {what}. Copy or export it again.")


def _column(table: bytes, count: int, title: str) -> list[bytes]:
    """One field of all signals."""
    at = 0
    for key, width in SIGNAL_FIELDS.items():
        if key == title:
            return [table[at + i * width : at + (i + 1) * width] for i in range(count)]
        at += width * count
    raise KeyError(title)


def _signals(table: bytes, count: int, width: int, name: str, warnings: list[str]) -> Iterator[EdfSignal]:
    columns = [_column(table, count, title) for title in SIGNAL_FIELDS]
    start, loose = 0, []
    for i, (label, transducer, unit, low, high, bottom, top, prefilter, length, _) in enumerate(zip(*columns, strict=True)):
        samples = whole_number(length)
        if samples is None or samples < 0:
            at = HEAD + count * 216 + 8 * i
            raise FormatError(
                f"{name}: signal {i + 1} should have {_shown(length)} samples in a record (byte {at}); a whole number is needed. The "
                "header is damaged; export the file again."
            )
        scale = _scale(*(number(raw) for raw in (low, high, bottom, top)))
        title = text_of(label)
        if scale is None and title.lower() not in ANNOTATIONS:
            loose.append(title)
        gain, offset = scale or (1.0, 0.0)
        yield EdfSignal(title, text_of(transducer), text_of(unit), text_of(prefilter), samples, start, gain, offset, scale is not None)
        start += samples * width
    if loose:
        listed = ", ".join(repr(label) for label in loose[:5]) + (f" and {len(loose) - 5} more" if len(loose) > 5 else "")
        warnings.append(
            f"the header gives no scale for {listed} (physical or digital minimum and maximum are equal or no numbers): kept in counts"
        )


def _scale(low: float, high: float, bottom: float, top: float) -> tuple[float, float] | None:
    """Gain and offset; the rule holds as well where a signal is stored upside down (minimum above maximum)."""
    if not all(math.isfinite(value) for value in (low, high, bottom, top)) or bottom == top or low == high:
        return None
    gain = (Fraction(high) - Fraction(low)) / (Fraction(top) - Fraction(bottom))
    return float(gain), float(Fraction(low) - gain * Fraction(bottom))


def _records(source: Source, field: bytes, start: int, record_bytes: int, warnings: list[str]) -> int:
    """Number of whole records that are there; a count that says otherwise gets a warning, what stays unread too."""
    kind, stated = source.name, whole_number(field)
    available, rest = divmod(source.size - start, record_bytes)
    if not available:
        raise FormatError(
            f"{kind}: a record needs {record_bytes} bytes, the file has {rest} after its header; it is cut off or its header is damaged. "
            "Copy or export it again."
        )
    records = available
    if stated is None or stated <= 0:
        found = "-1: the recording was not closed" if stated == -1 else repr(text_of(field))
        warnings.append(f"the header does not count its records ({found}); the {available} that the file holds are read")
    elif stated > available:
        warnings.append(f"the header promises {stated} records, the file holds {available}: its end is missing; what is there is read")
    elif stated < available:
        if _is_padding(source, start + stated * record_bytes):
            records, rest = stated, source.size - start - stated * record_bytes
        else:
            warnings.append(f"the header counts {stated} records, the file holds {available}; all are read")
    if rest:
        warnings.append(f"the last {rest} bytes belong to no whole record and are left out")
    return records


def _is_padding(source: Source, start: int) -> bool:
    """Whether nothing but zeros follows."""
    return not any(
        any(source.read(at, min(BLOCK_BYTES, source.size - at))) for at in range(start, source.size, BLOCK_BYTES)
    )  # the first block that holds anything ends the search
