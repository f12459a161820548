"""Results of peers that are kept between runs, so that a long bench can be stopped and taken up again.

One line of JSON per method and cell. A line is used again only for the same method, version and parameters on exactly the same
samples (a fingerprint of all trials is part of its key). Our own results are never kept: they are what is being worked on.
"""

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from hipspine.workflows.bench.methods import Method
from hipspine.workflows.bench.scores import Outcome


class Kept:
    """A file of results, or only the memory of this run when there is no file."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._lines: dict[str, list[Outcome]] = {}
        if path is not None and path.exists():
            for line in path.read_text(encoding="utf-8").splitlines():
                self._take(line)

    def outcomes(self, method: Method, *, signals: str, make: Callable[[], list[Outcome]]) -> list[Outcome]:
        """The kept result of a method on these signals, or a new one, which is kept."""
        key = json.dumps([method.name, method.package, method.version, dict(method.parameters), signals], sort_keys=True)
        if key not in self._lines:
            self._lines[key] = made = make()
            if self._path is not None:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                with self._path.open("a", encoding="utf-8") as file:
                    file.write(json.dumps({"key": key, "outcomes": [asdict(one) for one in made]}) + "\n")
        return self._lines[key]

    def _take(self, line: str) -> None:
        """A line cut off by a crash is left out; its result is made again."""
        try:
            row = json.loads(line)
            self._lines[row["key"]] = [Outcome(**one) for one in row["outcomes"]]
        except (ValueError, KeyError, TypeError):
            return
