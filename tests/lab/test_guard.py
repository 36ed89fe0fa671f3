"""The guard ends a cell cleanly while something is still to write, and hides no bug."""

import pytest

from autograder.lab.guard import guard


@pytest.fixture(autouse=True)
def no_picture_yet():
    """Whatever another test in this process has left open."""
    import matplotlib.pyplot as plt

    plt.close("all")


def unwritten():
    raise NotImplementedError


class Net:
    def loss(self):
        unwritten_inside = None
        raise NotImplementedError(unwritten_inside)


def typo():
    return no_such_name  # noqa: F821


def test_it_names_the_function_to_write(capsys):
    with guard():
        unwritten()
    assert "write `unwritten` first" in capsys.readouterr().out


def test_it_names_the_method_of_a_class(capsys):
    with guard():
        Net().loss()
    assert "`Net.loss`" in capsys.readouterr().out


def test_it_says_which_name_the_cell_lacks(capsys):
    with guard():
        affine_forward  # noqa: B018, F821
    assert "`affine_forward` is not defined" in capsys.readouterr().out


def test_a_comprehension_is_part_of_the_cell(capsys):
    with guard():
        [softmax_loss(x) for x in range(2)]  # noqa: F821
    assert "`softmax_loss` is not defined" in capsys.readouterr().out


def test_a_name_missing_inside_a_function_is_a_bug():
    with pytest.raises(NameError, match="no_such_name"), guard():
        typo()


def test_other_exceptions_pass():
    with pytest.raises(ZeroDivisionError), guard():
        1 / 0  # noqa: B018


def test_half_a_picture_is_closed():
    import matplotlib.pyplot as plt

    with guard():
        plt.figure()
        unwritten()
    assert plt.get_fignums() == []


def test_a_whole_picture_stays():
    import matplotlib.pyplot as plt

    with guard():
        plt.figure()
    assert len(plt.get_fignums()) == 1
    plt.close("all")
