"""How hard each region of gluteus maximus and its neighbours work for a moment: the document behind `hipspine body load`."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from hipspine import __version__
from hipspine.anatomy.body_model import BodyModel
from hipspine.errors import InputError, ModelError
from hipspine.mechanics.hip_tasks import TASKS, Task
from hipspine.mechanics.load_ensemble import AGREED, LEVEL, LoadEnsemble, load_ensemble
from hipspine.terms import Region

SAMPLES = 200
MOST_SAMPLES = 5000
REGIONS = tuple(f"gluteus_maximus/{region}" for region in Region)
MUSCLES = ("gluteus_maximus", "gluteus_medius", "gluteus_minimus", "hamstrings", "adductors", "deep_rotators", "hip_flexors")
PAIRS = tuple((one, other) for place, one in enumerate(REGIONS) for other in REGIONS[place + 1 :])
OPEN = (
    "No order between muscles is said: for single moments of a free leg, least cost gives gluteus maximus a small share "
    "where electromyography finds a large one."
)
MOMENTS = ("hip_flexion", "hip_adduction", "hip_rotation", "knee_flexion")
MOST_NM = 500.0
SOURCES = ("blemker2005", "nemeth1985", "davis2026", "delp1990", "barker2014")


def load_document(tasks: Sequence[Task] | None = None, *, samples: int = SAMPLES, seed: int = 0) -> dict[str, Any]:
    """Activations of regions and muscles with the range of all bodies that were drawn, and what may be said of their order.

    Args:
        tasks: postures and moments; those of `hip_tasks.TASKS` unless given.
        samples: bodies that are drawn, 2 to 5000.
        seed: the same seed gives the same document; 0 or more.

    Raises:
        InputError: a number of samples or a seed outside its range.
        ModelError: as `load_ensemble`.
    """
    if not 2 <= samples <= MOST_SAMPLES or seed < 0:
        raise InputError(f"samples is {samples} and seed {seed}; give 2 to {MOST_SAMPLES} samples and a seed of 0 or more.")
    body = BodyModel()
    ensemble = load_ensemble(body, TASKS if tasks is None else tasks, samples=samples, seed=seed)
    return {
        "model": {"name": body.name, "lines": len(body.lines)},
        "claim": "load",
        "level": LEVEL,
        "agreement_needed": AGREED,
        "tasks": [_task(ensemble, place) for place in range(len(ensemble.tasks))],
        "samples": samples,
        "seed": seed,
        "spread": asdict(ensemble.spread),
        "words": f"Model estimates of shares of capacity, not measured activity; moments are what muscles make actively. {OPEN}",
        "sources": list(SOURCES),
        "version": __version__,
    }


def task_of(angles_deg: Mapping[str, float], moments_nm: Mapping[str, float]) -> Task:
    """One task as it was asked for.

    Raises:
        ModelError: no moment, or one beyond what any hip makes.
    """
    for name, value in moments_nm.items():
        if not (np.isfinite(value) and abs(value) <= MOST_NM):
            raise ModelError(f"--{name.replace('_', '-')}-nm is {value:g}; give {-MOST_NM:g} to {MOST_NM:g} N m.")
    if not any(moments_nm.values()):
        raise ModelError("--hip-flexion-nm: no moment is asked for; give at least one, such as --hip-flexion-nm=-60 for extension.")
    return Task("as given", dict(angles_deg), dict(moments_nm))


def _task(ensemble: LoadEnsemble, place: int) -> dict[str, Any]:
    task = ensemble.tasks[place]
    reserve = ensemble.reserve_nm[:, place]
    return {
        "name": task.name,
        "angles_deg": dict(task.angles_deg),
        "moments_nm": {name: task.moments_nm.get(name, 0.0) for name in MOMENTS},
        "regions": {name.partition("/")[2]: _range(ensemble, name, place) for name in REGIONS},
        "muscles": {name: _range(ensemble, name, place) for name in MUSCLES},
        "rank_stability": float(ensemble.rank_stability(MUSCLES)[place]),
        "claims": [claim for pair in PAIRS if (claim := _claim(ensemble, *pair, place))["claimed"]],
        "not_claimed": [claim for pair in PAIRS if not (claim := _claim(ensemble, *pair, place))["claimed"]],
        "reserve_nm": {"median": float(np.median(reserve)), "largest": float(reserve.max())},
        "largest_residual": float(ensemble.residual[:, place].max()),
    }


def _range(ensemble: LoadEnsemble, group: str, place: int) -> dict[str, float]:
    median, low, high = ensemble.range_of(group)
    return {"median": float(median[place]), "low": float(low[place]), "high": float(high[place])}


def _claim(ensemble: LoadEnsemble, one: str, other: str, place: int) -> dict[str, Any]:
    """Which of two works harder, where enough members agree; otherwise that it is open."""
    forth, back = float(ensemble.agreement(one, other)[place]), float(ensemble.agreement(other, one)[place])
    more, less, share = (one, other, forth) if forth >= back else (other, one, back)
    claimed = share >= AGREED
    words = f"{_words(more)} more than {_words(less)}" if claimed else f"{_words(one)} or {_words(other)}: open"
    return {
        "more": more,
        "less": less,
        "agreement": share,
        "claimed": claimed,
        "sentence": f"{words} ({100 * share:.0f} % of the bodies agree)",
    }


def _words(group: str) -> str:
    muscle, _, region = group.partition("/")
    return f"{region} region" if region else muscle.replace("_", " ")
