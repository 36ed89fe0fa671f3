"""What people decided is read from a gradebook that nbgrader itself wrote."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from autograder.errors import CourseError, GradingError
from autograder.integrations.classbook import Person, enrolled, read_hand_scores
from autograder.integrations.exports import export
from autograder.integrations.nbgrader.gradebook import open_gradebook
from autograder.integrations.read_class import find_results, read_class
from autograder.reports.pages import class_page
from tests.integrations import classroom
from tests.reports import example_class as example

LAYERS = example.LAYERS


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A course with the results of the example class; the working directory."""
    root = classroom.make_course(tmp_path / "course")
    for name in (LAYERS, example.RNN):
        (root / "solutions" / name).mkdir()
        (root / "solutions" / name / "notebook.py").touch()
    example.keep(root)
    monkeypatch.chdir(root)
    return root


@pytest.fixture
def graded_by_hand(course: Path) -> Path:
    """The same, where people decided in nbgrader's gradebook what `example.HANDS` says."""
    with open_gradebook(f"sqlite:///{course / 'gradebook.db'}", "backprop") as book:
        book.add_assignment(LAYERS)
        book.add_notebook("layers", LAYERS)
        for row, points in (("affine_forward", 2), ("affine_backward", 4), ("explain_bias", 2)):
            book.add_grade_cell(row, "layers", LAYERS, max_score=points, cell_type="code")
        for cell in ("explain_bias", "affine_backward_code", "flatten_code"):
            book.add_solution_cell(cell, "layers", LAYERS)
        book.add_student("ada", first_name="Ada", last_name="Lovelace", email="ada@example.org",
                         lms_user_id="4711")  # fmt: skip
        for student in ("ada", "bob", "carl", "dora"):
            book.update_or_create_student(student)
            book.add_submission(LAYERS, student)
        for student, row, values in (
            ("ada", "explain_bias", {"manual_score": 1.5}),
            ("bob", "affine_backward", {"auto_score": 8 / 3, "manual_score": 4.0,
                                        "extra_credit": 0.5, "needs_manual_grade": True}),
            ("dora", "explain_bias", {"auto_score": 0.0}),
            ("carl", "affine_forward", {"auto_score": 2.0}),
        ):  # fmt: skip
            grade = book.find_grade(row, "layers", LAYERS, student)
            # The formgrader notes that somebody has looked.
            for name, value in {"needs_manual_grade": False, **values}.items():
                setattr(grade, name, value)
        for (assignment, student), comments in example.HANDS.comments.items():
            for cell, said in comments.items():
                comment = book.find_comment(cell, "layers", assignment, student)
                comment.manual_comment = said
        late = book.find_submission_notebook("layers", LAYERS, "carl")
        late.late_submission_penalty = 1.0
        book.db.commit()
    return course


def test_decisions_are_found(graded_by_hand: Path) -> None:
    manual = find_results(graded_by_hand / "results").manual_rows
    assert manual == {"explain_bias", "affine_backward"}
    hands = read_hand_scores(graded_by_hand, None, manual)
    for place, hand in example.HANDS.rows.items():
        assert hands.rows[place] == hand
    assert hands.penalties == example.HANDS.penalties
    assert hands.comments == example.HANDS.comments
    assert hands.people["ada"] == example.HANDS.people["ada"]
    assert hands.people["bob"] == Person("bob") and hands.person("zed").name == "zed"


def test_scores_are_those_that_nbgrader_shows(graded_by_hand: Path) -> None:
    papers = {p.result.student: p for p in read_class(Path("results")).papers[LAYERS]}
    with open_gradebook(f"sqlite:///{graded_by_hand / 'gradebook.db'}", "backprop") as book:
        for student, missing in (("ada", 6), ("bob", 2), ("carl", 8 / 3)):
            # nbgrader knows only the rows above; the rest are the grader's own scores
            theirs = book.find_submission_notebook("layers", LAYERS, student)
            penalty = theirs.late_submission_penalty or 0
            assert papers[student].score == pytest.approx(theirs.score + missing - penalty)


def test_without_a_gradebook_the_results_count(course: Path) -> None:
    book = read_class(Path("results"))
    assert book.notes == ()
    assert not (course / "gradebook.db").exists()  # reading makes none
    (ada,) = (p for p in book.papers[LAYERS] if p.result.student == "ada")
    assert ada.score == 6 and ada.waits == ("explain_bias",)


def test_a_gradebook_that_cannot_be_read(course: Path) -> None:
    (course / "gradebook.db").write_text("no database")
    with pytest.raises(GradingError, match="gradebook"):
        read_class(Path("results"))
    book = read_class(Path("results"), tolerant=True)
    assert "Scores given by hand are missing" in book.notes[0] and "gradebook.db" in book.notes[0]


def test_one_file_that_cannot_be_read_costs_what_it_holds_alone(graded_by_hand: Path) -> None:
    before = [paper.score for paper in read_class(Path("results")).papers[LAYERS]]
    (graded_by_hand / "regrades.csv").write_text("who,what\nada,please\n", encoding="utf-8")
    book = read_class(Path("results"), tolerant=True)
    assert [paper.score for paper in book.papers[LAYERS]] == before
    (note,) = book.notes
    assert note.startswith("Requests for another look are missing: ") and "no column" in note


def test_a_gradebook_of_another_course_gives_no_scores_and_no_students(
    graded_by_hand: Path,
) -> None:
    assert "ada" in enrolled(graded_by_hand)
    config = graded_by_hand / "nbgrader_config.py"
    config.write_text(config.read_text().replace('course_id = "backprop"', 'course_id = "vision"'))
    assert enrolled(graded_by_hand) == []
    with pytest.raises(GradingError, match="another course's: its assignment '02_layers'"):
        read_class(Path("results"))
    book = read_class(Path("results"), tolerant=True)
    (ada,) = (p for p in book.papers[LAYERS] if p.result.student == "ada")
    assert ada.score == 6 and "another course" in book.notes[0]


def test_a_removed_notebook_leaves_the_sums_and_keeps_its_results(course: Path) -> None:
    files = sorted((course / "results" / LAYERS).iterdir())
    shutil.rmtree(course / "solutions" / LAYERS)
    (course / "results" / "stray").mkdir()
    book = read_class(Path("results"))
    assert list(book.papers) == [example.RNN] and list(book.students) == ["ada"]
    (said,) = book.asides
    assert said.startswith(f"{LAYERS} is no notebook of this course any more") and not book.notes
    assert LAYERS not in class_page(replace(book, asides=()))
    assert said in class_page(book) and "given by hand in the gradebook" in class_page(book)
    assert export("csv", Path("results")).notes[0] == said
    assert sorted((course / "results" / LAYERS).iterdir()) == files
    assert list(read_class(Path("results"), [LAYERS]).papers) == [LAYERS]  # who asks gets them
    shutil.rmtree(course / "solutions" / example.RNN)
    with pytest.raises(CourseError, match="02_layers, 06_rnn only"):
        read_class(Path("results"))


def test_one_odd_result_costs_that_one(course: Path) -> None:
    folder = course / "results" / LAYERS
    (folder / "folder.json").mkdir()
    (folder / "ada.json").write_text('{"schema": 1, "student"')
    (folder / "bob.json").write_bytes(b"\xff\xfe\0")
    book = read_class(Path("results"))
    assert {path.stem for path in book.damaged} == {"folder", "ada", "bob"}
    assert len(book.papers[LAYERS]) == len(example.RESULTS) - 1 - 2


def test_no_results(course: Path) -> None:
    with pytest.raises(CourseError, match="autograder grade"):
        read_class(Path("elsewhere"), tolerant=True)
