# %% [markdown]
# # Recurrent networks: the gradient travels through time
#
# After this notebook you can
#
# - write one step of a recurrent network and its backward pass,
# - unroll it over a sequence, and carry the gradient back from the last step to the first,
# - explain, with numbers of your own, why gradients vanish or explode on that way.
#
# A recurrent network is one layer, used again at every step. Nothing new is needed to differentiate it: the same
# weights are used $T$ times, so their gradient is the sum of $T$ contributions; and a state influences the loss
# directly *and* through the next state, so its gradient is the sum of two.

# %%
import numpy as np

from autograder import check
from autograder.lab import plots_rnn, prediction
from autograder.lab.guard import guard

# %% [markdown]
# ## One step
#
# From an input and the previous state comes the next state:
#
# $$
# \underset{(N,\,H)}{h_t} = \tanh\Bigl(\underset{(N,\,D)}{x_t}\,\underset{(D,\,H)}{W_x} + \underset{(N,\,H)}{h_{t-1}}\,\underset{(H,\,H)}{W_h} + \underset{(H,)}{b}\Bigr)
# $$

# %%
def rnn_step_forward(x, prev_h, Wx, Wh, b):
    """One step of a tanh RNN.

    Args:
        x: Input at this step, shape (N, D).
        prev_h: Previous state, shape (N, H).
        Wx: Input-to-hidden weights, shape (D, H).
        Wh: Hidden-to-hidden weights, shape (H, H).
        b: Bias, shape (H,).

    Returns:
        next_h: Next state, shape (N, H).
        cache: Whatever `rnn_step_backward` will need.
    """
    ### BEGIN SOLUTION
    next_h = np.tanh(x @ Wx + prev_h @ Wh + b)
    cache = (x, prev_h, Wx, Wh, next_h)
    ### END SOLUTION
    return next_h, cache


# %% [markdown]
# ### Backward through one step
#
# First through the tanh, which gives the gradient of what stands in the brackets, call it $dz$ of shape $(N, H)$. From
# there it is two affine layers that share their output.
#
# A trap: $W_h$ is square. Forget a transpose and every shape still fits. Only the numbers tell.

# %%
def rnn_step_backward(dnext_h, cache):
    """Send the gradient back through one step.

    Args:
        dnext_h: Gradient of the next state, shape (N, H).
        cache: What `rnn_step_forward` returned.

    Returns:
        dx: Shape (N, D).
        dprev_h: Shape (N, H).
        dWx: Shape (D, H).
        dWh: Shape (H, H).
        db: Shape (H,).
    """
    ### BEGIN SOLUTION
    x, prev_h, Wx, Wh, next_h = cache
    dz = dnext_h * (1 - next_h**2)
    dx = dz @ Wx.T
    dprev_h = dz @ Wh.T
    dWx = x.T @ dz
    dWh = prev_h.T @ dz
    db = dz.sum(axis=0)
    ### END SOLUTION
    return dx, dprev_h, dWx, dWh, db


# %% tags=["instructor"]
from autograder.exercises import Layer, array, edit

rnn_step = Layer(
    rnn_step_forward,
    rnn_step_backward,
    inputs={
        "x": "N D",
        "prev_h": "N H",
        "Wx": array("D H", scale=0.5),
        "Wh": array("H H", scale=0.5),
        "b": "H",
    },
    outputs=["next_h"],
    points={"forward": 2, "backward": 4},
    hints={
        "forward": (
            "Two matrix products and a bias, then tanh over the sum.",
            "The input is multiplied by Wx, the previous state by Wh; both give shape (N, H).",
            "Keep x, prev_h, both matrices and the new state: backward uses all of them.",
        ),
        "backward": (
            "Go through tanh first; its derivative is 1 minus the square of the output.",
            "With dz for the gradient of what tanh was given, each product is an affine layer: one gradient for its input, one for its matrix.",
            "dx and dprev_h: dz times the transposed matrix. dWx and dWh: the transposed input (or state) times dz. db: dz summed over the examples.",
        ),
    },
    mistakes=[
        edit(rnn_step_forward, "np.tanh(x @ Wx + prev_h @ Wh + b)", "x @ Wx + prev_h @ Wh + b", follow=True,
             name="tanh_missing", says="The tanh is missing: the state is the tanh of the sum."),
        edit(rnn_step_forward, "prev_h @ Wh + b", "prev_h @ Wh",
             name="bias_forgotten", says="The bias is missing from the sum."),
        edit(rnn_step_forward, "prev_h @ Wh", "prev_h @ Wh.T", follow=True,
             name="Wh_transposed_forward", says="The forward pass multiplies by the transpose of Wh; Wh is square, so no shape complains."),
        edit(rnn_step_forward, "x @ Wx + prev_h @ Wh + b", "x @ Wx + b",
             name="state_ignored", says="The previous state takes no part: prev_h times Wh is missing."),
        edit(rnn_step_forward, "np.tanh(x @ Wx + prev_h @ Wh + b)", "np.tanh(x @ Wx + b) + prev_h @ Wh", follow=True,
             name="tanh_of_half", says="tanh is taken of one part of the sum only; it belongs around all of it."),
        edit(rnn_step_forward, "(x, prev_h, Wx, Wh, next_h)", "(x, next_h, Wx, Wh, next_h)",
             name="state_overwritten", says="The cache holds the next state where the previous one is needed. Was a variable overwritten before it was stored?"),
        edit(rnn_step_backward, "(1 - next_h**2)", "(1 - next_h)",
             name="tanh_not_squared", says="The derivative of tanh is one minus the square of the state; the square is missing."),
        edit(rnn_step_backward, "dz = dnext_h * (1 - next_h**2)", "dz = dnext_h",
             name="tanh_skipped", says="The gradient skips tanh: multiply by its derivative first."),
        edit(rnn_step_backward, "(1 - next_h**2)", "(1 - prev_h**2)",
             name="tanh_of_previous", says="The derivative of tanh is taken at the previous state; it belongs to the next one."),
        edit(rnn_step_backward, "dz = dnext_h * (1 - next_h**2)", "dz = 1 - next_h**2",
             name="upstream_ignored", says="Nothing depends on dnext_h: multiply the local gradient by the upstream gradient."),
        edit(rnn_step_backward, "dz @ Wh.T", "dz @ Wh",
             name="Wh_not_transposed", says="Wh is not transposed in dprev_h. It is square, so no shape can tell."),
        edit(rnn_step_backward, "prev_h.T @ dz", "dz.T @ prev_h",
             name="dWh_transposed", says="dWh is transposed: it is the previous state, transposed, times dz. Wh is square, so no shape can tell."),
        edit(rnn_step_backward, "dprev_h = dz @ Wh.T", "dprev_h = dnext_h @ Wh.T",
             name="dprev_h_skips_tanh", says="dprev_h is made from dnext_h; it must come from dz, behind the tanh."),
        edit(rnn_step_backward, "dz.sum(axis=0)", "dz.mean(axis=0)",
             name="db_averaged", says="db is averaged over the batch; it is a sum."),
        edit(rnn_step_backward, "dz.sum(axis=0)", "dz.sum(axis=0, keepdims=True)",
             name="db_keepdims", says="db has shape (1, H); b has shape (H,)."),
        edit(rnn_step_backward, "dWx = x.T @ dz", "dWx = x.T @ dz / len(x)",
             name="dWx_averaged", says="dWx is divided by N; the mean over the batch belongs to the loss."),
        edit(rnn_step_backward, "dWx = x.T @ dz\n    dWh = prev_h.T @ dz", "dWh = x.T @ dz\n    dWx = prev_h.T @ dz",
             name="dWx_and_dWh_swapped", says="dWx and dWh have changed places."),
    ],
)  # fmt: skip

# %% [markdown]
# ## The whole sequence
#
# Now $x$ has shape $(N, T, D)$, and the step is used $T$ times, each time with the state of the step before. Every
# state is returned: $h$ has shape $(N, T, H)$.

# %%
def rnn_forward(x, h0, Wx, Wh, b):
    """Run the RNN over a sequence, with your `rnn_step_forward`.

    Args:
        x: Inputs, shape (N, T, D).
        h0: First state, shape (N, H).
        Wx: Shape (D, H).
        Wh: Shape (H, H).
        b: Shape (H,).

    Returns:
        h: States after each step, shape (N, T, H).
        cache: Whatever `rnn_backward` will need.
    """
    ### BEGIN SOLUTION
    n, steps, _ = x.shape
    h = np.empty((n, steps, h0.shape[1]))
    state, caches = h0, []
    for t in range(steps):
        state, kept = rnn_step_forward(x[:, t], state, Wx, Wh, b)
        h[:, t] = state
        caches.append(kept)
    cache = (caches, x.shape)
    ### END SOLUTION
    return h, cache


# %% [markdown]
# ### Backpropagation through time
#
# Walk the steps backwards. At step $t$ two gradients meet: `dh[:, t]`, which comes straight from the loss, and the
# gradient that the step after it hands back. **Add them**, go through the step, pass the result on:
#
# $$ dh_t^{\text{total}} = dh_t + \underbrace{d\,\text{prev\_h of step } t+1}_{\text{the carry}} $$
#
# The weights are shared by all steps: collect their gradients with a sum.

# %%
def rnn_backward(dh, cache):
    """Send the gradient back through the whole sequence, with your `rnn_step_backward`.

    Args:
        dh: Gradients of all states, straight from the loss, shape (N, T, H).
        cache: What `rnn_forward` returned.

    Returns:
        dx: Shape (N, T, D).
        dh0: Shape (N, H).
        dWx: Shape (D, H).
        dWh: Shape (H, H).
        db: Shape (H,).
    """
    ### BEGIN SOLUTION
    caches, shape = cache
    dx = np.empty(shape)
    carry = dWx = dWh = db = 0
    for t in reversed(range(shape[1])):
        dx[:, t], carry, *grads = rnn_step_backward(dh[:, t] + carry, caches[t])
        dWx = dWx + grads[0]
        dWh = dWh + grads[1]
        db = db + grads[2]
    dh0 = carry
    ### END SOLUTION
    return dx, dh0, dWx, dWh, db


# %% tags=["instructor"]
rnn = Layer(
    rnn_forward,
    rnn_backward,
    inputs={
        "x": "N T D",
        "h0": "N H",
        "Wx": array("D H", scale=0.5),
        "Wh": array("H H", scale=0.5),
        "b": "H",
    },
    outputs=["h"],
    points={"forward": 3, "backward": 6},
    hints={
        "forward": (
            "A loop over t, in which each step starts from the state that the step before returned.",
            "Time is the second axis: `x[:, t]` is the batch at step t. Collect the caches of the steps in a list.",
            "Before the loop the state is h0; in the loop replace it by what rnn_step_forward returns and write it to h[:, t].",
        ),
        "backward": (
            "Go through the steps from the last to the first, and keep one gradient in your hand: the carry.",
            "What goes into step t is dh[:, t] plus the carry. What comes out as the gradient of the previous state is the next carry.",
            "Start with a carry of zero; add up dWx, dWh and db over the steps; after the loop the carry is dh0.",
        ),
    },
    mistakes=[
        edit(rnn_forward, "rnn_step_forward(x[:, t], state, Wx, Wh, b)", "rnn_step_forward(x[:, t], h0, Wx, Wh, b)",
             name="state_not_carried", follow=True, says="Every step starts from h0 again; it must start from the state of the step before."),
        edit(rnn_forward, "state, caches = h0, []", "state, caches = np.zeros_like(h0), []",
             name="h0_ignored", says="The first step starts from zeros; it must start from h0."),
        edit(rnn_forward, "for t in range(steps)", "for t in reversed(range(steps))",
             ("caches.append(kept)", "caches.insert(0, kept)"),
             name="reversed_in_time", says="The sequence is read from its end: the loop of the forward pass runs backwards."),
        edit(rnn_forward, "        state, kept = rnn_step_forward(x[:, t], state, Wx, Wh, b)\n        h[:, t] = state",
             "        h[:, t] = state\n        state, kept = rnn_step_forward(x[:, t], state, Wx, Wh, b)",
             name="stored_one_step_late", says="h[:, t] holds the state before step t; it should hold the state after it."),
        edit(rnn_forward, "rnn_step_forward(x[:, t], state", "rnn_step_forward(x[:, 0], state",
             name="first_input_only", says="Every step reads the first input; step t must read x[:, t]."),
        edit(rnn_forward, "state, caches = h0, []", "state, caches = h0.copy(), []",
             ("state, kept = rnn_step_forward(x[:, t], state, Wx, Wh, b)", "new, kept = rnn_step_forward(x[:, t], state, Wx, Wh, b)\n        state[...] = new"),
             name="state_buffer_reused", says="One array holds the state of every step, and each step writes over it: all caches end up with the last state."),
        edit(rnn_backward, "dh[:, t] + carry", "dh[:, t]",
             name="no_carry", says="The gradient that the following step hands back is not added: time is cut at every step."),
        edit(rnn_backward, "dh[:, t] + carry", "dh[:, t] * (t == shape[1] - 1) + carry",
             name="only_last_dh", says="Only the last dh is used; every state has a gradient of its own from the loss, added to the carry."),
        edit(rnn_backward, "dWx = dWx + grads[0]", "dWx = grads[0]",
             ("dWh = dWh + grads[1]", "dWh = grads[1]"), ("db = db + grads[2]", "db = grads[2]"),
             name="overwritten", says="The gradients of the weights are overwritten at every step; they are shared, so the steps add up."),
        edit(rnn_backward, "in reversed(range(shape[1]))", "in range(shape[1])",
             name="loop_forwards", says="The backward loop runs forwards in time; the carry must come from the step after."),
        edit(rnn_backward, "dh0 = carry", "dh0 = carry\n    dWx, dWh, db = dWx / shape[1], dWh / shape[1], db / shape[1]",
             name="averaged_over_time", says="The gradients of the weights are divided by T; they are sums over the steps."),
        edit(rnn_backward, "dh0 = carry", "dh0 = carry + dh[:, 0]",
             name="dh0_twice", says="dh[:, 0] is added to dh0; it is the gradient of the state after the first step and has gone through that step already."),
        edit(rnn_backward, "dh0 = carry", "dh0 = dh[:, 0].copy()",
             name="dh0_is_dh", says="dh0 is the gradient of the state before the first step: what the first step hands back, not dh[:, 0]."),
        edit(rnn_backward, "caches[t]", "caches[-1]",
             name="last_cache", says="Every step goes back through the cache of the last step; step t needs its own."),
        edit(rnn_backward, "    for t in", "    total = 0\n    for t in",
             ("dx[:, t], carry, *grads", "dx[:, t], back, *grads"), ("dWx = dWx + grads[0]", "carry = carry + back\n        dWx = dWx + grads[0]"),
             name="carry_accumulated", says="The carry is added up over the steps; each step replaces it: what it hands back contains the earlier ones already."),
    ],
)  # fmt: skip

# %% [markdown]
# ## How far back does the gradient reach?
#
# Put a gradient on the last state and ask how much of it is left $k$ steps earlier. We scale a random $W_h$ so that its
# largest eigenvalue has size $\rho$, and go back 50 steps through *your* backward pass.
#
# **Predict first.** With $\rho = 0.5$: by what factor does the gradient shrink, or grow, over 50 steps? A rough power of
# ten will do.

# %% tags=["experiment"]
my_guess = None  # norm after 50 steps with rho = 0.5, relative to the start

with guard():
    rng = np.random.default_rng(0)
    T, H = 50, 40
    x = rng.normal(0, 0.1, (1, T, H))
    base = rng.normal(size=(H, H))
    base /= np.abs(np.linalg.eigvals(base)).max()
    start = rng.normal(size=(1, H))
    start /= np.linalg.norm(start)

    def norms_back_in_time(rho):
        weights = np.eye(H), rho * base, np.zeros(H)
        h, _ = rnn_forward(x, np.zeros((1, H)), *weights)
        norms = [1.0]
        for k in range(1, T):
            _, kept = rnn_forward(x[:, T - k:], h[:, T - k - 1], *weights)
            dh = np.zeros((1, k, H))
            dh[:, -1] = start
            norms.append(np.linalg.norm(rnn_backward(dh, kept)[1]))
        return np.array(norms)

    curves = {f"ρ = {rho}": norms_back_in_time(rho) for rho in (0.5, 1.0, 1.5)}
    prediction.compare(my_guess, float(curves["ρ = 0.5"][-1]), "what is left after 49 steps, ρ = 0.5")
    plots_rnn.norms_over_time(curves)

# %% [markdown]
# Each step multiplies by $W_h^\top$ and by the slope of tanh, which is at most one. With $\rho < 1$ the product dies out
# exponentially: what happened 40 steps ago can hardly teach the weights anything.
#
# ## Looking back
#
# Backpropagation through time is not a new algorithm. It is the chain rule on a long graph in which one set of weights
# appears again and again: *add where paths meet, add where weights are shared.*
#
# Sources: signatures after Stanford's CS231n; on vanishing and exploding gradients, Y. Bengio, P. Simard and P. Frasconi
# (1994) and R. Pascanu, T. Mikolov and Y. Bengio (2013).
