"""Load nbgrader's models and steps without the extensions for Jupyter's server, which take long."""

from __future__ import annotations

import importlib
import sys
from importlib.util import find_spec, module_from_spec
from types import ModuleType
from typing import Any

from autograder.course.quick_import import quick_import

_SELDOM = ("requests", "setuptools.archive_util")
"""What nbgrader imports for JupyterHub and for archives, and no gradebook takes."""


class _Later(ModuleType):
    """Stands for a module whose functions are loaded when one is called."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *args, **more: getattr(importlib.import_module(self.__name__), name)(
            *args, **more
        )


def load_nbgrader() -> None:
    """Load what a gradebook and autograded notebooks take, unless nbgrader itself is running.

    `nbgrader` is in `sys.modules` afterwards. Its own start-up is run when somebody asks it for
    something that stands in no module of its own.
    """
    if "nbgrader" in sys.modules:
        return
    spec = find_spec("nbgrader")
    if spec is None or spec.loader is None:
        return  # whoever imports it says so
    package, loader = module_from_spec(spec), spec.loader

    def attribute(name: str) -> Any:
        if find_spec(f"nbgrader.{name}") is not None:
            return importlib.import_module(f"nbgrader.{name}")
        if name.startswith("__") and name != "__version__":
            raise AttributeError(name)
        vars(package).pop("__getattr__", None)
        loader.exec_module(package)
        return getattr(package, name)

    vars(package)["__getattr__"] = attribute
    later = {name: _Later(name) for name in _SELDOM if name not in sys.modules}
    sys.modules |= {"nbgrader": package, **later}
    try:
        with quick_import():
            importlib.import_module("nbgrader.api")
    finally:
        for name in later:
            del sys.modules[name]
