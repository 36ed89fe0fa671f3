"""Modules that are not there: an import beyond the standard library and NumPy always succeeds."""

from __future__ import annotations

import importlib.machinery
import math
import sys
from types import ModuleType
from typing import Any

import numpy as np

from autograder.sandbox.inside.shell import get_ipython, nothing
from autograder.sandbox.inside.standins import StandIn


class StandInModule(ModuleType):
    """A module that is not there; every name in it is a stand-in."""

    __all__ = ()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return StandIn(f"{self.__name__}.{name}")


class StandInFinder:
    """The last finder: whatever nobody else found becomes a stand-in."""

    def find_spec(self, name: str, *_: object) -> importlib.machinery.ModuleSpec | None:
        top = name.partition(".")[0]
        if top == "numpy" or top in sys.stdlib_module_names:
            return None  # a misspelt submodule is the student's error
        return importlib.machinery.ModuleSpec(name, self, is_package=True)  # type: ignore[arg-type]

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        return StandInModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        name = module.__name__
        if name in ("scipy.special", "autograder.lab"):
            vars(module)["erf"] = erf
        elif name == "autograder":
            names = ("check", "gradcheck", "hand_in", "progress", "solution")
            vars(module).update(dict.fromkeys(names, nothing))
        elif name.partition(".")[0] == "tqdm":
            vars(module).update(
                tqdm=ProgressBar, trange=lambda *args, **_: ProgressBar(range(*args))
            )
        elif name == "IPython":
            vars(module)["get_ipython"] = get_ipython
        elif name == "IPython.display":
            vars(module).update(display=nothing, clear_output=nothing)


def erf(x: Any) -> Any:
    """The error function of every entry of `x`, as accurate as the C library's."""
    array = np.asarray(x)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"erf takes real numbers, not {array.dtype}")
    result = array.dtype if array.dtype.kind == "f" else np.dtype(np.float64)
    out = np.array([math.erf(v) for v in array.ravel().tolist()], dtype=result)
    return out.reshape(array.shape)[()]


class ProgressBar(StandIn):
    """Stands in for a bar of tqdm: gives what it goes over, shows nothing."""

    _stand_in_iterable: Any = ()

    def __init__(self, iterable: Any = (), *_: Any, **__: Any) -> None:
        super().__init__("tqdm.tqdm()")
        object.__setattr__(self, "_stand_in_iterable", iterable)

    def __iter__(self) -> Any:
        return iter(self._stand_in_iterable)

    def __len__(self) -> int:
        return len(self._stand_in_iterable)
