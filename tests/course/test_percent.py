from pathlib import Path

import pytest

from autograder.course.cells import read_percent

TEXT = '''"""Words before the first marker."""
# %% [markdown]
# ## A table
# | a |
# |---|
#
# end

# %% a title tags=["provided"]
# copy the mask
# ls, %time and !pip are words here
def f():
    # cat the rows
    return 1  # done


# %%
"""A text."""
x = """
# %% no marker
"""

# %%

# %% tags=["experiment", "provided"]
f()
'''


@pytest.fixture
def cells(tmp_path: Path):
    path = tmp_path / "source.py"
    path.write_text(TEXT, encoding="utf-8")
    return read_percent(path)


def test_cells_their_tags_and_their_lines(cells):
    found = [(c.type, c.source.split("\n")[0], c.tags, c.line) for c in cells]
    assert found == [
        ("code", '"""Words before the first marker."""', (), 1),
        ("markdown", "## A table", (), 3),
        ("code", "# copy the mask", ("provided",), 10),
        ("code", '"""A text."""', (), 18),
        ("code", "f()", ("experiment", "provided"), 26),
    ]


def test_code_is_kept_to_the_letter(cells):
    lines = TEXT.splitlines()
    for cell in cells:
        if cell.type == "code":
            wanted = cell.source.split("\n")
            assert lines[cell.line - 1 : cell.line - 1 + len(wanted)] == wanted


def test_markdown_is_uncommented(cells):
    assert cells[1].source == "## A table\n| a |\n|---|\n\nend"
