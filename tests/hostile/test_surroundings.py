"""The suite again where there is less: without root, alone and with bubblewrap.

Only the programs that meet another wall there; the others never come as far as that.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hostile.test_hostile import STRONGEST, WALLS

ROOT = Path(__file__).resolve().parents[2]
SURROUNDINGS = ROOT / "tests" / "sandbox" / "surroundings.py"


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that others than root can reach; those of pytest's workers are not."""
    with tempfile.TemporaryDirectory(prefix="surroundings-") as folder:
        Path(folder).chmod(0o777)
        yield Path(folder)


@pytest.mark.slow
@pytest.mark.parametrize("level", ["full", "kernel"])
def test_the_suite_passes_without_root(level: str, open_folder: Path) -> None:
    suite = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "not slow"]
    if level == "full" != STRONGEST:
        pytest.skip("level full needs bubblewrap, which is not installed")
    walls = " or ".join(f"{level}-{family}" for family in sorted(WALLS["kernel"]))
    suite += [str(ROOT / "tests" / "hostile" / "test_hostile.py"), "-k", walls]
    suite += ["--basetemp", str(open_folder / "inner")]
    done = subprocess.run(
        [sys.executable, str(SURROUNDINGS), "no_root", "--", *suite],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    if done.returncode == 77:
        pytest.skip(done.stdout.strip())
    assert done.returncode == 0, done.stdout[-4000:]
    passed = [word for word in done.stdout.split() if word.isdigit()][-1]
    assert "passed" in done.stdout and int(passed) >= 100
