"""Named places on the bones of the generic adult: where lines of the trunk begin, pass and end.

Places on pelvis, sacrum, thorax and upper arm stand in data/landmarks.csv, in standing, seen from the pelvis frame. Those of a lumbar
vertebra (``L3_spinous``, ``L3_mamillary``, ``L3_transverse`` ...) are made from its published size and its lean.
"""

from functools import cache

import numpy as np

from hipspine.anatomy import generic_spine as spine
from hipspine.anatomy.generic_skeleton import LIMBS, joint_centres, of
from hipspine.anatomy.generic_values import table, value
from hipspine.errors import ModelError
from hipspine.terms import Floats, Side

PROCESSES = ("spinous", "crest", "mamillary", "accessory", "transverse", "sleeve", "psoas")


@cache
def landmarks() -> dict[str, tuple[str, Floats]]:
    """Segment of the right side and (3,) place in its frame, by name."""
    found = {line["landmark"]: _placed(line) for line in table("landmarks.csv")}
    for vertebra in spine.lumbar().values():
        found |= {f"{vertebra.name}_{process}": (vertebra.name, at) for process, at in _processes(vertebra).items()}
    return found


def landmark(name: str) -> tuple[str, Floats]:
    """Segment and place of one landmark.

    Raises:
        ModelError: there is no such landmark.
    """
    if name not in landmarks():
        raise ModelError(
            f"landmark {name!r} does not exist; it stands neither in landmarks.csv nor among {', '.join(PROCESSES)} of L1 to L5."
        )
    return landmarks()[name]


def _placed(line: dict[str, str]) -> tuple[str, Floats]:
    segment = of(line["segment"], Side.RIGHT) if line["segment"] in LIMBS else line["segment"]
    return segment, np.array([float(line[axis]) for axis in ("x_m", "y_m", "z_m")]) - joint_centres()[segment]


def _processes(vertebra: spine.Vertebra) -> dict[str, Floats]:
    """(3,) places on the right half of a vertebra, seen from its joint."""

    def size(what: str) -> float:
        return value("vertebra", what)

    half = vertebra.width_m / 2
    tip = half + size(f"{vertebra.name}:transverse_length")
    spinous = size("depth") / 2 + size(f"{vertebra.name}:canal_depth") + size("spinous_length")
    return {
        "spinous": vertebra.at(-spinous, -size("spinous_drop"), 0.004),
        "crest": vertebra.at(-spinous, -size("spinous_drop"), 0.002),
        "mamillary": vertebra.at(-size("mamillary_back"), size("mamillary_up"), size("mamillary_side")),
        "accessory": vertebra.at(-size("accessory_back"), 0.0, size("accessory_side")),
        "transverse": vertebra.at(-size("transverse_back"), size("transverse_up"), tip),
        "sleeve": vertebra.at(-size("sleeve_back"), 0.0, size("sleeve_side")),
        "psoas": vertebra.at(-size("psoas_back"), 0.0, half + size("psoas_side")),
    }
