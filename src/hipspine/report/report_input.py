"""What a report is made from: everything comes in, nothing is looked up, so the same input gives the same bytes."""

from collections.abc import Mapping
from dataclasses import dataclass

from hipspine.assessment.protocol import Assessment
from hipspine.signals.recording import Recording
from hipspine.signals.timing import ChannelOnsets


@dataclass(frozen=True, slots=True, eq=False)
class ReportInput:
    """One assessed recording with all that its report says."""

    recording: Recording
    channels: tuple[ChannelOnsets, ...]  # one per EMG channel, the refused ones too
    assessment: Assessment
    citations: Mapping[str, str]  # source key -> full citation; a key without one is shown as the key
    version: str  # of hipspine
    prepared_on: str | None = None  # a date as it should stand in the report; there is no clock here
    title: str = ""  # of the protocol, for people; empty: from the protocol's name

    @property
    def simulated(self) -> bool:
        """Whether the recording says that it was simulated."""
        return self.recording.about.get("simulated", "").strip().lower() not in ("", "no", "false", "0")
