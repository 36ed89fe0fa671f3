"""What 08_clinic says of its cards is true."""

import numpy as np
import pytest


@pytest.fixture(scope="module")
def own(notebook):
    return notebook("08_clinic").namespace


def test_the_answers(own):
    assert own["answer_quarter"] == 0.75**5 / 0.25**5
    q_next = np.array([2.0, 8.0, 4.0])
    assert own["answer_argmax"] == 0.5 * q_next.max() - 0.5 * np.argmax(q_next)
    assert own["answer_columns"] == np.zeros((32, 4))[:, np.zeros(32, int)].size
    errors = np.array([-7, -0.5, 0.2, 3, 1.5])
    assert own["answer_clipped"] == np.sum(np.abs(errors) > 1)
    best = np.array([1.0] + [0.0] * 9)
    assert own["answer_floor"] == pytest.approx(np.log(np.exp(best).sum()) - 1, abs=1e-4)


CARDS = {
    "card2_backward": ("squash_forward", "squash_backward", 2),
    "card3_backward": ("leaky_forward", "leaky_backward", 1),
    "card5_backward": ("softplus_forward", "softplus_backward", 1),
    "card10_backward": ("two_layer_forward", "two_layer_backward", 3),
    "card12_backward": ("forked_forward", "forked_backward", 1),
}


@pytest.mark.parametrize("card", CARDS)
@pytest.mark.parametrize("seed", range(5))
def test_ill_gradients_are_not_a_little_off(own, card, seed):
    forward, repaired, count = CARDS[card]
    rng = np.random.default_rng(seed)
    arrays = [rng.normal(size=(3, 3)) for _ in range(count)]
    out, cache = own[forward](*arrays)
    dout = rng.normal(size=out.shape)
    ill, well = own[card](dout.copy(), cache), own[repaired](dout.copy(), cache)
    if count == 1:
        ill, well = (ill,), (well,)
    gaps = [np.abs(a - b).max() / np.abs(b).max() for a, b in zip(ill, well)]
    assert max(gaps) > 0.05


def test_the_first_card_fails_in_a_fresh_kernel(own):
    out, cache = own["linear_forward"](np.ones((2, 3)), np.ones((3, 1)))
    with pytest.raises(AttributeError):
        own["card1_backward"](out, cache)
