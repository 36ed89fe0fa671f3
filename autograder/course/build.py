"""From sources, through nbgrader's source notebooks and its steps, to the release in a folder."""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from autograder.course.cells import SourceCell
from autograder.course.folder import ASSIGNMENTS, SOURCE
from autograder.course.notebook import INSTALL_ID, Notebook
from autograder.course.questions import made_now, public_data
from autograder.course.quick_import import load_nbgrader, quick_import
from autograder.course.translated import Translated
from autograder.errors import CourseError
from autograder.exercises.public import SUFFIX, with_words
from autograder.explain import Keep

with quick_import():
    import nbformat
    from nbformat import NotebookNode, v4

KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
LANGUAGE = {"name": "python"}
SCHEMA_VERSION = 3  # of nbgrader's cell metadata


def source_notebook(notebook: Notebook, language: str = "") -> NotebookNode:
    """Make nbgrader's source notebook: solved, with the metadata that say what becomes of a cell.

    Nothing in it depends on the machine, the time or chance.

    Args:
        language: Its language, where it is not English.
    """
    cells = []
    for cell in notebook.released_cells:
        make = v4.new_markdown_cell if cell.markdown else v4.new_code_cell
        cells.append(make(cell.source, id=cell.cell_id, metadata=_metadata(cell)))
    metadata: dict[str, Any] = {"kernelspec": dict(KERNEL), "language_info": dict(LANGUAGE)}
    if language:
        metadata["autograder"] = {"language": language}
    node = v4.new_notebook(cells=cells, metadata=metadata)
    node.nbformat, node.nbformat_minor = 4, 5
    nbformat.validate(node)
    return node


def released_notebook(notebook: Notebook, language: str = "") -> NotebookNode:
    """Make the notebook as students get it, with nbgrader's locks and checksums.

    `nbgrader generate_assignment` makes the same of the source notebook.
    """
    load_nbgrader()
    with quick_import():
        from nbgrader.preprocessors import ComputeChecksums, LockCells

    node = source_notebook(notebook, language)
    for cell, origin in zip(node.cells, notebook.released_cells, strict=True):
        cell.source = origin.released
    for step in (LockCells(), ComputeChecksums()):
        node, _ = step.preprocess(node, {})
    return node


def notebook_text(node: NotebookNode) -> str:
    """The JSON text of a notebook."""
    return str(nbformat.writes(node)) + "\n"


def _metadata(cell: SourceCell) -> dict[str, Any]:
    """Jupyter's and nbgrader's metadata of a cell.

    Explanations are read-only by Jupyter's own means: nbgrader would put them into the gradebook,
    and then refuse every new paragraph as soon as there are submissions.
    """
    if cell.kind == "markdown":
        return {"deletable": False, "editable": False}
    if cell.cell_id == INSTALL_ID:
        return {"tags": ["experiment"], "jupyter": {"source_hidden": True}}
    if cell.kind == "experiment":
        return {"tags": ["experiment"]}
    written = cell.kind in ("solution", "text")
    meta: dict[str, Any] = {
        "grade": cell.points is not None,
        "grade_id": cell.grade_id,
        "locked": not written,
        "schema_version": SCHEMA_VERSION,
        "solution": written,
        "task": False,
    }
    if cell.points is not None:
        whole = float(cell.points).is_integer()
        meta["points"] = int(cell.points) if whole else cell.points
    return {"nbgrader": meta}


_NEVER_COPIED = {".py", ".pyc", ".ipynb"}
_IGNORED_FOLDERS = {"__pycache__"}


Watch = Callable[[str], object]
"""Is told what is done, as soon as it is: which notebook, and how many there are."""


def generate(
    notebooks: Sequence[Notebook],
    folder: Path,
    watch: Watch = lambda line: None,
    keep: Callable[[str], Keep] = lambda assignment: made_now,
) -> None:
    """Build `folder/build/source/` (for nbgrader) and `folder/assignments/` (for students).

    nbgrader's own command, `nbgrader generate_assignment`, makes the same release of that source,
    and tells the gradebook.

    Args:
        keep: Assignment -> keeps what running the references and the mistakes gave.

    Raises:
        CourseError: When a data file has the name of a generated one.
    """
    for number, notebook in enumerate(notebooks, 1):
        name = notebook.assignment
        public = public_data(notebook, keep(name))
        _write(notebook, source_notebook(notebook), public, folder / SOURCE / name)
        _write(notebook, released_notebook(notebook), public, folder / ASSIGNMENTS / name)
        watch(f"{name} ({number}/{len(notebooks)})")


def generate_translated(every: Sequence[Translated], english: Path, folder: Path) -> None:
    """Build `folder/assignments/` in another language, beside the English release.

    Args:
        english: The released assignments: their public data ship here too, with other words.

    Raises:
        CourseError: When the English release is not there.
    """
    for one in every:
        notebook = one.notebook
        public = english / notebook.assignment / f"{notebook.name}{SUFFIX}"
        if not public.is_file():
            raise CourseError(f"there is no {public}; release in English first: autograder release")
        said = with_words(public.read_text(encoding="utf-8"), one.language, one.words)
        node = released_notebook(notebook, one.language)
        _write(notebook, node, said, folder / ASSIGNMENTS / notebook.assignment)


def write_source(notebook: Notebook, folder: Path) -> None:
    """Write nbgrader's source of an assignment: the solved notebook, public data and data files.

    Public data are those that were released, where there are any.

    Raises:
        CourseError: When a data file has the name of a generated one.
        OSError: It cannot be written.
    """
    root = notebook.path.parent.parent.parent
    released = root / ASSIGNMENTS / notebook.assignment / f"{notebook.name}{SUFFIX}"
    known = released.read_text(encoding="utf-8") if released.is_file() else public_data(notebook)
    _write(notebook, source_notebook(notebook), known, folder)


def _write(notebook: Notebook, node: Any, public: str, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    texts = {f"{notebook.name}.ipynb": notebook_text(node), f"{notebook.name}{SUFFIX}": public}
    for name, file in data_files(notebook).items():
        if name in texts:
            raise CourseError(f"{file} has the name of a generated file; rename it")
    copy_data(notebook, folder)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")


def data_files(notebook: Notebook) -> dict[str, Path]:
    """The files beside a source that ship with it, under their names in the notebook's folder."""
    home = notebook.path.parent
    return {
        file.relative_to(home).as_posix(): file
        for file in files_below(home)
        if file.suffix not in _NEVER_COPIED
    }


def copy_data(notebook: Notebook, folder: Path) -> None:
    """Put those files into a folder."""
    for name, file in data_files(notebook).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, folder / name)


def files_below(folder: Path) -> list[Path]:
    """All files below a folder, in order; hidden ones and caches left out."""
    found = []
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        hidden = any(part.startswith(".") or part in _IGNORED_FOLDERS for part in parts)
        if path.is_file() and not hidden:
            found.append(path)
    return found
