"""The gallery: a page with the pictures of the experiments, from the solved notebooks.

`docs/gallery.toml` says in order what each picture shows:

    [01_gates]
    experiment_x_y_z_2_0_3 = "A caption of one sentence."
    "Part of the title" = "Another: a cell is found by its id or by a text that it alone contains."

The page holds a digest of every notebook's code. Only notebooks whose code changed are run again.
What they import is not looked at: after a change to `autograder.lab` run
`python -m docs --gallery`.
"""

from __future__ import annotations

import base64
import hashlib
import io
import os
import re
import subprocess
import tempfile
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbclient
import nbformat
from PIL import Image

from autograder.course import Course, Notebook
from autograder.course.build import copy_data, source_notebook
from autograder.course.folder import ASSIGNMENTS
from autograder.errors import CourseError
from autograder.whole import write_whole

CAPTIONS = "docs/gallery.toml"
PAGE = "docs/gallery.md"
PICTURES = "docs/figures/gallery"
LARGEST = 150_000
"""Bytes of a picture; a larger one is saved with 256 colours."""
BACKEND = "module://matplotlib_inline.backend_inline"
SECONDS = 300
"""So long may a cell take."""
_SHOWN = ("import", "solution", "provided", "experiment")
_DIGEST = re.compile(r"^<!-- (\S+) (sha256:[0-9a-f]{64}) -->$", re.MULTILINE)
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_SEEDED = """
import itertools
import numpy as np

seeds, made = itertools.count(), np.random.default_rng
np.random.default_rng = lambda seed=None: made(next(seeds) if seed is None else seed)
"""
"""Run first: what takes a generator without a seed, such as dropout, draws the same each time."""
_OPENING = """# Gallery

Every picture of the course, as a solved notebook draws it. Colours are chosen for the colour-blind,
and lines differ in dash and marker too. `make release` runs a notebook again when its code changed
(`python -m docs --gallery` runs all of them: after a change to `autograder.lab`); what each
picture shows stands in `gallery.toml`.
"""


def page(course: Course) -> str:
    """The page, as the captions and the notebooks make it now."""
    parts = [_OPENING]
    for assignment, told in captions(course).items():
        notebook = course.assignment(assignment)
        link = f"../{ASSIGNMENTS}/{assignment}/{notebook.name}.ipynb"
        parts.append(f"<!-- {assignment} {digest(notebook)} -->\n## [{notebook.title}]({link})\n")
        for cell, file in picture_files(assignment, told).items():
            caption = " ".join(told[cell].split())
            parts.append(f"![{caption}]({file.removeprefix('docs/')})\n\n{caption}\n")
    return "\n".join(parts)


def missing(course: Course) -> list[str]:
    """The pictures that are not there."""
    files = (
        file
        for name, told in captions(course).items()
        for file in picture_files(name, told).values()
    )
    return [f"{file} is missing" for file in files if not (course.root / file).is_file()]


def draw_changed(course: Course, *, everything: bool = False) -> list[str]:
    """Draw the pictures of the notebooks whose code changed; return what was done and noticed.

    Args:
        everything: Run the notebooks whether or not their code changed.

    Raises:
        CourseError: When a notebook does not run, or a caption has no picture.
    """
    before = course.root / PAGE
    drawn = dict(_DIGEST.findall(before.read_text(encoding="utf-8") if before.is_file() else ""))
    lines, kept = [], set[Path]()
    for name, told in captions(course).items():
        notebook = course.assignment(name)
        files = {cell: course.root / file for cell, file in picture_files(name, told).items()}
        kept |= {*files.values()}
        there = all(file.is_file() for file in files.values())
        if everything or not there or drawn.get(name) != digest(notebook):
            lines += _renew(notebook, files)
    for path in sorted({*(course.root / PICTURES).glob("*.png")} - kept):
        path.unlink()
        lines.append(f"removed {PICTURES}/{path.name}, which has no caption any more")
    return lines


def digest(notebook: Notebook) -> str:
    """A digest of what can change a notebook's pictures: the code that a solved notebook runs."""
    code = "\n\0\n".join(cell.source for cell in notebook.cells if cell.kind in _SHOWN)
    return "sha256:" + hashlib.sha256(code.encode()).hexdigest()


def picture_files(assignment: str, told: Mapping[str, str]) -> dict[str, str]:
    """Cell id -> file of its picture, numbered in the order of the captions."""
    return {cell: f"{PICTURES}/{assignment}_{i}.png" for i, cell in enumerate(told, start=1)}


def draw(notebook: Notebook) -> dict[str, bytes]:
    """Run the solved notebook; cell id -> the last picture that the cell shows, a PNG.

    Cells that are generated, or show the progress, are left out: they draw nothing.

    Raises:
        CourseError: When a cell fails.
    """
    own = {cell.cell_id for cell in notebook.cells}
    node = source_notebook(notebook)
    node.cells = [c for c in node.cells if c.id in own and c.source != "progress()"]
    node.cells.insert(0, nbformat.v4.new_code_cell(_SEEDED))
    with tempfile.TemporaryDirectory(prefix="autograder-gallery-") as temporary:
        copy_data(notebook, Path(temporary))
        resources = {"metadata": {"path": temporary}}
        try:
            # A kernel says at every start that loopback is not encrypted: not to be shown.
            client = nbclient.NotebookClient(node, timeout=SECONDS, resources=resources)
            client.execute(stderr=subprocess.DEVNULL, env={**os.environ, "MPLBACKEND": BACKEND})
        except (nbclient.exceptions.CellControlSignal, RuntimeError, OSError) as error:
            raise CourseError(
                f"{notebook.path}: the solved notebook does not run, so the gallery has no "
                f"pictures of it:\n{_COLOUR.sub('', str(error)).strip()}"
            ) from error
    return {
        cell.id: base64.b64decode(output["data"]["image/png"])
        for cell in node.cells
        for output in cell.get("outputs", [])
        if "image/png" in output.get("data", {})
    }


def _renew(notebook: Notebook, files: Mapping[str, Path]) -> list[str]:
    """Draw the pictures of a notebook anew; return what was done and noticed."""
    pictures = draw(notebook)
    for cell, file in files.items():
        if cell not in pictures:
            raise CourseError(
                f"{CAPTIONS}: {notebook.assignment}: cell {cell} shows no picture; "
                f"those that do are {', '.join(pictures) or 'none'}"
            )
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, _small(pictures[cell]))
    extra = [
        f"warning: {CAPTIONS}: {notebook.assignment}: the picture of {cell} has no caption "
        "and was left out"
        for cell in pictures
        if cell not in files
    ]
    return [*extra, f"{PICTURES}/: {len(files)} pictures of {notebook.assignment} drawn"]


def _small(png: bytes) -> bytes:
    """The picture itself, or with 256 colours where it is too large."""
    if len(png) <= LARGEST:
        return png
    buffer = io.BytesIO()
    with Image.open(io.BytesIO(png)) as image:
        image.convert("RGB").quantize(256).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def captions(course: Course) -> dict[str, dict[str, str]]:
    """Assignment -> cell id -> caption, in the order of the course.

    Raises:
        CourseError: There is no such assignment, or a cell is not found.
    """
    told = tomllib.loads((course.root / CAPTIONS).read_text(encoding="utf-8"))
    notebooks = {name: course.assignment(name) for name in sorted(told)}
    return {
        name: {_cell(notebook, key, text): text for key, text in told[name].items()}
        for name, notebook in notebooks.items()
    }


def _cell(notebook: Notebook, key: str, caption: Any) -> str:
    """The id of the experiment cell that has this id, or else of the only one with this text."""
    cells = {cell.cell_id: cell.source for cell in notebook.cells if cell.kind == "experiment"}
    found = [key] if key in cells else [one for one, source in cells.items() if key in source]
    if len(found) != 1 or not isinstance(caption, str) or not caption.strip():
        raise CourseError(
            f"{CAPTIONS}: {notebook.assignment}: expected an experiment cell, by its id or a text "
            f"that stands in it alone, and a caption; got {key!r} = {caption!r}, which fits "
            f"{', '.join(found) or 'none'} of {', '.join(cells) or 'no cells'}"
        )
    return found[0]
