# %% [markdown]
# # 05 · Normalisation and dropout: another function in training than at the test
#
# *About three hours. 50 points.*
#
# When you are through you will be able to
#
# - write batch normalisation and send a gradient back through it, step by step and in one formula;
# - say why its gradient has three paths, and what is lost when one of them is cut;
# - keep apart what a layer does in training and what it does at test time;
# - tell which axes layer norm, group norm and batch norm look at, and why that matters;
# - write dropout so that nothing has to change at test time;
# - count what a forward pass keeps in memory, and say what it would cost to keep less.
#
# Until now a gradient had one way back for each input. Here every entry of `x` changes the *mean* and the
# *variance* of its whole column, and through them every other entry. Whoever has carried that back once will
# not be afraid of any other layer.

# %%
import numpy as np

from autograder import check
from autograder.lab import data, memory, network, plots_normalisation, prediction, training
from autograder.lab.guard import guard
from autograder.lab.scales import draw_lines

# %% [markdown]
# ## Batch normalisation, forward
#
# In **training**, each of the `D` features is normalised over the `N` examples of the mini-batch, then scaled and
# shifted by two learnt vectors:
#
# $$
# \mu = \frac1N\sum_i x_i \qquad
# v = \frac1N\sum_i (x_i-\mu)^2 \qquad
# \hat x_i = \frac{x_i-\mu}{\sqrt{v+\varepsilon}} \qquad
# \text{out}_i = \gamma\,\hat x_i + \beta
# $$
#
# with $x, \hat x, \text{out}$ of shape $(N, D)$ and $\mu, v, \gamma, \beta$ of shape $(D,)$. Beside that, a slow
# average of the statistics is kept for later, with the momentum $m$:
#
# $$ r_\mu \leftarrow m\,r_\mu + (1-m)\,\mu \qquad\qquad r_v \leftarrow m\,r_v + (1-m)\,v $$
#
# At **test** time there may be a single example and no batch to speak of. Then the stored averages take the place
# of $\mu$ and $v$, and nothing is updated. A prediction must not depend on who else is in the batch.
#
# What we agree on (there are other habits): the variance divides by $N$, for normalising and for the running average;
# $\varepsilon$ stands inside the root; `bn_param` is a dict with `mode` (`"train"` or `"test"`), `eps`, `momentum`,
# `running_mean` and `running_var`, and the new averages are written back into it.
#
# Good names for the intermediate results are `xmu`, `var`, `std`, `xhat` here, and `dxhat`, `dvar`, `dmu` on the way back. Nobody
# asks for them; only what you return counts. But where your backward pass has variables of these names, the check can tell you which is the first wrong one.

# %%
def batchnorm_forward(x, gamma, beta, bn_param):
    """Normalise every feature over the batch, then scale and shift.

    Args:
        x: Shape (N, D).
        gamma: Scale, shape (D,).
        beta: Shift, shape (D,).
        bn_param: Dict with mode, eps, momentum, running_mean (D,) and running_var (D,); the last
            two are updated in mode "train", and keep their shape.

    Returns:
        out: Shape (N, D).
        cache: Whatever the backward passes need; they are only called after mode "train".
    """
    mode = bn_param["mode"]
    eps = bn_param.get("eps", 1e-5)
    momentum = bn_param.get("momentum", 0.9)
    running_mean = bn_param.get("running_mean", np.zeros(x.shape[1]))
    running_var = bn_param.get("running_var", np.zeros(x.shape[1]))
    ### BEGIN SOLUTION
    if mode == "train":
        mu = x.mean(axis=0)
        xmu = x - mu
        var = (xmu**2).mean(axis=0)
        std = np.sqrt(var + eps)
        xhat = xmu / std
        out = gamma * xhat + beta
        bn_param["running_mean"] = momentum * running_mean + (1 - momentum) * mu
        bn_param["running_var"] = momentum * running_var + (1 - momentum) * var
        cache = (xhat, gamma, std, xmu)
    else:
        scaled = (x - running_mean) / np.sqrt(running_var + eps)
        out = gamma * scaled + beta
        cache = None
    ### END SOLUTION
    return out, cache


# %% [markdown]
# ## The graph, with live numbers
#
# One feature, three examples. Above each node stands what flowed forward, below it what flows back for the upstream gradient
# $(1, -1, \tfrac12)$. These gradients were *measured*, by nudging each node; you will soon compute them.
#
# **Predict first.** What do the three entries of `dx` add up to? (What would the loss do if all three examples grew by the same amount?)

# %% tags=["experiment"]
my_guess = None  # the sum of the three entries of dx

with guard():
    feature, dout = np.array([1.0, 2.0, 6.0]), np.array([1.0, -1.0, 0.5])
    out, _ = batchnorm_forward(
        feature[:, None], np.array([2.0]), np.array([0.5]), {"mode": "train"}
    )
    print("your forward pass gives", np.round(out[:, 0], 3))
    measured = plots_normalisation.batchnorm_graph(feature, 2.0, 0.5, 1e-5, dout)
    prediction.compare(my_guess, f"{abs(measured['x'].sum()):.0e}", "sum of dx, in size")

# %% [markdown]
# The sum is zero, whatever comes from above: shift all examples together, and normalisation takes the shift away again. Remember that as
# a quick test of any batch-norm gradient.
#
# ## Backward, in stages
#
# Walk the graph backwards. An entry $x_i$ reaches the output on three paths:
# directly through $x_i - \mu$, through the mean $\mu$, and through the variance $v$. The gradient is the *sum over
# these paths*:
#
# $$
# \begin{aligned}
# d\hat x_i &= \text{dout}_i\,\gamma & (N, D)\\
# dv &= \textstyle\sum_i d\hat x_i\,(x_i-\mu)\cdot\bigl(-\tfrac12\bigr)(v+\varepsilon)^{-3/2} & (D,)\\
# d\mu &= \textstyle -\sum_i d\hat x_i\,/\,\sqrt{v+\varepsilon} & (D,)\\
# dx_i &= \frac{d\hat x_i}{\sqrt{v+\varepsilon}} \;+\; dv\,\frac{2\,(x_i-\mu)}{N} \;+\; \frac{d\mu}{N} & (N, D)
# \end{aligned}
# $$
#
# The mean also acts through the variance, but that term is $-2\,dv\,\frac1N\sum_i(x_i-\mu) = 0$: deviations from the mean
# cancel. And $\gamma$ and $\beta$ are used once per example, so their gradients are sums over the batch.
#
# Call the stages `dxhat`, `dvar` and `dmu`, and the check tells you which is the first that went wrong. Other names are fine, too.

# %%
def batchnorm_backward(dout, cache):
    """Send the gradient back through batch normalisation, stage by stage.

    Args:
        dout: Upstream gradient, shape (N, D).
        cache: What `batchnorm_forward` returned in mode "train".

    Returns:
        dx: Shape (N, D).
        dgamma: Shape (D,).
        dbeta: Shape (D,).
    """
    ### BEGIN SOLUTION
    xhat, gamma, std, xmu = cache
    n = len(xhat)
    dbeta = dout.sum(axis=0)
    dgamma = (dout * xhat).sum(axis=0)
    dxhat = dout * gamma
    dvar = (dxhat * xmu).sum(axis=0) * -0.5 / std**3
    dmu = -(dxhat / std).sum(axis=0)
    dx = dxhat / std + dvar * 2 * xmu / n + dmu / n
    ### END SOLUTION
    return dx, dgamma, dbeta


# %% tags=["instructor"]
from autograder.exercises import Layer, array, state, variant

BATCHNORM_INPUTS = {
    "x": "N D",
    "gamma": "D",
    "beta": "D",
    "bn_param": state(
        {
            "mode": "train",
            "eps": 1e-5,
            "momentum": 0.9,
            "running_mean": array("D"),
            "running_var": array("D", low=0.5),
        },
        graded=("running_mean", "running_var"),
    ),
}
IN_TEST_MODE = ["out", "running_mean", "running_var"]
BATCHNORM_VARIANTS = {
    "large eps": variant(bn_param={"eps": 0.3}),
    "little momentum": variant(bn_param={"momentum": 0.25}),
    "shifted features": variant(x=array("N D", offset=4.0, scale=2.0)),
    "test mode": variant(bn_param={"mode": "test"}, judged=IN_TEST_MODE),
    "test mode, large eps": variant(bn_param={"mode": "test", "eps": 0.3}, judged=IN_TEST_MODE),
    "test mode, one example": variant(bn_param={"mode": "test"}, judged=IN_TEST_MODE, sizes={"N": 1}),
}
batchnorm = Layer(
    batchnorm_forward,
    batchnorm_backward,
    inputs=BATCHNORM_INPUTS,
    variants=BATCHNORM_VARIANTS,
    stages=("dxhat", "dvar", "dmu"),
    points={"forward": 7, "backward": 9},
    weights={"out": 5},  # the prediction; each running average weighs 1
    hints={
        "forward": (
            "In training use the statistics of the batch, at test time the stored ones; everything is per feature, along axis 0.",
            "Mean, deviations, mean of their squares, root of (variance + eps), quotient, scale and shift: one line each. Then write both running averages back into bn_param.",
            "New average: momentum times the old one plus (1 - momentum) times the batch's. At test time divide (x - running_mean) by the root of (running_var + eps), and do not forget gamma and beta.",
        ),
        "backward": (
            "Three paths lead from x to out: directly, through the mean, through the variance. Add what comes back on each.",
            "Start with dxhat, the upstream gradient times gamma. Then find the gradient of the variance and of the mean (both of shape (D,)); each example carries an N-th of them.",
            "dx has three terms: dxhat / std; the gradient of the variance times 2(x - mean)/N; the gradient of the mean, which is minus the column sums of dxhat / std, over N.",
        ),
    },
)  # fmt: skip

# %% [markdown]
# ## Backward, in closed form
#
# Put the stages together and most of it cancels. With $\text{dout}$ and $\hat x$ of shape $(N, D)$ and all sums over the batch:
#
# $$
# dx = \frac{\gamma}{N\sqrt{v+\varepsilon}}\,\Bigl(N\,\text{dout} \;-\; \sum_i \text{dout}_i \;-\; \hat x\,\sum_i \text{dout}_i\,\hat x_i\Bigr)
# $$
#
# Read it: from the upstream gradient two things are taken away, its mean and its part along $\hat x$. What is left
# cannot move the mean of the batch, and to first order cannot stretch it, as normalisation would undo both anyway.
# And the two sums are old friends: they are `dbeta` and `dgamma`.

# %%
def batchnorm_backward_alt(dout, cache):
    """Send the gradient back through batch normalisation, by the closed formula.

    Args:
        dout: Upstream gradient, shape (N, D).
        cache: What `batchnorm_forward` returned in mode "train".

    Returns:
        dx: Shape (N, D).
        dgamma: Shape (D,).
        dbeta: Shape (D,).
    """
    ### BEGIN SOLUTION
    xhat, gamma, std, _ = cache
    n = len(xhat)
    dbeta = dout.sum(axis=0)
    dgamma = (dout * xhat).sum(axis=0)
    centred = n * dout - dbeta - xhat * dgamma
    dx = gamma / (n * std) * centred
    ### END SOLUTION
    return dx, dgamma, dbeta


# %% tags=["instructor"]
batchnorm_alt = Layer(
    batchnorm_forward,
    batchnorm_backward_alt,
    inputs=BATCHNORM_INPUTS,
    variants={"large eps": BATCHNORM_VARIANTS["large eps"], "shifted features": BATCHNORM_VARIANTS["shifted features"]},
    points={"backward": 5},
    hints={
        "backward": (
            "First compute dbeta and dgamma; both occur in the formula for dx.",
            "The bracket has shape (N, D): its last two terms broadcast, one as a row, one times xhat.",
            "Bracket: N times dout, minus dbeta, minus xhat times dgamma. In front of it: gamma over (N times the standard deviation).",
        ),
    },
)  # fmt: skip

# %% [markdown]
# ## A test that tests nothing
#
# Many people check a gradient with an upstream gradient of ones, that is, with $L = \sum \text{out}$. Below, two backward passes are
# compared under ones and under random numbers: yours, and one that simply returns zeros for `dx`.
#
# **Predict first.** How large is the largest entry of *your* `dx` when `dout` is all ones?

# %% tags=["experiment"]
my_guess = None  # the largest entry of dx for dout = 1

with guard():
    draw = np.random.default_rng(0)
    x, gamma, beta = draw.normal(size=(8, 5)), draw.normal(size=5), draw.normal(size=5)
    _, cache = batchnorm_forward(x, gamma, beta, {"mode": "train"})
    ones, random = np.ones((8, 5)), draw.normal(size=(8, 5))
    of_ones = np.abs(batchnorm_backward(ones, cache)[0]).max()
    _, cache = batchnorm_forward(x, gamma, beta, {"mode": "train"})
    of_random = np.abs(batchnorm_backward(random, cache)[0]).max()
    prediction.compare(my_guess, float(of_ones), "largest entry of dx, dout = 1")
    print(f"largest entry of dx, dout random: {of_random:.3f}")
    print(
        "A backward pass that returns zeros would pass the first test, and fail the second."
    )

# %% [markdown]
# **Question.** `dout` holds the number 3 everywhere, `gamma` is arbitrary. What is `dx` of batch norm in training? Assign one of
# `"zero"`, `"three"`, `"gamma"`, `"it depends on x"`.

# %%
answer_constant_upstream = None  # "zero", "three", "gamma" or "it depends on x"
### BEGIN SOLUTION
answer_constant_upstream = "zero"
### END SOLUTION

# %% tags=["instructor"]
from autograder.exercises import Answer, Text, constant, labels

constant_upstream = Answer(
    "answer_constant_upstream", points=1, choices=("zero", "three", "gamma", "it depends on x"),
    hints=(
        "With such a dout the loss is three times the sum of all outputs.",
        "What is the sum of a normalised column, whatever x is?",
        "If the loss of a column cannot change, its gradient with respect to x is …",
    ),
)  # fmt: skip

# %% [markdown] tags=["text:explain_ones"]
# **Explain.** Why can't an upstream gradient of ones test the `dx` of batch normalisation? In three or four sentences: say what it
# returns and why, which mistakes would slip through, and quote a number from your own run.
#
# ### BEGIN SOLUTION
# With dout = 1 the loss is the sum of the outputs. In every column the normalised values add up to zero, so that sum is N times beta, whatever x is:
# dx is zero (my run: about 4e-16, against 3.4 for a random dout). In the formula, the direct path is cancelled exactly by the path through
# the mean, and the path through the variance multiplies a sum of deviations, which is zero. So a backward pass without the variance path, with a wrong
# factor in front, or one that returns zeros, passes the test. A signed random upstream gradient shows the difference.
# ### END SOLUTION

# %% tags=["instructor"]
ones = Text(
    "explain_ones",
    points=3,
    rubric=(
        "Claim: for a constant upstream gradient dx is exactly zero, so wrong backward passes agree with right ones.",
        "Mechanism: the sum of a normalised column does not depend on x (the paths cancel); names a mistake that slips through.",
        "A number from the own run: about 1e-16 for ones, and the size for random numbers.",
    ),
)

# %% [markdown]
# ## What it buys: freedom from the scale of the weights
#
# Six layers learn digits from weights of one scale, with batch norm and without it. We try scales from far too small to
# far too large and give each network the same short training.
#
# **Predict first.** With standard deviation 0.01 the plain network stays at chance, one in ten. What accuracy will it
# reach with your batch norm, in per cent?

# %% tags=["experiment"]
my_guess = None  # accuracy in per cent at std 0.01, with batch norm

with guard():
    digits = data.digits()
    scales = [0.003, 0.01, 0.03, 0.1, 0.3, 1.0]

    def accuracy_after_training(std, normalise):
        net = network.Network(
            (64, 50, 50, 50, 50, 50, 10), std, np.random.default_rng(1), normalise=normalise
        )
        kind = "norm " if normalise else "plain"
        training.train(
            net.loss_and_grads,
            net.parameters,
            digits,
            step=lambda w, dw: w - 0.1 * dw,
            epochs=4,
            label=f"{kind} std {std:5g}",
        )
        return training.accuracy(net.scores, digits.X_val, digits.y_val)

    batch_norm = network.Plug(
        batchnorm_forward, batchnorm_backward, {"eps": 1e-5, "momentum": 0.9}
    )
    with_norm = [accuracy_after_training(std, batch_norm) for std in scales]
    with np.errstate(all="ignore"):
        without = [accuracy_after_training(std, None) for std in scales]
    prediction.compare(
        my_guess, 100 * with_norm[1], "accuracy at std 0.01 with batch norm (%)"
    )
    plots_normalisation.scale_sweep(scales, without, with_norm)

# %% [markdown]
# Batch norm divides the scale of the weights out again, forwards and backwards. Without it there is one narrow window of scales in which six
# layers learn at all; notebook 04 shows how to hit it. With it, almost any start will do.
#
# ### And from the learning rate?
#
# **Predict first.** A well begun network of two hidden layers (so that scale is not the question), and rates from a thousandth to ten. Call a rate
# *good* if five epochs reach 90 %. From the smallest good rate to the largest: a factor of what, without batch norm? And with it?

# %% tags=["experiment"]
my_guess = None  # largest good rate / smallest good rate, with batch norm

with guard():
    rates = [0.001, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0]
    sizes, found = (64, 100, 100, 10), {}
    for name, normalise in (("plain", None), ("batch norm", batch_norm)):
        found[name] = []
        for rate in rates:
            std = [np.sqrt(2 / fan) for fan in sizes[:-1]]
            net = network.Network(sizes, std, np.random.default_rng(0), normalise=normalise)
            with np.errstate(all="ignore"):
                training.train(net.loss_and_grads, net.parameters, digits, epochs=5,
                               step=lambda w, dw, rate=rate: w - rate * dw, label=f"{name:10} rate {rate:<5}")
                found[name].append(training.accuracy(net.scores, digits.X_val, digits.y_val))
    for name, row in found.items():
        good = [rate for rate, value in zip(rates, row) if value >= 0.9]
        print(f"{name:10} good from {good[0]:g} to {good[-1]:g}; " + " ".join(f"{value:.0%}" for value in row))
    prediction.compare(my_guess, good[-1] / good[0], "largest good rate / smallest, with batch norm")
    draw_lines(rates, found, xlabel="learning rate", ylabel="accuracy on new digits", logx=True,
               level=(0.9, "good"), title="With batch norm a hundredfold range of rates will do")

# %% [markdown]
# Without batch norm the good rates span a factor of three here (ten from a luckier start), with it a hundred. A step that makes the weights of a layer
# larger changes nothing in its output, but makes its next gradient smaller: a rate that is too large brakes itself. The affine layer at the end
# has no such brake, and at a rate of 10 both networks are lost. Batch norm forgives much, not everything.
#
# ## Which numbers belong together?
#
# Batch norm compares an example with its neighbours in the batch. Its relatives stay within one example, and differ from it in nothing but
# the *axes* over which mean and variance are taken.

# %% tags=["experiment"]
with guard():
    plots_normalisation.shared_axes()

# %% [markdown]
# ## Layer normalisation
#
# Each example is normalised over its own features. No batch, no running averages, no modes:
#
# $$
# \underset{(N,)}{\mu_i} = \frac1D\sum_j x_{ij} \qquad
# \underset{(N,)}{v_i} = \frac1D\sum_j (x_{ij}-\mu_i)^2 \qquad
# \text{out}_{ij} = \gamma_j\,\frac{x_{ij}-\mu_i}{\sqrt{v_i+\varepsilon}} + \beta_j
# $$
#
# with $\gamma, \beta$ of shape $(D,)$ as before. Conventions as before: variance over $D$, and $\varepsilon$ from `ln_param["eps"]` inside the root.
#
# Backwards there is one snag. In batch norm $\gamma$ was the same for all numbers that share a mean, and could wait outside the bracket. Here
# it differs from number to number, so it must go *inside the sums*: start from $d\hat x = \text{dout}\cdot\gamma$, then
#
# $$
# dx_i = \frac{1}{\sqrt{v_i+\varepsilon}}\Bigl(d\hat x_i - \operatorname{mean}_j(d\hat x_{ij}) - \hat x_i\,\operatorname{mean}_j(d\hat x_{ij}\,\hat x_{ij})\Bigr).
# $$
#
# `dgamma` and `dbeta` are still sums over the examples: that is where those are shared.

# %%
def layernorm_forward(x, gamma, beta, ln_param):
    """Normalise every example over its features, then scale and shift.

    Args:
        x: Shape (N, D).
        gamma: Scale, shape (D,).
        beta: Shift, shape (D,).
        ln_param: Dict with eps.

    Returns:
        out: Shape (N, D).
        cache: Whatever `layernorm_backward` will need.
    """
    eps = ln_param.get("eps", 1e-5)
    ### BEGIN SOLUTION
    xmu = x - x.mean(axis=1, keepdims=True)
    std = np.sqrt((xmu**2).mean(axis=1, keepdims=True) + eps)
    xhat = xmu / std
    out = gamma * xhat + beta
    cache = (xhat, gamma, std)
    ### END SOLUTION
    return out, cache


# %%
def layernorm_backward(dout, cache):
    """Send the gradient back through layer normalisation.

    Args:
        dout: Upstream gradient, shape (N, D).
        cache: What `layernorm_forward` returned.

    Returns:
        dx: Shape (N, D).
        dgamma: Shape (D,).
        dbeta: Shape (D,).
    """
    ### BEGIN SOLUTION
    xhat, gamma, std = cache
    dbeta = dout.sum(axis=0)
    dgamma = (dout * xhat).sum(axis=0)
    dxhat = dout * gamma
    along = (dxhat * xhat).mean(axis=1, keepdims=True)
    dx = (dxhat - dxhat.mean(axis=1, keepdims=True) - xhat * along) / std
    ### END SOLUTION
    return dx, dgamma, dbeta


# %% tags=["instructor"]
layernorm = Layer(
    layernorm_forward,
    layernorm_backward,
    inputs={"x": "N D", "gamma": "D", "beta": "D", "ln_param": constant({"eps": 1e-5})},
    stages=("dxhat",),
    variants={
        "large eps": variant(ln_param={"eps": 0.3}),
        "shifted examples": variant(x=array("N D", offset=4.0, scale=2.0)),
    },
    points={"forward": 3, "backward": 5},
    hints={
        "forward": (
            "As batch norm in training, along the other axis.",
            "Keep the axis when you take means (keepdims=True), so that they broadcast back onto the rows.",
            "Deviations from each row's mean, over the root of (mean of their squares + eps); then gamma times that, plus beta.",
        ),
        "backward": (
            "The closed form of batch norm carries over, with means along the rows, and gamma inside them.",
            "Multiply dout by gamma before anything else. dgamma and dbeta are sums over the examples, as in batch norm.",
            "From dxhat take away its row mean, and xhat times the row mean of dxhat·xhat; divide by the standard deviation of the row.",
        ),
    },
)  # fmt: skip

# %% [markdown]
# ## Group normalisation
#
# For pictures, $x$ has shape $(N, C, H, W)$. The $C$ channels are cut into $G$ groups of neighbours, and each group of each example is normalised
# over its channels and all its places, $\frac{C}{G} H W$ numbers. $G = 1$ is layer norm over everything; $G = C$ treats every channel alone.
# $\gamma$ and $\beta$ have shape $(C,)$, one number per channel; `gn_param` holds `G` and `eps`.
#
# One reshape does the grouping: as $(N, G, \cdot)$, each row is a group. After it, everything is layer norm.

# %%
def groupnorm_forward(x, gamma, beta, gn_param):
    """Normalise every group of channels of every example, then scale and shift each channel.

    Args:
        x: Shape (N, C, H, W).
        gamma: Scale, shape (C,).
        beta: Shift, shape (C,).
        gn_param: Dict with G, a divisor of C, and eps.

    Returns:
        out: Shape (N, C, H, W).
        cache: Whatever `groupnorm_backward` will need.
    """
    groups = gn_param["G"]
    eps = gn_param.get("eps", 1e-5)
    ### BEGIN SOLUTION
    rows = x.reshape(len(x), groups, -1)
    rows = rows - rows.mean(axis=2, keepdims=True)
    std = np.sqrt((rows**2).mean(axis=2, keepdims=True) + eps)
    xhat = (rows / std).reshape(x.shape)
    out = gamma[:, None, None] * xhat + beta[:, None, None]
    cache = (xhat, gamma, std)
    ### END SOLUTION
    return out, cache


# %%
def groupnorm_backward(dout, cache):
    """Send the gradient back through group normalisation.

    Args:
        dout: Upstream gradient, shape (N, C, H, W).
        cache: What `groupnorm_forward` returned.

    Returns:
        dx: Shape (N, C, H, W).
        dgamma: Shape (C,).
        dbeta: Shape (C,).
    """
    ### BEGIN SOLUTION
    xhat, gamma, std = cache
    dbeta = dout.sum(axis=(0, 2, 3))
    dgamma = (dout * xhat).sum(axis=(0, 2, 3))
    shape = (len(dout), std.shape[1], -1)
    hat = xhat.reshape(shape)
    dhat = (dout * gamma[:, None, None]).reshape(shape)
    along = (dhat * hat).mean(axis=2, keepdims=True)
    drows = (dhat - dhat.mean(axis=2, keepdims=True) - hat * along) / std
    dx = drows.reshape(dout.shape)
    ### END SOLUTION
    return dx, dgamma, dbeta


# %% tags=["instructor"]
groupnorm = Layer(
    groupnorm_forward,
    groupnorm_backward,
    inputs={"x": "N C H W", "gamma": "C", "beta": "C", "gn_param": constant({"G": 2, "eps": 1e-5})},
    sizes={"C": 6, "H": 2, "W": 3},  # G = 2 groups of 3 channels: no two counts alike
    variants={
        "large eps": variant(gn_param={"eps": 0.3}),
        "one group": variant(gn_param={"G": 1}),
        "a group per channel": variant(gn_param={"G": 6}),
    },
    points={"forward": 4, "backward": 5},
    hints={
        "forward": (
            "Reshape so that every group of every example becomes one row; then normalise the rows.",
            "(N, G, -1) keeps neighbouring channels together. Give gamma and beta two more axes, so that they broadcast over H and W.",
            "Centre the rows, divide by the root of (mean square + eps), reshape back, then scale and shift each channel.",
        ),
        "backward": (
            "dgamma and dbeta: add over all axes but that of the channels. dx: as in layer norm, on the rows of the reshaped arrays.",
            "First dout times gamma in the shape of x, then reshape it and xhat as in the forward pass.",
            "From the reshaped gradient take away its row mean, and xhat times the row mean of their product; divide by the standard deviation; reshape back.",
        ),
    },
)  # fmt: skip

# %% [markdown]
# ## One example, other neighbours in the batch
#
# Take one example and put it into many batches, each time with other neighbours, in training mode. How far does *its* output move?
#
# **Predict first.** For batches of 2 and of 64: by how much do you expect the output of batch norm to move, measured in typical outputs? And that of
# layer norm?

# %% tags=["experiment"]
my_guess = None  # movement with batch norm in batches of 2, in typical outputs

with guard():
    draw = np.random.default_rng(0)
    features = 30
    gamma, beta = np.ones(features), np.zeros(features)
    one = draw.normal(size=features)
    sizes = [2, 4, 8, 16, 32, 64, 128]

    def movement(forward, n, times=200):
        outs = []
        for _ in range(times):
            batch = np.vstack([one, draw.normal(size=(n - 1, features))])
            outs.append(forward(batch)[0][0])
        return float(np.std(outs, axis=0).mean())

    averages = {
        "mode": "test",
        "running_mean": np.zeros(features),
        "running_var": np.ones(features),
    }
    spread = {
        "batch norm, training": [
            movement(lambda b: batchnorm_forward(b, gamma, beta, {"mode": "train"}), n)
            for n in sizes
        ],
        "batch norm, test": [
            movement(lambda b: batchnorm_forward(b, gamma, beta, dict(averages)), n)
            for n in sizes
        ],
        "layer norm": [
            movement(lambda b: layernorm_forward(b, gamma, beta, {}), n) for n in sizes
        ],
    }
    typical = float(np.abs(one).mean())
    prediction.compare(
        my_guess,
        spread["batch norm, training"][0] / typical,
        "movement in batches of 2, in typical outputs",
    )
    plots_normalisation.company(sizes, spread, typical)

# %% [markdown]
# In a batch of two, batch norm hardly sees the example at all: it only asks which of the two is larger. In large batches its noise falls like one over the
# root of $N$. That noise can even help, a little like dropout; but at test time it has no place, and the averages replace it. Layer norm and group
# norm do not know the batch at all, which is why small batches, sequences and transformers use them.
#
# **Question.** In *training* mode a batch holds a single example. What does batch norm return, exactly? Assign one of `"x"`, `"beta"`, `"gamma"`, `"nan"`.

# %%
answer_batch_of_one = None  # "x", "beta", "gamma" or "nan"
### BEGIN SOLUTION
answer_batch_of_one = "beta"
### END SOLUTION

# %% tags=["instructor"]
batch_of_one = Answer(
    "answer_batch_of_one", points=1, choices=("x", "beta", "gamma", "nan"),
    hints=(
        "What is the mean of one example?",
        "What is left after the mean has been taken away, and what is it divided by?",
        "Zero over the root of eps is zero; gamma times that, and then …",
    ),
)  # fmt: skip

# %% [markdown]
# ## Dropout
#
# In training each number is kept with probability $p$ and set to zero otherwise; at test time everything is kept. To keep the expected value the same,
# the survivors are divided by $p$ at once (*inverted* dropout), and the test pass has nothing to do:
#
# $$
# \text{train:}\quad \text{out} = x \odot \frac{m}{p}, \quad m_{ij} \sim \text{Bernoulli}(p)
# \qquad\qquad
# \text{test:}\quad \text{out} = x
# $$
#
# As in CS231n, $p$ is the probability to *keep*. `dropout_param` holds `mode`, `p` and perhaps `seed`; the starter makes a random generator from it. Backward
# multiplies by the very same scaled mask, so keep it: a mask drawn anew belongs to another network. It is called in both modes.

# %%
def dropout_forward(x, dropout_param):
    """Keep each number with probability p, and scale it up; at test time change nothing.

    Args:
        x: Any shape.
        dropout_param: Dict with mode, p (the probability to keep) and perhaps seed.

    Returns:
        out: In the shape of x.
        cache: Whatever `dropout_backward` will need.
    """
    mode, p = dropout_param["mode"], dropout_param["p"]
    rng = np.random.default_rng(dropout_param.get("seed"))
    ### BEGIN SOLUTION
    if mode == "train":
        mask = (rng.random(x.shape) < p) / p
    else:
        mask = np.ones(x.shape)
    out = x * mask
    cache = mask
    ### END SOLUTION
    return out, cache


# %%
def dropout_backward(dout, cache):
    """Send the gradient back through dropout, in either mode.

    Args:
        dout: Upstream gradient, in the shape of x.
        cache: What `dropout_forward` returned.

    Returns:
        dx: dL/dx, in the shape of x.
    """
    ### BEGIN SOLUTION
    mask = cache
    dx = dout * mask
    ### END SOLUTION
    return dx


# %% tags=["instructor"]
dropout = Layer(
    dropout_forward,
    dropout_backward,
    inputs={"x": "N D", "dropout_param": constant({"mode": "train", "p": 0.6, "seed": labels("", "100000")})},
    mask=("dropout_param", "p"),
    large={},
    small={},
    variants={
        "a quarter kept": variant(dropout_param={"p": 0.25}, sizes={"N": 10, "D": 12}),
        "many numbers, a quarter kept": variant(dropout_param={"p": 0.25}, sizes={"N": 100, "D": 100}, judged=["out"]),
        "many numbers, most kept": variant(dropout_param={"p": 0.8}, sizes={"N": 100, "D": 100}, judged=["out"]),
        "three axes": variant(x=array("4 3 2")),
        "zeros behind a ReLU": variant(x=array("20 20", floor=0.0)),
        "test mode": variant(dropout_param={"mode": "test"}),
    },
    points={"forward": 3, "backward": 3},
    hints={
        "forward": (
            "Draw one uniform number for each entry and compare it with p.",
            "The comparison gives True with probability p. Divide the mask by p, so that backward finds mask and scale in one array.",
            "In training multiply x by (uniform numbers < p) / p; at test time by ones. The cache is that array.",
        ),
        "backward": (
            "The layer multiplies by a constant array. What is the derivative of that?",
            "The mask of this very forward pass is in the cache.",
            "dout times the scaled mask.",
        ),
    },
)  # fmt: skip

# %% [markdown]
# ## Turning dropout up
#
# Only 300 digits to learn from, and someone was careless: three labels in ten were drawn at random. A network can learn even those by heart, and the farther its
# accuracy on the examples it has seen lies above that on unseen ones, the more it has memorised: *overfitting*. We turn dropout up step by step. (Weight decay
# works against the same illness; stopping early, too.)
#
# **Predict first.** The plain network ends near 100 % on what it learnt from. Which keep probability will be best on *unseen* digits: 100 %, 50 % or 20 %?

# %% tags=["experiment"]
my_guess = None  # the best keep probability on unseen digits

with guard():
    few = data.mislabelled(data.first(data.digits(), 300), 0.3)

    def run(keep):
        drop = network.Plug(dropout_forward, dropout_backward, {"p": keep}, learns=False)
        net = network.Network(
            (64, 100, 100, 10), 0.1, np.random.default_rng(0), dropout=drop
        )
        return training.train(
            net.loss_and_grads,
            net.parameters,
            few,
            step=lambda w, dw: w - 0.2 * dw,
            predict=net.scores,
            epochs=100,
            batch=30,
            label=f"p = {keep:<4}",
        )

    runs = {f"keep {keep:.0%}": run(keep) for keep in (1.0, 0.5, 0.2)}
    for name, history in runs.items():
        seen, unseen = history.train[-1], np.mean(history.val[-10:])
        print(f"{name:9}: {seen:.1%} on what it learnt from, {unseen:.1%} on unseen digits")
    prediction.compare(
        my_guess,
        max(runs, key=lambda name: np.mean(runs[name].val[-10:])),
        "best on unseen digits",
    )
    plots_normalisation.overfitting(runs, floor=20)

# %% [markdown]
# Without dropout the network knows even the wrong labels, and pays for it on unseen digits. Keeping half, it cannot memorise single examples any more and falls
# back on what many of them have in common. Keeping a fifth, it can no longer learn even that. A cure has a dose.

# %% [markdown]
# ## What a forward pass keeps
#
# Every cache stays in memory until the way back. In a deep network that is most of what training needs. The next cell looks into *your* caches and counts
# the bytes of all arrays in them.
#
# **Predict first.** The input is an array of $(256, 512)$ float64 numbers. How many bytes will your batch norm keep, in sizes of its input?

# %% tags=["experiment"]
my_guess = None  # bytes kept by batchnorm_forward / bytes of its input

with guard():
    draw = np.random.default_rng(0)
    x, gamma, beta = draw.normal(size=(256, 512)), np.ones(512), np.zeros(512)
    kept = {
        "batch norm": memory.size_of(
            batchnorm_forward(x, gamma, beta, {"mode": "train"})[1]
        ),
        "layer norm": memory.size_of(layernorm_forward(x, gamma, beta, {})[1]),
        "group norm": memory.size_of(
            groupnorm_forward(x.reshape(256, 8, 8, 8), np.ones(8), np.zeros(8), {"G": 2})[1]
        ),
        "dropout": memory.size_of(dropout_forward(x, {"mode": "train", "p": 0.5})[1]),
    }
    prediction.compare(
        my_guess, kept["batch norm"] / x.nbytes, "batch norm keeps, in sizes of its input"
    )
    memory.draw(kept, x.nbytes)

# %% [markdown]
# One array in the shape of `x` is enough: the deviations are `xhat` times `std`. And even that one can go. Keep only the input of a block, and run its forward pass *again*
# on the way back: memory for one layer instead of for all, at the price of one more forward pass. It is called
# checkpointing, and large models are trained with it.
#
# **Question.** A cache keeps one float64 array of shape $(256, 512)$. How many bytes is that? Assign a whole number.

# %%
answer_cache_bytes = None  # a whole number
### BEGIN SOLUTION
answer_cache_bytes = 1048576
### END SOLUTION

# %% tags=["instructor"]
cache_bytes = Answer(
    "answer_cache_bytes", points=1, form="integer",
    hints=(
        "How many numbers are in the array?",
        "A float64 number has 64 bits.",
        "Rows times columns times eight.",
    ),
)  # fmt: skip

# %% [markdown]
# ## Looking back
#
# One input, three paths, one sum: batch norm is the chain rule over a graph with forks. Its relatives only move the axes, and dropout multiplies by a
# constant that happens to be random. You also met layers that are not the same function in training and at test time. In practice that is where many bugs come
# from: a forgotten switch, averages that were never stored, a batch of one, a mask drawn twice.
#
# **Where it matters today.** Layer norm (or its simpler cousin without the mean, RMS norm) stands at the door of every block of a transformer; group norm in
# networks that make pictures. Checkpointing of caches is what lets large models fit into memory.
#
# *Sources.* Batch norm: S. Ioffe and C. Szegedy (2015). Layer norm: J. Ba, J. Kiros and G. Hinton (2016). Group norm: Y. Wu and K. He (2018). Dropout: N. Srivastava and others (2014).
# Checkpointing: T. Chen and others (2016). Names and conventions follow Stanford's CS231n.
