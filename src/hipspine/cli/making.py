"""Commands that make something: the demonstration and simulated recordings."""

from pathlib import Path
from typing import Annotated

import typer

from hipspine import __version__
from hipspine.cli.door import about, announce_kernels, send, send_json, use
from hipspine.cli.layout import wrapped
from hipspine.cli.recordings import Json


def demo(
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the recordings and reports go.")] = Path("hipspine-demo"),
    json: Json = False,
) -> None:
    """Assess a simulated person, and write the recordings and reports. Never asks.

    \b
    Example:
      hipspine demo --out my-demo
    """
    use("hipspine.workflows.documents").require_folder(out, option="--out")
    announce_kernels()
    document = use("hipspine.workflows.demo").demo(out)
    send_json(document) if json else send(use("hipspine.cli.findings").of_demo(document, folder=out))


def simulate(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="bursts, contact, noise, prone-hip-extension or trunk-flexion-extension.")],
    out: Annotated[Path, typer.Option(metavar="FILE", help="The recording to write: .c3d or .csv; its truth goes to FILE.truth.json.")],
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="The same seed gives the same bytes.")] = 0,
    json: Json = False,
) -> None:
    """Write a simulated recording, and beside it the truth that it was made from.

    \b
    Example:
      hipspine simulate prone-hip-extension --out trial.c3d --seed 7
    """
    simulating = use("hipspine.workflows.simulating")
    beside = simulating.truth_beside(out)
    use("hipspine.workflows.documents").require_writable({"--out": out, "--out, for the truth": beside})
    with about("KIND", out):
        truth = simulating.simulate(kind, out=out, seed=seed)
    if json:
        send_json(
            {
                "file": str(out),
                "truth_file": str(beside),
                "simulated": True,
                "kind": kind,
                "seed": seed,
                "truth": truth,
                "version": __version__,
            }
        )
        return
    said = (f"Wrote {out} and {beside}.", "SIMULATED: made by a program, not measured on a person.")
    send("\n".join(wrapped(line) for line in said))
