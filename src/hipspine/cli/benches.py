"""Commands that measure hipspine beside other packages."""

from pathlib import Path
from typing import Annotated

import typer

from hipspine.cli.door import about, announce_kernels, note, send, send_json, use
from hipspine.cli.recordings import Json

app = typer.Typer(help="Measure hipspine beside other packages, on the same signals in one run.", rich_markup_mode=None)


@app.callback()
def about_benches() -> None:
    """Measure hipspine beside other packages, on the same signals in one run."""


@app.command()
def onset(
    trials: Annotated[int, typer.Option(metavar="N", min=2, help="Simulated trials per condition.")] = 60,
    peers: Annotated[str, typer.Option(metavar="NAMES", help="Which peers: installed, all, none, or names with commas.")] = "installed",
    cells: Annotated[
        str | None, typer.Option(metavar="NAMES", help="Only these conditions or groups, with commas, such as step,ramp.")
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="The same seed gives the same signals.")] = 0,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Also write table, JSON and figure there; go on there if stopped.")
    ] = None,
    json: Json = False,
) -> None:
    """Time onsets with hipspine and with the peers that are installed.

    \b
    Example:
      hipspine bench onset --trials 2 --peers none --cells step
    """
    if out is not None:
        use("hipspine.workflows.documents").require_folder(out, option="--out")
    announce_kernels()
    benching = use("hipspine.workflows.benching")
    chosen = None if cells is None else [cell.strip() for cell in cells.split(",")]
    document = benching.bench_onset(trials=trials, peers=peers, cells=chosen, seed=seed, out=out, progress=_progress)
    if out is not None:
        benching.write_bench(document, out)
    send_json(document) if json else send(benching.table(document))


@app.command()
def mechanics(
    postures: Annotated[int, typer.Option(metavar="N", min=20, help="Random postures.")] = 2000,
    osim: Annotated[Path | None, typer.Option(metavar="FILE", help="An OpenSim model; else the body that hipspine ships.")] = None,
    walk: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder with a model, coordinates.* and grf*.*: load sharing beside OpenSim, two minutes."),
    ] = None,
    peers: Annotated[str, typer.Option(metavar="NAMES", help="Which peers: installed, none, or opensim,mujoco.")] = "installed",
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="The same seed gives the same postures.")] = 0,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Also write table and JSON there.")] = None,
    json: Json = False,
) -> None:
    """Lengths, moment arms and load sharing beside OpenSim and MuJoCo: ratios and agreement in one run.

    \b
    Example:
      hipspine bench mechanics --postures 50 --peers none
    """
    if out is not None:
        use("hipspine.workflows.documents").require_folder(out, option="--out")
    announce_kernels("hipspine.mechanics.paths.pulling")
    benching = use("hipspine.workflows.benching_mechanics")
    with about(osim or walk or "--peers"):
        document = benching.bench_mechanics(
            postures=postures, osim=osim, walk=walk, which=peers, seed=seed, progress=lambda what: note(f"hipspine: {what}")
        )
    if out is not None:
        benching.write_bench(document, out)
    send_json(document) if json else send(benching.table(document))


def _progress(done: int, of: int, what: str) -> None:
    note(f"hipspine: {what} ({done + 1} of {of})")
