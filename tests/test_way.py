"""The way of an answer through the engine stays short enough to be read in a sitting."""

from benchmarks.way import check_way, grade_way


def test_a_right_check_and_a_grade_pass_through_few_files() -> None:
    assert 5 < len(check_way(str).files) <= 20
    assert 5 < len(grade_way().files) <= 35
