"""What ``hipspine body sij`` prints: the force of gluteus maximus on its sacroiliac joint, with everything it rests on."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from hipspine.anatomy.gluteus_maximus import gluteus_maximus
from hipspine.errors import InputError
from hipspine.evidence.tables import cite
from hipspine.mechanics.posture import Posture
from hipspine.mechanics.sacroiliac import JointForce
from hipspine.mechanics.sacroiliac_data import assumption, number, value
from hipspine.mechanics.sacroiliac_ensemble import INPUTS, Variant, gluteus_maximus_ensemble, interval
from hipspine.mechanics.sacroiliac_ring import FOUR_PAIRS_WITHOUT, Cost, less_shear, ring, ring_ensemble, rises
from hipspine.mechanics.sling import ON_BY_DEFAULT, sling
from hipspine.workflows.documents import plain

SAMPLES = 2000
INDEX_NOTE = (
    "A model estimate and an index: the shape of a person's sacrum is not known, one plane stands for a joint with three, and no "
    "sacroiliac force has ever been measured in a living person. It says nothing about pain, and there is no healthy or unhealthy value. "
    "Back pain has many causes; gluteus findings do not explain it alone."
)
_ROWS = ("J001", "J002", "J003", "J005", "J010", "J012", "J013", "J014", "J015", "J034", "J038")


def document(*, activation: float = 1.0, samples: int = SAMPLES, seed: int = 0) -> dict[str, Any]:
    """Compression, shear and their ratio, gluteus maximus of one side alone, hip in neutral posture; ready for JSON.

    Raises:
        ModelError: an activation outside 0 to 1, or a number of samples outside its range.
        InputError: a seed below 0.
    """
    if seed < 0:
        raise InputError(f"seed is {seed}; give a whole number of 0 or more.")
    found = _ensemble(activation, samples, seed, Variant("cadaver"))
    barker = value("J004")
    return dict(
        plain(
            {
                "activation": activation,
                "posture": {"hip_flexion_deg": 0.0, "hip_adduction_deg": 0.0, "hip_rotation_deg": 0.0},
                **_forces(found, activation),
                "friction": _friction(found, activation, seed),
                "published": {
                    "normal_n": {"mean": barker.value, "low": barker.low, "high": barker.high},
                    "at_activation": 1.0,
                    "note": barker.note,
                    "source": cite(barker.source),
                },
                "other_readings": _others(activation, samples, seed),
                "sling": _sling(),
                "inputs": [_input(name) for name in INPUTS],
                "samples": samples,
                "seed": seed,
                "tier": "load",
                "index_note": INDEX_NOTE,
                "sources": [cite(source) for source in dict.fromkeys(value(row).source for row in _ROWS)],
            }
        )
    )


def ring_document(*, samples: int = 100, seed: int = 0) -> dict[str, Any]:
    """How compression rises when the joints are asked to carry less vertical shear in standing, beside Pel 2008; ready for JSON."""
    if samples < 10 or seed < 0:
        raise InputError(f"samples is {samples} and seed is {seed}; give at least 10 samples and a seed of 0 or more.")
    ways = [_way(cost, without, samples, seed) for without in ((), FOUR_PAIRS_WITHOUT) for cost in Cost]
    published = {"rise_20_percent": number("J035"), "further_rise": number("J036"), "note": value("J036").note, "source": cite("pel2008")}
    return dict(plain({"published": published, "ways": ways, "samples": samples, "seed": seed, "tier": "load", "index_note": INDEX_NOTE}))


def _way(cost: Cost, without: tuple[str, ...], samples: int, seed: int) -> dict[str, Any]:
    middle = less_shear(ring(without=without), cost=cost)
    compression, unsolved = ring_ensemble(samples=samples, rng=np.random.default_rng(seed), cost=cost, without=without)
    rise = rises(compression)
    first, both = rise.T
    return {
        "cost": cost,
        "left_out": without,
        "middle_of_all_inputs": {
            "compression_n": [one.compression_n for one in middle],
            "shear_n": [one.shear_n for one in middle],
            "rise_percent": [100 * (one.compression_n / middle[0].compression_n - 1) for one in middle[1:]],
        },
        "rise_20_percent": interval(100 * first),
        "rise_40_percent": interval(100 * both),
        "share_rising_at_40": float(np.mean(both > 0)),
        "share_second_step_larger": float(np.mean(both - first > first)),
        "solved": compression.shape[0],
        "without_free_compression": compression.shape[0] - rise.shape[0],
        "without_balance": unsolved,
    }


def _ensemble(activation: float, samples: int, seed: int, variant: Variant) -> JointForce:
    return gluteus_maximus_ensemble(activation=activation, samples=samples, rng=np.random.default_rng(seed), variant=variant)


def _forces(found: JointForce, activation: float) -> dict[str, Any]:
    if activation == 0:
        ratio: dict[str, Any] = {"ratio": None, "ratio_reason": "without force there is no ratio"}
    else:
        ratio = {"ratio": interval(found.ratio())}
    return {"normal_n": interval(found.normal_n), "shear_n": interval(found.shear_size_n), **ratio}


def _friction(found: JointForce, activation: float, seed: int) -> dict[str, Any]:
    """Whether friction alone could hold the shear of the muscle's own pull."""
    band = assumption("friction_coefficient")
    held = None
    if activation:
        held = float(np.mean(found.ratio() < band.draw(np.random.default_rng((seed, 1)), found.normal_n.size)))
    return {"low": band.low, "high": band.high, "share_of_samples_held": held, "tier": "assumption", "reason": band.reason}


def _others(activation: float, samples: int, seed: int) -> list[dict[str, Any]]:
    """The same muscle read otherwise: what the choice of inputs does."""
    whole = float(gluteus_maximus().max_force_n.sum())
    readings = {
        "oblique plane": (
            Variant("oblique plane", tilt_about_vertical_deg=(number("J012"), number("J013"))),
            "the joint tilted as its middle looks on oblique radiographs and CT, instead of about the sagittal plane that Barker used",
        ),
        "pull of the lines": (
            Variant("pull of the lines", fascicles=False),
            "pull as the moment arms of our lines have it, steeper than cadaver fascicles",
        ),
        "largest force of public models": (
            Variant("largest force of public models", whole_force_n=whole),
            f"{whole:.0f} N for the whole muscle, as in models of young adults, instead of cross-section times tension of older cadavers",
        ),
    }
    return [
        {"label": label, "reason": reason, **_forces(_ensemble(activation, samples, seed, variant), activation)}
        for label, (variant, reason) in readings.items()
    ]


def _sling() -> dict[str, Any]:
    effect = sling(gluteus_maximus(), Posture.of(hip_flexion_deg=0.0))
    prior = assumption("sling_share")
    return {
        "included": ON_BY_DEFAULT,
        "share": {"low": prior.low, "high": prior.high, "tier": "assumption", "reason": prior.reason},
        "added_normal_n": {"low": float(effect.normal_n.min()), "high": float(effect.normal_n.max())},
        "added_hip_rotation_nm": {"low": float(effect.moment_nm[:, 2].min()), "high": float(effect.moment_nm[:, 2].max())},
        "note": "latissimus dorsi of the other side at its largest force; rotation below 0 turns the thigh outwards",
    }


def _input(name: str) -> Mapping[str, Any]:
    one = assumption(name)
    return {
        "name": one.name,
        "value": one.value,
        "low": one.low,
        "high": one.high,
        "unit": one.unit,
        "spread": one.spread,
        "reason": one.reason,
    }
