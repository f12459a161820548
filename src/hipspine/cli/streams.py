"""What a recording holds, and when its muscles switch on, as lines for people."""

from collections.abc import Mapping
from typing import Any

from hipspine.cli.words import bullets, heading, measured, muscle, number, of_recording, of_warnings, table


def of_streams(document: Mapping[str, Any], *, name: str) -> str:
    """The answer of ``hipspine read``."""
    lines = [f"{name}  ({document['format']}, {document['duration_s']:.3f} s, first sample at {document['first_time_s']:.3f} s)"]
    for stream in document["streams"]:
        lines += heading(f"{stream['kind']}, {stream['rate_hz']:g} Hz, {len(stream['channels'])} channels")
        rows = [
            [c["label"], muscle(c["muscle"]) if c["muscle"] else "", c["side"] or "", c["unit"], c["status"]] for c in stream["channels"]
        ]
        lines += table(["label", "muscle", "side", "unit", "status"], rows)
    if document["events"]:
        lines += heading(f"{len(document['events'])} events")
        lines += table(["time", "side", "event"], [[f"{e['time_s']:.3f} s", e["side"] or "", e["label"]] for e in document["events"]])
    return "\n".join([*lines, *of_warnings(document["warnings"])])


def of_onsets(document: Mapping[str, Any]) -> str:
    """The answer of ``hipspine onsets``; between brackets the 95 % interval."""
    lines = of_recording(document["recording"])
    for channel in document["channels"]:
        lines += heading(" · ".join(word for word in (channel["label"], muscle(channel["muscle"]), channel["side"]) if word))
        lines += _timed(channel) if channel["status"] == "ok" else bullets([f"{_WORDS[channel['status']]}: {channel['reason']}"])
        lines += _quality(channel["quality"])
    return "\n".join([*lines, *of_warnings(document["warnings"])])


_WORDS = {"no_signal": "no activity found", "clipped": "clipped", "refused": "not timed"}


def _timed(channel: Mapping[str, Any]) -> list[str]:
    rows = [
        [
            str(count),
            measured(burst["on_s"], burst["on_low_s"], burst["on_high_s"], "s") if burst["on_s"] is not None else "before the record",
            measured(burst["off_s"], burst["off_low_s"], burst["off_high_s"], "s") if burst["off_s"] is not None else "after the record",
            "–" if burst["rise_s"] is None else f"{number(1000 * burst['rise_s'], 'ms')} ms",
        ]
        for count, burst in enumerate(channel["bursts"], start=1)
    ]
    return table(["", "on", "off", "rise"], rows)


def _quality(quality: Mapping[str, Any]) -> list[str]:
    said = [] if quality["snr_db"] is None else [f"signal {number(quality['snr_db'], 'dB')} dB over rest"]
    said += [f"{quality['beats']} heart beats subtracted"] if quality["beats"] else []
    said += [f"clipped for {quality['clipped_s']:.3f} s"] if quality["clipped_s"] else []
    return [f"  {', '.join(said)}"] if said else []
