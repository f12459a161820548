"""hipspine: how gluteus maximus and the lower back work together, measured with an honest uncertainty.

The public names load what they need on first use, so that ``import hipspine`` stays quick.
"""

import importlib
from typing import Any

__version__ = "0.1.0"

_PUBLIC = {
    "open_recording": "hipspine.workflows.reading",
    "assess": "hipspine.workflows.assessing",
    "detect_onsets": "hipspine.signals.onsets",
    "BodyModel": "hipspine.anatomy.body_model",
    "Posture": "hipspine.mechanics.posture",
    "gluteus_maximus": "hipspine.anatomy.gluteus_maximus",
    "moment_arms": "hipspine.mechanics.whole_body",
}
__all__ = ["BodyModel", "Posture", "__version__", "assess", "detect_onsets", "gluteus_maximus", "moment_arms", "open_recording"]


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'hipspine' has no attribute {name!r}")
    return getattr(importlib.import_module(_PUBLIC[name]), name)
