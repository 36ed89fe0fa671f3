"""What 09_convolution says about its experiments is true, over several seeds and with room."""

import numpy as np
import pytest

from autograder.course.questions import public_questions
from autograder.exercises.interpreter import LocalRunner
from autograder.explain import examine
from autograder.explain.known import mistake_of

NOTEBOOK = "09_convolution"
LEARNS = "Your convolutional network"


@pytest.fixture(scope="module")
def own(notebook):
    return notebook(NOTEBOOK).namespace


def test_the_answers(own):
    assert own["receptive_field"]([3] * own["answer_layers_for_21"], [1] * 10)[0] == 21
    window = np.array([[[[2.0, 2.0], [2.0, 1.0]]]])
    param = {"pool_height": 2, "pool_width": 2, "stride": 2}
    _, cache = own["max_pool_forward_naive"](window, param)
    dx = own["max_pool_backward_naive"](np.full((1, 1, 1, 1), 6.0), cache)
    assert dx.sum() == own["answer_tied_sum"]


def test_the_border(experiment):
    after = experiment(NOTEBOOK, "def border")
    out, dx, without = after["out"], after["dx"], after["dx_without"]
    assert [out[0, 0], out[0, 3], out[3, 3]] == pytest.approx([4 / 9, 6 / 9, 1])
    assert dx == pytest.approx(out)
    assert without[0, 0] == pytest.approx(1 / 9)
    assert without[3, 3] == pytest.approx(1)


@pytest.mark.parametrize("seed", range(2))
def test_one_product_is_faster_than_loops_and_takes_memory(experiment, capsys, seed):
    after = experiment(NOTEBOOK, "plots_convolution.seconds_spent", seed=seed)
    assert after["faster"] > 5
    assert "stride 1: 9.0 times" in capsys.readouterr().out


@pytest.mark.parametrize("seed", range(2))
def test_the_map_moves_along(experiment, seed):
    gap = np.abs(experiment(NOTEBOOK, "def answer", seed=seed)["gap"]).max(axis=(0, 1, 2))
    assert np.flatnonzero(gap).tolist() == [0, 7] or np.flatnonzero(gap).tolist() == [0, 2, 3, 7]


@pytest.mark.parametrize("seed", range(2))
def test_max_pooling_routes_and_mean_pooling_spreads(experiment, seed):
    after = experiment(NOTEBOOK, "plots_convolution.signed", seed=seed)
    length, dout = np.linalg.norm, after["dout"]
    assert (after["dx"] == 0).mean() == 0.75
    assert length(after["dx"]) == pytest.approx(length(dout))
    assert length(after["spread"]) == pytest.approx(length(dout) / 2)


def test_ties_are_not_rare(experiment):
    winners = experiment(NOTEBOOK, "an undivided mask")["winners"]
    assert (winners > 1).mean() == pytest.approx(0.41, abs=0.01)
    assert winners.mean() > 1.9


@pytest.mark.parametrize("seed", range(3))
def test_a_bias_before_batch_norm_does_nothing(experiment, seed):
    after = experiment(NOTEBOOK, "def through", seed=seed)
    db, measured = after["db"], after["measured"]
    assert np.abs(db).max() < 1e-12 < 1 < np.abs(after["dw"]).max()
    assert abs(db[0] - measured) / (abs(db[0]) + abs(measured)) > 0.1


@pytest.mark.parametrize("seed", range(2))
def test_a_unit_sees_what_the_formula_says(own, experiment, seed):
    after = experiment(NOTEBOOK, "plots_convolution.fields", seed=seed)
    for depth, total in after["fields"].items():
        seen = (total > 0).any(axis=0).sum()
        assert seen == own["receptive_field"]([3] * depth, [1] * depth)[0]
    assert after["sides"][1] == 3
    assert after["sides"][10] in (11, 13, 15)


@pytest.mark.parametrize("seed", range(2))
def test_it_learns_and_one_pixel_confuses_it(experiment, seed):
    after = experiment(NOTEBOOK, "plots_convolution.accuracy_maps", seed=seed, before=[LEARNS])
    assert sum(p.size for p in after["net"].params.values()) == 4538
    assert after["history"].val[-1] > 0.95
    for grid in after["grids"].values():
        assert grid[2, 2] > 0.95
        assert 0.3 < np.mean(grid[[1, 2, 2, 3], [2, 1, 3, 2]]) < 0.7


def test_shuffling_costs_the_convolution_alone(experiment):
    after = experiment(NOTEBOOK, "plots_convolution.two_worlds", before=[LEARNS])
    assert after["lost"]["convolutional"] > 0.015
    assert abs(after["lost"]["fully_connected"]) < 0.015
    plain = after["table"]["digits"]
    assert abs(plain["convolutional"] - plain["fully_connected"]) < 0.025


def test_filters_die_at_large_rates(experiment):
    dead = experiment(NOTEBOOK, "dead filters at rate 2", before=[LEARNS])["dead"]
    assert dead[0.2] <= 1 < 4 <= dead[1.0]
    assert dead[2.0] >= 7


def test_which_pixels_decided(own, experiment, capsys):
    after = experiment(NOTEBOOK, "saliency.draw", before=[LEARNS])
    left = {name: curve[4] for name, curve in after["curves"].items()}
    assert left["x · dx"] < left["guided"] < min(left["|dx|"], left["brightest"]) < left["random"]
    assert left["random"] > 0.8
    alike, X = after["saliency"].alike, after["X"]
    gradient = after["saliency"].score_gradient
    plain, rule = gradient(after["other"], X, *after["layers"]), own["guided_relu_backward"]
    guided = gradient(after["other"], X, *after["layers"], relu_backward=rule)
    assert alike(after["dx"], plain) < 0.3 < 0.4 < alike(after["guided_dx"], guided)
    assert alike(after["dx"], X) < alike(after["guided_dx"], X)


@pytest.mark.parametrize(
    ("share", "names"),
    [
        ("won / won.sum()", set()),
        ("won", {"ties_paid_in_full"}),
        ("won * (won.sum() == 1)", {"ties_get_nothing"}),
        ("won / (won.size if won.sum() > 1 else 1)", set()),  # wrong, and like no known mistake
        ("np.full(won.shape, 1 / won.size) if won.sum() > 1 else won", set()),
    ],
)
def test_what_is_wrong_at_ties_alone_is_named_by_them(notebook, share, names):
    book = notebook(NOTEBOOK)
    (asked,) = (q for q in public_questions(book) if q[0].exercise.name == "max_pool")
    own = dict(book.reference().namespace)
    exec(
        "import numpy as np\n"
        "def max_pool_backward_naive(dout, cache):\n"
        "    x, hh, ww, s = cache\n"
        "    dx = np.zeros(x.shape)\n"
        "    for n, c, i, j in np.ndindex(dout.shape):\n"
        "        window = np.s_[n, c, i * s : i * s + hh, j * s : j * s + ww]\n"
        "        won = (x[window] == x[window].max()) * 1.0\n"
        f"        dx[window] += dout[n, c, i, j] * ({share})\n"
        "    return dx\n",
        own,
    )
    result = examine(asked, LocalRunner(own), rows=["max_pool_backward_naive"])[0]
    assert (result.score == result.points) == (share == "won / won.sum()")
    assert mistake_of(result) == names
