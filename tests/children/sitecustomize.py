"""In processes that tests start: every simulator notes its calls in the folder that WATCHED_CALLS names.

Python runs this file at its start wherever `tests/children` is on the path (PYTHONPATH). The simulator itself knows
nothing of it: the recorder comes in by `Simulator.prepare`, as soon as the module with that class is loaded.
"""

import os
import runpy
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType

SERVER = "app.simulator.server"
RECORDING = Path(__file__).with_name("recording.py")


class Finder(MetaPathFinder):
    """Finds the simulator's module as usual, and hands it the recorder when it has been loaded."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        spec = PathFinder.find_spec(name, path, target) if name == SERVER else None
        if spec is not None and spec.loader is not None:
            load = spec.loader.exec_module

            def exec_module(module: ModuleType) -> None:
                load(module)
                # By its place, as whoever runs here may have another path by now.
                recorder = runpy.run_path(str(RECORDING))["Recorder"](self._folder)
                module.Simulator.prepare = recorder.watch

            spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec


if folder := os.environ.get("WATCHED_CALLS"):
    sys.meta_path.insert(0, Finder(Path(folder)))
