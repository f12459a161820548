"""C3D: markers, model outputs, force plates, EMG and events of motion laboratories, on one clock.

The clock is the file's own: frame 1 is time zero, so a file whose first frame is 248 starts late, and its events fit.
Plug-in Gait and other models keep angles, forces, moments and powers among the points; POINT:ANGLES and its sisters tell them apart.
"""

import re

from hipspine.errors import FormatError
from hipspine.formats.c3d.anonymise import anonymise
from hipspine.formats.c3d.events import events_of
from hipspine.formats.c3d.layout import C3dContent, parse
from hipspine.formats.c3d.person import Prefixes, person_of, prefixes_of
from hipspine.formats.c3d.plates import plates_of
from hipspine.formats.channels import side_of, unique_labels
from hipspine.formats.content import Column, Content, Group
from hipspine.formats.lazy import selected
from hipspine.formats.ours import Statement, about_of, statement_of
from hipspine.formats.reader import Reader
from hipspine.formats.source import Source
from hipspine.terms import StreamKind

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
    start_s = (content.first_frame - 1) / content.point_rate_hz
    warnings = list(content.warnings)
    stated = statement_of("".join(content.texts("HIPSPINE", "STREAMS")), source.name)
    groups = (*_analog(content, start_s, warnings), *_points(content, start_s, stated, warnings))
    if not groups:
        raise FormatError(f"{source.name}: the C3D file holds neither points nor analog channels with samples; record or export it again.")
    events = tuple(sorted(events_of(content, warnings), key=lambda event: event.time_s))
    person = person_of(content.parameters)
    return Content(groups, events, tuple(warnings), about=_about(content), person=person, statement=stated, units_stated=True)


READER = Reader(NAME, (".c3d",), recognises, read, anonymise)


# ------------------------------------------------------------------------------------------------------------- analog part


def _analog(content: C3dContent, start_s: float, warnings: list[str]) -> tuple[Group, ...]:
    count, samples = content.analog.shape
    if count == 0 or samples == 0:
        return ()
    given = _padded(content.texts("ANALOG", "LABELS"), count)
    subjects = prefixes_of(content.parameters, [])  # only names that the file states: a colon in an analog label means many things
    labels, doubled = unique_labels([_without_names(label, subjects) for label in given])
    warnings.extend(doubled)
    units, hints = _padded(content.texts("ANALOG", "UNITS"), count), _padded(content.texts("ANALOG", "DESCRIPTIONS"), count)
    units = ["" if i in content.unscaled else unit for i, unit in enumerate(units)]
    plates = plates_of(content, units, warnings)
    columns = tuple(
        Column(labels[i], plates.units[i], hints[i], StreamKind.FORCE if i in plates.names else None, plates.names.get(i, ""))
        for i in range(count)
    )
    return (Group(columns, plates.values, content.analog_rate_hz, start_s),)


def _without_names(label: str, subjects: Prefixes) -> str:
    return next((rest for known in subjects.known if (rest := subjects.split(label)[1]) != label and label.startswith(known)), label)


# -------------------------------------------------------------------------------------------------------------- point part


def _points(content: C3dContent, start_s: float, stated: Statement, warnings: list[str]) -> tuple[Group, ...]:
    rows, frames = content.points.shape
    if rows == 0 or frames == 0:
        return ()
    given = _padded(content.texts("POINT", "LABELS"), rows // 3)
    subjects = prefixes_of(content.parameters, [label for label in given if not _is_stated(label, stated)])
    shown = [label if _is_stated(label, stated) else subjects.shown(label) for label in given]
    labels, doubled = unique_labels(shown)
    warnings.extend(doubled)
    outputs = _outputs(content)
    unit = (content.texts("POINT", "UNITS") or ["mm"])[0] or "mm"
    scalars = set(content.texts("HIPSPINE", "SCALARS"))
    columns, places = [], []
    for i, (label, as_given) in enumerate(zip(labels, given, strict=True)):
        kind, stream, output_unit = outputs.get(as_given) or _by_name(label, unit)
        axes = [""] if label in scalars else [f".{axis}" for axis in _AXES]
        for k, axis in enumerate(axes):
            ours = stated.of(label + axis)
            columns.append(Column(label + axis, ours.unit if ours else output_unit, "", kind, stream))
            places.append(3 * i + k)
    values = selected(content.points, places, [1.0] * len(places))
    return (Group(tuple(columns), values, content.point_rate_hz, start_s),)


def _is_stated(label: str, stated: Statement) -> bool:
    """Whether hipspine wrote this label, which then names nobody."""
    return stated.of(label) is not None or stated.of(f"{label}.x") is not None


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


def _about(content: C3dContent) -> dict[str, str]:
    """What the file says of itself; names of people stay in the file."""
    about = about_of(content.texts("HIPSPINE", "ABOUT"))
    device = " ".join(content.texts("MANUFACTURER", "COMPANY") + content.texts("MANUFACTURER", "SOFTWARE")).strip()
    if device:
        about.setdefault("device", device)
    return about
