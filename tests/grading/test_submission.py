"""Whatever lies in the place of a notebook is read, or refused with a reason."""

import contextlib
import json
import os
import socket
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.errors import GradingError
from autograder.grading import submission
from autograder.grading.notebook_json import UnreadableError, parse
from autograder.grading.submission import read


def notebook(*cells: dict[str, Any], version: Any = 4) -> bytes:
    body = {"nbformat": version, "nbformat_minor": 5, "metadata": {}, "cells": list(cells)}
    return json.dumps(body).encode()


def code(source: Any, **metadata: Any) -> dict[str, Any]:
    return {"cell_type": "code", "source": source, "metadata": metadata, "outputs": []}


def test_sources_are_text_or_lists_of_lines() -> None:
    cells = parse(notebook(code("a = 1\nb = 2"), code(["a = 1\n", "b = 2"]), code([])))
    assert [cell.source for cell in cells] == ["a = 1\nb = 2", "a = 1\nb = 2", ""]


def test_windows_line_ends_and_a_byte_order_mark_are_fine() -> None:
    (cell,) = parse(b"\xef\xbb\xbf" + notebook(code("a = 1\r\nb = 2\rc = 3")))
    assert cell.source == "a = 1\nb = 2\nc = 3"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig"])
def test_what_windows_writes_is_read(encoding: str) -> None:
    (cell,) = parse(notebook(code("x = 'é'")).decode().encode(encoding))
    assert cell.source == "x = 'é'"


def test_half_a_surrogate_pair_can_be_sent_on() -> None:
    (cell,) = parse(notebook(code("x = '\ud800'")))
    assert cell.source.encode("utf-8")


def test_metadata_of_any_form_is_survived() -> None:
    odd = {"cell_type": "code", "source": "x = 1", "metadata": ["no", "dict"]}
    worse = code("y = 2", nbgrader="none", tags="experiment")
    forged = code("5.0", nbgrader={"grade_id": ["list"], "grade": "yes", "points": 10**9})
    cells = parse(notebook(odd, worse, forged))
    assert [(c.grade_id, c.tags, c.grade) for c in cells] == [("", (), False)] * 3


def test_nan_in_an_output_does_not_matter() -> None:
    cell = {**code("x = 1"), "outputs": [{"data": {"application/json": float("nan")}}]}
    assert parse(notebook(cell))[0].source == "x = 1"


MB = 1 << 20
OBJECTS = b"{}," * 7
HUGE = {  # what stands between two texts, over and over
    "a picture": (b'{"nbformat": 4, "cells": [{"outputs": ["', b"A" * 52, b'"]}]}', 1),
    "outputs": (b'{"nbformat": 4, "cells": [{"outputs": [', OBJECTS * 2, b"0]}]}", 1),
    "metadata": (b'{"nbformat": 4, "cells": [{"metadata": [', OBJECTS, b"0]}]}", 1),
    "other keys": (b'{"nbformat": 4, "x": [', OBJECTS, b'0], "cells": []}', 0),
    "cells": (b'{"nbformat": 4, "cells": [', OBJECTS, b"{}]}", "more than 2000 cells"),
    "no cells": (b'{"nbformat": 4, "cells": [', b"[]," * 7, b"0]}", "is no object"),
    "old cells": (
        b'{"nbformat": 3, "worksheets": [{"cells": [', OBJECTS, b"{}]}]}", "more than 2000 cells"
    ),
    "worksheets": (b'{"nbformat": 3, "worksheets": [', OBJECTS, b"{}]}", "more than 2000 cells"),
    "lines": (b'{"nbformat": 4, "cells": [{"source": [', b'"a",' * 5, b'""]}]}', "more than 2 MB"),
}  # fmt: skip


@pytest.mark.parametrize("what", HUGE)
def test_what_is_not_graded_costs_no_memory(what: str) -> None:
    head, again, tail, expected = HUGE[what]
    raw = head + again * MB + tail
    tracemalloc.start()
    try:
        try:
            found: int | str = len(parse(raw))
        except UnreadableError as error:
            found = str(error)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found == expected or (isinstance(expected, str) and expected in str(found))
    assert peak < 32 * MB


def test_what_python_writes_and_json_forbids_is_read_in_place() -> None:
    text = 'x = "NaN, -Infinity: \\\\ud800 \\" NaN"\n'
    raw = notebook(code(text + "\ud83d\ude00\ud800"), code("y"))
    raw = raw.replace(b'"outputs": []', b'"outputs": [NaN, -Infinity, "\\udc00", Infinity]')
    first, second = parse(raw)
    assert first.source == text + "\U0001f600\ufffd" and second.source == "y"


@pytest.mark.parametrize(
    "raw", [b'"' * 3 * MB, b'"\\' * 3 * MB + b"NaN", b'{"a": NaN' + b'"' * 3 * MB]
)
def test_a_text_without_an_end_is_refused_at_once(raw: bytes) -> None:
    with pytest.raises(UnreadableError):  # a pattern that tries again and again takes for ever
        parse(raw)


@pytest.mark.parametrize("version", [2, 3])
def test_old_versions_are_upgraded(version: int) -> None:
    old = {
        "nbformat": version,
        "nbformat_minor": 0,
        "metadata": {"name": ""},
        "worksheets": [
            {
                "cells": [
                    {"cell_type": "heading", "level": 1, "source": "Title", "metadata": {}},
                    {
                        "cell_type": "code",
                        "input": ["a = 1\n", "b = 2"],
                        "language": "python",
                        "outputs": [],
                        "metadata": {},
                    },
                ],
                "metadata": {},
            }
        ],
    }
    cells = parse(json.dumps(old).encode())
    assert [(cell.kind, cell.source) for cell in cells] == [
        ("markdown", "# Title"),
        ("code", "a = 1\nb = 2"),
    ]


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"{not json", "not JSON"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"[" * 1_000_000, "holds a list"),
        (b'{"a":' + b"[" * 1_000_000, "nested too deeply"),
        (b'{"a":' * 1_000_000, "nested too deeply"),
        (b'{"nbformat": 4, "cells": ' + b"9" * 20_000 + b"}", "cells are a long number"),
        (b"%PDF-1.7", "is a PDF"),
        (b"PK\x03\x04\x14\x00\x06\x00", "is a zip archive"),
        (b"7z\xbc\xaf'\x1c", "is an archive"),
        (b"\x1f\x8b\x08\x00", "is an archive"),
        (b"\n<!DOCTYPE html>", "is a web page"),
        (b"<<<<<<< HEAD\n{}", "two versions in one"),
        (b"[InternetShortcut]\nURL=x", "is a link"),
        (b"# %%\nx = 1", "is a Python script"),
        (b"\0" * 5000, "full of zero bytes"),
        (notebook() + b"}", "not JSON"),
        (b"[1, 2]", "holds a list; a notebook is a JSON object"),
        (b"null", "holds null"),
        (b"{}", "nbformat missing"),
        (notebook(version="4"), "nbformat '4'"),
        (notebook(version=True), "nbformat True"),
        (notebook(version=0), "nbformat 0"),
        (notebook(version=5), "nbformat 5; versions up to 4"),
        (notebook(version=10**400), "nbformat a long number"),
        (b'{"nbformat": 3}', "cannot be upgraded"),
        (b'{"nbformat": 3, "worksheets": [7]}', "cannot be upgraded"),
        (b'{"nbformat": 4}', "cells are missing"),
        (b'{"nbformat": 4, "cells": {}}', "cells are an object"),
        (b'{"nbformat": 4, "cells": [7]}', "cell 1 of the notebook is no object"),
        (notebook(code({"a": 1})), "source of cell 1"),
        (notebook(code(["a", 1])), "source of cell 1"),
        (notebook(*[code("")] * 2001), "more than 2000 cells"),
        (notebook(code("x" * (3 << 20))), "more than 2 MB"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_read_gets_a_reason(raw: bytes, says: str) -> None:
    with pytest.raises(UnreadableError) as caught:
        parse(raw)
    assert says in str(caught.value)
    assert len(str(caught.value)) < 400


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(
                    ["cells", "nbformat", "source", "metadata", "nbgrader", "worksheets"]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    ),
    st.sampled_from([3, 4]),
)
def test_any_json_is_read_or_refused(cells: Any, version: int) -> None:
    for body in (cells, {"nbformat": version, "cells": cells, "worksheets": cells}):
        try:
            parse(json.dumps(body).encode())
        except UnreadableError as error:
            assert str(error)


def test_huge_files_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(submission, "MAX_BYTES", 1000)
    path = tmp_path / "a.ipynb"
    path.write_bytes(b" " * 1001)
    assert "larger than" in read(path).problem


def test_links_are_not_followed_out_of_the_students_folder(tmp_path: Path) -> None:
    ada, eve = tmp_path / "ada", tmp_path / "eve"
    ada.mkdir(), eve.mkdir()
    (ada / "a.ipynb").write_bytes(notebook(code("secret = 1")))
    (eve / "a.ipynb").symlink_to(ada / "a.ipynb")
    (eve / "inside.ipynb").symlink_to(eve / "own.ipynb")
    (eve / "own.ipynb").write_bytes(notebook(code("mine = 1")))
    assert read(eve / "inside.ipynb", eve).cells
    stolen = read(eve / "a.ipynb", eve)
    assert not stolen.cells and "leads out" in stolen.problem


def test_a_linked_folder_is_not_followed_either(tmp_path: Path) -> None:
    ada = tmp_path / "ada" / "02_layers"
    ada.mkdir(parents=True)
    (ada / "layers.ipynb").write_bytes(notebook(code("x = 1")))
    (tmp_path / "eve").symlink_to(tmp_path / "ada")
    assert (
        "leads out" in read(tmp_path / "eve/02_layers/layers.ipynb", tmp_path / "eve-own").problem
    )


@pytest.mark.parametrize("kind", ["dangling", "circle", "folder", "pipe", "socket"])
def test_what_is_no_file_is_refused(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a.ipynb"
    if kind == "dangling":
        path.symlink_to(tmp_path / "nowhere")
    elif kind == "circle":
        path.symlink_to(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as made, contextlib.chdir(tmp_path):
            made.bind("a.ipynb")
    else:
        os.mkfifo(path)  # an ordinary open would wait for ever
    found = read(path, tmp_path)
    assert found.problem and not found.cells


def test_a_cell_without_a_source_costs_no_other(tmp_path: Path) -> None:
    path = tmp_path / "a.ipynb"
    path.write_bytes(notebook({**code(""), "source": None}, code("x = 1")))
    assert [cell.source for cell in read(path).cells] == ["", "x = 1"]


def test_a_file_system_that_refuses_is_not_the_students_fault(tmp_path: Path) -> None:
    with pytest.raises(GradingError, match="cannot read"):
        read(tmp_path / "gone.ipynb")


def test_the_digest_is_that_of_the_bytes(tmp_path: Path) -> None:
    path = tmp_path / "Übung 1 – é.ipynb"
    path.write_bytes(notebook(code("x = 1")))
    before = read(path).digest
    assert submission.fingerprint(path) == before
    path.write_bytes(notebook(code("x = 2")))
    assert read(path).digest != before
