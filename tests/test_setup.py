"""The environment is pinned, free of PyTorch, and refuses a Python that is too old."""

import importlib.metadata
import os
import re
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).resolve().parent.parent
SET_UP = ("", "instructor", "dev", "cluster")


def pins() -> dict[str, str]:
    """Name -> version, from `constraints.txt`; a line that is neither pin nor comment fails."""
    found = {}
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            pin = re.fullmatch(r"([a-z0-9.-]+)==([0-9][A-Za-z0-9.+]*)", line)
            assert pin, f"not an exact pin: {line!r}"
            assert pin[1] not in found, f"pinned twice: {pin[1]}"
            found[pin[1]] = pin[2]
    return found


def declared() -> dict[str, list[str]]:
    """Requirements of `pyproject.toml`: of the package itself ("") and of each extra."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return {"": project["dependencies"], **project["optional-dependencies"]}


def name_of(requirement: str) -> str:
    name = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert name, requirement
    return name[0].lower().replace("_", "-")


def test_every_requirement_of_the_set_up_is_pinned() -> None:
    wanted = {name_of(r) for extra in SET_UP for r in declared()[extra]}
    assert wanted - pins().keys() == {"backprop-by-hand"}  # the extra `dev` asks for `instructor`


def test_the_default_set_up_brings_no_cuda_packages() -> None:
    heavy = {name for name in pins() if re.match(r"torch|nvidia|cuda|triton|jax", name)}
    assert heavy == set()
    assert "torch" not in {name_of(r) for extra in SET_UP for r in declared()[extra]}


def test_every_pin_installs_on_the_first_python_3_11() -> None:
    """Debian 12 has 3.11.2; a package that asks for a later one would end a set-up there."""
    asked = {
        dist.metadata["Name"]: SpecifierSet(dist.metadata.get("Requires-Python", ""))
        for dist in importlib.metadata.distributions(path=[sysconfig.get_path("purelib")])
        if dist.metadata["Name"].lower().replace("_", "-") in pins()
    }
    assert len(asked) > 50
    assert [name for name, versions in asked.items() if "3.11.0" not in versions] == []


@pytest.mark.skipif(
    not (Path(sys.prefix) / ".setup-stamp").exists(), reason="not in an environment of `make setup`"
)
def test_the_environment_holds_what_is_pinned() -> None:
    # Asked of the environment's own folder: a package that was imported may have put others on
    # sys.path (setuptools does, with copies of its own). What is missing another Python needs.
    folder = sysconfig.get_path("purelib")
    installed = {
        name_of(found.metadata["Name"]): found.version
        for found in importlib.metadata.distributions(path=[folder])
    }
    different = {
        name: (installed[name], version)
        for name, version in pins().items()
        if installed.get(name, version) != version
    }
    assert installed.keys() & pins().keys()
    assert different == {}


def pretend_python(folder: Path, version: str) -> Path:
    """An interpreter that says it is `version` and can do nothing else."""
    major, minor = version.split(".")
    script = folder / f"python{version}"
    script.write_text(
        "#!/bin/sh\n"
        f'case "$*" in *print*) echo {version};; '
        f"*version_info*) test {major} -gt 3 -o {minor} -ge 11;; *) exit 1;; esac\n"
    )
    script.chmod(0o755)
    return script


def set_up(folder: Path, python: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", ".ci/setup"],
        cwd=ROOT,
        env={**os.environ, "VENV": str(folder / "venv"), "PYTHON": str(python)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("version", ["2.7", "3.9", "3.10"])
def test_an_old_python_is_refused_before_anything_is_made(tmp_path: Path, version: str) -> None:
    done = set_up(tmp_path, pretend_python(tmp_path, version))
    assert done.returncode == 1
    assert f"is Python {version}; 3.11 or newer is needed" in done.stderr
    assert not (tmp_path / "venv").exists()


def test_an_interpreter_that_is_not_there_is_named(tmp_path: Path) -> None:
    done = set_up(tmp_path, "python-of-nowhere")
    assert done.returncode == 1
    assert "'python-of-nowhere' does not run" in done.stderr


def test_a_failing_venv_leaves_no_stamp(tmp_path: Path) -> None:
    done = set_up(tmp_path, pretend_python(tmp_path, "3.12"))
    assert done.returncode == 1
    assert "python3-venv" in done.stderr
    assert not (tmp_path / "venv" / ".setup-stamp").exists()


def test_every_target_of_the_contract_is_there() -> None:
    listed = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    targets = {line.split()[1] for line in listed.stdout.splitlines()}
    assert {"setup", "grade", "test", "release", "validate", "bench", "lint"} <= targets
