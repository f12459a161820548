"""The vocabulary that every floor shares: sides, muscles, kinds of stream, grades."""

from enum import StrEnum
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
"""A float64 array; its shape and unit stand beside the field that uses it."""


class Side(StrEnum):
    """Side of the body."""

    LEFT = "left"
    RIGHT = "right"

    @property
    def other(self) -> "Side":
        """The opposite side.

        >>> Side.LEFT.other
        <Side.RIGHT: 'right'>
        """
        return Side.RIGHT if self is Side.LEFT else Side.LEFT


class Region(StrEnum):
    """Fibre region of gluteus maximus."""

    UPPER = "upper"
    MIDDLE = "middle"
    LOWER = "lower"


class StreamKind(StrEnum):
    """What a stream of samples measures."""

    EMG = "emg"
    ANGLE = "angle"
    FORCE = "force"
    MARKER = "marker"
    IMU = "imu"
    OTHER = "other"


class ChannelStatus(StrEnum):
    """What is known of a channel from its label and its samples, before any analysis."""

    OK = "ok"
    UNNAMED = "unnamed"  # no muscle could be read from the label
    AMBIGUOUS = "ambiguous"  # several muscles fit; the reason names them
    EMPTY = "empty"  # a spare or filler channel by its label
    FLAT = "flat"  # every sample is the same
    NOT_EMG = "not_emg"  # a gate, force or trigger channel inside an EMG stream
    ENVELOPE = "envelope"  # rectified and smoothed: no onset can be timed
    GAPS = "gaps"  # holds samples that are not finite


class OnsetStatus(StrEnum):
    """Outcome of onset detection on one channel."""

    OK = "ok"
    NO_SIGNAL = "no_signal"
    CLIPPED = "clipped"
    REFUSED = "refused"


class Grade(StrEnum):
    """How well the evidence supports the claim that a finding is compared with (evidence/README)."""

    SUPPORTED = "supported"
    CONTESTED = "contested"
    LOW_CERTAINTY = "low-certainty"
    HYPOTHESIS = "hypothesis"
    NOT_SUPPORTED = "not supported"
    MEASUREMENT = "measurement"  # a plain measurement; no claim is attached to it


class Certainty(StrEnum):
    """How well this recording pins down one value (width of its interval against what matters for the measure)."""

    HIGH = "high"
    MODERATE = "moderate"
    LOW = "low"
    NONE = "none"  # no value: the reason says why
