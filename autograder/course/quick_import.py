"""Import nbformat, jupytext and nbgrader without what makes them slow."""

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec, module_from_spec
from types import ModuleType
from typing import Any

SLOW = (
    *("rfc3987_syntax", "rfc3986_validator", "isoduration"),
    *("jupytext.sync_contentsmanager", "jupytext.async_contentsmanager"),
)


@contextmanager
def quick_import() -> Iterator[None]:
    """Let `jsonschema` and `jupytext` do without optional parts of theirs.

    Building the grammars of web addresses and of spans of time takes longer than all else that a
    course load does, and no schema of notebooks asks for such; jupytext's file managers bring
    Jupyter's server with them. Whoever imports these modules themselves later on gets them.
    """
    absent = [name for name in SLOW if name not in sys.modules]
    for name in absent:
        sys.modules[name] = None  # type: ignore[assignment]  # makes importing it fail at once
    try:
        yield
    finally:
        for name in absent:
            if sys.modules.get(name, name) is None:
                del sys.modules[name]


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
