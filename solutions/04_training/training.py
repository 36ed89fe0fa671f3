# %% [markdown]
# # 04 · Training: a good start, a good step, a watchful eye
#
# *About two hours and a quarter. 36 points.*
#
# When you are through you will be able to
#
# - start a network of any depth so that neither its activations nor its gradients fade or blow up;
# - write momentum, RMSprop and Adam, and say what each line of Adam is for;
# - shape a learning rate over time, and stop at the right moment;
# - train with large batches on a small memory without changing the gradient;
# - watch gradients in a way that notices trouble: NaN first, then sizes *relative to the weights*.

# %%
import numpy as np

from autograder import check
from autograder.lab import data, few_examples, prediction, training
from autograder.lab.guard import guard
from autograder.lab.network import Network
from autograder.lab.scales import draw_bars, draw_grid, draw_lines, draw_side_by_side

# %% [markdown]
# ## A good start
#
# Each layer computes $h = x W$, with $W$ of shape $(D, M)$ and so $D$ terms in every sum. If the entries of $W$ have variance $v$ and those of $x$ are
# independent with mean square $q$, then each entry of $h$ has variance $D\,v\,q$. Ten layers multiply the size
# by $(Dv)^{10/2}$. So $D\,v$ must be close to 1, or the signal dies or explodes. On the way back the gradient meets the
# other side of the matrix, and $M\,v$ plays the same part.
#
# - **Xavier** (Glorot and Bengio, 2010) compromises between the two: $v = \dfrac{2}{\text{fan\_in} + \text{fan\_out}}$.
#   For tanh and sigmoid, which are nearly straight around zero.
# - **He** (2015) knows that a ReLU throws away half of the mean square: $v = \dfrac{2}{\text{fan\_in}}$.
#
# $v$ is a *variance*. NumPy's `rng.normal` wants a standard deviation. Draw from a normal or a uniform distribution, as you
# like; its mean must be zero and its variance $v$. Draw every number from the `rng` that you are given, and from nothing else: then a run
# can be repeated, number by number, and another seed gives another start. (A seed of your own inside the function starts every network alike.)

# %%
def xavier_init(fan_in, fan_out, rng):
    """Random weights for a layer followed by tanh.

    Args:
        fan_in, fan_out: Numbers of inputs and outputs.
        rng: A NumPy random generator.

    Returns:
        W: Shape (fan_in, fan_out), mean 0, variance 2 / (fan_in + fan_out).
    """
    ### BEGIN SOLUTION
    std = np.sqrt(2.0 / (fan_in + fan_out))
    W = rng.normal(0.0, std, (fan_in, fan_out))
    ### END SOLUTION
    return W


# %%
def he_init(fan_in, fan_out, rng):
    """Random weights for a layer followed by ReLU.

    Args:
        fan_in, fan_out: Numbers of inputs and outputs.
        rng: A NumPy random generator.

    Returns:
        W: Shape (fan_in, fan_out), mean 0, variance 2 / fan_in.
    """
    ### BEGIN SOLUTION
    std = np.sqrt(2.0 / fan_in)
    W = rng.normal(0.0, std, (fan_in, fan_out))
    ### END SOLUTION
    return W


# %% tags=["instructor"]
from autograder.exercises import (
    Answer,
    Function,
    Module,
    Sampler,
    Text,
    array,
    choice,
    constant,
    edit,
    provided,
    rng,
    variant,
)

xavier = Sampler(
    xavier_init,
    inputs={"fan_in": choice(150, 200, 300), "fan_out": choice(80, 120), "rng": rng()},
    outputs=["W"],
    points=2,
    variants={"wide": variant(fan_in=60, fan_out=400), "narrow": variant(fan_in=400, fan_out=60)},
    hints=(
        "Mean zero, and a spread that keeps the size of a signal the same on its way through.",
        "rng.normal takes a mean, a standard deviation and a shape. What is the standard deviation, given a variance?",
        "The root of two over the sum of both fans is the standard deviation; the shape is (fan_in, fan_out).",
    ),
)
he = Sampler(
    he_init,
    inputs={"fan_in": choice(150, 200, 300), "fan_out": choice(80, 120), "rng": rng()},
    outputs=["W"],
    points=2,
    variants={"wide": variant(fan_in=60, fan_out=400), "narrow": variant(fan_in=400, fan_out=60)},
    hints=(
        "As before; only the variance differs, because a ReLU halves the mean square.",
        "Only the number of inputs matters: it is the number of terms in each sum.",
        "The standard deviation is the root of two over fan_in; the shape is (fan_in, fan_out).",
    ),
)

# %% [markdown]
# ### Predict
# Ten layers of 200 units, fed with standard normal numbers. Five ways to begin: tanh with weights of standard deviation 0.01, tanh
# with standard deviation 1, tanh with your Xavier, ReLU with your Xavier, ReLU with your He. What size (root mean square) do the
# activations have after ten layers? Sort the five.

# %% tags=["experiment"]
my_guess = None  # size of the activations after 10 layers: tanh with standard deviation 0.01

with guard():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(500, 200))
    setups = {
        "tanh, 0.01": (np.tanh, lambda: 0.01 * rng.normal(size=(200, 200))),
        "tanh, 1": (np.tanh, lambda: rng.normal(size=(200, 200))),
        "tanh, Xavier": (np.tanh, lambda: xavier_init(200, 200, rng)),
        "ReLU, Xavier": (lambda h: np.maximum(h, 0), lambda: xavier_init(200, 200, rng)),
        "ReLU, He": (lambda h: np.maximum(h, 0), lambda: he_init(200, 200, rng)),
    }
    sizes, slopes = {}, {}
    for name, (activation, draw) in setups.items():
        h, layers = x, []
        for _ in range(10):
            h = activation(h @ draw())
            layers.append(h)
        sizes[name] = [np.sqrt(np.mean(h**2)) for h in layers]
        flat = [(1 - h**2) if "tanh" in name else (h > 0) for h in layers]
        slopes[name] = [np.mean(slope) for slope in flat]
    prediction.compare(my_guess, float(sizes["tanh, 0.01"][-1]), "size after 10 layers, tanh with 0.01")
    draw_side_by_side(
        range(1, 11), {"size of the activations": sizes, "mean slope of the activation": slopes},
        xlabel="layer", logy=[True, False], title="Two ways to lose a signal: let it fade, or saturate it",
    )

# %% [markdown]
# With 0.01 the signal fades by a factor of seven in each layer. With 1 its size is fine, and yet nothing will learn: the
# right picture shows that tanh is saturated, and its slope next to zero. Xavier keeps a tanh network in the middle. Under
# ReLUs Xavier loses half of the mean square in each layer; He's 2 puts it back.
#
# | activation | start | why |
# |---|---|---|
# | ReLU and its kin | He, variance $2/\text{fan\_in}$ | half of the mean square is thrown away |
# | tanh, sigmoid | Xavier, variance $2/(\text{fan\_in}+\text{fan\_out})$ | nearly straight around zero |
#
# Don't believe a table. The next cell trains all combinations, networks of nine layers on digits. **Predict:** which cells
# of the grid will learn nothing at all?

# %% tags=["experiment"]
with guard():
    digits = data.digits()
    sizes = (64, *[50] * 8, 10)
    starts = {
        "std 0.01": lambda i, o: 0.01,
        "Xavier": lambda i, o: xavier_init(i, o, np.random.default_rng(1)).std(),
        "He": lambda i, o: he_init(i, o, np.random.default_rng(1)).std(),
        "std 1": lambda i, o: 1.0,
    }
    grid = []
    for activation in ("relu", "tanh", "sigmoid"):
        grid.append([])
        for std in starts.values():
            stds = [std(i, o) for i, o in zip(sizes, sizes[1:])]
            network = Network(sizes, stds, np.random.default_rng(0), activation)
            rng = np.random.default_rng(0)
            with np.errstate(all="ignore"):
                for _, rows in training.minibatches(len(digits.X), 50, 5, rng):
                    grads = network.loss_and_grads(digits.X[rows], digits.y[rows])[1]
                    for name in network.parameters:
                        network.parameters[name] = network.parameters[name] - 0.05 * grads[name]
                grid[-1].append(training.accuracy(network.scores, digits.X_val, digits.y_val))
    draw_grid(grid, rows=["ReLU", "tanh", "sigmoid"], columns=list(starts), label="accuracy on new digits",
              title="Nine layers, five epochs: the start decides")

# %% [markdown]
# ReLU needs He; tanh is content with either. And the sigmoid row? Neither of the two standard starts moves it: its slope of at
# most a quarter eats the signal in a deep net. Only weights far too large for anything else make up for the quarters, and then it
# crawls. For shallow nets Xavier is the right advice for a sigmoid; for deep ones the advice is: no sigmoids between layers.

# %% [markdown]
# ## A good step
#
# All of these take `w`, the gradient `dw` (same shape) and a dict `config`, and return the next `w` and the `config` for the
# next call. `config` holds the settings; what an optimiser remembers from step to step it keeps there as well. At the first
# call those entries are missing: start them at zero (`config.get("velocity", ...)`).
#
# ### Momentum
#
# A ball that rolls: the gradient pushes, friction $\mu$ lets the speed decay.
#
# $$v \leftarrow \mu\, v - \eta\, \text{dw}, \qquad w \leftarrow w + v$$
#
# `config`: `learning_rate` ($\eta$), `momentum` ($\mu$), and your `velocity` ($v$).

# %%
def sgd_momentum(w, dw, config):
    """One step of gradient descent with momentum.

    Args:
        w, dw: Weights and their gradient, arrays of the same shape.
        config: "learning_rate", "momentum"; "velocity" from the second call on.

    Returns:
        next_w: The new weights.
        config: With "velocity", for the next call.
    """
    ### BEGIN SOLUTION
    v = config.get("velocity", np.zeros_like(w))
    v = config["momentum"] * v - config["learning_rate"] * dw
    next_w = w + v
    config["velocity"] = v
    ### END SOLUTION
    return next_w, config


# %% tags=["instructor"]
momentum = Function(
    sgd_momentum,
    inputs={"w": "N D", "dw": "N D", "config": constant({"learning_rate": 0.1, "momentum": 0.9})},
    outputs=["next_w", "config"],
    unjudged=["config"],
    steps=4, carry={"w": 0, "config": 1},
    points=3,
    variants={"little friction, large rate": variant(config={"learning_rate": 0.5, "momentum": 0.99}),
              "a vector": variant(w=array("6"), dw=array("6"))},
    hints=(
        "The speed remembers all earlier gradients; the weights move by the speed.",
        "Is the new speed stored in config? Is it the new one, not the old, that moves the weights?",
        "New speed: momentum times the old speed, minus the rate times dw. New weights: w plus the new speed. Store it as "
        "config's velocity.",
    ),
)

# %% [markdown]
# ### RMSprop
#
# Steep directions get small steps, flat ones large: divide by a running root mean square of the gradient, entry by entry.
#
# $$c \leftarrow \rho\, c + (1 - \rho)\, \text{dw}^2, \qquad w \leftarrow w - \eta\, \frac{\text{dw}}{\sqrt{c} + \epsilon}$$
#
# `config`: `learning_rate`, `decay_rate` ($\rho$), `epsilon`, and your `cache` ($c$). Note where $\epsilon$ stands: outside
# the root.

# %%
def rmsprop(w, dw, config):
    """One step of RMSprop.

    Args:
        w, dw: Weights and their gradient, arrays of the same shape.
        config: "learning_rate", "decay_rate", "epsilon"; "cache" from the second call on.

    Returns:
        next_w: The new weights.
        config: With "cache", for the next call.
    """
    ### BEGIN SOLUTION
    rho = config["decay_rate"]
    c = config.get("cache", np.zeros_like(w))
    c = rho * c + (1 - rho) * dw**2
    next_w = w - config["learning_rate"] * dw / (np.sqrt(c) + config["epsilon"])
    config["cache"] = c
    ### END SOLUTION
    return next_w, config


# %% tags=["instructor"]
rms = Function(
    rmsprop,
    inputs={"w": "N D", "dw": "N D", "config": constant({"learning_rate": 0.05, "decay_rate": 0.9, "epsilon": 1e-8})},
    outputs=["next_w", "config"],
    unjudged=["config"],
    steps=4, carry={"w": 0, "config": 1},
    points=2,
    variants={"large epsilon": variant(config={"learning_rate": 0.2, "decay_rate": 0.8, "epsilon": 0.3}),
              "a vector": variant(w=array("6"), dw=array("6"))},
    hints=(
        "A running mean of the squared gradient; then a step that is divided by its root.",
        "Update the running mean first, use the new one, store it.",
        "Cache: rho times old plus (1 - rho) times the squared gradient. Step: rate times dw over (root of the cache, plus epsilon).",
    ),
)

# %% [markdown]
# ### Adam
#
# Momentum and RMSprop together, and one thing more. Both running means start at zero, so in the first steps they are too
# small, $m$ by the factor $1 - \beta_1^t$ and $v$ by $1 - \beta_2^t$. Adam divides that out. The first step has $t = 1$.
#
# $$m \leftarrow \beta_1 m + (1-\beta_1)\,\text{dw}, \qquad v \leftarrow \beta_2 v + (1-\beta_2)\,\text{dw}^2$$
# $$\hat m = \frac{m}{1-\beta_1^t}, \qquad \hat v = \frac{v}{1-\beta_2^t}, \qquad
#   w \leftarrow w - \eta\,\frac{\hat m}{\sqrt{\hat v} + \epsilon}$$
#
# Mind where $\epsilon$ stands: it is added to the root of the *corrected* mean. The shortcut of the paper, which puts both corrections into
# the rate, $\eta\sqrt{1-\beta_2^t}/(1-\beta_1^t)$, and divides by $\sqrt{v} + \epsilon$, has in truth another, larger $\epsilon$ in the
# first steps. The check sees the difference; if nothing else is wrong, half of the points stay.
#
# `config`: `learning_rate`, `beta1`, `beta2`, `epsilon`, and your `m`, `v` and `t` (steps done so far; 0 before the first).

# %%
def adam(w, dw, config):
    """One step of Adam.

    Args:
        w, dw: Weights and their gradient, arrays of the same shape.
        config: "learning_rate", "beta1", "beta2", "epsilon"; "m", "v", "t" from the second call on.

    Returns:
        next_w: The new weights.
        config: With "m", "v" and "t", for the next call.
    """
    ### BEGIN SOLUTION
    beta1, beta2 = config["beta1"], config["beta2"]
    t = config.get("t", 0) + 1
    m = beta1 * config.get("m", np.zeros_like(w)) + (1 - beta1) * dw
    v = beta2 * config.get("v", np.zeros_like(w)) + (1 - beta2) * dw**2
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    next_w = w - config["learning_rate"] * m_hat / (np.sqrt(v_hat) + config["epsilon"])
    config["m"], config["v"], config["t"] = m, v, t
    ### END SOLUTION
    return next_w, config


# %% tags=["instructor"]
adam_step = Function(
    adam,
    inputs={"w": "N D", "dw": "N D",
            "config": constant({"learning_rate": 0.05, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8})},
    outputs=["next_w", "config"],
    unjudged=["config"],
    steps=4, carry={"w": 0, "config": 1},
    points=4,
    variants={"large epsilon": variant(config={"learning_rate": 0.2, "beta1": 0.7, "beta2": 0.9, "epsilon": 0.3}),
              "a vector": variant(w=array("6"), dw=array("6"))},
    hints=(
        "Two running means, two corrections, one step.",
        "t counts from 1: raise it before you use it. The corrected means are for this step only; store the uncorrected ones.",
        "In order: t up by one; m and v; divide m by one minus beta1 to the t, v by one minus beta2 to the t; step by the rate "
        "times the first over (root of the second, plus epsilon); put m, v and t back into config.",
    ),
)

# %% [markdown]
# **Question.** With $\beta_1 = 0.9$ and $\beta_2 = 0.999$, and $\epsilon$ negligible: how many times too large is Adam's
# *very first* step if both corrections are forgotten?

# %%
answer_first_step = None  # a number
### BEGIN SOLUTION
answer_first_step = 3.1623
### END SOLUTION

# %% tags=["instructor"]
first_step = Answer(
    "answer_first_step", points=1, form="number", tolerance=1e-2,
    hints=(
        "At the first step m and v hold one gradient each, weighted.",
        "The step is m over the root of v. By what factors are the two too small?",
        "One minus beta1, over the root of one minus beta2.",
    ),
)

# %% [markdown]
# ### Predict
# The next cell trains the same network on digits by plain gradient descent and by your three optimisers, each at three
# learning rates: a small, a middling and a large one. Before you look: which of the four cares least about its rate?

# %% tags=["experiment"]
with guard():
    digits = data.digits()
    methods = {
        "plain": (lambda w, dw, c: (w - c["learning_rate"] * dw, c), {}, [0.01, 0.1, 1.0]),
        "momentum": (sgd_momentum, {"momentum": 0.9}, [0.01, 0.1, 1.0]),
        "RMSprop": (rmsprop, {"decay_rate": 0.99, "epsilon": 1e-8}, [0.0001, 0.001, 0.01]),
        "Adam": (adam, {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8}, [0.0001, 0.001, 0.01]),
    }
    panels = {}
    for method, (update, settings, rates) in methods.items():
        panels[f"loss ({method})"] = {}
        for rate in rates:
            stds = [np.sqrt(2 / fan_in) for fan_in in (64, 50, 50)]
            network = Network((64, 50, 50, 10), stds, np.random.default_rng(0))
            configs = {name: {"learning_rate": rate, **settings} for name in network.parameters}
            losses = []
            with np.errstate(all="ignore"):
                for _, rows in training.minibatches(len(digits.X), 50, 5, np.random.default_rng(0)):
                    loss, grads = network.loss_and_grads(digits.X[rows], digits.y[rows])
                    losses.append(min(loss, 10.0))
                    for name in network.parameters:
                        network.parameters[name], configs[name] = update(
                            network.parameters[name], grads[name], configs[name])
            panels[f"loss ({method})"][f"rate {rate:g}"] = np.convolve(losses, np.ones(10) / 10, "valid")
    draw_side_by_side(range(len(losses) - 9), panels, xlabel="step", logy=[True] * 4, columns=2,
                      title="Too small: slow. Right: fast. Too large: noise, or a cliff")

# %% [markdown]
# A rate too small is slow with all four; they differ at the large end. There plain descent gets nowhere and momentum has
# killed the network, while RMSprop and Adam learn fastest. They divide the size of the gradient out, so their rate *is* a
# length of step, the same for every layer and every loss; for the other two the right rate depends on how large the
# gradients happen to be.
#
# Where to begin, then? Start small, raise the rate by factors of three until the loss grows restless, step back once. For
# Adam 0.001 is the usual first guess (here 0.01 is better still); for plain gradient descent there is none. And whichever you choose: lower
# it over time, and let the validation loss, not the training loss, have the last word.

# %% [markdown]
# ## A rate that changes
#
# **Cosine annealing** slides from `hi` at $t = 0$ down to `lo` at $t = T$, gently at both ends:
#
# $$\eta(t) = \text{lo} + \tfrac12 (\text{hi} - \text{lo})\left(1 + \cos \frac{\pi t}{T}\right)$$

# %%
def cosine_lr(t, T, hi, lo):
    """The learning rate of cosine annealing.

    Args:
        t: The step, from 0 to T.
        T: The number of steps.
        hi, lo: The rates at the beginning and at the end.

    Returns:
        The learning rate at step t, a number.
    """
    ### BEGIN SOLUTION
    lr = lo + 0.5 * (hi - lo) * (1 + np.cos(np.pi * t / T))
    ### END SOLUTION
    return lr


# %% tags=["instructor"]
cosine = Function(
    cosine_lr,
    inputs={"t": choice(1, 3, 4, 7), "T": choice(10, 16), "hi": choice(0.5, 1.0, 2.0), "lo": choice(0.1, 0.01)},
    outputs=["lr"],
    points=2,
    variants={
        "first step": variant(t=0, T=12, hi=0.8, lo=0.1),
        "last step": variant(t=12, T=12, hi=0.8, lo=0.1),
        "half way": variant(t=6, T=12, hi=0.8, lo=0.1),
        "late": variant(t=11, T=12, hi=0.8, lo=0.1),
    },
    hints=(
        "A cosine from its top to its bottom is half a period.",
        "The argument goes from 0 to pi while t goes from 0 to T. Check both ends: hi, and lo.",
        "lo plus half of the difference times one plus the cosine.",
    ),
)

# %% [markdown]
# **Warm restarts** (Loshchilov and Hutter, 2017): when the rate has come down, throw it up again and begin a new, longer
# slide. The cycles have lengths $T_0,\; T_0 m,\; T_0 m^2, \dots$ with $m$ = `mult`. The first step of each cycle has the rate
# `hi`: with `T0 = 4`, the steps $0$ and $4$ both do. Within a cycle of length $T_i$ the rate is cosine annealing over
# $T_i$ steps.

# %%
def warm_restart_lr(t, T0, mult, hi, lo):
    """The learning rate of cosine annealing with warm restarts.

    Args:
        t: The step, from 0.
        T0: The length of the first cycle.
        mult: Each cycle is this many times as long as the one before, an integer of at least 1.
        hi, lo: The highest rate, and the lowest (towards which each cycle slides).

    Returns:
        The learning rate at step t, a number.
    """
    ### BEGIN SOLUTION
    length, start = T0, 0
    while t >= start + length:
        start = start + length
        length = length * mult
    lr = lo + 0.5 * (hi - lo) * (1 + np.cos(np.pi * (t - start) / length))
    ### END SOLUTION
    return lr


# %% tags=["instructor"]
restarts = Function(
    warm_restart_lr,
    inputs={"t": choice(1, 3, 6, 9, 13, 17), "T0": choice(4, 5), "mult": choice(2, 3), "hi": choice(0.5, 1.0, 2.0), "lo": choice(0.1, 0.01)},
    outputs=["lr"],
    points=3,
    variants={
        "first step": variant(t=0, T0=4, mult=2, hi=0.8, lo=0.1),
        "last step before a restart": variant(t=3, T0=4, mult=2, hi=0.8, lo=0.1),
        "first restart": variant(t=4, T0=4, mult=2, hi=0.8, lo=0.1),
        "second restart": variant(t=12, T0=4, mult=2, hi=0.8, lo=0.1),
        "late in the second cycle": variant(t=9, T0=4, mult=2, hi=0.8, lo=0.1),
        "in the third cycle": variant(t=20, T0=4, mult=2, hi=0.8, lo=0.1),
        "cycles of one length": variant(t=11, T0=4, mult=1, hi=0.8, lo=0.1),
        "fifth restart": variant(t=484, T0=4, mult=3, hi=0.8, lo=0.1),  # a quotient of logarithms falls short of 5
    },
    hints=(
        "First find the cycle in which t lies; then it is cosine annealing within that cycle.",
        "Go from cycle to cycle while t lies at or beyond its end; each time the start moves on and the length grows.",
        "Keep a start (0) and a length (T0). While t has reached start plus length: add the length to the start, multiply the "
        "length by mult. Then anneal over t minus start out of length.",
    ),
)

# %% [markdown]
# **Reduce on plateau** looks at the validation loss, which the other two never do. Go through the losses so far. When
# `patience` epochs in a row have brought no new best (strictly lower than all before), multiply the rate by
# `factor` and begin to count anew. The best so far stays.

# %%
def plateau_lr(losses, lr, factor, patience):
    """The learning rate after a history of validation losses.

    Args:
        losses: The validation losses so far, in order, shape (T,).
        lr: The rate to begin with.
        factor: What it is multiplied by on a plateau, below 1.
        patience: Epochs in a row without a new best that make a plateau.

    Returns:
        The learning rate for the next epoch, a number.
    """
    ### BEGIN SOLUTION
    best, waited = np.inf, 0
    for loss in losses:
        if loss < best:
            best, waited = loss, 0
        else:
            waited = waited + 1
        if waited == patience:
            lr = lr * factor
            waited = 0
    ### END SOLUTION
    return lr


# %% tags=["instructor"]
plateau = Function(
    plateau_lr,
    inputs={"losses": array("T", low=0.2, digits=6), "lr": choice(0.1, 1.0), "factor": choice(0.5, 0.1), "patience": choice(1, 2)},
    outputs=["lr"],
    points=2,
    variants={
        "two plateaus": variant(losses=np.array([3.0, 2.0, 2.1, 2.2, 2.3, 1.5, 1.6, 1.7, 1.8]), lr=1.0, factor=0.5, patience=3),
        "one long plateau": variant(losses=np.array([1.0, 1.5, 1.6, 1.5, 1.6, 1.5, 1.6]), lr=1.0, factor=0.5, patience=2),
        "broken by a new best": variant(losses=np.array([2.0, 2.1, 1.9, 2.0, 1.8, 1.9]), lr=1.0, factor=0.5, patience=2),
        "rising and falling above the best": variant(losses=np.array([1.0, 3.0, 2.5, 2.0, 1.5]), lr=1.0, factor=0.5, patience=3),
        "a tie": variant(losses=np.array([1, 1, 1]), lr=1.0, factor=0.5, patience=2),
        "not yet": variant(losses=np.array([1.0, 1.2, 1.1]), lr=1.0, factor=0.5, patience=3),
        "better by a hair": variant(losses=np.array([1.0, 1.1, 0.999999, 1.1]), lr=1.0, factor=0.5, patience=2),
        "high losses": variant(losses=np.array([3e6, 3e6, 2e6, 2e6]), lr=1.0, factor=0.5, patience=2),
        "after a cut the best stays": variant(losses=np.array([1.0, 1.2, 1.3, 1.1, 1.05]), lr=1.0, factor=0.5, patience=2),
    },
    hints=(
        "Two things to remember while you go through the losses: the best so far, and how long you have waited.",
        "A new best resets the wait. When the wait reaches patience: cut, and reset the wait, not the best.",
        "Start with best = infinity, waited = 0. For each loss: lower than best? Take it and reset the wait. Otherwise wait one "
        "more; if that makes patience, multiply the rate by factor and wait from zero.",
    ),
)

# %% [markdown]
# **Question.** Does cosine annealing look at the validation loss? Assign `"yes"` or `"no"`.

# %%
answer_cosine_looks = None  # "yes" or "no"
### BEGIN SOLUTION
answer_cosine_looks = "no"
### END SOLUTION

# %% tags=["instructor"]
cosine_looks = Answer(
    "answer_cosine_looks", points=1, choices=("yes", "no"),
    hints=(
        "What are the arguments of the function you wrote?",
        "Is there a loss among them?",
        "It knows the step and the number of steps, and two rates.",
    ),
)

# %% [markdown]
# **Predict** the three shapes on paper, then draw them.

# %% tags=["experiment"]
with guard():
    steps = np.arange(60)
    noisy = 1.0 / (1 + steps[:30]) + 0.02 * np.random.default_rng(0).random(30)
    bumpy = np.concatenate([noisy, np.full(30, 0.06)])
    draw_lines(
        steps,
        {"cosine": [cosine_lr(t, 59, 1.0, 0.05) for t in steps],
         "warm restarts, T0 = 8, mult = 2": [warm_restart_lr(t, 8, 2, 1.0, 0.05) for t in steps],
         "on plateau, patience 6": [plateau_lr(bumpy[: t + 1], 1.0, 0.5, 6) for t in steps]},
        xlabel="step", ylabel="learning rate", title="Three ways to come down", legend="right",
    )

# %% [markdown]
# ## Stop in time
#
# A network that is trained too long learns its examples by heart. The training loss goes on falling; the validation loss turns. Stop
# when it has not improved for a while.
#
# An epoch *improves* if its value lies below the best by more than `min_delta`; only then does it become the new best.
# `step` returns `True` whenever the last `patience` epochs in a row brought no improvement, otherwise `False`.

# %%
class EarlyStopping:
    """Says when to stop training.

    Args:
        patience: Epochs in a row without improvement that are too many.
        min_delta: By how much an epoch must lie below the best to count.

    Attributes:
        best: The best value so far; infinity before the first epoch.
    """

    def __init__(self, patience, min_delta):
        ### BEGIN SOLUTION
        self.patience = patience
        self.min_delta = min_delta
        self.best = np.inf
        self.waited = 0
        ### END SOLUTION

    def step(self, val):
        """Note the validation loss of an epoch; return whether to stop."""
        ### BEGIN SOLUTION
        if val < self.best - self.min_delta:
            self.best = val
            self.waited = 0
        else:
            self.waited = self.waited + 1
        return self.waited >= self.patience
        ### END SOLUTION


# %% tags=["instructor"]
def _run_of_losses(*numbers):
    return {f"v{i}": number for i, number in enumerate(numbers)}


stopping = Module(
    EarlyStopping,
    inputs={"patience": choice(2, 3), "min_delta": choice(0.0, 0.0505), **{f"v{i}": array("", low=0.3, digits=6) for i in range(8)}},
    init=["patience", "min_delta"],
    steps=[*[("stop", "step", f"v{i}") for i in range(8)], ("best", ".best")],
    points=3,
    variants={
        "bad epochs not in a row": variant(patience=3, min_delta=0.0, **_run_of_losses(1.0, 1.1, 0.9, 1.0, 0.8, 0.9, 0.7, 0.75)),
        "down from a peak": variant(patience=3, min_delta=0.0, **_run_of_losses(1.0, 3.0, 2.5, 2.0, 1.5, 1.4, 1.3, 1.2)),
        "gains below min_delta": variant(patience=2, min_delta=0.5, **_run_of_losses(4.0, 3.8, 3.7, 3.65, 3.6, 3.58, 3.57, 3.56)),
        "slow, but it adds up": variant(patience=3, min_delta=0.25, **_run_of_losses(2.0, 1.9, 1.8, 1.7, 1.6, 1.5, 1.4, 1.3)),
        "better again after the stop": variant(patience=2, min_delta=0.0, **_run_of_losses(1.0, 1.5, 1.5, 0.5, 0.6, 0.4, 0.45, 0.46)),
        "hardly worse": variant(patience=2, min_delta=0.5, **_run_of_losses(2.0, 2.2, 2.1, 2.3, 2.2, 1.2, 1.4, 1.3)),
        "high losses": variant(patience=2, min_delta=0.0, **_run_of_losses(4e12, 5e12, 3e12, 4e12, 2e12, 3e12, 3e12, 3e12)),
        "ties": variant(patience=3, min_delta=0.0, **_run_of_losses(2, 2, 2, 2, 2, 1, 1, 1)),
    },
    hints=(
        "Two things to remember between the calls: the best so far, and how many epochs have passed without improvement.",
        "An improvement sets the best and the count; anything else raises the count. Compare the count with patience.",
        "In step: is val below best minus min_delta? Then take it as best and set the count to zero; otherwise count one more. "
        "Return whether the count has reached patience.",
    ),
)

# %% [markdown]
# ### Predict
# A hundred digits to learn from, twenty of them labelled at random, and 120 epochs. At which epoch will the validation loss be lowest?
# What will the training loss do after that? And with weight decay (each step also shrinks the weights a little)?

# %% tags=["experiment"]
my_guess = None  # the epoch (of 120) with the lowest validation loss

with guard():
    digits = data.digits()
    rng = np.random.default_rng(0)
    few = rng.permutation(len(digits.X))[:100]
    X, y = digits.X[few], digits.y[few].copy()
    y[:20] = rng.integers(0, 10, 20)

    def mean_loss(network, X, y):
        scores = network.scores(X)
        truth = scores[np.arange(len(y)), y]
        return np.mean(np.logaddexp.reduce(scores, axis=1) - truth)

    curves = {}
    for name, decay in (("no decay", 0.0), ("weight decay", 0.02)):
        network = Network((64, 100, 10), [np.sqrt(2 / 64), np.sqrt(2 / 100)], np.random.default_rng(0))
        stopper, stop, train_loss, val_loss = EarlyStopping(patience=20, min_delta=0.0), None, [], []
        for epoch in range(120):
            for rows in np.array_split(rng.permutation(100), 5):
                grads = network.loss_and_grads(X[rows], y[rows])[1]
                for key, value in network.parameters.items():
                    network.parameters[key] = value - 0.3 * (grads[key] + decay * value * key.startswith("w"))
            train_loss.append(mean_loss(network, X, y))
            val_loss.append(mean_loss(network, digits.X_val, digits.y_val))
            if stopper.step(val_loss[-1]) and stop is None:
                stop = epoch
        curves[f"training, {name}"], curves[f"validation, {name}"] = train_loss, val_loss
        best = int(np.argmin(val_loss))
        print(f"{name}: lowest validation loss {val_loss[best]:.2f} in epoch {best}, {val_loss[-1]:.2f} in the end; "
              f"stop in epoch {stop}")
        if decay == 0:
            prediction.compare(my_guess, str(best), "epoch of the lowest validation loss")
    draw_lines(range(120), curves, xlabel="epoch", ylabel="loss", title="Learning by heart: the lines part")

# %% [markdown]
# Without decay the network learns even the random labels by heart: its training loss goes to zero, and the validation loss turns and
# climbs. Weight decay keeps the two lines closer. The validation loss jumps about, too: an impatient `patience` would stop at the
# first bump.

# %% [markdown]
# ## More data, made or borrowed
#
# The surest cure for learning by heart is more examples. How many? And if there are no more: one can *make* some, moving each picture by a pixel (**augmentation**), or start from a network that has learnt something else (**transfer**).
#
# **Predict first.** Your Adam, 300 steps, from 20 to all 1,438 digits; once as they are, once with each picture moved about by a pixel at random. What accuracy do 50 digits give? And will moved pictures help on digits that are *not* moved, with 20 digits? With all?

# %% tags=["experiment"]
my_guess = None  # accuracy in per cent with 50 digits, as they are

with guard():
    digits, counts = data.digits(), [20, 50, 100, 200, 400, 800, 1438]
    moved = [few_examples.shifted(digits.X_val, *way) for way in few_examples.AROUND[1:]]
    still, about = {}, {}
    for name, change in (("learnt as they are", None), ("learnt moved about", few_examples.jiggled)):
        still[name], about[name] = [], []
        for count in counts:
            net = few_examples.network(0)
            few_examples.fit(net, digits.X[:count], digits.y[:count], adam, change=change)
            scores = [training.accuracy(net.scores, X, digits.y_val) for X in [digits.X_val, *moved]]
            still[name].append(scores[0])
            about[name].append(np.mean(scores[1:]))
    prediction.compare(my_guess, 100 * still["learnt as they are"][1], "per cent with 50 digits")
    for where, table in (("unmoved", still), ("moved by a pixel", about)):
        for name, row in table.items():
            print(f"{where:17}{name:19}" + "".join(f"{value:7.1%}" for value in row))
    draw_side_by_side(counts, {"right, unmoved digits": still, "right, digits moved by one pixel": about}, xlabel="digits to learn from",
                      logx=True, title="Each doubling buys less; and one gets what one has shown")

# %% [markdown]
# Each doubling buys less than the one before: from 20 to 50 digits it is some twenty points, from 800 to all of them one. Moving the pictures about nearly doubles the accuracy on moved digits, for nothing. On *unmoved* ones it helps a little where examples are few, and with all of them it
# **costs** two to eight points (over three seeds) in the same number of steps. Augmentation is no free lunch: it says what should not matter, and a network that can afford to know better pays for it.
#
# **Predict first.** Now the task is a new one: digits under heavy noise, or moved to the right, or to the right and down. There is *one* example of each digit, or ten. Start from scratch, or from the network that has learnt the old digits and fine-tune it. In which of the three tasks will the old network help? Will it harm anywhere?

# %% tags=["experiment"]
my_guess = None  # "noise", "moved right", "moved right and down": where does the old network help most?

with guard():
    digits = data.digits()
    old = few_examples.fit(few_examples.network(0), digits.X, digits.y, adam)
    tasks = {
        "noise": lambda X: few_examples.noisy(X, np.random.default_rng(7)),
        "moved right": lambda X: few_examples.shifted(X, 0, 1),
        "moved right and down": lambda X: few_examples.shifted(X, 1, 1),
    }
    grid, gains = [], {}
    for task, new in tasks.items():
        X, X_val = new(digits.X), new(digits.X_val)
        row = [training.accuracy(old.scores, X_val, digits.y_val)]
        for each in (1, 10):
            for start in (None, old):
                found = []
                for seed in range(3):
                    rows = few_examples.some_of_each(digits.y, each, np.random.default_rng(seed))
                    net = few_examples.network(seed + 1)
                    net.parameters = dict((start or net).parameters)
                    few_examples.fit(net, X[rows], digits.y[rows], adam, steps=100, seed=seed)
                    found.append(training.accuracy(net.scores, X_val, digits.y_val))
                row.append(np.mean(found))
        grid.append(row)
        gains[task] = row[2] - row[1]
    prediction.compare(my_guess, max(gains, key=gains.get), "where the old network helps most")
    draw_grid(grid, rows=list(tasks), label="accuracy on new digits", title="From scratch, or from what was learnt before",
              columns=["old,\nas it is", "scratch,\n1 each", "tuned,\n1 each", "scratch,\n10 each", "tuned,\n10 each"])

# %% [markdown]
# Three tasks, three signs. Under noise the old network is worth more than ten examples of each digit. Moved to the right it helps while there is one example, and with ten the advantage is gone. Moved to the right *and* down it **harms**: it begins with a firm opinion that is wrong. The first column tells
# beforehand: transfer helps as far as the old network already works. Measure that before you believe it.

# %% [markdown] tags=["text:explain_more_data"]
# **Explain.** A colleague wants to fine-tune a network that was trained on photographs for pictures from a microscope, and to augment them by random rotations. What would you measure first, for each of the two, and why? Three or four sentences, with a number from your own runs. (Double-click here to write; a person will read it. It is worth 1 point.)
#
# ### BEGIN SOLUTION
# First how well the old network does on the new pictures as it is: where it got 72 % (noise) fine-tuning gained 45 points with one example each, where it got 14 % it lost some. And whether rotations leave the answer as it is, and occur at the test at all: moving digits about took moved ones from 44 % to 83 %, and cost 8 points on unmoved ones,
# since a network of that size and that many steps has to spend itself on more cases. Both are bets on what the new data are like, so both are compared with the plain way on validation data.
# ### END SOLUTION

# %% tags=["instructor"]
more_data = Text(
    "explain_more_data", points=1,
    rubric=(
        "Claim: transfer and augmentation may help or harm; measure the old network as it is, and with and without augmentation, on validation data.",
        "Mechanism: an old network helps as far as it already works; augmentation buys what it shows, and costs elsewhere.",
        "A number from the own run, such as the accuracy with and without, or of the old network as it is.",
    ),
)

# %% [markdown]
# ## Large batches on a small memory
#
# A batch of 512 does not fit? Send eight micro-batches of 64 through, one after the other, and add up their gradients. A
# function `grad_fn(X, y)` returns the gradient of the *mean* loss over the examples it gets. The gradient of the mean over all $N$
# examples is then a weighted sum. With $n_k$ examples in micro-batch $k$:
#
# $$\text{grad} = \sum_k \frac{n_k}{N}\, \text{grad\_fn}(X_k, y_k), \qquad N = \sum_k n_k .$$

# %% tags=["provided"]
def mean_gradient(X, y):
    """Gradient of the mean loss of a small fixed model, for the check of accumulate_grads; six examples fit at most."""
    if len(X) > 6:
        raise ValueError(f"{len(X)} examples do not fit into this small memory; send at most 6 at once")
    w = np.linspace(-1.0, 1.5, X.shape[1])
    guess = np.tanh(X @ w)
    return X.T @ ((guess - y) * (1 - guess**2)) / len(X)


# %%
def accumulate_grads(grad_fn, X, y, sizes):
    """The gradient of the mean loss over a batch, micro-batch by micro-batch.

    Args:
        grad_fn: grad_fn(X, y) is the gradient of the mean loss over the examples in X and y, an array.
        X, y: The batch, shapes (N, D) and (N,).
        sizes: The sizes of the micro-batches, in order; they add up to N.

    Returns:
        The gradient of the mean loss over the whole batch.
    """
    ### BEGIN SOLUTION
    total, start = 0.0, 0
    for size in sizes:
        part = slice(start, start + size)
        total = total + size * grad_fn(X[part], y[part])
        start = start + size
    grad = total / len(X)
    ### END SOLUTION
    return grad


# %% tags=["instructor"]
accumulation = Function(
    accumulate_grads,
    inputs={"grad_fn": provided("mean_gradient"), "X": "N D", "y": "N", "sizes": choice([3, 2, 2], [1, 6], [2, 4, 1])},
    sizes={"N": 7},
    outputs=["grad"],
    points=4,
    large={"X": 4.0},
    variants={
        "other labels": variant(y=array("7", scale=3.0)),
    },
    hints=(
        "A sum over the micro-batches; each counts by its size.",
        "grad_fn has divided by its own n already. Multiply it back, add up, divide by N once.",
        "Keep a start. For each size: the slice from start to start plus size of X and of y; add size times grad_fn of it; move "
        "the start. In the end divide by the number of examples.",
    ),
)

# %% [markdown]
# ### Predict
# The next cell compares your accumulated gradient with that of the whole batch, for a plain layer and for one with batch
# normalisation (each micro-batch is normalised by its own mean and standard deviation). Will both agree to the last digits?

# %% tags=["experiment"]
with guard():
    rng = np.random.default_rng(0)
    X, y, w = rng.normal(size=(24, 5)), rng.normal(size=24), rng.normal(size=5)

    def slope_of(loss):
        """Central differences, so that no backward pass is needed here."""
        nudges = 1e-5 * np.eye(5)
        return lambda X, y: np.array([(loss(w + n, X, y) - loss(w - n, X, y)) / 2e-5 for n in nudges])

    plain = slope_of(lambda w, X, y: np.mean((np.tanh(X @ w) - y) ** 2))
    normalised = slope_of(lambda w, X, y: np.mean(((X @ w - (X @ w).mean()) / (X @ w).std() - y) ** 2))
    gaps = {}
    for name, grad_fn in (("plain layer", plain), ("with batch normalisation", normalised)):
        whole = grad_fn(X, y)
        for sizes in ([8, 8, 8], [12, 8, 4]):
            gap = np.abs(accumulate_grads(grad_fn, X, y, sizes) - whole).max() / np.abs(whole).max()
            gaps[f"{name}, {sizes}"] = max(gap, 1e-16)
    draw_bars(gaps, xlabel="relative difference from the gradient of the whole batch", logx=True,
              title="Accumulation is exact, unless the examples talk to each other")

# %% [markdown]
# With batch normalisation each example's output depends on the others in its (micro-)batch, so smaller micro-batches are
# a *different function*, and their gradients add up to something else. That is one reason why large language models use
# layer normalisation. (What is left for the plain layer, some $10^{-10}$, is the rounding of the central differences.)

# %% [markdown]
# ## A watchful eye
#
# Someone gives you this inspector. It warns when a gradient's norm leaves the range from $10^{-10}$ to $10^3$.

# %% tags=["provided"]
class NaiveInspector:
    """Warns about gradients by their absolute size. Don't copy it."""

    def __init__(self):
        self.history = {}

    def check(self, name, w, dw):
        norm = np.linalg.norm(dw)
        self.history[name] = norm
        if norm < 1e-10:
            return "vanishing"
        if norm > 1e3:
            return "exploding"
        return "ok"


# %% [markdown]
# **Predict** what it says to: a healthy gradient of a layer with a million weights; one that is ten times as large as the
# weights themselves; one that is a hundred-millionth of the weights; one with a single NaN in it. Then run.

# %% tags=["experiment"]
with guard():
    rng = np.random.default_rng(0)
    small = rng.normal(size=(50, 50))
    broken = small.copy()
    broken[3, 4] = np.nan
    trials = {
        "healthy, a million weights": (300 * rng.normal(size=(1000, 1000)), 3 * rng.normal(size=(1000, 1000))),
        "ten times the weights": (1e-3 * small, 1e-2 * small),
        "a hundred-millionth": (small, 1e-8 * small),
        "one NaN": (small, broken),
    }
    naive = NaiveInspector()
    for name, (w, dw) in trials.items():
        norm, ratio = np.linalg.norm(dw), np.linalg.norm(dw) / np.linalg.norm(w)
        print(f"{name:28s} |dw| = {norm:9.2e}   |dw|/|w| = {ratio:7.1e}   naive: {naive.check('layer', w, dw)}")
    print("its memory of the four:", {name: float(norm) for name, norm in naive.history.items()})
    sizes = {}
    for name, (w, dw) in list(trials.items())[:3]:
        sizes[f"{name}: |dw|"] = np.linalg.norm(dw)
        sizes[f"{name}: |dw| / |w|"] = np.linalg.norm(dw) / np.linalg.norm(w)
    draw_bars(sizes, xlabel="size", logx=True, title="The norm and the ratio tell different stories")

# %% [markdown]
# Wrong four times out of four. It cries wolf over a healthy layer that is merely large, and is silent on everything that
# is ill: the norm of an array grows with its size and its units; a comparison with NaN is always false; and its
# history holds one entry only.
#
# Write a better one. With $r = \|\text{dw}\| / \|w\|$, the verdict of `check` is the *first* of these that holds:
#
# | verdict | when |
# |---|---|
# | `"nan"` | `dw` holds a NaN |
# | `"inf"` | `dw` holds an infinity |
# | `"vanishing"` | $r <$ `low` |
# | `"exploding"` | $r >$ `high` |
# | `"ok"` | otherwise |
#
# ($r$ compares the gradient with the weights; a *step* is $\eta\,\|\text{dw}\|$ long, so its share of the weights is $\eta\, r$. Weights that are
# all zero make $r$ infinite, or NaN where the gradient is zero, too; no case has them.)
#
# `history` maps each name to the list of all its $r$ so far, in order, also of the ill ones. `dead_share(acts)` is the share of units
# (columns of `acts`, shape (N, H)) that are zero on every example.

# %%
class GradientInspector:
    """Watches gradients relative to the weights.

    Args:
        low, high: The range of ||dw|| / ||w|| in which a layer is well.

    Attributes:
        history: Name -> list of the ratios of all calls, in order.
    """

    def __init__(self, low, high):
        ### BEGIN SOLUTION
        self.low = low
        self.high = high
        self.history = {}
        ### END SOLUTION

    def check(self, name, w, dw):
        """Note the gradient of one array of weights and return the verdict, a text."""
        ### BEGIN SOLUTION
        ratio = float(np.linalg.norm(dw) / np.linalg.norm(w))
        self.history.setdefault(name, []).append(ratio)
        if np.isnan(dw).any():
            return "nan"
        if np.isinf(dw).any():
            return "inf"
        if ratio < self.low:
            return "vanishing"
        if ratio > self.high:
            return "exploding"
        return "ok"
        ### END SOLUTION

    def dead_share(self, acts):
        """The share of units that are zero on every example, from 0 to 1."""
        ### BEGIN SOLUTION
        dead = (acts == 0).all(axis=0)
        return float(dead.mean())
        ### END SOLUTION


# %% tags=["instructor"]
_ILL = np.array([[0.5, np.nan], [-1.0, np.inf]])
inspector = Module(
    GradientInspector,
    inputs={
        "low": constant(1e-6), "high": constant(10.0),
        "first": constant("w1"), "second": constant("w2"),
        "w": "N D", "calm": array("N D", scale=0.01), "faint": array("N D", scale=1e-8), "wild": array("N D", scale=500.0),
        "big": array("60 50", scale=200.0), "steady": array("60 50", scale=40.0),
        "tiny": array("N D", scale=0.01), "strong": array("N D", scale=10.0),
        "square": array("2 2"),
        "nan": constant(np.array([[1.0, np.nan], [0.5, -2.0]])), "inf": constant(np.array([[1.0, -np.inf], [0.5, -2.0]])),
        "both": constant(_ILL), "all_nan": constant(np.full((2, 2), np.nan)),
        "acts": array("B H", offset=-0.8, floor=0.0),
        "signed": constant(np.array([[1.0, 0.0, -2.0, 0.5, 0.0], [-1.0, 0.0, 3.0, -0.25, 1e-9], [0.0, 0.0, -1.0, -0.25, 0.0]])),
    },
    init=["low", "high"],
    steps=[
        ("verdict", "check", "first", "w", "calm"),
        ("verdict", "check", "second", "big", "steady"),
        ("verdict", "check", "first", "w", "faint"),
        ("verdict", "check", "first", "w", "wild"),
        ("verdict", "check", "second", "tiny", "strong"),
        ("non-finite", "check", "second", "square", "nan"),
        ("non-finite", "check", "first", "square", "inf"),
        ("non-finite", "check", "first", "square", "both"),
        ("non-finite", "check", "second", "square", "all_nan"),
        ("history", ".history"),
        ("dead share", "dead_share", "acts"),
        ("dead share", "dead_share", "signed"),
    ],
    points=4,
    variants={"another range": variant(low=1e-10, high=1e6)},
    hints=(
        "First what makes all else meaningless (NaN, then infinity), then the ratio.",
        "np.isnan and np.isinf with .any(); the ratio of two norms; a list for each name, which only ever grows.",
        "Append the ratio to the list of this name (setdefault helps), then go down the table, one if a line. For the dead: compare "
        "with zero, all along axis 0, mean.",
    ),
)

# %% [markdown]
# Now a dashboard. The next cell trains three networks of four layers and shows, layer by layer, what your inspector saw:
# a healthy one, one that starts with weights far too small, one with far too large a learning rate. **Predict**
# the shape of the three pictures.

# %% tags=["experiment"]
with guard():
    digits = data.digits()
    sizes = (64, 50, 50, 50, 10)
    setups = {"healthy": (None, 0.1), "weights of 0.01": (0.01, 0.1), "learning rate 3": (None, 3.0)}
    panels = {}
    for title, (std, rate) in setups.items():
        stds = [std or np.sqrt(2 / fan) for fan in sizes[:-1]]
        network = Network(sizes, stds, np.random.default_rng(0))
        watch, verdicts = GradientInspector(low=1e-4, high=3.0), []
        with np.errstate(all="ignore"):
            for _, rows in training.minibatches(len(digits.X), 50, 2, np.random.default_rng(0)):
                grads = network.loss_and_grads(digits.X[rows], digits.y[rows])[1]
                for i in range(4):
                    verdicts.append(watch.check(f"w{i}", network.parameters[f"w{i}"], grads[f"w{i}"]))
                for name in network.parameters:
                    network.parameters[name] = network.parameters[name] - rate * grads[name]
        words = ("ok", "vanishing", "exploding", "nan", "inf")
        counts = {word: verdicts.count(word) for word in words if word in verdicts}
        network.scores(digits.X)  # all the data: dead on one batch may be merely asleep
        dead = max(watch.dead_share(acts) for acts in network.activations)
        print(f"{title:16s} {counts}, most dead units in a layer: {dead:.0%}")
        lines = {f"layer {i + 1}": np.maximum(watch.history[f"w{i}"], 1e-8) for i in range(4)}
        panels[f"|dw| / |w|   ({title})"] = lines
    draw_side_by_side(range(len(watch.history["w0"])), panels, xlabel="step", logy=[True] * 3, columns=2,
                      title="What a well network looks like, and two ill ones")

# %% [markdown]
# A well network: all layers within a factor of ten of each other, step after step. Weights too small: the early layers get
# a tenth of the last one's share, and all get little. Too large a rate: an explosion within a dozen steps, then silence; the
# gradients are exactly zero (drawn at $10^{-8}$), and the share of dead units says why. The order of the table is the order of the questions: is it a number at all? how large, relative to
# the weights? and who is dead?

# %% [markdown]
# ### One more leak: digits that add up
#
# Rounding is tiny, $10^{-7}$ in `float32`; but a deep network has many layers. **Predict:** after 60 layers, to how many digits
# does a `float32` gradient agree with a `float64` one?

# %% tags=["experiment"]
my_guess = None  # digits that agree after 60 layers

with guard():
    rng = np.random.default_rng(0)
    weights = [he_init(100, 100, rng) for _ in range(60)]
    start, end = rng.normal(size=(50, 100)), rng.normal(size=(50, 100))

    def gradients(dtype):
        """dL/dx of each layer, from the last to the first."""
        h, kept = start.astype(dtype), []
        for w in weights:
            h = np.maximum(h @ w.astype(dtype), 0)
            kept.append(h > 0)
        back, found = end.astype(dtype), []
        for w, alive in zip(reversed(weights), reversed(kept)):
            back = (back * alive) @ w.astype(dtype).T
            found.append(back.astype(float))
        return found

    errors = [np.linalg.norm(a - b) / np.linalg.norm(b) for a, b in zip(gradients(np.float32), gradients(np.float64))]
    prediction.compare(my_guess, float(-np.log10(errors[-1])), "digits that agree after 60 layers")
    draw_lines(range(1, 61), {"float32 against float64": errors}, xlabel="layers on the way back",
               ylabel="relative difference of the gradient", logy=True, title="Rounding adds up, but slowly")

# %% [markdown]
# Not bad: a digit lost in sixty layers. Rounding errors have no common direction, so they add up like a random walk. In 16-bit numbers,
# with three digits to begin with, the same loss would hurt.

# %% [markdown] tags=["text:explain_relative"]
# **Explain.** Why does a useful gradient monitor compare $\|\text{dw}\|$ with $\|w\|$ and ask for NaN first? Three sentences, with
# a number from your own run.
#
# ### BEGIN SOLUTION
# The norm of a gradient grows with the number of weights and with their scale, so no absolute limit fits two layers; what
# matters is its size relative to the weights (a step moves them by the learning rate times that). In my run a healthy layer with a million weights had a norm of
# 3,000 and a ratio of 0.01, and the naive inspector called it exploding. Every comparison with NaN is false, so a monitor
# that only compares falls through to "ok" just when all is lost.
# ### END SOLUTION

# %% tags=["instructor"]
relative = Text(
    "explain_relative", points=2,
    rubric=(
        "Claim: absolute norms mean nothing; the ratio, times the learning rate, says how far a step moves the weights.",
        "Mechanism: norms grow with size and scale; comparisons with NaN are false, so NaN must be asked for first.",
        "A number from the own run, such as the norm 3,000 with the ratio 0.01.",
    ),
)

# %% [markdown]
# ## Looking back
#
# - The start: keep $D\,v$ near 1. He for ReLU, Xavier for tanh, and no deep sigmoids.
# - The step: start small, raise until it grows restless, step back; lower it over time; Adam forgives most.
# - The end: stop when the validation loss says so, keep the best.
# - The eye: NaN first, then ratios, and a history that is never overwritten.
#
# **Where it matters today.** Large language models are trained with Adam (with decoupled weight decay: AdamW), a short
# warm-up and a cosine; their batches of millions of tokens are accumulated from micro-batches, weighted by their number of
# tokens: forgetting that weighting was a bug in a widely used library in 2024. And each of those runs has a dashboard like
# yours, watched day and night.
#
# *Sources.* X. Glorot and Y. Bengio (2010); K. He et al. (2015); G. Hinton's lecture on RMSprop (2012); D. Kingma and J. Ba, "Adam" (2015);
# I. Loshchilov and F. Hutter, "SGDR" (2017). The signatures of the optimisers are those of CS231n (Stanford).
