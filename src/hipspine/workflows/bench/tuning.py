"""Tuning of the peers: every combination of a peer's grid on trials of their own, so that nobody can call the comparison unfair.

The trials come from the six headline conditions (step and ramp at 10, 15 and 20 dB) of a stream of seeds that is never scored. The best
is the combination with the smallest mean cost: the error, at most 500 ms, plus 5 ms for each false onset. Ours is not tuned here.
"""

from collections.abc import Callable, Sequence
from typing import Any

from hipspine.signals.simulation.trials import Trial
from hipspine.units import to_ms
from hipspine.workflows.bench.cells import CELLS, HEADLINE, REST_S, TUNING, trials_of
from hipspine.workflows.bench.methods import Method, attempt, catalogue, missing
from hipspine.workflows.bench.scores import cost_s, outcome

Progress = Callable[[int, int, str], None]


def tune(*, trials: int = 8, seed: int = 0, progress: Progress | None = None) -> dict[str, Any]:
    """The best parameters of each installed peer with a grid, its cost, and the cost of its defaults; the content of ``tuned.json``.

    Args:
        trials: per condition; slow methods get a third of them.
        seed: of the tuning stream.
        progress: is told (done, of how many, what) before each peer.
    """
    peers = [peer for peer in catalogue() if peer.grid and not missing(peer)]
    signals = [trials_of(cell, seed=seed, trials=trials, purpose=TUNING) for cell in CELLS if cell.name in HEADLINE]
    best: dict[str, Any] = {}
    for number, peer in enumerate(peers):
        if progress is not None:
            progress(number, len(peers), peer.name)
        some = [trial for cell in signals for trial in cell[: max(1, trials // 3) if peer.at_most else trials]]

        tried = [(_cost_ms(peer.method(parameters=parameters), some), parameters) for parameters in peer.candidates()]
        cost, parameters = min(tried, key=lambda pair: pair[0])
        costs = {"cost_ms": cost, "default_cost_ms": _cost_ms(peer.method(), some)}
        best[peer.name] = {"parameters": parameters, **costs, "tried": len(tried), "trials": len(some), "version": peer.method().version}
    return {"recipe": {"conditions": list(HEADLINE), "trials_per_condition": trials, "seed": seed, "stream": TUNING}, "peers": best}


def _cost_ms(method: Method, signals: Sequence[Trial]) -> float:
    """Mean cost over trials [ms]."""
    costs = []
    for trial in signals:
        found, problem = attempt(method, trial.emg, rate_hz=trial.rate_hz, rest_s=REST_S)
        costs.append(cost_s(outcome(found, on_s=float(trial.on_s[0]), off_s=float(trial.off_s[0]), problem=problem)))
    return to_ms(sum(costs) / len(costs))
