"""The notebooks in a browser: the student's side under Pyodide, and the site that is built."""

import functools
import http.server
import os
import shutil
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import numpy as np
import pytest

from autograder.errors import CourseError
from autograder.handout.site import write_site
from autograder.handout.wheel import student_wheel
from autograder.lab import data, pictures, samples
from tests.handout.browser import Page

ROOT = Path(__file__).parents[2]
NODE = ROOT / "build" / "node" / "node_modules" / "pyodide"
"""Where .ci/run has npm put it."""
IN_A_NOTEBOOK = ("exercises", "numerical", "checks", "explain", "feedback", "lab")


def test_the_students_side_imports_under_pyodide(tmp_path):
    pyodide = Path(os.environ.get("PYODIDE", NODE))
    if shutil.which("node") is None or not (pyodide / "pyodide.mjs").is_file():
        pytest.skip(f"no node, or no {NODE}: npm install --prefix build/node pyodide")
    (tmp_path / "kit.whl").write_bytes(student_wheel())
    with zipfile.ZipFile(tmp_path / "kit.whl") as wheel:
        wheel.extractall(tmp_path / "kit")
    inside = [Path(name).with_suffix("") for name in sorted(wheel.namelist())]
    names = [
        ".".join(path.parts).removesuffix(".__init__")
        for path, name in zip(inside, sorted(wheel.namelist()))
        if name.endswith(".py") and path.parts[1] in (*IN_A_NOTEBOOK, "__init__", "language")
    ]
    packages = next(Path(p) for p in sys.path if (Path(p) / "attrs").is_dir())
    program = Path(__file__).with_name("imports.mjs")
    done = subprocess.run(
        ["node", program, pyodide, tmp_path / "kit", packages, *names],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert len(names) > 100
    assert done.stdout.strip() == f"emscripten: {len(names)} modules, called, 数一数。"


def test_samples_stand_in_for_scikit_learn(tmp_path, monkeypatch):
    (tmp_path / "02_layers").mkdir()
    np.savez_compressed(tmp_path / samples.FILE, **samples.samples())
    monkeypatch.chdir(tmp_path / "02_layers")
    wanted = data.digits(), data.tumours(), pictures.photo()
    for name in [name for name in sys.modules if name.split(".")[0] == "sklearn"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "sklearn", None)
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    for one, other in zip(wanted[:2], (data.digits(), data.tumours())):
        assert one.name == other.name and one.shape == other.shape
        for part in ("X", "y", "X_val", "y_val"):
            np.testing.assert_array_equal(getattr(one, part), getattr(other, part))
    np.testing.assert_array_equal(wanted[2], pictures.photo())
    monkeypatch.chdir("/")
    with pytest.raises(ImportError):
        data.digits()


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    pytest.importorskip("jupyterlite_core", reason="no JupyterLite; make lite installs it")
    pytest.importorskip("jupyterlite_pyodide_kernel")
    made = write_site(ROOT, tmp_path_factory.mktemp("site") / "lite", ["00_start"])
    assert made.assignments == ("00_start",)
    return made.path


@pytest.mark.slow
def test_a_site_holds_what_a_notebook_needs(site):
    files = site / "files"
    assert {path.name for path in (files / "00_start").iterdir()} == {
        "start.ipynb",
        "start.check.json",
    }
    assert len(list(files.glob("backprop_by_hand-*+student-*.whl"))) == 1
    assert (files / samples.FILE).is_file() and not (files / "requirements.txt").exists()


@pytest.mark.slow
@pytest.mark.browser
def test_the_site_opens_in_a_browser(site, chromium, tmp_path):
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=site)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    at = f"http://127.0.0.1:{server.server_port}/lab/index.html?path=00_start/start.ipynb"
    try:
        with Page(chromium, at, tmp_path / "profile") as page:
            page.wait("document.body.innerText.includes('Why write the backward pass at all?')")
            # the list of files is at the top, or follows the notebook into its folder
            names = "['samples.npz', 'start.check.json']"
            page.wait(f"{names}.some(name => document.body.innerText.includes(name))")
            page.picture(tmp_path / "site.png")
            assert "Nbgrader" not in page.text() and "Python (Pyodide)" in page.text()
    finally:
        server.shutdown()
        server.server_close()


def test_what_a_site_needs_is_said(monkeypatch, tmp_path):
    monkeypatch.setattr("autograder.handout.site._NEEDED", ("no_such_package",))
    with pytest.raises(CourseError, match="Run: pip install no-such-package"):
        write_site(ROOT, tmp_path / "site")
    assert not (tmp_path / "site").exists()
