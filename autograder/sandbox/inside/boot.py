"""Entry point of a zygote or a plain child: `python -I -S boot.py SETTINGS`.

It is run as a file. It imports from the kit only the few modules that student code may share a
process with, and none of the packages' own `__init__` files.
"""

from __future__ import annotations

import builtins
import importlib.machinery
import json
import os
import sys
from types import ModuleType
from typing import Any, ClassVar

SHARED = ("exercises", "checks", "explain", "sandbox.inside")
"""The rooms that the child may hold of the kit: what runs scripts, and what looks for the line. It
is code; of answers a child knows those of public cases, and only one that is asked nothing else."""
PACKAGES = (
    "autograder", "autograder.sandbox", "autograder.explain.repair",
    *(f"autograder.{room}" for room in SHARED),
)  # fmt: skip
IPYTHON = ("IPython", "IPython.core", "IPython.utils")
TRANSFORMER = ("core/inputtransformer2.py", "utils/tokenutil.py")
"""The two files of IPython that turn magics into Python; nothing else of it is loaded."""

OURS = ("autograder.", "IPython.")
_SHARED = ("autograder.errors", *(f"autograder.{room}." for room in SHARED))


class PrivateLoader(importlib.machinery.SourceFileLoader):
    """Gives our modules built-in functions of their own: patching `len` does not reach them."""

    private: ClassVar[dict[str, Any]] = dict(vars(builtins))

    def exec_module(self, module: ModuleType) -> None:
        vars(module)["__builtins__"] = self.private
        super().exec_module(module)


class KitFinder:
    """Finds the few modules of the kit, and of IPython, that this process may hold."""

    def __init__(self, kit: str, ipython: str) -> None:
        self._kit, self._ipython = kit, ipython

    def find_spec(self, name: str, *_: object) -> importlib.machinery.ModuleSpec | None:
        inner = "/".join(name.split(".")[1:]) + ".py"
        if name.startswith(_SHARED):
            file = os.path.join(self._kit, inner)
        elif self._ipython and name.startswith("IPython.") and inner in TRANSFORMER:
            file = os.path.join(self._ipython, inner)
        else:
            return None
        loader = PrivateLoader(name, file)
        spec = importlib.machinery.ModuleSpec(name, loader, origin=file)
        spec.has_location = True
        return spec


def private_copy(module: ModuleType) -> ModuleType:
    """A module with the same contents, which patching the original does not reach."""
    copy = ModuleType(module.__name__)
    vars(copy).update(vars(module))
    return copy


def shield_modules() -> None:
    """Give our modules private copies of the modules that they use."""
    copies: dict[int, ModuleType] = {}
    ours = [m for name, m in sys.modules.items() if name.startswith(OURS)]
    for module in ours:
        for name, value in list(vars(module).items()):
            if isinstance(value, ModuleType) and not value.__name__.startswith(OURS):
                if name in ("sys", "builtins"):
                    continue  # these must be the real ones
                if id(value) not in copies:
                    copies[id(value)] = private_copy(value)
                vars(module)[name] = copies[id(value)]
    numpy = next((c for c in copies.values() if c.__name__ == "numpy"), None)
    if numpy is not None:
        vars(numpy)["random"] = private_copy(vars(numpy)["random"])


def main() -> None:
    """Set the imports up and serve."""
    settings: dict[str, Any] = json.loads(sys.argv[1])
    sys.argv[:] = [""]
    for name in (*PACKAGES, *IPYTHON):
        package = ModuleType(name)
        package.__path__ = []
        sys.modules[name] = package
    sys.dont_write_bytecode = True
    sys.meta_path.insert(0, KitFinder(settings["kit"], settings["ipython"]))
    standard_library = list(sys.path)
    sys.path.extend(settings["packages"])
    if settings["mode"] == "zygote":
        from autograder.sandbox.inside.zygote import serve_zygote as serve
    else:
        from autograder.sandbox.inside.plain import serve_plain as serve
    import numpy.random  # noqa: F401  (NumPy loads it lazily; the shield needs it)

    sys.path[:] = standard_library
    sys.meta_path.pop(0)
    shield_modules()
    serve(settings)


if __name__ == "__main__":
    main()
