"""C3D: markers, model outputs, force plates, EMG and events of motion laboratories, on one clock.

The clock is the file's own: frame 1 is time zero, so a file whose first frame is 248 starts late, and its events fit.
Plug-in Gait and other models keep angles, forces, moments and powers among the points; POINT:ANGLES and its sisters tell them apart.
"""

import re

import numpy as np

from hipspine.errors import FormatError
from hipspine.formats.c3d_layout import C3dContent, parse
from hipspine.formats.channels import side_of, unique_labels
from hipspine.formats.content import Column, Content, Group
from hipspine.formats.events import canonical_event
from hipspine.formats.lazy import selected
from hipspine.formats.ours import Statement, about_of, statement_of
from hipspine.formats.reader import Reader
from hipspine.formats.source import Source
from hipspine.signals.recording import Event
from hipspine.terms import Side, StreamKind

NAME = "C3D"
_AXES = ("x", "y", "z")
_MODEL_OUTPUTS = {"ANGLES": (StreamKind.ANGLE, "angles", "deg"), "FORCES": (StreamKind.OTHER, "model forces", "N"),
                  "MOMENTS": (StreamKind.OTHER, "model moments", "Nmm"), "POWERS": (StreamKind.OTHER, "model powers", "W"),
                  "SCALARS": (StreamKind.OTHER, "model scalars", "")}  # fmt: skip
_ANGLE_NAME = re.compile(r"Angles?\w?$")


def recognises(head: bytes, suffix: str) -> bool:
    """Whether these first bytes are a C3D header: its key 80 and a parameter section that follows soon."""
    return len(head) >= 2 and head[1] == 0x50 and head[0] >= 2 and (suffix == ".c3d" or (0 in head[:512] and head[0] < 64))


def read(source: Source) -> Content:
    """The content of a C3D file.

    EMG and other analog channels by label and unit, one FORCE stream per force plate, markers, angles with the components
    ``.x .y .z`` (in Plug-in Gait: flexion, abduction, rotation), other model outputs as OTHER.
    """
    content = parse(source)
    start_s = (content.first_frame - 1) / content.point_rate_hz if content.point_rate_hz > 0 else 0.0
    warnings = list(content.warnings)
    stated = statement_of("".join(content.texts("HIPSPINE", "STREAMS")), source.name)
    groups = (*_analog(content, start_s, warnings), *_points(content, start_s, stated, warnings))
    if not groups:
        raise FormatError(f"{source.name}: the C3D file holds neither points nor analog channels with samples; record or export it again.")
    events = tuple(sorted(_events(content, warnings), key=lambda event: event.time_s))
    return Content(groups, events, tuple(warnings), about=_about(content), statement=stated, units_stated=True)


READER = Reader(NAME, (".c3d",), recognises, read)


# ------------------------------------------------------------------------------------------------------------- analog part


def _analog(content: C3dContent, start_s: float, warnings: list[str]) -> tuple[Group, ...]:
    count, samples = content.analog.shape
    if count == 0 or samples == 0:
        return ()
    labels, doubled = unique_labels(_padded(content.texts("ANALOG", "LABELS"), count))
    warnings.extend(doubled)
    units, hints = _padded(content.texts("ANALOG", "UNITS"), count), _padded(content.texts("ANALOG", "DESCRIPTIONS"), count)
    plates = _plates(content, count, warnings)
    columns = tuple(
        Column(labels[i], units[i], hints[i], StreamKind.FORCE if i in plates else None, plates.get(i, "")) for i in range(count)
    )
    return (Group(columns, content.analog, content.analog_rate_hz, start_s),)


def _plates(content: C3dContent, count: int, warnings: list[str]) -> dict[int, str]:
    """Force plate of each analog channel (from 0) that FORCE_PLATFORM lists."""
    used = content.numbers("FORCE_PLATFORM", "USED")
    plates = int(used[0]) if used.size else 0
    channels = content.numbers("FORCE_PLATFORM", "CHANNEL")
    if plates <= 0 or channels.size == 0:
        return {}
    types = content.numbers("FORCE_PLATFORM", "TYPE")
    if (types == 4).any() and content.numbers("FORCE_PLATFORM", "CAL_MATRIX").size:
        warnings.append("the force plates of type 4 are given as recorded, without their calibration matrix")
    per_plate = np.reshape(channels[: channels.size // plates * plates], (plates, -1))
    return {int(c) - 1: f"force plate {plate + 1}" for plate, row in enumerate(per_plate) for c in row if 1 <= c <= count}


# -------------------------------------------------------------------------------------------------------------- point part


def _points(content: C3dContent, start_s: float, stated: Statement, warnings: list[str]) -> tuple[Group, ...]:
    rows, frames = content.points.shape
    if rows == 0 or frames == 0:
        return ()
    labels, doubled = unique_labels(_padded(content.texts("POINT", "LABELS"), rows // 3))
    warnings.extend(doubled)
    outputs = _outputs(content)
    unit = (content.texts("POINT", "UNITS") or ["mm"])[0] or "mm"
    scalars = set(content.texts("HIPSPINE", "SCALARS"))
    columns, places = [], []
    for i, label in enumerate(labels):
        kind, stream, output_unit = outputs.get(label) or _by_name(label, unit)
        axes = [""] if label in scalars else [f".{axis}" for axis in _AXES]
        for k, axis in enumerate(axes):
            ours = stated.of(label + axis)
            columns.append(Column(label + axis, ours.unit if ours else output_unit, "", kind, stream))
            places.append(3 * i + k)
    values = selected(content.points, places, [1.0] * len(places))
    return (Group(tuple(columns), values, content.point_rate_hz, start_s),)


def _outputs(content: C3dContent) -> dict[str, tuple[StreamKind, str, str]]:
    """Kind, stream and unit of every point that the file lists as a model output."""
    outputs = {}
    for group, (kind, stream, unit) in _MODEL_OUTPUTS.items():
        given = content.texts("POINT", f"{group[:-1]}_UNITS")
        for label in content.texts("POINT", group):
            outputs[label] = (kind, stream, given[0] if given and given[0] else unit)
    return outputs


def _by_name(label: str, unit: str) -> tuple[StreamKind, str, str]:
    """Points that no list mentions: angles go by their name, everything else is a marker."""
    if _ANGLE_NAME.search(label) and side_of(label) is not None:
        return StreamKind.ANGLE, "angles", "deg"
    return StreamKind.MARKER, "markers", unit


def _padded(texts: list[str], count: int) -> list[str]:
    return [*texts[:count], *[""] * (count - len(texts))]


# ------------------------------------------------------------------------------------------------------ events and the rest


def _events(content: C3dContent, warnings: list[str]) -> list[Event]:
    """From the EVENT group, or from the header where there is none."""
    labels, contexts = content.texts("EVENT", "LABELS"), content.texts("EVENT", "CONTEXTS")
    times = content.numbers("EVENT", "TIMES")
    if not labels:
        return [Event(*_named(label, "", time)) for label, time in content.header_events if label]
    if times.size != 2 * len(labels):
        warnings.append(f"EVENT:TIMES holds {times.size} numbers for {len(labels)} events, two each were expected; no event was read")
        return []
    seconds = times[0::2] * 60.0 + times[1::2]
    return [
        Event(*_named(label, context, float(time)))
        for label, context, time in zip(labels, _padded(contexts, len(labels)), seconds, strict=True)
        if np.isfinite(time)
    ]


def _named(label: str, context: str, time_s: float) -> tuple[str, float, Side | None]:
    name, side = canonical_event(label, context)
    return name, time_s, side


def _about(content: C3dContent) -> dict[str, str]:
    """What the file says of itself; names of people stay in the file."""
    about = about_of(content.texts("HIPSPINE", "ABOUT"))
    device = " ".join(content.texts("MANUFACTURER", "COMPANY") + content.texts("MANUFACTURER", "SOFTWARE")).strip()
    if device:
        about.setdefault("device", device)
    return about
