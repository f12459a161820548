"""`hipspine bench mechanics`: line field, muscle paths and load sharing beside OpenSim and MuJoCo, in one run.

`bench_mechanics` gives one JSON document (the same input gives the same document; durations and ratios stand under its key ``run``),
`table` its plain text, and `write_bench` both into a folder. How it is made: docs/bench_mechanics.md.
"""

import json
import platform
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from hipspine.errors import InputError
from hipspine.workflows.bench.methods import version_of
from hipspine.workflows.documents import write_whole
from hipspine.workflows.mechanics_bench.atlas import atlas_part
from hipspine.workflows.mechanics_bench.field import field_part
from hipspine.workflows.mechanics_bench.opensim_sharing import recording
from hipspine.workflows.mechanics_bench.paths import ARM_POSTURES, SLOPE_POSTURES, paths_part
from hipspine.workflows.mechanics_bench.peers import MUJOCO, OPENSIM, Peers, peers
from hipspine.workflows.mechanics_bench.rows import agreements, speeds
from hipspine.workflows.mechanics_bench.sharing import sharing_part
from hipspine.workflows.mechanics_bench.subjects import subject
from hipspine.workflows.mechanics_bench.text import table

__all__ = ["bench_mechanics", "table", "write_bench"]

Progress = Callable[[str], None]
LEAST_POSTURES = 20
_COUNTING = (
    "OpenSim: setValue(state, value, False) for every coordinate, realizePosition, then getLength of each line and computeMomentArm of "
    "each line about each coordinate that it crosses and no other; ours: the same lengths, and the arms of every line about each "
    "coordinate that any line crosses, in batches of 200 postures"
)


def bench_mechanics(
    *,
    postures: int = 2000,
    osim: Path | None = None,
    walk: Path | None = None,
    which: str = "installed",
    seed: int = 0,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """The mechanics bench as one JSON document: versions, what was compared, agreement, and under ``run`` durations, ratios and goals.

    Args:
        postures: random ones, 20 or more; OpenSim's arms are asked in the first of them only.
        osim: model that is asked; None for the body that hipspine ships, written as an OpenSim model.
        walk: folder with a model (.osim), coordinates.* and grf*.* of a movement, for load sharing; None leaves that comparison out.
        which: "installed" (each peer that can be imported), "none", or names with commas.
        seed: of the postures and the made-up frames.
        progress: is told what comes next.

    Raises:
        InputError: too few postures, an unknown peer, a model without lines, a folder without a recording.
        FormatError: a file that is no OpenSim model.
    """
    if postures < LEAST_POSTURES:
        raise InputError(f"--postures: is {postures}; give {LEAST_POSTURES} or more, such as 2000.")
    tell, begun = progress or (lambda _: None), time.perf_counter()
    if walk is not None:
        recording(walk)  # said before minutes of work
    ready = peers(which)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tell("reading the models")
        asked = subject(osim, folder=folder, postures=postures, seed=seed)
        published = asked if osim is not None else None
        walked = None if walk is None else subject(recording(walk)[0], folder=folder, postures=min(postures, 200), seed=seed)
        tell("line field")
        field, field_run = field_part(ready, walked or published, postures=postures, seed=seed)
        tell("paths")
        paths, paths_run = paths_part(asked, ready, tell=tell)
        tell("sharing")
        sharing, sharing_run = sharing_part(walk, walked, ready, frames=postures, seed=seed, tell=tell)
        tell("atlas")
        atlas, atlas_run = atlas_part(seed)
    document: dict[str, Any] = {
        "bench": "mechanics",
        "recipe": {
            "postures": postures, "seed": seed, "model": asked.name, "walk": None if walked is None else walked.name,
            "opensim_arm_postures": ARM_POSTURES, "opensim_slope_postures": SLOPE_POSTURES, "counting": _COUNTING,
        },
        "versions": {
            "hipspine": version_of("hipspine") or "from source", "python": platform.python_version(), "numpy": np.__version__,
            "numba": version_of("numba"),
        },
        "peers": list(ready.rows), "field": field, "paths": paths, "sharing": sharing, "atlas": atlas,
    }  # fmt: skip
    document["agreement"] = agreements(document)
    document["remarks"] = _remarks(document, ready, walk=walk)
    run: dict[str, Any] = {"field": field_run, "paths": paths_run, "sharing": sharing_run, "atlas": atlas_run}
    run["speeds"] = speeds(document, run)
    document["run"] = {**run, "seconds": time.perf_counter() - begun, "machine": platform.machine(), "system": platform.system()}
    return document


def write_bench(document: dict[str, Any], out: Path) -> list[Path]:
    """The document and its table as files of a folder: bench_mechanics.json and .txt."""
    out.mkdir(parents=True, exist_ok=True)
    texts = {"json": json.dumps(document, indent=1) + "\n", "txt": table(document) + "\n"}
    paths = []
    for suffix, text in texts.items():
        path = out / f"bench_mechanics.{suffix}"
        write_whole(path, text.encode())
        paths.append(path)
    return paths


def _remarks(document: dict[str, Any], ready: Peers, *, walk: Path | None) -> list[str]:
    """What a reader of the figures must know."""
    said = [f"{name} takes no part: {ready.why_not(name)}." for name in (OPENSIM, MUJOCO) if ready.of(name) is None]
    paths, sharing = document["paths"], document["sharing"]
    jumps = paths["jumps"]
    said.append(
        f"Over 2 mrad {jumps['jumps']} of {jumps['tests']} lengths of this model step by more than 0.5 mm beyond what their arms explain "
        f"(largest {jumps['largest_mm']:.2g} mm): a fault of its geometry that every engine inherits."
        if jumps["jumps"]
        else f"None of {jumps['tests']} lengths steps by more than 0.5 mm over 2 mrad beyond what its arms explain."
    )
    if ready.of(OPENSIM) is not None:
        few = paths["opensim"]["arm_postures"]
        said.append(f"OpenSim is asked for lengths in {paths['postures']} postures and for arms, only of crossed joints, in {few}.")
        if several := paths["opensim"]["lines_over_several_surfaces"]:
            said.append(
                f"{several} lines run over several surfaces: there OpenSim measures arcs with touching points of its first round, so that "
                "its lengths are not those of its own path; they stand apart."
            )
        if walk is None:
            said.append("Load sharing beside OpenSim was not run: no --walk.")
        elif "walk" in sharing:
            low, high = sharing["walk"]["opensim_costs_more_by"]
            said.append(f"On the walk OpenSim's answers cost {low:.1e} to {high:.1e} more (as a share) than ours, which carry a proof.")
    if ready.of(MUJOCO) is not None and "mujoco" not in paths:
        said.append("MuJoCo was not asked about this model: no ball joint has lines between its two segments alone.")
    elif "mujoco" in paths and (others := paths["mujoco"]["others"]):
        inside = paths["mujoco"]["others_with_an_end_inside"]
        said.append(f"Beside MuJoCo {others} lengths or arms lie further apart than the goal; in {inside} an end lies inside the surface.")
    return [*said, "The atlas does not count: " + "; ".join(document["atlas"]["missing"]) + "."]
