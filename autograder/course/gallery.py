"""The gallery: a page in docs/ with the pictures of the experiments, from the solved notebooks.

A course has one if it has `docs/gallery.toml`, which says in order what each picture shows:

    [01_gates]
    experiment_x_y_z_2_0_3 = "A caption of one sentence."
    "Part of the title" = "Another: a cell is found by its id or by a text that it alone contains."

The page holds a digest of every notebook's code. Only notebooks whose code changed are run again.
What they import is not looked at: after a change to `autograder.lab` run
`autograder release --gallery`.
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
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from autograder.course.assemble import source_notebook
from autograder.course.build import copy_data
from autograder.course.drift import MEND
from autograder.course.folder import ASSIGNMENTS, Course, load_course
from autograder.course.notebook import Notebook
from autograder.errors import CourseError
from autograder.whole import write_changed, write_whole

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
(`autograder release --gallery` runs all of them: after a change to `autograder.lab`); what each
picture shows stands in `{captions}`.
"""

Captions = Mapping[str, Mapping[str, str]]


def write_gallery(root: Path, only: Sequence[str] = (), *, everything: bool = False) -> list[str]:
    """Bring the gallery up to date: run the notebooks whose code changed, write the page.

    Args:
        only: The notebooks that may be run, as `Course.chosen` takes them; all where none is named.
        everything: Run them whether or not their code changed.

    Returns:
        What was done and what was noticed, one line each; empty for a course without a gallery.

    Raises:
        CourseError: When a notebook does not run, or a caption has no picture.
    """
    course = load_course(root)
    captions = _captions(course)
    if captions is None:
        return []
    page = course.root / PAGE
    before = page.read_text(encoding="utf-8") if page.is_file() else ""
    recorded = dict(_DIGEST.findall(before))
    lines = []
    chosen = course.chosen(only)
    digests = {name: digest(course.assignment(name)) for name in captions if name in chosen}
    for assignment in digests:
        told, notebook = captions[assignment], course.assignment(assignment)
        files = picture_files(assignment, told)
        there = all((course.root / file).is_file() for file in files.values())
        if everything or not there or recorded.get(assignment) != digests[assignment]:
            lines += _renew(course.root, notebook, files)
            lines.append(f"{PICTURES}/: {len(files)} pictures of {assignment} drawn")
    kept = {name for a, told in captions.items() for name in picture_files(a, told).values()}
    for path in sorted((course.root / PICTURES).glob("*.png")):
        if path.relative_to(course.root).as_posix() not in kept:
            path.unlink()
            lines.append(f"removed {PICTURES}/{path.name}, which has no caption any more")
    text = _page(course, captions, recorded | digests)
    if write_changed(page, text.encode()):
        lines.append(f"{PAGE} written")
    return lines


def gallery_drift(course: Course, only: Sequence[str] = ()) -> list[str]:
    """Where the gallery is out of date: digests and text are compared, nothing is run."""
    captions = _captions(course)
    if captions is None:
        return []
    page = course.root / PAGE
    if not page.is_file():
        return [f"{PAGE} is missing; {MEND}"]
    text = page.read_text(encoding="utf-8")
    recorded = dict(_DIGEST.findall(text))
    chosen = course.chosen(only)
    found = [
        f"{PAGE}: the code of {assignment} changed since its pictures were drawn; {MEND}"
        for assignment in captions
        if assignment in chosen
        and recorded.get(assignment) != digest(course.assignment(assignment))
    ]
    for assignment, told in captions.items():
        for file in picture_files(assignment, told).values() if assignment in chosen else ():
            if not (course.root / file).is_file():
                found.append(f"{file} is missing; {MEND}")
    if not found and text != _page(course, captions, recorded):
        found.append(f"{PAGE}: its text is not what {CAPTIONS} makes; {MEND}")
    return found


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
    import nbclient
    import nbformat

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
    return {cell.id: png for cell in node.cells for png in _pngs(cell)}


def _pngs(cell: Any) -> list[bytes]:
    data = [output.get("data", {}) for output in cell.get("outputs", [])]
    return [base64.b64decode(one["image/png"]) for one in data if "image/png" in one]


def _renew(root: Path, notebook: Notebook, files: Mapping[str, str]) -> list[str]:
    """Draw the pictures of a notebook anew; return warnings."""
    pictures = draw(notebook)
    for cell, file in files.items():
        if cell not in pictures:
            raise CourseError(
                f"{CAPTIONS}: {notebook.assignment}: cell {cell} shows no picture; "
                f"those that do are {', '.join(pictures) or 'none'}"
            )
        picture = root / file
        picture.parent.mkdir(parents=True, exist_ok=True)
        write_whole(picture, _small(pictures[cell]))
    return [
        f"warning: {CAPTIONS}: {notebook.assignment}: the picture of {cell} has no caption "
        "and was left out"
        for cell in pictures
        if cell not in files
    ]


def _small(png: bytes) -> bytes:
    """The picture itself, or with 256 colours where it is too large."""
    if len(png) <= LARGEST:
        return png
    from PIL import Image

    buffer = io.BytesIO()
    with Image.open(io.BytesIO(png)) as image:
        image.convert("RGB").quantize(256).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _captions(course: Course) -> Captions | None:
    """Assignment -> cell id -> caption, in the order of the course; None without a gallery."""
    path = course.root / CAPTIONS
    if not path.is_file():
        return None
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise CourseError(f"{path} cannot be read: {error}") from error
    for assignment, captions in told.items():
        if assignment not in course.sources or not isinstance(captions, dict):
            known = ", ".join(course.sources)
            raise CourseError(f"{path}: no assignment {assignment!r}; this course has {known}")
    return {
        name: {
            _cell(course.assignment(name), key, caption): caption
            for key, caption in told[name].items()
        }
        for name in course.sources
        if name in told
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


def _page(course: Course, captions: Captions, digests: Mapping[str, str]) -> str:
    parts = [_OPENING.format(captions=Path(CAPTIONS).name)]
    for assignment, told in captions.items():
        notebook = course.assignment(assignment)
        link = f"../{ASSIGNMENTS}/{assignment}/{notebook.name}.ipynb"
        drawn = f"<!-- {assignment} {digests.get(assignment, '')} -->"
        parts.append(f"{drawn}\n## [{notebook.title}]({link})\n")
        for cell, file in picture_files(assignment, told).items():
            caption = " ".join(told[cell].split())
            parts.append(f"![{caption}]({file.removeprefix('docs/')})\n\n{caption}\n")
    return "\n".join(parts)
