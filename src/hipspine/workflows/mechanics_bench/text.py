"""The mechanics bench as plain text, at most 120 columns wide."""

from collections.abc import Sequence
from typing import Any

Row = dict[str, Any]


def table(document: Row) -> str:
    """Speeds with their ratios, agreements, what was left out and why."""
    recipe, versions = document["recipe"], document["versions"]
    peers = [f"{row['name']} {row['version']}" if row["version"] else f"{row['name']}: {row['status']}" for row in document["peers"]]
    parts = [
        "\n".join([
            f"hipspine bench mechanics: {recipe['model']}, {recipe['postures']} postures, seed {recipe['seed']}",
            f"hipspine {versions['hipspine']}, Python {versions['python']}, NumPy {versions['numpy']}, Numba {versions['numba']}; "
            + (", ".join(peers) or "no peers asked for"),
            "Seconds of the processor on one core; the quickest of several runs. x: how many times the peer takes what ours takes.",
        ]),
        _speeds(document["run"]["speeds"]),
        _agreements(document["agreement"]),
        *(["\n".join(f"- {line}" for line in document["remarks"])] if document["remarks"] else []),
    ]  # fmt: skip
    return "\n\n".join(parts)


def _speeds(rows: Sequence[Row]) -> str:
    head = f"{'':<9}{'what':<43}{'ours':>10}{'peer':>11}{'':<9}{'unit':<14}{'ratio':>9}  {'goal':<8}met"
    return "\n".join(["SPEED", head, *(
        f"{row['part']:<9}{row['what']:<43}{_number(row['ours']):>10}{_number(row['theirs']):>11} {row['peer']:<8}{row['unit']:<14}"
        f"{'' if row['ratio'] is None else 'x' + _ratio(row['ratio']):>9}  {row['goal']:<8}{_met(row['met'])}".rstrip()
        for row in rows
    )])  # fmt: skip


def _agreements(rows: Sequence[Row]) -> str:
    head = f"{'what':<42}{'against':<9}{'unit':<6}{'median':>9}{'95 %':>9}{'99 %':>9}{'largest':>9}  {'goal':<18}met"
    return "\n".join(["AGREEMENT", head, *(
        f"{row['what']:<42}{row['peer']:<9}{row['unit']:<6}"
        + "".join(f"{_small(row.get(key)):>9}" for key in ("median", "p95", "p99", "largest"))
        + f"  {row['goal']:<18}{_met(row['met'])}".rstrip()
        for row in rows
    )])  # fmt: skip


def _met(met: bool | None) -> str:
    return "" if met is None else "yes" if met else "NO"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _ratio(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"


def _small(value: float | None) -> str:
    return "" if value is None else "0" if value == 0 else f"{value:.1e}" if value < 1e-3 else f"{value:.3g}"
