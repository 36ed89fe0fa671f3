"""The outer wall: bubblewrap gives the zygote namespaces and an almost empty file system."""

import importlib.util
import json
import os
import shutil
import sys
from pathlib import Path

import autograder
from autograder.sandbox.inside.boot import SHARED, TRANSFORMER

KIT = Path(autograder.__file__).parent
SYSTEM_LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64")


def base_python() -> str:
    """The interpreter itself, outside any virtual environment."""
    executable = getattr(sys, "_base_executable", None) or sys.executable
    return os.path.realpath(executable)


def package_folders() -> list[str]:
    """The folders that hold NumPy, msgspec and attrs."""
    folders = []
    for name in ("numpy", "msgspec", "attrs"):
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            raise ImportError(name)
        folder = str(Path(spec.origin).parent.parent)
        if folder not in folders:
            folders.append(folder)
    return folders


def ipython_folder() -> str:
    """The folder of IPython; empty where it is not installed."""
    spec = importlib.util.find_spec("IPython")
    return "" if spec is None or spec.origin is None else str(Path(spec.origin).parent)


def boot(mode: str, **settings: int) -> list[str]:
    """The arguments with which Python serves cells and scripts.

    Args:
        mode: `"zygote"` or `"plain"`.
        settings: What that one needs to know besides.
    """
    told = {"mode": mode, "kit": str(KIT), "packages": package_folders(), **settings}
    told["ipython"] = ipython_folder()
    file = str(KIT / "sandbox" / "inside" / "boot.py")
    return ["-I", "-S", "-X", "utf8", file, json.dumps(told)]


def _readable() -> list[str]:
    """What the zygote must read: Python, NumPy, msgspec, attrs, the transformer, our child side."""
    paths = [base_python(), os.path.dirname(os.__file__)]
    libraries = os.path.join(sys.base_prefix, "lib")  # libpython, and conda's BLAS
    if os.path.isdir(libraries):
        paths.append(libraries)
    for folder in package_folders():
        for name in ("numpy", "numpy.libs", "msgspec", "attr", "attrs"):
            if os.path.isdir(os.path.join(folder, name)):
                paths.append(os.path.join(folder, name))
    paths += [str(KIT / "errors.py"), *(str(KIT.joinpath(*room.split("."))) for room in SHARED)]
    files = [os.path.join(ipython_folder(), file) for file in TRANSFORMER]
    paths += [file for file in files if os.path.isfile(file)]
    shown = (*SYSTEM_LIBRARIES, libraries)
    inside = tuple(folder + "/" for folder in shown)
    return [
        p for p in dict.fromkeys(paths) if p not in SYSTEM_LIBRARIES and not p.startswith(inside)
    ]


def find() -> str | None:
    """The path of bubblewrap, if it is installed."""
    return shutil.which("bwrap")


def variants(bwrap: str) -> list[list[str]]:
    """Ways to start a command in bubblewrap here, the stricter first."""
    common = [
        bwrap,
        "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try",
        "--new-session", "--die-with-parent", "--clearenv", "--hostname", "sandbox",
    ]  # fmt: skip
    files: list[str] = []
    for folder in SYSTEM_LIBRARIES:
        if os.path.islink(folder):
            files += ["--symlink", os.readlink(folder), folder]
        elif os.path.isdir(folder):
            files += ["--ro-bind", folder, folder]
    for path in ("/etc/ld.so.cache", "/etc/alternatives"):  # Debian's BLAS is found through both
        if os.path.exists(path):
            files += ["--ro-bind", path, path]
    for path in _readable():
        files += ["--ro-bind", path, path]
    files += ["--dev", "/dev", "--proc", "/proc", "--chdir", "/"]
    seal = ["--remount-ro", "/", "--remount-ro", "/dev"]
    own_user = ["--unshare-user", "--uid", "65534", "--gid", "65534", "--disable-userns"]
    if os.geteuid() != 0:
        return [[*common, *own_user, *files, *seal], [*common, *own_user[:-1], *files, *seal]]
    # Root: the zygote keeps just enough to give its children another user.
    drop = ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    drop += ["--cap-add", "CAP_KILL"]
    return [[*common, *drop, *files, *seal], [*common, *own_user, *files, *seal]]


def environment() -> dict[str, str]:
    """The variables of a zygote."""
    single = ("OPENBLAS", "OMP", "MKL", "NUMEXPR", "BLIS", "VECLIB")
    threads = {f"{name}_NUM_THREADS": "1" for name in single}
    return {**threads, "LC_ALL": "C.UTF-8", "PATH": "/nowhere"}
