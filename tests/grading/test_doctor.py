"""`autograder doctor` says what works, and never falls over what does not."""

from pathlib import Path

from autograder.grading import doctor
from autograder.grading.doctor import examine, show

from .conftest import Class


def test_it_names_the_isolation_and_the_course(small_class: Class) -> None:
    code, out, error = small_class.run("doctor")
    assert error == ""
    assert "isolation" in out and str(small_class.root) in out
    assert code == (1 if "✗" in out else 0)


def test_outside_of_a_course(tmp_path: Path) -> None:
    text = show(examine(tmp_path))
    assert "no course" in text


def test_a_seed_that_others_can_read_is_wrong(small_class: Class) -> None:
    seed = small_class.root / ".secret" / "course.seed"
    seed.chmod(0o644)
    (line,) = [line for line in doctor._course(small_class.root) if line.what == "secret seed"]
    assert line.ok is False and "chmod 600" in line.says
    seed.chmod(0o600)
    (line,) = [line for line in doctor._course(small_class.root) if line.what == "secret seed"]
    assert line.ok is True
