"""The notebook that people read: the instructor's, with what the student wrote and nothing else."""

import copy
import json
import logging
from collections.abc import Callable

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.course import Notebook
from autograder.grading.submission import parse
from autograder.integrations.nbgrader.rebuild import EXTRA_NOTE, Rebuilt, harmless_markdown, rebuild
from autograder.integrations.nbgrader.released import ReleasedNotebook
from tests.integrations import classroom
from tests.integrations.classroom import Document, find

WRITTEN = ("scale_forward_code", "scale_backward_code", "twice_code", "Counter_code", "text_why")


def rebuilt_from(released: ReleasedNotebook, document: Document) -> Rebuilt:
    made = rebuild(released, parse(json.dumps(document).encode()))
    nbformat.validate(nbformat.from_dict(made.notebook))
    return made


def released_part(made: Rebuilt, released: ReleasedNotebook) -> list[Document]:
    ids = {cell.node["id"] for cell in released.cells}
    return [cell for cell in made.notebook["cells"] if cell["id"] in ids]


@pytest.mark.parametrize(
    "spoil",
    [
        copy.deepcopy,
        classroom.tampered,
        classroom.without_ids,
        classroom.twice_over,
        classroom.backwards,
        lambda document: classroom.tampered(classroom.twice_over(document)),
    ],
)
def test_whatever_became_of_the_cells_the_released_ones_stand_in_order_with_their_own_metadata(
    small: Notebook, released: ReleasedNotebook, spoil: Callable[[Document], Document]
) -> None:
    made = rebuilt_from(released, spoil(classroom.solved(small)))
    part = released_part(made, released)
    assert [cell["metadata"] for cell in part] == [cell.node["metadata"] for cell in released.cells]
    for cell, origin in zip(part, released.cells, strict=True):
        if not origin.written and origin.origin.kind != "experiment":
            assert cell["source"] == origin.origin.released
    extras = [cell for cell in made.notebook["cells"] if cell not in part]
    assert all(cell["metadata"] == {} and not cell.get("outputs") for cell in extras)


@pytest.mark.parametrize(
    "spoil", [copy.deepcopy, classroom.without_ids, classroom.twice_over, classroom.backwards]
)
def test_answers_stand_in_their_places(
    small: Notebook, released: ReleasedNotebook, spoil: Callable[[Document], Document]
) -> None:
    solved = classroom.solved(small)
    made = rebuilt_from(released, spoil(solved))
    for grade_id in WRITTEN[:-1]:
        assert find(made.notebook, grade_id)["source"] == find(solved, grade_id)["source"]


def test_missing_answers_are_starters_and_count_as_untouched(
    small: Notebook, released: ReleasedNotebook
) -> None:
    starter = classroom.starter(small)
    for document in (starter, {**starter, "cells": []}):
        made = rebuilt_from(released, document)
        assert set(WRITTEN) < made.untouched
        assert find(made.notebook, "twice_code")["source"] == find(starter, "twice_code")["source"]


def test_the_last_definition_is_the_answer_and_the_others_are_kept_for_show(
    small: Notebook, released: ReleasedNotebook
) -> None:
    document = classroom.solved(small)
    document["cells"].append(classroom.code_cell("def twice(x):\n    return 'last'"))
    made = rebuilt_from(released, document)
    assert "last" in find(made.notebook, "twice_code")["source"]
    first = find(document, "twice_code")["source"]
    assert any(cell["source"] == EXTRA_NOTE + first for cell in made.notebook["cells"])


def test_two_answers_in_one_cell_are_shown_once(
    small: Notebook, released: ReleasedNotebook
) -> None:
    both = "def scale_forward(x, a): ...\ndef scale_backward(dout, cache): ..."
    made = rebuilt_from(
        released, {**classroom.starter(small), "cells": [classroom.code_cell(both)]}
    )
    assert find(made.notebook, "scale_forward_code")["source"] == both
    assert "scale_forward" in find(made.notebook, "scale_backward_code")["source"]
    assert "scale_backward_code" not in made.untouched


def test_a_longer_answer_is_not_hidden_by_a_copy_of_the_starter(
    small: Notebook, released: ReleasedNotebook
) -> None:
    document = classroom.starter(small)
    text = copy.deepcopy(find(document, "text_why"))
    find(document, "text_why")["source"] = "Because."
    document["cells"].append(text)
    made = rebuilt_from(released, document)
    assert find(made.notebook, "text_why")["source"] == "Because."
    assert "text_why" not in made.untouched


def test_every_check_cell_is_preset_to_no_points(
    small: Notebook, released: ReleasedNotebook
) -> None:
    from nbgrader.utils import determine_grade, is_grade

    made = rebuilt_from(released, classroom.tampered(classroom.solved(small)))
    checks = [
        cell
        for cell in nbformat.from_dict(made.notebook).cells
        if is_grade(cell) and cell.cell_type == "code"
    ]
    assert len(checks) == len(classroom.ROWS) - 1
    for cell in checks:
        assert determine_grade(cell, logging.getLogger())[0] == 0.0


def test_students_html_is_harmless_in_the_page_that_graders_read(
    small: Notebook, released: ReleasedNotebook
) -> None:
    from nbconvert.filters import markdown2html

    evil = (
        "<script>x()</script> <img src=x onerror=x()> [a](javascript:x()) [b](JaVaScRiPt\\:x())\n"
        "[c](&#106;avascript:x()) ![d](data:text/html;base64,AA) <a href='javascript:x()'>e</a>\n"
        "<javascript:x()>\n\n[f]: javascript:x()\n\n[f] $a<b$ `1 < 2`"
    )
    document = classroom.starter(small)
    find(document, "text_why")["source"] = evil
    document["cells"].append({"cell_type": "markdown", "metadata": {}, "source": evil, "id": "e"})
    made = rebuilt_from(released, document)
    pages = [
        markdown2html(cell["source"])
        for cell in made.notebook["cells"]
        if "onerror" in cell["source"]
    ]
    assert len(pages) == 2
    for page in pages:
        lowered = page.lower()
        assert "<script" not in lowered and "<img src" not in lowered
        assert 'href="javascript:' not in lowered and 'src="data:' not in lowered
        assert "$a&lt; b$" in page


@given(st.text(alphabet="<>&#;:/!?()[]`$\\ \n\tajscriptd\"'=", max_size=60))
def test_no_markdown_makes_a_tag_or_a_link_that_runs(text: str) -> None:
    safe = harmless_markdown(text)
    after = [safe[i + 1 : i + 2] for i, sign in enumerate(safe) if sign == "<"]
    assert not any(sign.isalpha() or sign in tuple("/!?") for sign in after if sign)
    assert "script:" not in safe.lower()
