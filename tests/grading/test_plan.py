"""Which cells run: the kit's own from the instructor's text, everything else as handed in."""

from autograder.course import SourceCell
from autograder.grading.notebook_json import SubmittedCell
from autograder.grading.submission import plan


def kit(kind: str, source: str, name: str = "", released: str | None = "") -> SourceCell:
    return SourceCell(
        kind,  # type: ignore[arg-type]
        source,
        source if released == "" else released,
        1,
        cell_id=name or f"{kind}_{source[:8]}",
        grade_id=name if kind in ("solution", "provided", "import") else "",
    )


KIT = [
    kit("markdown", "# Layers"),
    kit("import", "import numpy as np", "imports"),
    kit(
        "solution", "def f(x):\n    return x", "f_code", "def f(x):\n    raise NotImplementedError"
    ),
    kit("check", "check(f)"),
    kit("provided", "def error(a, b):\n    return a - b", "provided_error"),
    kit("instructor", "layer = 1", "instructor", None),
    kit("experiment", "train(steps=100)", "experiment_train"),
    kit(
        "solution", "def g(x):\n    return 2", "g_code", "def g(x):\n    raise NotImplementedError"
    ),
]


def handed_in(*changes: tuple[str, str | None]) -> list[SubmittedCell]:
    """The released cells, with the sources of some replaced (None: deleted)."""
    changed = dict(changes)
    cells = []
    for cell in KIT:
        if cell.released is None:
            continue
        source = changed.get(cell.cell_id, cell.released)
        if source is not None:
            kind = "markdown" if cell.markdown else "code"
            cells.append(SubmittedCell(kind, source, cell.cell_id, cell.grade_id))
    return cells


def sources(cells: list[SubmittedCell]) -> list[str]:
    return [cell.source for cell in plan(cells, KIT)]


IMPORTS, PROVIDED = "import numpy as np", "def error(a, b):\n    return a - b"
F, G = "def f(x):\n    return 3", "def g(x):\n    return 4"
ANSWERS = (("f_code", F), ("g_code", G))


def test_student_code_and_provided_cells_run_and_nothing_else() -> None:
    assert sources(handed_in(*ANSWERS)) == [IMPORTS, F, PROVIDED, G]


def test_an_unchanged_starter_is_student_code() -> None:
    assert len(sources(handed_in())) == 4


def test_deleted_imports_and_provided_cells_run_in_their_place() -> None:
    cells = handed_in(*ANSWERS, ("imports", None), ("provided_error", None))
    assert sources(cells) == [IMPORTS, F, PROVIDED, G]


def test_an_empty_notebook_gets_the_provided_cells() -> None:
    assert sources([]) == [IMPORTS, PROVIDED]


def test_an_edited_provided_cell_is_put_right_after_it_ran() -> None:
    mine = "def error(a, b):\n    return 0\nhelp_me = 1"
    cells = handed_in(*ANSWERS, ("provided_error", mine))
    assert sources(cells) == [IMPORTS, F, mine, PROVIDED, G]


def test_spaces_at_line_ends_change_nothing() -> None:
    cells = handed_in(*ANSWERS, ("provided_error", PROVIDED.replace("\n", "  \n") + "\n\n"))
    assert sources(cells) == [IMPORTS, F, PROVIDED, G]


def test_reordered_and_duplicated_cells_run_in_the_students_order_after_the_imports() -> None:
    one, *rest = handed_in(*ANSWERS)
    cells = [one, *reversed(rest), rest[1]]
    assert sources(cells) == [IMPORTS, G, PROVIDED, F, F]


def test_ids_are_not_believed() -> None:
    forged = [SubmittedCell("code", F, "check_check(f)", "f", grade=True)]
    assert F in sources(forged)
    assert sources(handed_in(*ANSWERS, ("check_check(f)", "5.0"))) == [
        IMPORTS, F, "5.0", PROVIDED, G,
    ]  # fmt: skip


def test_student_code_is_not_dropped_for_claiming_to_be_an_experiment() -> None:
    cells = [SubmittedCell("code", F, tags=("experiment",))]
    (_, _, own) = plan(cells, KIT)
    assert own.source == F and not own.experiment


def test_an_edited_experiment_costs_nothing_once() -> None:
    cells = handed_in(*ANSWERS, ("experiment_train", "train(steps=10**9)"))
    assert [c.experiment for c in plan(cells, KIT) if "train" in c.source] == [True]
    again = [c.experiment for c in plan([*cells, *cells], KIT) if "train" in c.source]
    assert again == [True, False]


def test_markdown_and_raw_cells_never_run() -> None:
    cells = [SubmittedCell("markdown", F), SubmittedCell("raw", G), SubmittedCell("code", "  ")]
    assert sources(cells) == [IMPORTS, PROVIDED]


def test_names_tell_the_place_in_the_submission() -> None:
    names = [c.name for c in plan(handed_in(*ANSWERS), KIT)]
    assert names == ["imports 2", "cell 3", "cell 5 (provided)", "cell 7"]
    assert len(set(names)) == len(names)
