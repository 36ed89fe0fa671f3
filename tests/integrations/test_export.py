"""Scores in the formats of other tools, read back as those tools read them."""

import csv
import html
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args
from xml.etree import ElementTree as xml

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.errors import CourseError, GradingError
from autograder.feedback.blocks import plain
from autograder.grading.result import SubmissionStatus
from autograder.grading.store import Store
from autograder.integrations.classbook import ClassBook, HandScores, Person
from autograder.integrations.csv_text import file_name, neutral, table
from autograder.integrations.exports import FORMATS, export
from autograder.integrations.exports.worksheet import fill_worksheet
from autograder.integrations.exports.write import WHOLE, texts
from autograder.integrations.read_class import find_results
from tests.reports import example_class as example

LAYERS, RNN = example.LAYERS, example.RNN
PARTIAL = 2 + 8 / 3


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> ClassBook:
    return example.book(tmp_path_factory.mktemp("class"))


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with results and no course."""
    monkeypatch.chdir(tmp_path)
    example.keep(tmp_path)
    return tmp_path


def files(book: ClassBook, name: str) -> dict[str, str]:
    return dict(texts(name, book))


def lines(book: ClassBook, name: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(files(book, name)[""], newline="")))


def dicts(book: ClassBook, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(files(book, name)[""], newline="")))


def of(book: ClassBook, student: str) -> dict[str, str]:
    found = [x for x in dicts(book, "csv") if x["student"] == student and x["assignment"] == LAYERS]
    (one,) = found
    return one


def test_a_line_for_every_submission(book: ClassBook) -> None:
    assert len(dicts(book, "csv")) == len(example.RESULTS)
    ada = of(book, "ada")
    assert (ada["first_name"], ada["email"]) == ("Ada", "ada@example.org")
    assert (ada["score"], ada["points"], ada["rows_to_grade_by_hand"]) == ("7.5", "8", "")
    assert of(book, "bob")["rows_to_grade_by_hand"] == "explain_bias"
    assert of(book, "dora")["rows_to_look_at"] == "affine_forward"
    assert ada["rows_to_look_at"] == ""
    assert of(book, "gus") | {"score": "0", "status": "missing"} == of(book, "gus")
    assert of(book.without_absentees, "gus")["score"] == ""
    assert of(book.without_absentees, "ada") == of(book, "ada")


def test_scores_are_rounded_in_what_people_open_and_exact_elsewhere(book: ClassBook) -> None:
    assert float(gradescope(book, "carl")["score"]) == PARTIAL - 1  # to the last bit
    for name in ("csv", "canvas", "moodle", "github"):
        assert "3.67" in files(book, name)[""] and "3.66666" not in files(book, name)[""]
    carl = of(book, "carl")
    assert (carl["late_penalty"], carl["by_hand"]) == ("1", "no")
    assert of(book, "ada")["by_hand"] == "yes"


Score = float | None


def told(book: ClassBook, name: str) -> dict[str, tuple[Score, str]]:
    """Student -> score and status, as far as the format has a place for them."""

    def number(text: str) -> Score:
        return float(text.partition(" ")[0]) if text.strip(" –") else None

    if name in ("gradescope", "classroom"):
        found = {}
        for path, text in files(book, name).items():
            document = json.loads(text)
            student = next(n for n in book.students if file_name(n) in path.split("/")[1])
            score = document.get("score", sum(test["score"] for test in document["tests"]))
            found[student] = (score, document.get("extra_data", {}).get("status", ""))
        return found
    if name == "junit":
        suites = xml.fromstring(files(book, name)[""])
        read = [{p.get("name"): p.get("value", "") for p in s.iter("property")} for s in suites]
        names = [str(suite.get("name")).partition("/")[2] for suite in suites]
        pairs = zip(names, read, strict=True)
        return {student: (number(about["score"]), about["status"]) for student, about in pairs}
    if name == "github":
        rows = [line.split(" | ") for line in files(book, name)[""].splitlines()[4:] if line]
        return {html.unescape(r[0].strip("| ")): (number(r[2]), r[1]) for r in rows}
    if name == "csv-rows":
        totals: dict[str, tuple[Score, str]] = {}
        for row in dicts(book, name):
            before = totals.get(row["student"], (0.0, ""))[0]
            waits = row["status"] == "manual"
            score = 0.0 if waits else number(row["score"])
            both = None if before is None or score is None else before + score
            totals[row["student"]] = (both, row["status"])
        return totals
    if name == "csv":
        return {row["student"]: (number(row["score"]), row["status"]) for row in dicts(book, name)}
    start = 2 if name == "canvas" else 1
    return {line[0]: (number(line[-1]), "") for line in lines(book, name)[start:]}


@pytest.mark.parametrize("name", FORMATS)
def test_all_formats_say_the_same(book: ClassBook, name: str) -> None:
    """One class with every status: no score is empty and never 0; what has a place says why."""
    only = replace(book, papers={LAYERS: book.papers[LAYERS]}, notes=())
    papers = {paper.result.student: paper for paper in only.papers[LAYERS]}
    assert {p.result.status for p in papers.values()} == set(get_args(SubmissionStatus))
    found = told(only, name)
    if name == "canvas":
        found["ada"] = found.pop("Lovelace, Ada")
    per_paper = name in ("gradescope", "classroom")
    expected = {n for n, p in papers.items() if not per_paper or p.grade is not None}
    expected -= {"gus", "hal"} if per_paper else set()  # nothing was handed in
    assert {plain(n).lstrip("'") for n in found} == {plain(n) for n in expected}
    for student, (score, status) in found.items():
        paper = next(p for n, p in papers.items() if plain(n) == plain(student).lstrip("'"))
        whole = name in ("csv-rows",) and paper.grade is not None  # rows are before penalties
        truth = sum(line.score for line in paper.lines) if whole else paper.grade
        assert score == (None if truth is None else pytest.approx(truth, abs=0.005)), student
        if status and paper.result.status != "graded":
            assert status == paper.result.status, student


@pytest.mark.parametrize("name", ["junit", "classroom", "gradescope", "github", "csv"])
def test_why_there_is_no_verdict_is_said_once(book: ClassBook, name: str) -> None:
    said = "".join(text for path, text in files(book, name).items() if not path or "frida" in path)
    assert html.unescape(said).count("the file is not JSON") == (0 if name == "csv" else 1)


@pytest.mark.parametrize("student", ["ida", "jo", "kim", "lee"])
def test_no_grade_is_no_score(book: ClassBook, student: str) -> None:
    assert of(book, student)["score"] == ""
    for name in ("canvas", "moodle"):
        (line,) = (line for line in lines(book, name) if line[0] == student)
        assert line[-2:] == ["", ""]
    made = [*files(book, "gradescope"), *files(book, "classroom")]
    assert not [path for path in made if f"/{student}" in path]


def test_a_line_for_every_row(book: ClassBook) -> None:
    found = {(x["student"], x["assignment"], x["row"]): x for x in dicts(book, "csv-rows")}
    assert len(found) == 3 * len(example.RESULTS)
    carl = found["carl", LAYERS, "affine_backward"]
    assert (float(carl["score"]), carl["mistakes"]) == (8 / 3, "db_averaged")
    assert found["ada", LAYERS, "explain_bias"]["by_hand"] == "yes"
    assert found["carl", LAYERS, "explain_bias"]["score"] == ""


@pytest.mark.parametrize("name", ["csv-rows", "github", "junit", "gradescope", "classroom"])
def test_what_stands_where_it_does_not_count_is_said(book: ClassBook, name: str) -> None:
    said = html.unescape("".join(files(book, name).values()))
    expected = "needs a person: affine_forward" if name == "github" else "is a markdown cell"
    assert said.count(expected) == 1


@pytest.mark.parametrize("name", ["gradescope", "classroom"])
def test_comments_reach_the_student(book: ClassBook, name: str) -> None:
    made = files(book, name)
    (ada,) = (text for path, text in made.items() if f"{LAYERS}/ada" in path)
    assert "Comment: A number is missing." in ada
    (bob,) = (text for path, text in made.items() if f"{LAYERS}/bob" in path)
    assert "Comment: Good idea. <script>" in bob


def test_canvas_finds_its_columns(book: ClassBook) -> None:
    header, possible, *students = lines(book, "canvas")
    assert header[:5] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
    assert header[5:] == [LAYERS, RNN]
    assert "Points Possible" in possible[0] and possible[5:] == ["8", "8"]
    assert ["Lovelace, Ada", "4711", "", "ada", "", "7.5", "6"] in students
    assert {len(line) for line in (header, possible, *students)} == {7}
    first = files(book, "canvas")[""].splitlines()[:3]  # Canvas guesses the separator from these
    assert not any(";" in line for line in first)


def test_moodle_can_map_its_columns(book: ClassBook) -> None:
    header, *students = lines(book, "moodle")
    assert header[0] == "Username" and header[4:] == ["Email address", LAYERS, RNN]
    assert ["ada", "4711", "Ada", "Lovelace", "ada@example.org", "7.5", "6"] in students


@pytest.mark.parametrize("name", ["csv", "csv-rows", "canvas", "moodle"])
def test_no_cell_is_a_formula(book: ClassBook, name: str) -> None:
    cells = [cell for line in lines(book, name) for cell in line]
    assert "'=HYPERLINK(1)" in cells
    for cell in cells:
        assert not cell.strip().startswith(("=", "+", "@", "\t")), cell
        assert not cell.startswith("-") or float(cell)
        assert "\x1b" not in cell and "\u202e" not in cell


@given(st.text())
def test_whatever_a_name_is_it_stays_one_harmless_cell(name: str) -> None:
    ((cell, after),) = csv.reader(io.StringIO(table([[name, 1.0]]), newline=""))
    assert after == "1"
    assert cell == neutral(name)
    assert not cell.lstrip().startswith(("=", "+", "-", "@", "\t", "\r"))


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_come_back_to_the_last_bit(value: float) -> None:
    assert float(table([[value]])) == value


def gradescope(book: ClassBook, student: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        files(book, "gradescope")[f"{LAYERS}/{student}/results.json"]
    )
    return found


def test_gradescope_gets_a_file_for_every_submission(book: ClassBook) -> None:
    bob = gradescope(book, "bob")
    assert bob["score"] == pytest.approx(6.5)
    assert [test["name"] for test in bob["tests"]] == [
        "affine_forward", "affine_backward", "explain_bias",
    ]  # fmt: skip
    forward, backward, text = bob["tests"]
    assert (forward["status"], forward["score"], forward["max_score"]) == ("passed", 2, 2)
    assert backward["status"] == "passed"  # a person gave it all
    assert "status" not in text and "explain_bias" in bob["output"]
    carl = gradescope(book, "carl")
    assert carl["score"] == PARTIAL - 1
    assert carl["tests"][1]["status"] == "failed" and "db is averaged" in carl["tests"][1]["output"]
    allowed = {"score", "output", "output_format", "visibility", "tests"}
    assert set(carl) <= allowed | {"stdout_visibility", "extra_data"}


def test_gradescope_shows_no_markup_and_no_escapes(book: ClassBook) -> None:
    for text in files(book, "gradescope").values():
        document = json.loads(text)
        formats = {document["output_format"], *(t["output_format"] for t in document["tests"])}
        assert formats == {"text"}
        said = document["output"] + "".join(t["output"] for t in document["tests"])
        assert "\x1b" not in said and "\u202e" not in said


def test_classroom_adds_up_to_the_score(book: ClassBook) -> None:
    made = {path: json.loads(text) for path, text in files(book, "classroom").items()}
    carl = made[f"{LAYERS}/carl.json"]
    assert sum(test["score"] for test in carl["tests"]) == pytest.approx(PARTIAL - 1)
    assert carl["version"] == 1 and carl["max_score"] == 8 and carl["status"] == "fail"
    assert {t["status"] for document in made.values() for t in document["tests"]} == {
        "pass", "fail", "error",
    }  # fmt: skip
    assert made[f"{RNN}/ada.json"]["status"] == "pass"


def test_the_summary_is_a_table_and_nothing_else(book: ClassBook) -> None:
    text = files(book, "github")[""]
    assert "| carl | graded | 3.67 + ? (late −1) | 8 | affine_backward |" in text
    assert "| ada | graded | 7.5 (by hand) | 8 | explain_bias |" in text
    assert "<script" not in text and "@" not in text
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert {line.count("|") for line in rows} == {6}
    assert len(rows) == len(example.RESULTS) + 2 * 2


def test_junit_counts_what_it_holds(book: ClassBook) -> None:
    root = xml.fromstring(files(book, "junit")[""])
    suites = {suite.get("name"): suite for suite in root}
    assert len(suites) == len(example.RESULTS)
    for suite in suites.values():
        for kind, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(suite.get(kind, "")) == len(suite.findall(f"testcase/{tag}"))
        assert int(suite.get("tests", "")) == len(suite.findall("testcase"))
    ada, carl, ida = (suites[f"{LAYERS}/{name}"] for name in ("ada", "carl", "ida"))
    assert ada.get("failures") == "1"  # 1.5 of 2 by hand
    assert carl.get("failures") == "1" and carl.get("skipped") == "1"
    assert ida.get("errors") == "1" and "the worker died" in xml.tostring(ida, "unicode")


WORKSHEET = """\ufeffIdentifier,Full name,Email address,Grade,Maximum Grade,Last modified (grade),Feedback comments
Participant 7,Ada Lovelace,ada@example.org,,8.00,-,
Participant 8,bob,,3.00,8.00,"Friday, 1 May 2026, 10:00 AM",See me.
Participant 9,Nobody Known,no@example.org,1.00,8.00,-,
Participant 10,ida,,2.00,8.00,-,
Participant 11,carl,,,8.00,-,"<p>Autograder: full points</p>"
Participant 12,frida,,,8.00,-,
"""  # noqa: E501


def worksheet(
    folder: Path, text: str = WORKSHEET, hands: HandScores = example.HANDS, **how: Any
) -> tuple[dict[str, dict[str, str]], list[str]]:
    """Participant -> the line that was written; and the notes."""
    found = find_results(example.keep(folder), [LAYERS]).book(hands)
    path = folder / "worksheet.csv"
    path.write_text(text, encoding="utf-8")
    written, notes = fill_worksheet(found, path, **how)
    lines = csv.DictReader(io.StringIO(written, newline=""))
    return {line["Identifier"]: line for line in lines}, [note.told() for note in notes]


def test_a_worksheet_of_moodle_is_filled_in(tmp_path: Path) -> None:
    students, notes = worksheet(tmp_path)
    grades = {name.split()[1]: line["Grade"] for name, line in students.items()}
    assert grades == {
        "7": "7.5", "8": "6.5", "9": "1.00", "10": "2.00", "11": "3.67", "12": "0"
    }  # 9 is nobody of ours; of 10 no grade stands, so nothing is overwritten  # fmt: skip
    assert students["Participant 8"]["Last modified (grade)"] == "Friday, 1 May 2026, 10:00 AM"
    assert notes[0] == "1 line of the worksheet without a student of ours"
    assert "dora" in notes[1] and "10 not in the worksheet" in notes[1]


def test_a_worksheet_gets_what_cost_points_and_keeps_what_a_person_wrote(tmp_path: Path) -> None:
    students, _ = worksheet(tmp_path)
    said = {name.split()[1]: line["Feedback comments"] for name, line in students.items()}
    assert said["7"] == "Autograder: explain_bias 1.5 of 2: A number is missing"
    assert said["8"] == "See me." and said["9"] == said["10"] == ""
    assert said["11"].startswith("Autograder: affine_backward 2.67 of 4: db is averaged over the ")
    assert said["11"].endswith(
        "still to be graded by hand: explain_bias; taken off for being late: 1"
    )
    assert said["12"] == "Autograder: the file is not JSON: &lt;i&gt;line 1&lt;/i&gt;"


@pytest.mark.parametrize("maximum", ["100.00", "100,00", "8.01", "-", "", "Satisfactory"])
def test_a_worksheet_of_another_maximum_is_refused_with_both_numbers(
    tmp_path: Path, maximum: str
) -> None:
    text = WORKSHEET.replace(",8.00,", f',"{maximum}",').replace("Maximum Grade", "Maximum grade")
    both = rf"Maximum Grade is .*{maximum[:3]}.*8 points"
    with pytest.raises(CourseError, match=both):
        worksheet(tmp_path, text)


def test_a_worksheet_is_scaled_to_its_own_maximum(tmp_path: Path) -> None:
    students, _ = worksheet(tmp_path, WORKSHEET.replace(",8.00,", ",100.00,"), scale=True)
    assert [line["Grade"] for line in students.values()] == [
        "93.75", "81.25", "1.00", "2.00", "45.83", "0"
    ]  # fmt: skip
    with pytest.raises(CourseError, match="no column Maximum Grade"):
        worksheet(tmp_path, WORKSHEET.replace("Maximum Grade", "Something"), scale=True)


def test_a_worksheet_of_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match=r"of another assignment.*has 70, 71 and 72\b"):
        worksheet(tmp_path, participants={"70", "71", "72"})
    assert worksheet(tmp_path, participants={"7", "71"})[0]["Participant 7"]["Grade"] == "7.5"
    strangers = [*WORKSHEET.splitlines()[:1], "Participant 9,No One,no@example.org,1.00,8.00,-,"]
    with pytest.raises(CourseError, match=r"nobody in .*worksheet.csv is a student of 02_layers"):
        worksheet(tmp_path, "\n".join(strangers))


def test_a_worksheet_that_is_none_is_refused(book: ClassBook, tmp_path: Path) -> None:
    path = tmp_path / "w.csv"
    with pytest.raises(CourseError, match="one assignment"):
        fill_worksheet(book, path)
    one = find_results(example.keep(tmp_path), [RNN]).book(HandScores())
    with pytest.raises(GradingError, match="cannot read"):
        fill_worksheet(one, path)
    path.write_text("Name,Note\n")
    with pytest.raises(CourseError, match="no column Identifier, Grade"):
        fill_worksheet(one, path)


def test_two_students_of_one_name_are_not_mixed_up(tmp_path: Path) -> None:
    people = {name: Person(name, "Sam", "Lee") for name in ("ada", "bob")}
    text = "Identifier,Full name,Grade,Last modified (grade)\nP 1,Sam Lee,,-\nP 2,carl,,-\n"
    students, notes = worksheet(tmp_path, text, HandScores(people=people))
    assert students["P 1"]["Grade"] == "" and "without a student" in notes[0]


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_written_and_says_what_is_open(place: Path, name: str) -> None:
    made = export(name, Path("results"))
    assert made.path == place / "exports" / (WHOLE[name][0] if name in WHOLE else name)
    written = (
        [made.path] if made.path.is_file() else [p for p in made.path.rglob("*") if p.is_file()]
    )
    assert len(written) == made.files
    assert all(path.stat().st_mode & 0o077 == 0 for path in written)
    said = "\n".join(made.notes)
    assert f"1 stale, so without a score: {LAYERS}/ida" in said
    assert f"2 unclear, so without a score: {LAYERS}/hal, {LAYERS}/kim" in said
    assert "to be graded by hand" in said and "WITHOUT ISOLATION" in said
    assert "no course here" in said


def test_many_names_are_counted_unless_all_are_wanted(place: Path) -> None:
    store = Store(place / "results")
    for number in range(300):
        failed = example.result(f"s{number:03}", example.EMPTY, "failed", message="the worker died")
        store.put(failed)
    (said,) = (n for n in export("csv", Path("results")).notes if "failed" in n)
    assert said.startswith("301 failed") and said.endswith("/s001 and 298 more (-v names all)")
    (all_of_them,) = (n for n in export("csv", Path("results"), verbose=True).notes if "faile" in n)
    (waits,) = (n for n in export("csv", Path("results"), verbose=True).notes if "by hand," in n)
    assert "gnp.exe" in waits and "\u202e" not in waits
    assert all_of_them.endswith(f"{LAYERS}/s299") and "more" not in all_of_them


def test_a_place_of_one_s_own(place: Path) -> None:
    assert export("csv", Path("results"), [RNN], Path("my.csv")).path == place / "my.csv"
    assert (place / "my.csv").read_text().count("\n") == 2


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("xls", "results"), "no format is called 'xls'(.|\n)*gradescope"),
        (("csv", "nowhere"), "there are no results in .*nowhere.*Grade first"),
        (("csv", "results", ["99_none"]), "no results of '99_none'; it has those of 02_layers"),
    ],
)
def test_wrong_usage_is_explained(place: Path, arguments: Any, says: str) -> None:
    name, results, *more = arguments
    with pytest.raises(CourseError, match=says):
        export(name, Path(results), *more)


def test_a_file_that_cannot_be_written_is_explained(place: Path) -> None:
    (place / "file").write_text("")
    with pytest.raises(GradingError, match=r"cannot write .*Give another place with --out"):
        export("csv", Path("results"), out=Path("file/below.csv"))
    with pytest.raises(CourseError, match="--worksheet is for the format moodle"):
        export("csv", Path("results"), worksheet=Path("w.csv"))
    with pytest.raises(CourseError, match="--scale is for a worksheet"):
        export("moodle", Path("results"), scale=True)


def test_a_damaged_result_is_told(place: Path) -> None:
    (place / "results" / LAYERS / "ada.json").write_text("{")
    made = export("csv", Path("results"))
    assert any("damaged" in note and "ada.json" in note for note in made.notes)
