# %% [markdown]
# # Normalisation: batch norm, by hand and in closed form
#
# After this notebook you can
#
# - write batch normalisation and send a gradient back through it, step by step and in one formula,
# - say why its gradient has three paths, and what is lost when one of them is cut,
# - keep apart what a layer does in training and what it does at test time,
# - tell which axes layer norm, group norm and batch norm look at, and why that matters.
#
# Until now a gradient had one way back for each input. Here every entry of `x` changes the *mean* and the
# *variance* of its whole column, and through them every other entry. Whoever has carried that back once will
# not be afraid of any other layer.

# %%
import numpy as np

from autograder import check
from autograder.lab import data, network, plots_normalisation, prediction, training
from autograder.lab.guard import guard

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
# If you name your intermediate results as the starter of the backward pass does (`xmu`, `var`, `std`, `xhat`,
# `dxhat`, `dvar`, `dmu`), you can compare them with the formulas one by one. You need not.

# %%
def batchnorm_forward(x, gamma, beta, bn_param):
    """Normalise every feature over the batch, then scale and shift.

    Args:
        x: Shape (N, D).
        gamma: Scale, shape (D,).
        beta: Shift, shape (D,).
        bn_param: Dict with mode, eps, momentum, running_mean, running_var; the last two are
            updated in mode "train".

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
# ## Backward, in stages
#
# Draw the computation as a graph and walk it backwards. An entry $x_i$ reaches the output on three paths:
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
from autograder.exercises import Layer, array, edit, state, variant

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
BATCHNORM_VARIANTS = {
    "large eps": variant(bn_param={"eps": 0.3}),
    "little momentum": variant(bn_param={"momentum": 0.25}),
    "shifted features": variant(x=array("N D", offset=4.0, scale=2.0)),
    "test mode": variant(bn_param={"mode": "test"}, judged=["out"]),
    "test mode, large eps": variant(bn_param={"mode": "test", "eps": 0.3}, judged=["out"]),
    "test mode, one example": variant(bn_param={"mode": "test"}, judged=["out"], sizes={"N": 1}),
}
batchnorm = Layer(
    batchnorm_forward,
    batchnorm_backward,
    inputs=BATCHNORM_INPUTS,
    variants=BATCHNORM_VARIANTS,
    points={"forward": 7, "backward": 9},
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
    mistakes=[
        edit(batchnorm_forward, "(xmu**2).mean(axis=0)", "(xmu**2).sum(axis=0) / max(len(x) - 1, 1)", follow=True,
             name="ddof", says="The variance divides by N - 1; batch norm divides by N."),
        edit(batchnorm_forward, "np.sqrt(var + eps)", "np.sqrt(var) + eps", follow=True,
             name="eps_outside_the_root", says="eps is added to the root; it stands inside: the root of (variance + eps)."),
        edit(batchnorm_forward, "std = np.sqrt(var + eps)", "std = np.sqrt(np.maximum(var, 1e-300))", follow=True,
             name="eps_missing", says="eps is missing in training: a constant feature would be divided by zero."),
        edit(batchnorm_forward, "std = np.sqrt(var + eps)", "std = var + eps", follow=True,
             name="divided_by_variance", says="x is divided by the variance; it should be the standard deviation, its root."),
        edit(batchnorm_forward, "momentum * running_mean + (1 - momentum) * mu", "(1 - momentum) * running_mean + momentum * mu",
             ("momentum * running_var + (1 - momentum) * var", "(1 - momentum) * running_var + momentum * var"),
             name="momentum_reversed", says="The momentum is reversed: it weighs the old average, and 1 - momentum the new batch."),
        edit(batchnorm_forward, 'bn_param["running_mean"] =', "running_mean =",
             ('bn_param["running_var"] =', "running_var ="),
             name="running_not_stored", says="The running averages are computed but never written back into bn_param."),
        edit(batchnorm_forward, "        cache = (xhat, gamma, std, xmu)",
             '        for key, new in (("running_mean", mu), ("running_var", var)):\n'
             "            bn_param[key] = momentum * bn_param[key] + (1 - momentum) * new\n"
             "        cache = (xhat, gamma, std, xmu)",
             name="running_updated_twice", says="The running averages are updated twice in one call."),
        edit(batchnorm_forward, "(1 - momentum) * var", "(1 - momentum) * np.sqrt(var)",
             name="running_deviation", says="running_var averages the standard deviation; it must average the variance."),
        edit(batchnorm_forward, "(1 - momentum) * var", "(1 - momentum) * var * len(x) / max(len(x) - 1, 1)",
             name="running_ddof", says="running_var averages a variance over N - 1; here it is the one over N, as in normalising."),
        edit(batchnorm_forward, "(x - running_mean) / np.sqrt(running_var + eps)", "(x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + eps)",
             name="batch_statistics_at_test", says="At test time the statistics of the batch are used; it must be the running averages, or a prediction depends on its neighbours."),
        edit(batchnorm_forward, "out = gamma * scaled + beta", "out = scaled",
             name="test_without_scale", says="At test time gamma and beta are missing; they belong to the layer in both modes."),
        edit(batchnorm_forward, "np.sqrt(running_var + eps)", "np.sqrt(running_var)",
             name="test_without_eps", says="At test time eps is missing under the root."),
        edit(batchnorm_forward, "np.sqrt(running_var + eps)", "(running_var + eps)",
             name="test_by_variance", says="At test time x is divided by the running variance instead of its root."),
        edit(batchnorm_forward, "mu = x.mean(axis=0)\n        xmu = x - mu", "mu = x.mean(axis=0)\n        xmu = x - x.mean(axis=1, keepdims=True)",
             name="wrong_axis", says="The mean is taken over the features of an example; batch norm takes it over the examples, along axis 0."),
        edit(batchnorm_forward, "out = gamma * xhat + beta", "out = beta * xhat + gamma",
             name="gamma_and_beta_swapped", follow=True, says="gamma and beta have changed places: gamma scales, beta shifts."),
        edit(batchnorm_backward, "dxhat / std + dvar * 2 * xmu / n + dmu / n", "dxhat / std",
             name="statistics_constant", says="Mean and variance are treated as constants; they depend on x, and two paths of the gradient are missing."),
        edit(batchnorm_backward, " + dmu / n", "",
             name="mean_path_missing", says="The path through the mean is missing from dx."),
        edit(batchnorm_backward, " + dvar * 2 * xmu / n", "",
             name="variance_path_missing", says="The path through the variance is missing from dx."),
        edit(batchnorm_backward, "dxhat = dout * gamma", "dxhat = dout",
             name="gamma_forgotten", says="gamma is missing from dx: the upstream gradient of xhat is dout times gamma."),
        edit(batchnorm_backward, "(dout * xhat).sum(axis=0)", "(dout * xmu).sum(axis=0)",
             name="dgamma_not_normalised", says="dgamma uses x - mean; gamma multiplies xhat, which is also divided by the deviation."),
        edit(batchnorm_backward, "(dout * xhat).sum(axis=0)", "(dout * xhat).mean(axis=0)",
             name="dgamma_averaged", says="dgamma is averaged over the batch; it is a sum: gamma is used once per example."),
        edit(batchnorm_backward, "dout.sum(axis=0)", "dout.mean(axis=0)",
             name="dbeta_averaged", says="dbeta is averaged over the batch; it is a sum: beta is used once per example."),
        edit(batchnorm_backward, "(dout * xhat).sum(axis=0)", "(dout * xhat).sum(axis=0, keepdims=True)",
             name="dgamma_keepdims", says="dgamma has shape (1, D); gamma has shape (D,)."),
        edit(batchnorm_backward, "dout.sum(axis=0)", "dout.sum(axis=0, keepdims=True)",
             name="dbeta_keepdims", says="dbeta has shape (1, D); beta has shape (D,)."),
        edit(batchnorm_backward, "xhat, gamma, std, xmu = cache", "xhat, gamma, std, xmu = cache\n    std = np.sqrt((xmu**2).mean(axis=0) + 1e-300)",
             name="eps_lost", says="eps is lost in the backward pass: the deviation there must be the root of (variance + eps), as in forward."),
        edit(batchnorm_backward, " * -0.5 / std**3", " * -1.0 / std**3",
             name="half_missing", says="The one half from the derivative of the root is missing on the path through the variance."),
        edit(batchnorm_backward, " * -0.5 / std**3", " * -0.5 / std**2",
             name="wrong_power", says="The derivative of (v + eps)^(-1/2) is -1/2 (v + eps)^(-3/2); the power on the variance path is another one here."),
        edit(batchnorm_backward, "2 * xmu / n + dmu / n", "2 * xmu + dmu",
             name="no_share", says="Each example carries only an N-th of the gradients of the mean and of the variance: 1/N is missing in both."),
    ],
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
            "Bracket: N times dout, minus dbeta, minus xhat times dgamma. In front of it: gamma over (N times the deviation).",
        ),
    },
    mistakes=[
        edit(batchnorm_backward_alt, "n * dout - dbeta", "dout - dbeta",
             name="n_missing", says="The first term of the bracket is N times dout; the N is missing."),
        edit(batchnorm_backward_alt, "gamma / (n * std)", "gamma / std",
             name="no_share", says="The factor 1/N in front of the bracket is missing."),
        edit(batchnorm_backward_alt, "dout - dbeta - xhat", "dout - xhat",
             name="mean_path_missing", says="The sum of dout is not taken away: that is the path through the mean."),
        edit(batchnorm_backward_alt, "- dbeta - xhat * dgamma", "- dbeta",
             name="variance_path_missing", says="The term with xhat is not taken away: that is the path through the variance."),
        edit(batchnorm_backward_alt, "- xhat * dgamma", "- dgamma",
             name="xhat_missing", says="The last term of the bracket is xhat times dgamma; xhat is missing."),
        edit(batchnorm_backward_alt, "gamma / (n * std)", "1 / (n * std)",
             name="gamma_forgotten", says="gamma is missing in front of the bracket."),
        edit(batchnorm_backward_alt, "gamma / (n * std)", "gamma / n",
             name="deviation_missing", says="The bracket must be divided by the deviation, the root of (variance + eps)."),
        edit(batchnorm_backward_alt, "gamma / (n * std)", "gamma / (n * std**2)",
             name="by_variance", says="dx is divided by the variance; it should be the standard deviation."),
        edit(batchnorm_backward_alt, "- dbeta - xhat", "+ dbeta + xhat",
             name="signs", says="The two sums are added; they must be taken away."),
        edit(batchnorm_backward_alt, "dbeta = dout.sum(axis=0)", "dbeta = dout.mean(axis=0)",
             name="dbeta_averaged", says="dbeta is averaged over the batch; it is a sum."),
        edit(batchnorm_backward_alt, "(dout * xhat).sum(axis=0)", "(dout * xhat).mean(axis=0)",
             name="dgamma_averaged", says="dgamma is averaged over the batch; it is a sum."),
        edit(batchnorm_backward_alt, "xhat, gamma, std, _ = cache", "xhat, gamma, std, _ = cache\n    std = np.sqrt((_**2).mean(axis=0) + 1e-300)",
             name="eps_lost", says="eps is lost in the backward pass: the deviation there must be the root of (variance + eps), as in forward."),
    ],
)  # fmt: skip

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
        net = network.Network((64, 50, 50, 50, 50, 50, 10), std, np.random.default_rng(1), normalise=normalise)
        training.train(
            net.loss_and_grads, net.parameters, digits, step=lambda w, dw: w - 0.1 * dw, epochs=4, label=f"std {std:5g}",
        )
        return training.accuracy(net.scores, digits.X_val, digits.y_val)

    batch_norm = network.Plug(batchnorm_forward, batchnorm_backward, {"eps": 1e-5, "momentum": 0.9})
    with_norm = [accuracy_after_training(std, batch_norm) for std in scales]
    with np.errstate(all="ignore"):
        without = [accuracy_after_training(std, None) for std in scales]
    prediction.compare(my_guess, 100 * with_norm[1], "accuracy at std 0.01 with batch norm (%)")
    plots_normalisation.scale_sweep(scales, without, with_norm)

# %% [markdown]
# ## Looking back
#
# One input, three paths, one sum: batch norm is the chain rule over a graph with forks. You also met a layer
# that is not the same function in training and at test time, which is the source of more bugs in practice than any
# formula: a forgotten switch, averages that were never stored, a batch of one.
#
# Sources: S. Ioffe and C. Szegedy, *Batch Normalization* (2015), for the layer; the names follow Stanford's CS231n.
