"""What standing asks of muscles, hips, lower back and sacroiliac joints: the document behind `hipspine body stand`."""

from dataclasses import asdict
from itertools import combinations
from typing import Any

import numpy as np

from hipspine import __version__
from hipspine.anatomy.body_model import BodyModel
from hipspine.anatomy.gluteus_maximus import members
from hipspine.anatomy.person import Person, scaled
from hipspine.errors import InputError
from hipspine.evidence.tables import cite
from hipspine.mechanics.carrying import SIDES, carried
from hipspine.mechanics.carrying_ensemble import WHOLE_BODY, CarriedEnsemble, carried_ensemble
from hipspine.mechanics.carrying_standing import LUMBAR_SHARE, Standing, standing
from hipspine.mechanics.rigid import GRAVITY_M_S2, Rigid
from hipspine.mechanics.spread import AGREED, LEVEL, range_over_members
from hipspine.terms import Floats, Region, Side
from hipspine.workflows.documents import plain

SAMPLES = 200
MOST_SAMPLES = 5000
REGIONS = tuple(f"gluteus_maximus/{region}" for region in Region)
MUSCLES = (
    *("gluteus_maximus", "gluteus_medius", "gluteus_minimus", "hamstrings", "adductors", "deep_rotators", "hip_flexors", "quadriceps"),
    *("calf", "erector_spinae", "quadratus_lumborum", "abdominals"),
)
COMPARED = ("gluteus_maximus", "gluteus_medius", "hamstrings", "erector_spinae")
PAIRS = tuple(combinations(REGIONS, 2))  # orders between muscles are not said: see `body_load.OPEN`
WORDS = (
    "Model estimates, not measurements: shares of capacity and forces in a generic adult of this size, with the range of bodies that "
    "differ in what nobody knows well. Passive tension of muscles, ligaments and fascia is left out, so a deep bend asks more of "
    "muscles here than of a person who hangs in the tissue. The sacroiliac numbers are an index. None of this says anything about pain "
    "or injury."
)
ONE_LEG = (
    "In four people with instrumented implants the hip carried 2.38 body weights in walking and slightly less on one leg. The model's hip "
    "carries more: even the least force that balances it lies near the measured one, every muscle that works along adds to it, and the "
    "trunk stands upright, where people may lean over the leg (see effects)."
)
LEANING = (
    "In one man the pressure in the disc L4/L5 was 0.5 MPa in standing, 1.1 bent forward, 2.3 when lifting 20 kg with a round back: "
    "2.2 and 4.6 times standing. Pressure is not force; compare the ratios."
)
_BEND_RAD = float(np.radians(10.0))
_SOURCES = ("deleva1996", "delp1990", "davis2026", "barker2014", "macthiong2011")


def stand_document(
    *,
    one_leg: str | None = None,
    lean_deg: float = 0.0,
    load_kg: float = 0.0,
    height_m: float = 1.75,
    mass_kg: float = 75.0,
    sex: str | None = None,
    samples: int = SAMPLES,
    seed: int = 0,
) -> dict[str, Any]:
    """Activations, hip contact, L5/S1 and sacroiliac forces of a standing posture in balance, each as median and 90 % range; for JSON.

    Args:
        one_leg: right or left; None for both.
        lean_deg: of the trunk, forward, 0 to 70.
        load_kg: in the hanging hands, 0 to 100.
        height_m, mass_kg, sex: of the person, see `Person`.
        samples: bodies that are drawn, 2 to 5000.
        seed: the same seed gives the same document.

    Raises:
        InputError: a leg that is neither right nor left, a number of samples or a seed outside its range.
        ModelError: a lean, load, height or mass outside its range.
    """
    if one_leg not in (None, *Side):
        raise InputError(f"one_leg is {one_leg!r}; give right or left, or leave it out to stand on both.")
    if not 2 <= samples <= MOST_SAMPLES or seed < 0:
        raise InputError(f"samples is {samples} and seed {seed}; give 2 to {MOST_SAMPLES} samples and a seed of 0 or more.")
    on, person = None if one_leg is None else Side(one_leg), Person(height_m=height_m, mass_kg=mass_kg, sex=sex)
    body = scaled(BodyModel(), person)
    lean_rad = float(np.radians(lean_deg))
    stand = standing(body, on=on, lean_rad=lean_rad, load_kg=load_kg)
    found = carried_ensemble(body, stand.q, touches=stand.touches, loads=stand.loads, person=person, samples=samples, seed=seed)
    weight = mass_kg * -GRAVITY_M_S2[1]
    document = {
        "model": {"name": body.name, "lines": len(body.lines), "fields_of_gluteus_maximus": max(members(), 1)},
        "person": {"height_m": height_m, "mass_kg": mass_kg, "sex": sex or "not given"},
        "posture": _posture(body, stand, on, lean_deg),
        "tier": "load",
        "level": LEVEL,
        "agreement_needed": AGREED,
        "sides": {side: _side(found, side, weight, on) for side in SIDES},
        "l5s1_compression_n": _range(found.compression_n),
        "l5s1_shear_n": _range(found.shear_n),
        "claims": [claim for claim in _claims(found, on) if claim["claimed"]],
        "not_claimed": [claim for claim in _claims(found, on) if not claim["claimed"]],
        "reserves": _reserves(found),
        "members_without_proof": int(np.isnan(found.reserve).sum()),  # left out of every range
        "largest_residual": float(found.residual[np.isfinite(found.reserve)].max()),
        "effects": _effects(body, stand, on, lean_rad, load_kg),
        "words": " ".join((WORDS, *((ONE_LEG,) if on else ()), *((LEANING,) if lean_deg or load_kg else ()))),
        "samples": samples,
        "seed": seed,
        "spread": asdict(WHOLE_BODY),
        "sources": [cite(key) for key in (*_SOURCES, *(("bergmann2001",) if on else ()), *(("wilke1999",) if lean_deg or load_kg else ()))],
        "version": __version__,
    }
    return dict(plain(document))


def _posture(body: BodyModel, stand: Standing, on: Side | None, lean_deg: float) -> dict[str, Any]:
    angles = np.degrees(stand.q[0])
    named = {name: float(value) for name, value in zip(Rigid.of(body).coordinates, angles, strict=True) if abs(value) > 1e-9}
    return {
        "stance": on or "both",
        "lean_deg": lean_deg,
        "lumbar_share_of_lean": LUMBAR_SHARE,
        "load_kg": stand.load_kg,
        "angles_deg": named,
    }


def _side(found: CarriedEnsemble, side: Side, weight_n: float, on: Side | None) -> dict[str, Any]:
    at = SIDES.index(side)
    return {
        "carries": on is None or side is on,
        "regions": {name.partition("/")[2]: _range(found.of(name, side)) for name in REGIONS},
        "muscles": {name: _range(found.of(name, side)) for name in MUSCLES},
        "hip_contact_bw": _range(found.hip_bw[:, :, at]),
        "hip_contact_n": _range(found.hip_bw[:, :, at] * weight_n),
        "sij_compression_n": _range(found.sij_normal_n[:, :, at]),
        "sij_shear_n": _range(found.sij_shear_n[:, :, at]),
        "rank_stability": float(found.rank_stability(COMPARED, side)[0]),
    }


def _range(values: Floats) -> dict[str, float]:
    median, low, high = range_over_members(values)
    return {"median": float(median[0]), "low": float(low[0]), "high": float(high[0])}


def _claims(found: CarriedEnsemble, on: Side | None) -> list[dict[str, Any]]:
    """Which of two works harder on the side that stands, where enough members agree; otherwise that it is open."""
    side = on or Side.RIGHT
    claims = []
    for one, other in PAIRS:
        forth, back = (float(found.agreement(*pair, side)[0]) for pair in ((one, other), (other, one)))
        more, less, share = (one, other, forth) if forth >= back else (other, one, back)
        claimed = share >= AGREED
        words = f"{_words(more)} more than {_words(less)}" if claimed else f"{_words(one)} or {_words(other)}: open"
        sentence = f"{words} ({100 * share:.0f} % of the bodies agree)"
        claims.append({"more": more, "less": less, "side": side, "agreement": share, "claimed": claimed, "sentence": sentence})
    return claims


def _words(group: str) -> str:
    muscle, _, region = group.partition("/")
    return f"{region} region of gluteus maximus" if region else muscle.replace("_", " ")


def _reserves(found: CarriedEnsemble) -> dict[str, Any]:
    """How much is left over that no muscle and no contact carries, as a share of what reserves are made for (1 N m in joints)."""
    reserve = found.reserve[np.isfinite(found.reserve)]
    cannot = float((reserve > 1).mean())
    said = (
        f"In {100 * cannot:.0f} % of the drawn bodies the muscles cannot hold this posture."
        if cannot
        else "Muscles hold the posture in all drawn bodies."
    )
    return {
        "median": float(np.median(reserve)),
        "largest": float(reserve.max()),
        "share_of_bodies_that_cannot": cannot,
        "sentence": said,
    }


def _effects(body: BodyModel, stand: Standing, on: Side | None, lean_rad: float, load_kg: float) -> list[dict[str, Any]]:
    """What single choices do to the hip that carries and to the disc: one answer each, everything else at its middle."""
    side = SIDES.index(on or Side.RIGHT)

    def answer(name: str, posture: Standing, floor: float = WHOLE_BODY.floor[0]) -> dict[str, Any]:
        found = carried(body, posture.q, touches=posture.touches, loads=posture.loads, floor=floor)
        return {"name": name, "hip_contact_bw": found.hip_bw[0, side], "l5s1_compression_n": found.disc.compression_n[0]}

    told = [
        answer("muscles work only where they must", stand),
        answer("every muscle works along with 5 %", stand, floor=WHOLE_BODY.floor[1]),
    ]
    if on is not None:
        over = standing(body, on=on, lean_rad=lean_rad, load_kg=load_kg, bend_rad=_BEND_RAD)
        told.append(answer("trunk bent 10 deg over the leg that stands", over))
    return told
