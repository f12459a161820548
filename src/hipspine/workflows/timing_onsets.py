"""When each muscle of a recording switches on, as a document: status, quality and bursts of every EMG channel."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from hipspine import __version__
from hipspine.errors import SignalError
from hipspine.signals.channels import channel_onsets
from hipspine.signals.recording import Recording
from hipspine.signals.timing import ChannelOnsets, Onsets
from hipspine.terms import StreamKind
from hipspine.workflows.documents import plain

METHOD = (
    "Two-spectrum likelihood with the spectra of rest and burst learned from the record, exact segmentation, posterior over onset time "
    "and rise; times are posterior medians with 95 % intervals."
)


def time_onsets(recording: Recording, labels: Sequence[str] = ()) -> dict[str, Any]:
    """The JSON of ``hipspine onsets``: every EMG channel, or those with these labels, in file order.

    Times are seconds on the recording's clock; an open end of a burst (the record starts or stops inside it) is ``None``.

    Raises:
        SignalError: the recording holds no EMG.
        InputError: a label is not that of an EMG channel; the message lists those that are.
    """
    require_emg(recording)
    return {
        "recording": identity(recording),
        "channels": [channel_document(entry) for entry in channel_onsets(recording, labels=tuple(labels) or None)],
        "method": METHOD,
        "warnings": list(recording.warnings),
        "version": __version__,
    }


def require_emg(recording: Recording) -> None:
    """Refuse a recording without EMG: an empty list of channels would look like an answer."""
    if not recording.of_kind(StreamKind.EMG):
        held = ", ".join(sorted({stream.kind.value for stream in recording.streams})) or "no samples"
        unknown = next((channel.label for stream in recording.of_kind(StreamKind.OTHER) for channel in stream.channels), None)
        way = f', or say which channel is one, such as --map "{unknown}=gluteus_maximus:left"' if unknown else ""
        raise SignalError(f"{recording.name}: holds no EMG channel; found {held}; give a recording with raw EMG{way}.")


def identity(recording: Recording) -> dict[str, Any]:
    """Which recording an answer is about: name, format, hash of the file's bytes, length, and what the file said about itself."""
    return {
        "name": recording.name,
        "format": recording.format,
        "sha256": recording.sha256,
        "duration_s": plain(recording.duration_s),
        "simulated": is_simulated(recording),
        "about": dict(sorted(recording.about.items())),
    }


def is_simulated(recording: Recording) -> bool:
    """Whether the file says that it comes from the simulator."""
    return recording.about.get("simulated", "") not in ("", "no")


def channel_document(entry: ChannelOnsets, *, bursts: bool = True) -> dict[str, Any]:
    """One channel: what it is, whether it could be timed and how far it can be trusted, and its bursts."""
    document: dict[str, Any] = {
        "label": entry.channel.label,
        "muscle": entry.channel.muscle,
        "side": plain(entry.channel.side),
        "region": plain(entry.channel.region),
        "status": entry.status.value,
        "reason": entry.reason or None,
        "quality": plain(asdict(entry.quality)),
    }
    return document | {"bursts": _bursts(entry.onsets)} if bursts else document


def _bursts(onsets: Onsets) -> list[Mapping[str, Any]]:
    names = ("on_s", "on_low_s", "on_high_s", "off_s", "off_low_s", "off_high_s", "rise_s", "level_db")
    return [{name: plain(getattr(onsets, name)[number]) for name in names} for number in range(onsets.count)]
