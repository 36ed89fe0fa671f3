import re
import stat
import threading

import pytest

from autograder.course.folder import existing_seed, secret_path, secret_seed
from autograder.errors import CourseError


@pytest.fixture(autouse=True)
def no_override(monkeypatch):
    monkeypatch.delenv("AUTOGRADER_SECRET", raising=False)


def test_made_once_and_kept(tmp_path):
    assert existing_seed(tmp_path) is None
    assert not secret_path(tmp_path).parent.exists(), "asking makes nothing"
    seed = secret_seed(tmp_path)
    assert re.fullmatch("[0-9a-f]{64}", seed)
    assert secret_seed(tmp_path) == existing_seed(tmp_path) == seed
    assert secret_seed(tmp_path / "other") != seed


def test_only_the_owner_reads_it_and_git_leaves_it_out(tmp_path):
    secret_seed(tmp_path)
    path = secret_path(tmp_path)
    assert path == tmp_path / ".secret" / "course.seed"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert (path.parent / ".gitignore").read_text() == "*\n"
    assert sorted(p.name for p in path.parent.iterdir()) == [".gitignore", "course.seed"]


def test_another_place(tmp_path, monkeypatch):
    monkeypatch.setenv("AUTOGRADER_SECRET", str(tmp_path / "else" / "seed"))
    seed = secret_seed(tmp_path / "course")
    assert (tmp_path / "else" / "seed").read_text().strip() == seed
    assert not (tmp_path / "course").exists()


def test_all_who_make_it_at_once_agree(tmp_path):
    seeds = []
    start = threading.Barrier(8)

    def make():
        start.wait()
        seeds.append(secret_seed(tmp_path))

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seeds) == 8 and len(set(seeds)) == 1


def test_without_hard_links(tmp_path, monkeypatch):
    def refuse(*_):
        raise PermissionError("no links here")

    monkeypatch.setattr("os.link", refuse)
    seed = secret_seed(tmp_path)
    assert secret_seed(tmp_path) == seed
    assert stat.S_IMODE(secret_path(tmp_path).stat().st_mode) == 0o600


def test_a_seed_in_the_place_of_a_path_makes_no_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for seed in ("a" * 32, "0123456789abcdef" * 4):
        monkeypatch.setenv("AUTOGRADER_SECRET", seed)
        with pytest.raises(CourseError, match="expected the name of a file"):
            secret_seed(tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("text", ["", "abc", "z" * 64, "a" * 63, "ä" * 64])
def test_a_damaged_seed_is_refused_and_not_shown(tmp_path, text):
    secret_seed(tmp_path)
    secret_path(tmp_path).write_text(text, encoding="utf-8")
    with pytest.raises(CourseError) as caught:
        secret_seed(tmp_path)
    assert str(secret_path(tmp_path)) in str(caught.value)
    assert not text or text not in str(caught.value)


def test_a_place_that_cannot_be_written(tmp_path):
    (tmp_path / ".secret").write_text("a file where a folder should be")
    with pytest.raises(CourseError, match="AUTOGRADER_SECRET may name another place"):
        secret_seed(tmp_path)
