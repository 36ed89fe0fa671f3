"""What student code may import, held in memory: a locked child can't open a file.

The zygote reads the compiled standard library and NumPy once (some 15 MiB, shared by all children);
a child runs a module's code when it is imported. Extension modules can't be loaded after the lock,
so the zygote imports those beforehand.
"""

from __future__ import annotations

import importlib
import importlib.machinery
import importlib.util
import marshal
import os
import sys
from pathlib import Path
from types import ModuleType

_NOT_NEEDED = (
    "test tests idlelib tkinter turtledemo ensurepip lib2to3 pydoc_data site-packages "
    "dist-packages distutils venv __pycache__"
)
_LEFT_OUT = frozenset(_NOT_NEEDED.split())

_IN_USE = (
    "abc array ast base64 bisect bz2 cmath codecs collections collections.abc colorsys contextlib "
    "copy csv ctypes dataclasses datetime decimal difflib enum errno fractions functools gc "
    "graphlib gzip hashlib heapq hmac html inspect io itertools json keyword linecache locale "
    "logging lzma math mmap numbers operator os pathlib pickle platform pprint queue random re "
    "reprlib secrets select shutil signal socket sqlite3 statistics string struct subprocess "
    "tempfile textwrap threading time timeit token tokenize traceback types typing unicodedata "
    "unittest uuid warnings weakref zlib zoneinfo "
    "numpy numpy.fft numpy.polynomial numpy.ma numpy.random numpy.linalg numpy.ctypeslib "
    "numpy.testing numpy.lib.stride_tricks numpy.strings numpy.char numpy.rec numpy.exceptions"
)
_NO_USE = ("_test", "_xx", "xx", "_tkinter", "_curses", "readline", "_ctypes_test", "_dbm", "_gdbm")
WARM = tuple(_IN_USE.split())
"""Imported in the zygote, so that a child finds them ready."""


class MemoryLibrary:
    """A finder and loader of modules whose code was read beforehand."""

    def __init__(self) -> None:
        self._modules: dict[str, tuple[str, bool, bytes]] = {}  # path, package?, pyc or source

    def read(self, folder: str, package: str = "") -> None:
        """Read every module below `folder`; its names start with `package`."""
        for entry in sorted(os.scandir(folder), key=lambda item: item.name):
            if entry.name in _LEFT_OUT:
                continue
            if entry.is_dir() and entry.name.isidentifier():
                if os.path.exists(os.path.join(entry.path, "__init__.py")):
                    self.read(entry.path, f"{package}{entry.name}.")
            elif entry.name == "__init__.py" and package:
                self._add(package[:-1], entry.path, True)
            elif not entry.is_file():  # Debian's sitecustomize.py links to /etc, out of sight here
                continue
            elif entry.name.endswith(".py") and entry.name[:-3].isidentifier():
                self._add(package + entry.name[:-3], entry.path, False)

    def _add(self, name: str, path: str, is_package: bool) -> None:
        self._modules[name] = (path, is_package, _compiled(path) or Path(path).read_bytes())

    # The finder protocol ------------------------------------------------------------------------

    def find_spec(self, name: str, *_: object) -> importlib.machinery.ModuleSpec | None:
        if name not in self._modules:
            return None
        file, is_package = self._modules[name][:2]
        made = importlib.machinery.ModuleSpec
        spec = made(name, self, origin=file, is_package=is_package)  # type: ignore[arg-type]
        spec.has_location = True
        return spec

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        path, _, data = self._modules[module.__name__]
        if data.startswith(importlib.util.MAGIC_NUMBER):
            code = marshal.loads(data[16:])
        else:
            code = compile(data, path, "exec", dont_inherit=True)
        exec(code, module.__dict__)


def _compiled(path: str) -> bytes | None:
    """The bytes of the compiled file beside `path`, if it fits the source."""
    try:
        data = Path(importlib.util.cache_from_source(path)).read_bytes()
        source = os.stat(path)
    except OSError:
        return None
    if not data.startswith(importlib.util.MAGIC_NUMBER):
        return None
    if int.from_bytes(data[4:8], "little"):  # checked by a hash, not by time and size
        return None
    fits = int.from_bytes(data[8:12], "little") == int(source.st_mtime) & 0xFFFFFFFF
    fits = fits and int.from_bytes(data[12:16], "little") == source.st_size & 0xFFFFFFFF
    return data if fits else None


def extensions() -> list[str]:
    """The names of the standard library's compiled modules that notebooks may need."""
    folder = os.path.dirname(getattr(importlib.import_module("_struct"), "__file__", ""))
    if not os.path.isdir(folder):  # all are built in
        return []
    names = {entry.partition(".")[0] for entry in os.listdir(folder) if ".so" in entry}
    return sorted(n for n in names & sys.stdlib_module_names if not n.startswith(_NO_USE))


def warm_up() -> None:
    """Import what notebooks ordinarily import, and use NumPy once, so that its pools exist."""
    for name in (*WARM, *extensions()):
        try:
            importlib.import_module(name)
        except ImportError:  # a Python built without it: a stand-in will answer
            continue
    import numpy as np

    matrix = np.eye(3) + 0.1
    np.linalg.solve(matrix @ matrix, matrix)
    np.einsum("ij,jk->ik", matrix, matrix)
    np.fft.fft(matrix)
    np.random.default_rng(0).standard_normal(3)
    np.random.seed(0)
    str(matrix)


def read_library() -> MemoryLibrary:
    """Read the standard library and NumPy."""
    import numpy

    library = MemoryLibrary()
    library.read(os.path.dirname(os.__file__))
    library.read(os.path.dirname(numpy.__file__), "numpy.")
    return library


class OnDisk:
    """For the plain subprocess: the standard library from disk, and NumPy's own submodules."""

    def find_spec(
        self, name: str, path: object, *_: object
    ) -> importlib.machinery.ModuleSpec | None:
        # `sys.path` holds the standard library only; a package's path is its own.
        return importlib.machinery.PathFinder.find_spec(name, path)  # type: ignore[arg-type]
