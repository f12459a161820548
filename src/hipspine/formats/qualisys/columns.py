"""Which column of a Qualisys export holds what: by the keys of its header, and by the row of names where there is one."""

from collections.abc import Sequence
from dataclasses import dataclass

from hipspine.errors import FormatError
from hipspine.formats.content import Column
from hipspine.formats.motion.head import whole
from hipspine.formats.motion.markers import without_people
from hipspine.formats.qualisys.header import Header, positive
from hipspine.terms import StreamKind

_POSE = (("X", "mm", StreamKind.MARKER), ("Y", "mm", StreamKind.MARKER), ("Z", "mm", StreamKind.MARKER),
         ("Roll", "deg", StreamKind.ANGLE), ("Pitch", "deg", StreamKind.ANGLE), ("Yaw", "deg", StreamKind.ANGLE),
         ("Residual", "mm", StreamKind.OTHER), *((f"Rot[{k}]", "", StreamKind.OTHER) for k in range(9)))  # fmt: skip
_PLATE = (("Force", "N", StreamKind.FORCE), ("Moment", "Nm", StreamKind.FORCE), ("COP", "mm", StreamKind.OTHER))
_POSE_TITLES = {part: (unit, kind) for part, unit, kind in _POSE} | {f"Q{axis}": ("", StreamKind.IMU) for axis in "XYZW"}


@dataclass(frozen=True, slots=True)
class Plan:
    """The columns of the rows."""

    columns: tuple[Column, ...]
    places: tuple[int, ...]  # of each among the cells of a row
    cells: int  # of a row
    time: int | None = None  # the cell that holds the time
    names: tuple[str, ...] = ()  # of markers or bodies, as the file writes them
    together: int = 0  # columns of one marker or body, all zero where it was not seen; 0: none such
    rates_hz: tuple[float, ...] = ()  # of each column, where they differ
    samples: tuple[int, ...] = ()  # of each column, where they differ; 0: not said
    units_stated: bool = True


def plan_of(header: Header, warnings: list[str], name: str) -> Plan:
    """The plan of an export.

    Raises:
        FormatError: two-dimensional data of the cameras, or columns that do not agree with the names.
    """
    if header.text("DATA_INCLUDED").upper() == "2D":
        raise FormatError(f"{name}: DATA_INCLUDED is 2D: what each camera saw, no positions. Export 3D, 6D, analog or force data instead.")
    if "MARKER_NAMES" in header.keys or "NO_OF_MARKERS" in header.keys:
        return _markers(header, warnings, name)
    if "CHANNEL_NAMES" in header.keys or "TOT_NO_OF_CHAN" in header.keys:
        return _analog(header, warnings, name)
    if "BODY_NAMES" in header.keys or "NO_OF_BODIES" in header.keys:
        return _bodies(header, warnings, name)
    return _titled(header, name)


def _markers(header: Header, warnings: list[str], name: str) -> Plan:
    names, clocks, time = _named(header, "MARKER_NAMES", "NO_OF_MARKERS", warnings, name, each=3)
    labels = without_people(names)
    columns = tuple(Column(label + axis, "mm", "", StreamKind.MARKER, "markers") for label in labels for axis in (".x", ".y", ".z"))
    return Plan(columns, _behind(clocks, columns), clocks + len(columns), time, tuple(names), 3)


def _analog(header: Header, warnings: list[str], name: str) -> Plan:
    names, clocks, time = _named(header, "CHANNEL_NAMES", "TOT_NO_OF_CHAN", warnings, name, each=1)
    units = (*header.keys.get("CHANNEL_UNITS", ()), *[""] * len(names))
    if any(positive(gain) not in (1.0, None) for gain in header.keys.get("CHANNEL_GAIN", ())):
        warnings.append("CHANNEL_GAIN is not 1 for all channels: the samples are kept as the file writes them")
    columns = tuple(Column(label, unit) for label, unit in zip(names, units, strict=False))
    rates = tuple(positive(text) or 0.0 for text in header.keys.get("CHANNEL_FREQUENCIES", ()))
    counts = tuple(whole(text) or 0 for text in header.keys.get("CHANNEL_SAMPLE_COUNTS", ()))
    if len(rates) != len(names) or len(set(rates)) == 1 or not all(rates):
        rates, counts = rates[:1], ()
    elif len(counts) != len(names):
        counts = (0,) * len(names)
    stated = "CHANNEL_UNITS" in header.keys
    return Plan(columns, _behind(clocks, columns), clocks + len(columns), time, (), 0, rates, counts, units_stated=stated)


def _bodies(header: Header, warnings: list[str], name: str) -> Plan:
    names, clocks, time = _named(header, "BODY_NAMES", "NO_OF_BODIES", warnings, name, each=len(_POSE))
    parts = [(body, part) for body in without_people(names) for part in _POSE]
    columns = tuple(Column(f"{body} {part[0]}", part[1], "", part[2], "rigid bodies") for body, part in parts)
    return Plan(columns, _behind(clocks, columns), clocks + len(columns), time, tuple(names), len(_POSE))


def _titled(header: Header, name: str) -> Plan:
    """Force plates, skeletons and whatever else has a row of column names."""
    if not header.titles:
        raise FormatError(
            f"{name}: the header names neither markers, channels, bodies nor columns; export again with the header and the column names."
        )
    clocks = header.leading
    plate = header.text("FORCE_PLATE_NAME") or ("force plate" if header.text("DATA_INCLUDED").upper() == "FORCE" else "")
    cells = max(clocks + 1, len(header.titles), header.cells - (1 if header.open_end else 0))
    titles = [*header.titles, *[""] * (cells - len(header.titles))]
    segment, found = "", []
    for place in range(clocks, cells):
        title, below = titles[place], titles[place + 1] if place + 1 < cells else ""
        if title in _POSE_TITLES and segment:
            unit, kind = _POSE_TITLES[title]
            found.append((place, Column(f"{segment} {title}", unit, "", kind, "segments")))
        elif below == "X" and title:
            segment = title  # the column of a segment's name is empty in the rows
        else:
            unit, plate_kind = next(((u, k) for word, u, k in _PLATE if plate and title.lower().startswith(word.lower())), ("", None))
            found.append((place, Column(title, unit, "", plate_kind, plate if plate_kind else "")))
    if not found:
        raise FormatError(f"{name}: the row of column names holds no column of numbers; export again.")
    places, columns = zip(*found, strict=True)
    return Plan(tuple(columns), tuple(places), cells, _time(header.titles[:clocks], clocks), units_stated=bool(plate))


def _behind(clocks: int, columns: Sequence[Column]) -> tuple[int, ...]:
    return tuple(range(clocks, clocks + len(columns)))


def _named(header: Header, key: str, count_key: str, warnings: list[str], name: str, *, each: int) -> tuple[list[str], int, int | None]:
    """Names from the header, how many columns of the clock stand before theirs, and which of these is the time."""
    names = list(header.keys.get(key, ()))
    promised = whole(header.text(count_key))
    for count in dict.fromkeys([len(names), min(promised or 0, header.cells)]):
        clocks = _clocks(header, count * each) if count else None
        if clocks is not None:
            if promised is not None and promised != len(names):
                warnings.append(f"{count_key} is {promised}, {key} names {len(names)}: the rows hold {count}")
            named = [label or f"unnamed {k}" for k, label in enumerate([*names[:count], *[""] * (count - len(names))], 1)]
            return named, clocks, _time(header.titles[:clocks], clocks)
    raise FormatError(
        f"{name}: line {header.first_row + 1} has {header.cells} cells; for the {len(names)} names in {key} {len(names) * each} were "
        "expected, and perhaps frame and time before them. The file is damaged or was edited; export it again."
    )


def _clocks(header: Header, columns: int) -> int | None:
    """How many cells of a row stand before so many columns; None if they do not fit. A row may end with a tab of its own."""
    fits = [header.cells - columns, header.cells - columns - 1] if header.open_end else [header.cells - columns]
    if header.titles:
        return header.leading if header.leading in fits else None
    return next((extra for extra in (2, 0, 1) if extra in fits), None)


def _time(titles: Sequence[str], clocks: int) -> int | None:
    named = next((k for k, title in enumerate(titles) if title.lower().startswith("time")), None)
    return named if titles or not clocks else clocks - 1
