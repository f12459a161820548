"""Simulated people as whole recordings, each with its truth; every recording says that it is simulated.

All functions give ``(Recording, truth)``. The truth is ready for JSON: what was asked for, and what the dice made of it (drive onsets,
movement starts, signal-to-noise ratios). Two more people live here: one muscle with many bursts, and nobody at all.
"""

from collections.abc import Sequence

import numpy as np

from hipspine.errors import InputError
from hipspine.signals.recording import Recording
from hipspine.signals.simulation.artefacts import heart_beats
from hipspine.signals.simulation.bending import trunk_flexion_extension
from hipspine.signals.simulation.channels import LABELS, Burst, Muscle, Surroundings, assemble, require_known
from hipspine.signals.simulation.prone import prone_hip_extension
from hipspine.signals.simulation.trials import burst_starts
from hipspine.signals.simulation.walking import gait
from hipspine.terms import Side

__all__ = ["bursts", "gait", "noise", "prone_hip_extension", "trunk_flexion_extension"]


def bursts(
    rng: np.random.Generator,
    *,
    count: int = 10,
    burst_s: float = 1.0,
    duration_s: float | None = None,
    snr_db: float = 15.0,
    rise_ms: float = 100.0,
    drive: float = 0.3,
    tonic: float = 0.0,
    ecg: bool = False,
    mains_uv: float = 0.5,
    fault: str | None = None,
    rate_hz: float = 2000.0,
) -> tuple[Recording, dict[str, object]]:
    """Recording of the left gluteus maximus alone, with ``count`` bursts, and its truth.

    Args:
        duration_s: None gives each burst 3 s of rest.
        drive, tonic: share of maximal drive in and between bursts.
    """
    length_s = float(np.ceil(2.0 + count * (burst_s + 3.0))) if duration_s is None else duration_s
    on_s = burst_starts(rng, bursts=count, burst_s=burst_s, duration_s=length_s)
    muscle = Muscle("gluteus_maximus", Side.LEFT, snr_db=snr_db, heart_v=30e-6, fat_mm=10.0, tonic=tonic, fault=fault)
    return assemble(
        rng,
        kind="bursts",
        activity={muscle: [Burst(float(t), float(t + burst_s), rise_ms / 1e3, drive) for t in on_s]},
        around=Surroundings(
            length_s, rate_hz, beats_s=heart_beats(rng, duration_s=length_s) if ecg else np.zeros(0), mains_v=mains_uv * 1e-6
        ),
        truth={
            "parameters": {
                "count": count,
                "burst_s": burst_s,
                "snr_db": snr_db,
                "rise_ms": rise_ms,
                "drive": drive,
                "tonic": tonic,
                "ecg": ecg,
                "fault": fault,
            }
        },
    )


def noise(
    rng: np.random.Generator,
    *,
    duration_s: float = 60.0,
    muscles: Sequence[str] = ("gluteus_maximus", "semitendinosus"),
    ecg: bool = False,
    mains_uv: float = 0.5,
    rate_hz: float = 2000.0,
) -> tuple[Recording, dict[str, object]]:
    """Recording in which no muscle does anything: sensor noise, a little mains, and the heart if asked; no onset is true."""
    if not duration_s > 0:
        raise InputError(f"duration_s is {duration_s:g}; give a length above 0 s")
    require_known("muscles", muscles, LABELS)
    return assemble(
        rng,
        kind="noise",
        activity={Muscle(name, side, heart_v=30e-6): [] for name in muscles for side in Side},
        around=Surroundings(
            duration_s, rate_hz, beats_s=heart_beats(rng, duration_s=duration_s) if ecg else np.zeros(0), mains_v=mains_uv * 1e-6
        ),
        truth={"parameters": {"muscles": list(muscles), "ecg": ecg}},
    )
