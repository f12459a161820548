"""A simulated person who stands, bends forwards, hangs, and rises again.

The pattern follows Leinonen 2000 (Arch Phys Med Rehabil; abstract): in early flexion erector spinae and biceps femoris start together,
before gluteus maximus; in chronic low back pain gluteus maximus was active for a shorter time in flexion and ended earlier in extension.
In full flexion erector spinae falls silent (flexion-relaxation) or, if asked, does not. Sizes and durations are our own round choices.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hipspine.errors import InputError
from hipspine.signals.recording import Recording
from hipspine.signals.simulation.artefacts import heart_beats
from hipspine.signals.simulation.channels import Burst, Muscle, Surroundings, angle_stream, assemble, require_known
from hipspine.signals.simulation.movements import lift_and_lower
from hipspine.signals.simulation.trials import sample_times
from hipspine.terms import Side

ANGLE_NOISE_DEG = 0.1
SNR_DB: Mapping[str, float] = {"erector_spinae": 22.0, "biceps_femoris": 20.0, "gluteus_maximus": 17.0}
FAT_MM = {"erector_spinae": 6.0, "biceps_femoris": 5.0, "gluteus_maximus": 12.0}
HEART_V = {"erector_spinae": 40e-6, "gluteus_maximus": 5e-6}


@dataclass(frozen=True, slots=True)
class Bend:
    """One repetition; the phases follow each other without a pause."""

    number: int
    flexion_start_s: float
    flexion_s: float
    hold_s: float
    extension_s: float

    @property
    def extension_start_s(self) -> float:
        """The trunk begins to rise."""
        return self.flexion_start_s + self.flexion_s + self.hold_s

    @property
    def end_s(self) -> float:
        """The person stands."""
        return self.extension_start_s + self.extension_s


def trunk_flexion_extension(
    rng: np.random.Generator,
    *,
    repetitions: int = 4,
    relaxation: bool = True,
    lumbar_share: tuple[float, float] = (0.65, 0.35),
    glute_short: bool = False,
    trunk_deg: float = 100.0,
    between_sd_ms: float = 30.0,
    snr_db: Mapping[str, float] | None = None,
    ecg: bool = True,
    mains_uv: float = 0.5,
    faults: Mapping[str, str] | None = None,
    rate_hz: float = 2000.0,
    angle_rate_hz: float = 100.0,
) -> tuple[Recording, dict[str, object]]:
    """Recording and truth of standing trunk flexion and extension with EMG of both sides and the angles of trunk, pelvis and hips.

    Angles are positive in flexion: ``trunk_flexion`` (thorax against the vertical), ``pelvis_flexion`` (pelvis tipped forwards), and
    ``hip_flexion_l`` and ``_r``. Knees straight and thighs vertical: hip flexion equals pelvis tilt. Lumbar flexion is trunk minus pelvis.

    Args:
        relaxation: erector spinae falls silent from about three quarters of flexion until the trunk rises; if not, it stays active.
        lumbar_share: share of the trunk's movement that comes from the lumbar spine, at its start and at its end, linear in the trunk's
            angle; the way back is the same.
        glute_short: gluteus maximus is active for 35 % instead of 60 % of flexion and ends at 60 % instead of 85 % of extension.
        snr_db: by muscle or "muscle side".
        faults: by channel label, one of channels.FAULTS.
    """
    if repetitions < 1 or not all(0.0 <= share <= 1.0 for share in lumbar_share):
        raise InputError(f"repetitions must be 1 or more and lumbar shares lie between 0 and 1; found {repetitions} and {lumbar_share}")
    plain = [Muscle(name, side) for name in FAT_MM for side in Side]
    require_known("snr_db", snr_db or {}, {*FAT_MM, *(muscle.key for muscle in plain)})
    require_known("faults", faults or {}, [muscle.label for muscle in plain])
    ratios = {**SNR_DB, **(snr_db or {})}
    muscles = [
        Muscle(
            m.name,
            m.side,
            snr_db=ratios.get(m.key, ratios[m.name]),
            heart_v=HEART_V.get(m.name, 0.0),
            fat_mm=FAT_MM[m.name],
            fault=(faults or {}).get(m.label),
        )
        for m in plain
    ]
    bends = _bends(rng, repetitions)
    duration_s = float(np.ceil(bends[-1].end_s + 3.0))
    glute = (0.35, 0.6) if glute_short else (0.6, 0.85)
    activity = {muscle: _bursts(rng, muscle, bends, relaxation=relaxation, glute=glute, sd_s=between_sd_ms / 1e3) for muscle in muscles}
    times_s = sample_times(duration_s=duration_s, rate_hz=angle_rate_hz)
    bent = np.zeros_like(times_s)
    for bend in bends:
        bent += lift_and_lower(times_s, start_s=bend.flexion_start_s, lift_s=bend.flexion_s, hold_s=bend.hold_s, lower_s=bend.extension_s)
    first, last = lumbar_share
    trunk = np.radians(trunk_deg) * bent
    pelvis = np.radians(trunk_deg) * (bent - (first * bent + (last - first) * bent**2 / 2.0))
    angles = {"trunk_flexion": trunk, "pelvis_flexion": pelvis, "hip_flexion_l": pelvis, "hip_flexion_r": pelvis}
    sides = {"hip_flexion_l": Side.LEFT, "hip_flexion_r": Side.RIGHT}
    return assemble(
        rng,
        kind="trunk-flexion-extension",
        activity=activity,
        around=Surroundings(
            duration_s, rate_hz, beats_s=heart_beats(rng, duration_s=duration_s) if ecg else np.zeros(0), mains_v=mains_uv * 1e-6
        ),
        streams=[angle_stream(rng, angles, rate_hz=angle_rate_hz, noise_rad=float(np.radians(ANGLE_NOISE_DEG)), sides=sides)],
        about={"cue": "none", "angles": "flexion positive, knees straight; pelvis_flexion is its forward tilt"},
        truth={
            "parameters": {
                "repetitions": repetitions,
                "relaxation": relaxation,
                "lumbar_share": list(lumbar_share),
                "glute_short": glute_short,
                "trunk_deg": trunk_deg,
                "between_sd_ms": between_sd_ms,
                "ecg": ecg,
                "angle_rate_hz": angle_rate_hz,
                "angle_noise_deg": ANGLE_NOISE_DEG,
            },
            "lumbar_share_by_quarter": [first + (last - first) * (2 * quarter - 1) / 8.0 for quarter in (1, 2, 3, 4)],
            "glute_active_share_of_flexion": glute[0],
            "glute_end_share_of_extension": glute[1],
            "repetitions": [
                {
                    "number": bend.number,
                    "flexion_start_s": bend.flexion_start_s,
                    "flexion_end_s": bend.flexion_start_s + bend.flexion_s,
                    "extension_start_s": bend.extension_start_s,
                    "extension_end_s": bend.end_s,
                }
                for bend in bends
            ],
        },
    )


def _bends(rng: np.random.Generator, repetitions: int) -> list[Bend]:
    """Bends one after another, with 3 to 4 s of standing before each."""
    bends, clock_s = [], 0.0
    for number in range(1, repetitions + 1):
        start_s = clock_s + float(rng.uniform(3.0, 4.0))
        bend = Bend(number, start_s, *(float(rng.uniform(2.7, 3.3)) for _ in range(3)))
        bends.append(bend)
        clock_s = bend.end_s
    return bends


def _bursts(
    rng: np.random.Generator, muscle: Muscle, bends: Sequence[Bend], *, relaxation: bool, glute: tuple[float, float], sd_s: float
) -> list[Burst]:
    """Bursts of one muscle over all repetitions."""

    def near(moment_s: float) -> float:
        return moment_s + sd_s * float(np.clip(rng.standard_normal(), -2.5, 2.5))

    bursts = []
    for bend in bends:
        down_s, rise_s = bend.flexion_start_s, bend.extension_start_s
        if muscle.name == "erector_spinae":
            stops_s = down_s + 0.75 * bend.flexion_s if relaxation else rise_s + 0.3
            bursts.append(Burst(near(down_s), near(stops_s), 0.25, 0.14, fall_s=0.4))
            bursts.append(Burst(near(rise_s + 0.15), near(rise_s + 0.92 * bend.extension_s), 0.25, 0.28, fall_s=0.5))
        elif muscle.name == "biceps_femoris":
            bursts.append(Burst(near(down_s), near(down_s + 0.85 * bend.flexion_s), 0.25, 0.14, fall_s=0.4))
            bursts.append(Burst(near(rise_s - 0.05), near(rise_s + 0.9 * bend.extension_s), 0.2, 0.24, fall_s=0.4))
        else:
            starts_s = near(down_s + 0.25)
            bursts.append(Burst(starts_s, near(starts_s + glute[0] * bend.flexion_s), 0.2, 0.13, fall_s=0.3))
            bursts.append(Burst(near(rise_s + 0.05), near(rise_s + glute[1] * bend.extension_s), 0.2, 0.22, fall_s=0.4))
    return bursts
