"""A row that is asked alone, as by a check cell, earns no more than it does among all rows."""

import pytest

from autograder.course.questions import public_questions
from autograder.exercises.interpreter import LocalRunner
from autograder.explain import examine

MASKED = "05_normalisation", "dropout"


def asked(book, name, runner):
    """The scores of an exercise's rows, asked together and each alone."""
    (question,) = (q for q in public_questions(book) if q[0].exercise.name == name)
    together = {result.id: result.score for result in examine(question, runner)}
    alone = {row: examine(question, runner, rows=[row])[0].score for row in together}
    return together, alone


@pytest.mark.parametrize("name", ["dropout", "batchnorm", "layernorm"])
def test_known_mistakes_never_earn_more_alone(notebook, name):
    book = notebook("05_normalisation")
    exercise = next(q[0].exercise for q in public_questions(book) if q[0].exercise.name == name)
    for mistake in exercise.mistakes:
        together, alone = asked(book, name, book.mistaken(mistake))
        # less is possible: `check` asks for the rows below, too, before it says so
        assert all(alone[row] <= together[row] for row in together), mistake.name


@pytest.mark.parametrize(
    "source",
    [
        "def dropout_backward(dout, cache):\n    return dout * (cache > 0)\n",
        "def dropout_backward(dout, cache):\n    return dout\n",
        # no mask to be seen in the forward: nothing shows that the backward is right
        "def dropout_forward(x, dropout_param):\n    return None, None\n"
        "def dropout_backward(dout, cache):\n    return dout\n",
    ],
)
def test_a_wrong_backward_of_a_mask_earns_nothing(notebook, source):
    book = notebook(MASKED[0])
    own = dict(book.reference().namespace)
    exec(source, own)
    together, alone = asked(book, MASKED[1], LocalRunner(own))
    assert together["dropout_backward"] == alone["dropout_backward"] == 0
