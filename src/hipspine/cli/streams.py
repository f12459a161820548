"""What a recording holds, and when its muscles switch on, as lines for people."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hipspine.cli.layout import TIE, bullets, heading, table, wrapped
from hipspine.report.words import STATUSES, muscle, number
from hipspine.terms import OnsetStatus

_EVENTS = 12  # more are shown by kind
_TIED = 32  # letters of the longest label that is kept on one line
_CERTAIN = 0.85  # confidence of a muscle's name; below it the channels together, a shortened or a misspelt word decided
_ADVICE = {
    "unnamed": 'no muscle could be read from the label; say which with --map "LABEL=muscle:side", or answer with --ask',
    "envelope": "rectified or smoothed, so no onset can be timed from it; record or export raw EMG",
    "flat": "every sample is the same; look at the electrode, its cable and the export",
}


def of_streams(document: Mapping[str, Any]) -> str:
    """What ``hipspine read`` says."""
    about = f"{document['format']}, {document['duration_s']:.3f} s, first sample at {document['first_time_s']:.3f} s"
    lines = [wrapped(f"{document['name']}  ({about})"), *simulated(document["about"].get("simulated") == "yes")]
    for stream in document["streams"]:
        channels = stream["channels"]
        said_already = stream["name"].lower() in ("", stream["kind"], f"{stream['kind']}s")
        named = stream["kind"] if said_already else f"{stream['kind']} ({stream['name']})"
        lines += heading(f"{named}, {stream['rate_hz']:g} Hz, {_counted(len(channels), 'channel')}")
        lines += _with_muscles(channels) if any(channel["muscle"] for channel in channels) else _in_short(channels)
    if document["events"]:
        lines += heading(_counted(len(document["events"]), "event"))
        lines += _events(document["events"])
    return "\n".join([*lines, *_of_people(document), *to_note([*document["warnings"], *_to_check(document)])])


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _events(events: Sequence[Mapping[str, Any]]) -> list[str]:
    """One line for each event; of many the times of those that are alike together."""
    if len(events) <= _EVENTS:
        return table(["time", "side", "event"], [[_at(event["time_s"]), event["side"] or "", event["label"]] for event in events])
    alike: dict[tuple[str, str], list[str]] = {}
    for event in events:
        alike.setdefault((event["label"], event["side"] or ""), []).append(number(event["time_s"], decimals=3))
    return table(["event", "side", "times [s]"], [[*same, ", ".join(times)] for same, times in alike.items()])


def _to_check(document: Mapping[str, Any]) -> Iterator[str]:
    """What a person should look at before anything is timed: EMG channels by what is wrong, and names that are not certain."""
    channels = [channel for stream in document["streams"] if stream["kind"] == "emg" for channel in stream["channels"]]
    for wrong, advice in _ADVICE.items():
        labels = [channel["label"] for channel in channels if channel["status"] == wrong]
        if labels:
            yield f"{', '.join(labels[:6])}{f' and {len(labels) - 6} more' if len(labels) > 6 else ''}: {advice}"
    for channel in channels:
        if channel["muscle"] and channel["confidence"] < _CERTAIN:
            taken = f"{channel['label']} was taken for {muscle(channel['muscle']).lower()}"
            yield f"{taken}: {channel['reason']}; if it is another, say so with --map"


def _of_people(document: Mapping[str, Any]) -> list[str]:
    """What the file says of people where that was asked for, else how much of it is left out."""
    if "person" in document:
        said = [wrapped(f"{field}: {value}", indent="    ", first="  ") for field, value in document["person"].items()]
        return [*heading("What the file says of people"), *(said or ["  nothing"])]
    count = document["personal_fields"]
    left_out = f"{count} personal {'field is' if count == 1 else 'fields are'} in the file and not shown; --person shows"
    return ["", wrapped(f"{left_out} {'it' if count == 1 else 'them'}.")] if count else []


def of_onsets(document: Mapping[str, Any]) -> str:
    """What ``hipspine onsets`` says; 95 % intervals in brackets."""
    lines = of_recording(document["recording"])
    for channel in document["channels"]:
        said = muscle(channel["muscle"]) if channel["muscle"] else "muscle not named"
        lines += heading(" · ".join(word for word in (channel["label"], said, channel["side"]) if word))
        lines += bullets([status(channel)]) if channel["reason"] or not channel["bursts"] else []
        lines += _bursts(channel["bursts"]) if channel["bursts"] else []
        lines += _quality(channel["quality"])
    return "\n".join([*lines, *to_note(document["warnings"])])


def of_conversion(document: Mapping[str, Any]) -> str:
    """What ``hipspine convert`` says."""
    parts = [_counted(document[f"{what}s"], what) for what in ("channel", "stream", "event")]
    held = f"{parts[0]} in {parts[1]}, {parts[2]}"
    if document["lost"]:
        held = f"from {held}, without what is named below; the rest was read back and is the same"
    else:
        held += "; read back and the same"
    lines = [wrapped(f"Wrote {document['output']} ({document['format']}, {document['bytes']} bytes): {held}.")]
    lines += [f"sha256 {document['sha256']}"]
    fields = document["personal_fields"]
    if left := fields["found"] - fields["kept"]:
        was, them = ("field was", "it") if left == 1 else ("fields were", "them")
        lines += [wrapped(f"{left} personal {was} left out; --keep-person carries {them} over.")]
    lines += [*heading("Not kept"), *bullets(document["lost"])] if document["lost"] else []
    return "\n".join([*lines, *to_note(document["warnings"])])


def of_anonymous(document: Mapping[str, Any]) -> str:
    """What ``hipspine anonymise`` says; what was removed by the name of its field, never by its content."""
    lines = [wrapped(f"Wrote {document['output']} ({document['format']}, {document['bytes']} bytes); the samples are the same.")]
    lines += [
        f"sha256 {document['sha256']}",
        *heading("Removed"),
        *bullets(document["removed"] or ["nothing: no personal field was found"]),
    ]
    return "\n".join([*lines, *to_note(document["warnings"])])


def of_recording(recording: Mapping[str, Any]) -> list[str]:
    """Which recording an answer is about, from its `identity`."""
    return [wrapped(f"{recording['name']}  ({recording['format']}, {recording['duration_s']:.1f} s)"), *simulated(recording["simulated"])]


def simulated(is_so: bool) -> list[str]:
    """The line that no simulated number goes without."""
    return ["SIMULATED: these numbers come from a program, not from a person."] if is_so else []


def status(channel: Mapping[str, Any]) -> str:
    """The status of a channel with its reason, in words."""
    said = STATUSES[OnsetStatus(channel["status"])]
    return f"{said}: {channel['reason']}" if channel["reason"] else said


def to_note(warnings: Sequence[str]) -> list[str]:
    """What a reader must know before trusting the numbers."""
    return [*heading("Please note"), *bullets(warnings)] if warnings else []


def plain(name: str) -> str:
    """A name in code as words.

    >>> plain("not_emg")
    'not emg'
    """
    return name.replace("_", " ")


def _with_muscles(channels: Sequence[Mapping[str, Any]]) -> list[str]:
    """One line for each channel."""
    rows = []
    for channel in channels:
        said = muscle(channel["muscle"]) if channel["muscle"] else ""
        part = f"{said}, {channel['region']}" if channel["region"] else said
        rows.append([channel["label"], part, channel["side"] or "", channel["unit"] or "", plain(channel["status"])])
    return table(["label", "muscle", "side", "unit", "status"], rows)


def _in_short(channels: Sequence[Mapping[str, Any]]) -> list[str]:
    """Labels without muscles, those of one side, unit and status together; three axes of a marker are one name."""
    alike: dict[tuple[str, str, str], list[str]] = {}
    for channel in channels:
        alike.setdefault((channel["side"] or "", channel["unit"] or "", plain(channel["status"])), []).append(channel["label"])
    rows = [[*same, ", ".join(map(_tied, _with_axes(labels)))] for same, labels in alike.items()]
    folded = any(label not in labels for labels in alike.values() for label in _with_axes(labels))
    return table(["side", "unit", "status", "labels (NAME.xyz: NAME.x, NAME.y and NAME.z)" if folded else "labels"], rows)


def _tied(label: str) -> str:
    return label.replace(" ", TIE) if len(label) <= _TIED else label


def _with_axes(labels: Sequence[str]) -> list[str]:
    """The labels, with ``LASI.xyz`` for three that follow one another.

    >>> _with_axes(["LASI.x", "LASI.y", "LASI.z", "Fz1"])
    ['LASI.xyz', 'Fz1']
    """
    short: list[str] = []
    for label in labels:
        name = label[:-2]
        if [*short[-2:], label] == [f"{name}.{axis}" for axis in "xyz"]:
            short[-2:] = [f"{name}.xyz"]
        else:
            short.append(label)
    return short


def _bursts(bursts: Sequence[Mapping[str, Any]]) -> list[str]:
    rows = [
        [
            str(count),
            _within(burst["on_s"], burst["on_low_s"], burst["on_high_s"], open_end="before the record"),
            _within(burst["off_s"], burst["off_low_s"], burst["off_high_s"], open_end="after the record"),
            "" if burst["rise_s"] is None else f"{number(1e3 * burst['rise_s'], decimals=0)} ms",
        ]
        for count, burst in enumerate(bursts, start=1)
    ]
    return table(["", "on", "off", "rise"], rows)


def _within(value: float | None, low: float | None, high: float | None, *, open_end: str) -> str:
    """A time in seconds to the millisecond: onsets are known that well."""
    if value is None and low is None and high is None:
        return open_end
    ends = ["open" if end is None else number(end, decimals=3) for end in (low, high)]
    return f"{'uncertain' if value is None else _at(value)} [{', '.join(ends)}]"


def _at(time_s: float) -> str:
    return f"{number(time_s, decimals=3)} s"


def _quality(quality: Mapping[str, Any]) -> list[str]:
    said = [] if quality["snr_db"] is None else [f"{number(quality['snr_db'], decimals=0)} dB over rest"]
    said += [f"{quality['beats']} heart beats subtracted"] if quality["beats"] else []
    said += [f"clipped for {quality['clipped_s']:.3f} s"] if quality["clipped_s"] else []
    return [f"  {', '.join(said)}"] if said else []
