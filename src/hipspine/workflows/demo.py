"""The demonstration: a simulated person is recorded, read back, assessed and reported, and the answer is held against the known truth."""

from collections.abc import Mapping
from pathlib import Path
from statistics import fmean
from typing import Any

from hipspine import __version__
from hipspine.assessment.wording import STANDING_SENTENCE
from hipspine.report.words import quantity
from hipspine.signals.recording import Recording
from hipspine.workflows.assessing import as_json, assess_timed, protocol_named
from hipspine.workflows.reading import open_recording
from hipspine.workflows.reporting import report_input, write_reports
from hipspine.workflows.simulating import simulate

SEED = 7
TESTS = ("prone-hip-extension", "trunk-flexion-extension")


def demo(folder: Path) -> dict[str, Any]:
    """The JSON of ``hipspine demo``: two assessments, the truth in sentences, and the files written into ``folder``.

    The simulated person's left gluteus maximus is late and its channel is the noisiest, the right one is not late, and the heart is
    seen on the trunk channels. The same version writes the same bytes.
    """
    assessments, truths = [], {}
    for name in TESTS:
        recording, truths[name] = make_recording(name, folder)
        protocol = protocol_named(name)
        assessment, channels = assess_timed(recording, protocol)
        assessments.append(as_json(recording, protocol, assessment, channels))
        outputs = {form: folder / f"{name}.{form}" for form in ("html", "pdf")}
        write_reports(report_input(recording, protocol, assessment, channels), outputs)
    return {
        "simulated": True,
        "assessments": assessments,
        "truth": against_truth(assessments[0], truths[TESTS[0]]),
        "files": [f"{name}.{end}" for name in TESTS for end in ("c3d", "c3d.truth.json", "html", "pdf")],
        "note": STANDING_SENTENCE,
        "version": __version__,
    }


def make_recording(kind: str, folder: Path) -> tuple[Recording, Mapping[str, Any]]:
    """One test of the demonstration's person, written to C3D and read back, with its truth."""
    path = folder / f"{kind}.c3d"
    truth = simulate(kind, out=path, seed=SEED)
    return open_recording(path), truth


def against_truth(assessment: Mapping[str, Any], truth: Mapping[str, Any]) -> list[str]:
    """For each leg one sentence: how late the glute was made, and how late it was found."""
    sentences = []
    for side in ("left", "right"):
        made = true_delay_ms(truth, side)
        finding = next(f for f in assessment["findings"] if f["measure"] == "gluteus_maximus_delay_to_hamstrings" and f["side"] == side)
        found = quantity(finding["value"], "ms", low=finding["low"], high=finding["high"])
        inside = finding["low"] is not None and finding["low"] <= made <= finding["high"]
        sentences.append(
            f"{side.capitalize()} gluteus maximus: made to start {quantity(made, 'ms')} after the medial hamstrings; found {found}; "
            f"the truth is {'inside' if inside else 'outside'} the interval."
        )
    return sentences


def true_delay_ms(truth: Mapping[str, Any], side: str) -> float:
    """Mean delay of the gluteus maximus to the medial hamstrings that the simulation drew for one leg [ms]."""
    made = [repetition["onsets_to_movement_ms"] for repetition in truth["repetitions"] if repetition["side"] == side]
    return fmean(onsets["gluteus_maximus"] - onsets["semitendinosus"] for onsets in made)
