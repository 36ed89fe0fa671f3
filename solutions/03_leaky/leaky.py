# %% [markdown]
# # 03 · Where the abstraction leaks
#
# *About an hour and a half. 30 points.*
#
# When you are through you will be able to
#
# - see from two numbers that a sigmoid layer has stopped learning, and say which gradient dies and which doesn't;
# - tell a dead ReLU from one that merely sleeps;
# - find a bug that once stood in a widely used reinforcement learning program: here it makes nine gradients in ten exactly
#   zero, and nothing complains;
# - say when to clip a gradient, and why never to clip a value.
#
# In this notebook nothing crashes. All gradients are right. And still nothing learns. **Predict, then run**: write each
# guess down before you run the cell. A wrong guess is worth more than a right one; it shows you where your picture of
# the thing is off.

# %%
import numpy as np

from autograder import check
from autograder.lab import data, prediction, training
from autograder.lab.guard import guard
from autograder.lab.network import Network
from autograder.lab.scales import draw_dead_units, draw_lines, draw_side_by_side

# %% [markdown]
# ## Leak 1: the sigmoid that is too sure of itself
#
# $s = \sigma(xW)$, with $x$ of shape $(N, D)$, $W$ of $(D, H)$, $s$ of $(N, H)$. On the way back every gradient
# passes through the slope
#
# $$\sigma'(z) = s\,(1 - s) \;\le\; \tfrac14 .$$
#
# Where $s$ is close to 0 or to 1 the unit is *saturated*, and that factor is next to nothing. Take the average over the
# batch of the sum of all units as the loss, $L = \frac1N \sum_{n,h} s_{nh}$. Then
#
# $$\underset{(N,H)}{\text{dz}} = \tfrac1N\, s\,(1-s), \qquad \underset{(D,H)}{\text{dW}} = x^\top \text{dz}, \qquad
#   \underset{(N,D)}{\text{dx}} = \text{dz}\, W^\top .$$
#
# Write a report on such a layer: the share of all $N \cdot H$ activations that are saturated (below 0.01 or above 0.99),
# and the norms $\|\text{dW}\|$ and $\|\text{dx}\|$, each the root of the sum of all squared entries.

# %%
def saturation_report(W, x):
    """How saturated a sigmoid layer is, and what gradients it lets through.

    Args:
        W: Weights, shape (D, H).
        x: Inputs, shape (N, D).

    Returns:
        saturated: The share of activations below 0.01 or above 0.99, from 0 to 1.
        dW_norm: The norm of dL/dW, for L the mean over the examples of the sum of the activations.
        dx_norm: The norm of dL/dx.
    """
    ### BEGIN SOLUTION
    s = 1.0 / (1.0 + np.exp(-(x @ W)))
    saturated = np.mean((s < 0.01) | (s > 0.99))
    dz = s * (1 - s) / len(x)
    dW_norm = np.linalg.norm(x.T @ dz)
    dx_norm = np.linalg.norm(dz @ W.T)
    ### END SOLUTION
    return saturated, dW_norm, dx_norm


# %% tags=["instructor"]
from autograder.exercises import (
    Answer,
    Function,
    Layer,
    Text,
    array,
    choice,
    constant,
    edit,
    labels,
    mask,
    variant,
)

saturation = Function(
    saturation_report,
    inputs={"W": array("D H", scale=2.0), "x": "N D"},
    outputs=["saturated", "dW_norm", "dx_norm"],
    points=5,
    large={"W": 8.0},
    variants={"many units": variant(sizes={"N": 30, "D": 6, "H": 20}, W=array("D H", scale=1.5), x=array("N D")),
              "close to the bounds": variant(W=np.array([[4.594, 4.597, -4.594, -4.597, 2.0]]), x=np.array([[1.0], [0.9]])),
              "only one end": variant(W=np.array([[4.0, 6.0], [5.0, -0.5]]), x=np.array([[1.0, 0.5], [2.0, 0.25], [0.25, 0.25]]))},
    hints=(
        "Three lines of mathematics: the activations, the gradient behind the sigmoid, and two matrix products.",
        "The upstream gradient of every activation is 1/N, because the loss is a mean over examples of a sum over units.",
        "np.mean of a boolean array is a share; np.linalg.norm of a matrix is the root of the sum of its squares. With "
        "dz = s * (1 - s) / len(x), dW is x.T @ dz and dx is dz @ W.T.",
    ),
)

# %% [markdown]
# ### Predict
# Weights of standard deviation 0.1 are multiplied by 1, 3, 10, 30, 100. More and more units saturate. What becomes of
# $\|\text{dW}\|$? And of $\|\text{dx}\|$, does it shrink as well? Write down "shrinks" or "grows" for each.

# %% tags=["experiment"]
my_guess = None  # "shrinks" or "grows": the gradient dx, as W grows

with guard():
    rng = np.random.default_rng(0)
    x, W = rng.normal(size=(200, 100)), 0.1 * rng.normal(size=(100, 50))
    factors = [1, 3, 10, 30, 100]
    reports = np.array([saturation_report(factor * W, x) for factor in factors])
    share, dW_norm, dx_norm = reports.T
    prediction.compare(my_guess, "grows" if dx_norm[-1] > dx_norm[0] else "shrinks", "the gradient dx")
    print(f"saturated: {share[0]:.0%} -> {share[-1]:.0%}   |dW|: {dW_norm[0]:.3f} -> {dW_norm[-1]:.3f}   "
          f"|dx|: {dx_norm[0]:.3f} -> {dx_norm[-1]:.3f}")
    draw_side_by_side(
        factors,
        {"share of saturated activations": {"share": share},
         "norm, relative to the first": {"dW": dW_norm / dW_norm[0], "dx": dx_norm / dx_norm[0]}},
        xlabel="factor on the weights", logx=True, logy=[False, True],
        title="The layer's own weights stop learning; the layer below is shouted at",
    )

# %% [markdown]
# Two gradients, two fates. $\text{dW} = x^\top \text{dz}$ shrinks with the slopes: the layer's *own* weights get no
# news. But $\text{dx} = \text{dz}\,W^\top$ carries the large weights as well, and it **grows**. Many
# accounts say that saturation makes "the gradient" vanish. Which one? Here the layer below receives a gradient more than
# ten times as large, from the few units that are not saturated: noise, at full volume.
#
# And if you initialise ten such layers with weights small enough not to saturate? Then every layer multiplies by a
# slope of at most a quarter. Mind the words: the signal falls *to* at most a quarter, not *by* a quarter.

# %% [markdown]
# **Question.** What is the largest share of a gradient that can survive the slopes of ten sigmoids in a row? (Leave
# the weights aside: take each as 1.)

# %%
answer_ten_sigmoids = None  # a number
### BEGIN SOLUTION
answer_ten_sigmoids = 0.25**10
### END SOLUTION

# %% [markdown]
# **Question.** What is the smallest positive *integer* $z$ for which `float64` arithmetic gives $s(1 - s) = 0$ exactly, with
# $s = 1/(1 + e^{-z})$? Find out with a small loop in a cell of your own.

# %%
answer_sigma_zero = None  # a whole number
### BEGIN SOLUTION
answer_sigma_zero = 37
### END SOLUTION

# %% tags=["instructor"]
ten_sigmoids = Answer(
    "answer_ten_sigmoids", points=1, form="number", tolerance=1e-2,
    hints=(
        "What is the slope of one sigmoid at its steepest place?",
        "Ten factors, each at most that.",
        "The largest slope, to the power of ten.",
    ),
)
sigma_zero = Answer(
    "answer_sigma_zero", points=2, form="integer",
    hints=(
        "When does s become exactly 1 in floating point?",
        "1 + e is exactly 1 as soon as e is less than half the gap between 1 and the next number, about 1.1e-16.",
        "Try z = 30, 31, 32, … and stop at the first where the product is zero.",
    ),
)

# %% [markdown]
# ### Six layers deep
#
# The same digits and the same six layers of weights (five hidden layers of 50 units), three ways to begin: sigmoid, tanh
# with Xavier's initialisation, ReLU with He's (notebook 04 is about those two). The picture shows $\|\text{dW}\|$ of each layer before the first step.
#
# **Predict:** by what factor do the first and the last layer's gradient differ in the sigmoid network? Powers of ten
# will do. And what accuracy will each of the three reach?

# %% tags=["experiment"]
my_guess = None  # last layer's |dW| over the first layer's, in the sigmoid network

with guard():
    digits = data.digits()
    sizes = (64, 50, 50, 50, 50, 50, 10)
    fans = list(zip(sizes, sizes[1:]))
    setups = {
        "sigmoid": ("sigmoid", [np.sqrt(1 / i) for i, o in fans]),
        "tanh, Xavier": ("tanh", [np.sqrt(2 / (i + o)) for i, o in fans]),
        "ReLU, He": ("relu", [np.sqrt(2 / i) for i, o in fans]),
    }
    norms = {}
    for name, (activation, std) in setups.items():
        network = Network(sizes, std, np.random.default_rng(0), activation)
        grads = network.loss_and_grads(digits.X[:200], digits.y[:200])[1]
        norms[name] = [np.linalg.norm(grads[f"w{i}"]) for i in range(6)]
        history = training.train(network.loss_and_grads, network.parameters, digits, predict=network.scores,
                                 step=lambda w, dw: w - 0.1 * dw, epochs=8, batch=50, label=f"{name:12s}")
        print(f"{name}: loss {np.mean(history.loss[-20:]):.2f}, accuracy on new digits {history.val[-1]:.0%}")
    prediction.compare(my_guess, norms["sigmoid"][-1] / norms["sigmoid"][0], "last layer over first layer")
    draw_lines(range(1, 7), norms, xlabel="layer", ylabel="norm of dW before training", logy=True,
               title="Through five sigmoids hardly anything comes back")

# %% [markdown]
# The sigmoid network's first layer gets a gradient about a thousand times smaller than its last one, and the loss stays
# at $\ln 10 \approx 2.30$: it guesses. No error, no warning, all gradients right to the last digit. Nothing is broken
# but the idea.

# %% [markdown]
# ## Leak 2: units that die
#
# A ReLU passes on $\max(0, z)$. Where $z \le 0$ its slope is exactly zero. A unit for which $z \le 0$ on **all** the
# data outputs zero everywhere and gets a zero gradient everywhere: no step moves its weights.
#
# Note the word *all*. A unit that is silent on this mini-batch may be the one that knows a seven when it sees one; it
# is asleep, not dead.

# %%
def dead_units(acts):
    """Which units are dead.

    Args:
        acts: Activations of a ReLU layer on all the data, shape (N, H).

    Returns:
        dead: Booleans, shape (H,): True for a unit that is zero on every example.
    """
    ### BEGIN SOLUTION
    dead = np.all(acts <= 0, axis=0)
    ### END SOLUTION
    return dead


# %% tags=["instructor"]
dead = Function(
    dead_units,
    inputs={"acts": array("N H", offset=-0.8, floor=0.0)},
    outputs=["dead"],
    points=4,
    variants={
        "one dead, one asleep": variant(acts=np.array([[0.0, 0.5, 0.0], [0.0, 0.0, 0.0], [0.0, 0.1, 2.0]])),
        "all alive": variant(acts=np.array([[1.0, 0.5], [2.0, 0.25], [0.5, 4.0]])),
        "hardly awake": variant(acts=np.array([[0.0, 0.0, 1e-9], [0.0, 1e-12, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]])),
        "many examples": variant(sizes={"N": 12, "H": 30}, acts=array("N H", offset=-1.3, floor=0.0)),
    },
    hints=(
        "Dead means zero on every example: all, not any.",
        "Compare with zero first; then go down the columns: axis 0 runs over the examples.",
        "np.all of the comparison, along axis 0, gives one boolean a unit.",
    ),
)

# %% [markdown]
# ### Predict
# Two layers of 100 ReLUs learn digits for five epochs, at learning rates from 0.1 to 2. Up to which learning rate do
# fewer than one unit in ten die? And when half of the units are dead, is the accuracy lost?

# %% tags=["experiment"]
my_guess = None  # the largest learning rate of 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2 with less than 10 % dead

with guard():
    digits = data.digits()
    sizes = (64, 100, 100, 10)
    rates, first, second, accuracy, later = [0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0], [], [], [], []
    for rate in rates:
        network = Network(sizes, [np.sqrt(2 / fan) for fan in sizes[:-1]], np.random.default_rng(0))
        network.scores(digits.X)
        at_start = [np.array(dead_units(acts)) for acts in network.activations]
        training.train(network.loss_and_grads, network.parameters, digits,
                       step=lambda w, dw, rate=rate: w - rate * dw, epochs=5, label=f"rate {rate:<4}")
        accuracy.append(training.accuracy(network.scores, digits.X_val, digits.y_val))
        network.scores(digits.X)  # all the data, so that `activations` holds all examples
        first.append(np.mean(dead_units(network.activations[0])))
        second.append(np.mean(dead_units(network.activations[1])))
        killed = [np.mean(dead_units(acts) & ~before) for acts, before in zip(network.activations, at_start)]
        later.append(f"{rate:5}{killed[0]:15.0%}{killed[1]:15.0%}")
    healthy = [r for r, a, b in zip(rates, first, second) if max(a, b) < 0.1]
    prediction.compare(my_guess, max(healthy), "largest rate with less than 10 % dead")
    print(f"dead before the first step: first layer {at_start[0].mean():.0%}, second layer {at_start[1].mean():.0%}; killed since then:")
    print(" rate    first layer   second layer", *later, sep="\n")
    draw_lines(rates, {"dead, first layer": first, "dead, second layer": second, "accuracy on new digits": accuracy},
               xlabel="learning rate", ylabel="share", title="One step too large, and a unit is gone")

# %% [markdown]
# *Dead at the start* and *killed later* are two things, with two cures. Before the first step 5 units in a hundred are dead
# in the first layer and 2 in the second: the luck of the draw, a matter of how one begins. What the steps kill is a matter of
# their length, and there is a cliff, near a learning rate of 1 in this network: up to 0.5 the first layer loses one unit in a
# hundred at most, at 0.75 it loses 18, at 1 it loses 45. A large step throws weights so far that whole units fall silent. With
# half of the first layer dead the accuracy has suffered (about two thirds in this run) but isn't lost: the living do the work.
# When the second layer dies nothing gets through any more.
#
# ### Can dead units recover?
# **Predict:** the next cell watches both layers at a learning rate of 1. Will units that are dead come back to life: in
# the first layer? In the second? Think of what lies *below* each of them.

# %% tags=["experiment"]
my_guess = None  # how many first-layer units come back to life

with guard():
    digits = data.digits()
    rng = np.random.default_rng(0)
    network = Network(sizes, [np.sqrt(2 / fan) for fan in sizes[:-1]], np.random.default_rng(0))
    times, first, second = [], [], []
    for step in range(1, 121):
        rows = rng.choice(len(digits.X), 50, replace=False)
        grads = network.loss_and_grads(digits.X[rows], digits.y[rows])[1]
        for name in network.parameters:
            network.parameters[name] = network.parameters[name] - 1.0 * grads[name]
        if step % 4 == 0:
            network.scores(digits.X)
            times.append(step)
            first.append(np.array(dead_units(network.activations[0])))
            second.append(np.array(dead_units(network.activations[1])))
    revived = [int(sum((a & ~b).sum() for a, b in zip(layer, layer[1:]))) for layer in (first, second)]
    prediction.compare(my_guess, str(revived[0]), "units of the first layer that came back")
    print(f"second layer: {revived[1]} times a dead unit came back (the same one may do so again)")
    asleep = np.mean(dead_units(network.activations[0][:20]))
    print(f"first layer: dead on all the data {first[-1].mean():.0%}, silent on the first 20 examples {asleep:.0%}")
    draw_dead_units({"first layer": first, "second layer": second}, times, title="Black: dead on all the data")

# %% [markdown]
# In the first layer black stays black: what lies below it is the data, and the data don't move. In the second layer
# units die *and rise again*: their own weights stand still, but the layer below moves, and with it their input. So
# "a dead ReLU never recovers" is true of the first layer only. And judged by twenty examples, many more would have been
# called dead than are.

# %% [markdown]
# ## Leak 3: a clip in the wrong place
#
# An agent that learns to play keeps a table or a network of values: $Q$ of shape $(N, A)$, for each of $N$ situations
# what it expects of each of $A$ actions. It acted, got a reward, and now wants to move the value of *the action that it
# took* towards a target:
#
# $$q_n = Q_{n, a_n}, \qquad
#   t_n = r_n + \gamma \, \max_{a'} Q^{\text{next}}_{n, a'} \quad (\text{only } r_n \text{ where the game was over}), \qquad
#   e_n = q_n - t_n .$$
#
# The error $e_n$ is what the agent learns from. First, pick the right numbers.

# %%
def q_acted(Q, a):
    """The values of the actions that were taken.

    Args:
        Q: Values, shape (N, A).
        a: The action taken in each situation, integers, shape (N,).

    Returns:
        q: Shape (N,).
    """
    ### BEGIN SOLUTION
    q = Q[np.arange(len(a)), a]
    ### END SOLUTION
    return q


# %% tags=["instructor"]
acted = Function(
    q_acted,
    inputs={"Q": "N A", "a": labels("N", "A")},
    outputs=["q"],
    points=3,
    variants={"more actions than situations": variant(sizes={"N": 3, "A": 6}, Q=array("N A"), a=labels("N", "A"))},
    hints=(
        "One number from each row: that of the action in the same place of a.",
        "NumPy's integer indexing takes two index arrays of the same length and pairs them up.",
        "The rows 0, 1, 2 … as one index (np.arange), the actions as the other.",
    ),
)


# %%
def td_target(r, q_next, done, gamma):
    """What the value of the action taken should have been.

    Args:
        r: Rewards, shape (N,).
        q_next: Values of all actions in the next situation, shape (N, A).
        done: Whether the game was over, booleans, shape (N,): then nothing follows.
        gamma: How much the future counts, a number from 0 to 1.

    Returns:
        target: Shape (N,).
    """
    ### BEGIN SOLUTION
    target = r + gamma * q_next.max(axis=1) * (1 - done)
    ### END SOLUTION
    return target


# %% tags=["instructor"]
target = Function(
    td_target,
    inputs={"r": "N", "q_next": "N A", "done": mask("N", 0.4), "gamma": choice(0.9, 0.5, 0.97)},
    outputs=["target"],
    points=4,
    variants={
        "nothing over": variant(r=np.array([1.0, -1.0, 0.5]), q_next=np.array([[2.0, 3.0], [-4.0, -1.0], [0.5, 0.25]]),
                                done=np.array([False, False, False]), gamma=0.9),
        "one of two over": variant(r=np.array([1.0, 2.0]), q_next=np.array([[2.0, 3.0, -1.0], [4.0, 1.0, 0.0]]),
                                   done=np.array([True, False]), gamma=0.75),
    },
    hints=(
        "Reward now, plus what the best next action promises, unless there is no next situation.",
        "The largest value in each row of q_next; where done is True, that part is zero.",
        "Reward plus gamma times the row maximum (axis 1) times one minus done.",
    ),
)

# %% [markdown]
# ### The bug
#
# A large error $e$ gives a large gradient and upsets the training. So someone wrote: clip $e$ to $[-1, 1]$, then
# square it. It looks sensible. It stood in a widely used program, and in many copies of it.
#
# Put it through the chain rule. The clip is a gate, $c = \operatorname{clip}(e, -1, 1)$. Outside $[-1, 1]$ it is
# flat, its slope is **zero**, and so is everything behind it. The examples that are most wrong teach nothing at all.
#
# What was *meant* is to limit the gradient. That is what the Huber loss does, elementwise:
#
# $$h(x) = \begin{cases} \tfrac12 x^2 & |x| \le \delta \\ \delta\,(|x| - \tfrac12\delta) & |x| > \delta\end{cases}
# \qquad
# h'(x) = \begin{cases} x & |x| \le \delta \\ \delta \operatorname{sign}(x) & |x| > \delta \end{cases}$$
#
# ($\delta$ is the argument `delta`, a fixed number.) The *gradient* is limited; it is never switched off.

# %%
def huber_forward(x, delta):
    """The Huber function, entry by entry.

    Args:
        x: Errors, an array of any shape.
        delta: Where the parabola goes over into a straight line, a number.

    Returns:
        out: Shaped like x.
        cache: Whatever huber_backward needs.
    """
    ### BEGIN SOLUTION
    size = np.abs(x)
    out = np.where(size <= delta, 0.5 * x**2, delta * (size - 0.5 * delta))
    cache = (x, delta)
    ### END SOLUTION
    return out, cache


# %%
def huber_backward(dout, cache):
    """Send the gradient back through the Huber function.

    Args:
        dout: Upstream gradient, shaped like x.
        cache: What huber_forward returned.

    Returns:
        dx: Shaped like x.
    """
    ### BEGIN SOLUTION
    x, delta = cache
    slope = np.clip(x, -delta, delta)
    dx = dout * slope
    ### END SOLUTION
    return dx


# %% tags=["instructor"]
huber = Layer(
    huber_forward, huber_backward,
    inputs={"x": array("N D", scale=1.5), "delta": constant(1.0)},
    points={"forward": 2, "backward": 4},
    variants={
        "wide": variant(delta=2.5),
        "narrow": variant(delta=0.25),
        "a vector": variant(x=array("9", scale=1.5)),
        "three axes": variant(x=array("2 3 4", scale=1.5)),
        "millions": variant(x=array("N D", scale=1e8)),  # in which finite differences drown
    },
    hints={
        "forward": (
            "A parabola in the middle, straight lines outside, and they meet without a step.",
            "np.where chooses entry by entry, by whether the size of x exceeds delta.",
            "Inside: half the square. Outside: delta times (the size of x minus half of delta). Keep x and delta.",
        ),
        "backward": (
            "What is the slope on each of the three pieces?",
            "Inside it is x; outside it is delta with the sign of x. One NumPy function does all three at once.",
            "np.clip of x between -delta and delta is the slope; times upstream.",
        ),
    },
)

# %% [markdown]
# ### Predict
# A linear agent learns the values of 4 actions from 8 numbers that describe a situation, in 600 steps. Its rewards are
# noisy, and now and then wildly so. Three losses: the clipped error squared, the error squared, Huber. Which of the three
# ends closest to the truth? And what share of the clipped gradients is exactly zero?

# %% tags=["experiment"]
my_guess = None  # the share of gradients that the clip sets to zero, from 0 to 1

with guard():
    def learn(loss, seed=0, steps=600, rate=0.2, gamma=0.9):
        rng = np.random.default_rng(seed)
        truth, W = 2.5 * rng.normal(size=(8, 4)), np.zeros((8, 4))
        wrong, silent = [], []
        for _ in range(steps):
            state, after = rng.normal(size=(2, 32, 8))
            action, done = rng.integers(0, 4, 32), rng.random(32) < 0.2
            future = gamma * (after @ truth).max(axis=1) * ~done
            reward = q_acted(state @ truth, action) - future + 3 * rng.standard_t(1.5, size=32)
            error = q_acted(state @ W, action) - td_target(reward, after @ truth, done, gamma)
            if loss == "clip, then square":
                slope = np.where(np.abs(error) < 1, error, 0.0)  # the clip's gradient, written out
            elif loss == "square":
                slope = error
            else:
                slope = huber_backward(np.ones(32), huber_forward(error, 1.0)[1])
            dQ = np.zeros((32, 4))
            dQ[np.arange(32), action] = slope / 32
            W = W - rate * state.T @ dQ
            wrong.append(np.abs(W - truth).mean())
            silent.append(np.mean(slope == 0))
        return wrong, np.mean(silent)

    curves = {}
    for loss in ("clip, then square", "square", "Huber"):
        curves[loss], silent = learn(loss)
        print(f"{loss:18s} mean error of the weights {curves[loss][0]:.2f} -> {curves[loss][-1]:.2f}   "
              f"zero gradients: {silent:.0%}")
        if loss == "clip, then square":
            prediction.compare(my_guess, float(silent), "share of zero gradients")
    draw_lines(range(600), curves, xlabel="step", ylabel="mean error of the weights",
               title="Clip a value, and nine gradients in ten are gone")

# %% [markdown]
# The clipped agent learns next to nothing in 600 steps. It doesn't crash; its loss is even *small*, as every error counts
# for at most 1. The squared error learns, and is thrown about by each wild reward. Huber learns and holds still.
#
# So: **clip gradients, never values on the way to a loss.** Gradient clipping (notebook 06) is the cure; value clipping is the bug.

# %% [markdown] tags=["text:explain_leak"]
# **Explain.** "Backpropagation is broken: it gives zero gradients for saturated sigmoids, dead ReLUs and clipped errors."
# Is it backpropagation that leaks here, or the gradient itself? Answer in three to five sentences, with a number from
# one of your runs.
#
# ### BEGIN SOLUTION
# Backpropagation computes the gradient of the function as written, exactly; finite differences would give the same
# zeros. What leaks is the gradient: it says only what an infinitesimal step would do, and on a flat piece that is
# nothing, however wrong the output is. With the clip, 90 % of the gradients in my run were exactly zero although
# those errors were the largest. So the function has to be changed (Huber, another activation, another initialisation),
# not the algorithm.
# ### END SOLUTION

# %% [markdown] tags=["text:explain_two_gradients"]
# **Explain.** In the first experiment one gradient shrank and the other grew when the weights were multiplied. Say in
# two or three sentences why, with the formulas of the two, and quote your numbers.
#
# ### BEGIN SOLUTION
# Both carry the slopes s(1-s), which go to zero for most units. dW multiplies them by x, which stays the same, so it
# shrank from 1.03 to 0.13. dx multiplies them by W, which was made 100 times larger; the few units in the middle then
# dominate and it grew fourteenfold.
# ### END SOLUTION

# %% tags=["instructor"]
leak = Text(
    "explain_leak", points=3,
    rubric=(
        "Claim: backpropagation is exact; the gradient of the written function is zero, so the gradient (the abstraction) leaks.",
        "Mechanism: a gradient is local; on a flat piece it is zero however wrong the value; finite differences agree.",
        "A number from the own run: share of zero gradients, |dW|, share of dead units …",
    ),
)
two_gradients = Text(
    "explain_two_gradients", points=2,
    rubric=(
        "Claim: dW shrinks, dx grows.",
        "Mechanism: both hold the slopes; dW multiplies by x (unchanged), dx by W (larger).",
        "The numbers from the own run.",
    ),
)

# %% [markdown]
# ## Looking back
#
# | leak | what you see | the probe | the cure |
# |---|---|---|---|
# | saturation | loss flat at ln C | share of saturated units; dW by layer | smaller weights, tanh or ReLU, normalisation (05) |
# | dead ReLUs | accuracy stuck; units silent | zero on *all* the data | smaller learning rate, He's initialisation, leaky ReLU |
# | clipped value | small loss, no progress | share of gradients that are exactly 0 | clip the gradient (Huber), not the value |
#
# The chain rule multiplies. One factor of zero, anywhere on the way, and everything behind it is silent, without a word.
#
# **Where it matters today.** Gates in LSTMs and attention scores in transformers saturate in the same way, which is why the scores
# are divided by $\sqrt d$. GELU and SwiGLU have no exact zero to die in. Reinforcement learning from human feedback clips
# *ratios* inside its loss (PPO), on purpose: where the clip holds, the gradient is zero, and people who train with it
# watch the share of clipped samples as you watched yours.
#
# *Sources.* A. Karpathy, "Yes you should understand backprop" (2016), where the three leaks are told; V. Mnih et al., "Human-level control
# through deep reinforcement learning" (2015), for the error clipping as it was meant; P. J. Huber (1964) for the loss.
