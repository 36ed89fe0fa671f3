"""Wrong answers by hand, as students make them, of all twelve notebooks; frozen before any was tried.

Its author had not read how the kit finds a line, and ran no check on them. The right answers are in
new styles. In each notebook those that end in an exception come last, after "these raise"; "also:"
names a second line in which the mistake may as well be said to stand.
"""

from __future__ import annotations

from benchmarks.naming.unseen import ByHand

FIFTH: dict[str, tuple[ByHand, ...]] = {
    "error_by_comparing": (
        ("relative_error", "worst = 0.0", "worst = 1.0"),
        ("relative_error", "abs(left[i]) + abs(right[i])", "abs(left[i] + right[i])"),
        ("relative_error", "if ratio > worst", "if ratio < worst"),
        ("relative_error", "range(left.size)", "range(left.size - 1)"),
        ("relative_error", "            both = 1e-8", "            both += 1e-8"),
        ("relative_error", "ratio = gap / both", "ratio = gap / abs(right[i])"),
        ("relative_error", "            worst = ratio", "            worst += ratio"),
        # these raise
        ("relative_error", "range(left.size)", "range(left.shape)"),
        ("relative_error", "np.ravel(y)", "np.flatten(y)"),
        ("relative_error", "abs(left[i]) + abs(right[i])", "abs(left[i], right[i])"),
        ("relative_error", "float(worst)", "float(left)"),
    ),
    "gates_with_tapes": (
        ("add_gate_backward", "np.ones(len(cache))", "cache"),
        ("mul_gate_backward", "swapped = cache[::-1]", "swapped = cache"),
        ("max_gate_forward", "int(np.argmax(pair))", "int(x > y)"),
        ("sigmoid_by_gates", "    back *= tape[2]\n", "    back *= tape[1]\n"),
        ("sigmoid_by_gates", "tape[3] ** 2", "tape[3]"),
        ("neuron_forward", "t = bias", "t = 0.0"),
        ("neuron_backward", "(1.0 + power) ** 2", "(1.0 + power)"),
        ("staged_backward", "sx * (1.0 - sx) + 2.0 * both", "sx * (1.0 - sx)"),
        ("staged_backward", "top_y * bottom - top * bottom_y", "top_y * bottom + top * bottom_y"),
        ("numeric_gradient", "        x[place] = value\n", ""),
        ("local_jacobian", "J = np.transpose(rows)", "J = np.array(rows)"),
        # these raise
        ("mul_gate_forward", "return pair.prod(), pair", "return pair.prod(), x, y"),
        ("neuron_backward", "dw = np.zeros(3)", "dw = np.zeros(2)"),
        ("matmul_backward", "x, dout)", "x.T, dout)"),
        ("vjp_path", '"i,ij->j"', '"j,ij->i"'),
        ("vjp_path", "left.pop()", "left.pop(0)"),
    ),
    "layers_in_columns": (
        ("affine_backward", "np.ones(len(dout)) @ dout", "np.ones(len(dout)) @ dout / len(dout)"),
        ("relu_forward", "return on * x, on", "return on * x, x"),
        ("sigmoid_backward", "cache - cache**2", "1.0 - cache**2"),
        ("tanh_backward", "dx = dout.copy()", "dx = np.ones_like(dout)"),
        ("softmax_loss", ".sum(axis=1))[:, None] + top", ".sum(axis=1))[:, None]"),
        ("softmax_loss", "np.exp(log_p) - truth", "log_p - truth"),
        ("gelu_backward", "(2.0 * np.pi) ** -0.5", "(2.0 * np.pi) ** 0.5"),
        ("swish_backward", "x * s * (1 - s)", "s * (1 - s)"),
        ("swiglu_backward", "dboth * up, gate_cache", "dboth, gate_cache"),
        ("mse_loss", "np.dot(off, off) / (N * D)", "np.dot(off, off) / N"),
        ("svm_loss", "        dx -= over[:, None] * truth\n", ""),
        ("TwoLayerNet", "np.sqrt(2 / fan_in)", "np.sqrt(2 / fan_out)"),
        # these raise
        ("affine_forward", "columns = columns_of(x)", "columns = x.T"),
        ("affine_backward", 'cache["shape"]', 'cache["x_shape"]'),  # also: the forward's cache
        ("swish_forward", "sigmoid_forward(x)[0]", "sigmoid_forward(x)"),
        ("svm_loss", "np.sum(x * truth, axis=1)", "np.sum(x * truth, axis=0)"),
        ("sigma_net_backward", "affine_backward(dz, first)", "affine_backward(dz, second)"),
        ("TwoLayerNet", "(self.params[key] for key", "(params[key] for key"),
    ),
    "leaks_in_one_breath": (
        ("saturation_report", "> 0.49", "> 0.5"),
        ("saturation_report", "np.count_nonzero(far) / far.size", "np.count_nonzero(far) / n"),
        ("saturation_report", '"nd,nh->dh", x, slope) / n', '"nd,nh->dh", x, slope)'),
        ("saturation_report", "slope = s - s**2", "slope = z - z**2"),
        ("dead_units", "alive |= example > 0", "alive = example > 0"),
        ("dead_units", "return ~alive", "return alive"),
        ("q_acted", "np.where(picked, Q, 0).sum(axis=1)", "np.where(picked, Q, 0).max(axis=1)"),
        ("td_target", "axis=1)[:, -1]", "axis=1)[:, 0]"),
        ("td_target", "return r + gamma * best", "return gamma * (r + best)"),
        ("huber_forward", "out[above] = delta * x[above] - delta**2 / 2",
         "out[above] = delta * x[above]"),
        ("huber_forward", "out[below] = -delta * x[below]", "out[below] = delta * x[below]"),
        ("huber_backward", "delta * np.sign(x)", "np.sign(x)"),
        # these raise
        ("saturation_report", '"nh,dh->nd", slope, W', '"nh,hd->nd", slope, W'),
        ("dead_units", "acts.shape[1]", "acts.shape[2]"),
        ("q_acted", "a[:, np.newaxis]", "a[:, newaxis]"),
        ("td_target", "np.where(done, 0.0, best)", "np.where(done, 0.0, best[:, 0])"),
        ("huber_forward", "return out, {", "return {"),
        ("huber_backward", 'x[cache["inside"]]\n', "x\n"),
    ),
    "training_by_copies": (
        ("xavier_init", "0.5 * (fan_in + fan_out)", "(fan_in + fan_out)"),
        ("sgd_momentum", "return w + speed, state", "return w - speed, state"),
        ("rmsprop", "(dw * dw - old)", "(dw * dw)"),
        ("rmsprop", "np.sqrt(squares) + config", "squares + config"),
        ("adam", '"t": 0, **config}', '"t": 1, **config}'),
        ("adam", '* first / (np.sqrt(second)', '* dw / (np.sqrt(second)'),
        ("cosine_lr", "share * hi + (1 - share) * lo", "share * lo + (1 - share) * hi"),
        ("warm_restart_lr", "t - T0, T0 * mult, mult", "t - T0, T0, mult"),
        ("plateau_lr", "left = patience if better else left - 1",
         "left = left if better else left - 1"),
        ("EarlyStopping", "self.left <= 0", "self.left < 0"),
        ("accumulate_grads", "/ len(y)", "/ len(sizes)"),
        ("GradientInspector", "np.max(np.abs(acts), axis=0)", "np.max(np.abs(acts), axis=1)"),
        # these raise
        ("he_init", "gaussian((fan_in, fan_out), ", "gaussian(fan_in, fan_out, "),
        ("sgd_momentum", 'state.setdefault("velocity", np.zeros_like(w))', 'state["velocity"]'),
        ("adam", "moments.append(", "moments.add("),
        ("EarlyStopping", "self.min_delta, self.patience = min_delta, patience",
         "self.min_delta = min_delta"),
        ("accumulate_grads", "len(inputs) * grad_fn(inputs, targets)",
         "len(inputs) * grad_fn(inputs)"),
        ("GradientInspector", "low, high = self.range", "low = self.range"),
    ),
    "norms_about_axes": (
        ("batchnorm_forward", '["eps"]) ** -0.5', '["eps"]) ** -1'),
        ("batchnorm_forward", "(1 - m) * (now - settings[key])", "m * (now - settings[key])"),
        ("batchnorm_forward", '("running_var", var[0])', '("running_var", mean[0])'),
        ("batchnorm_backward", "dx -= dhat.sum(axis=0) / N", "dx += dhat.sum(axis=0) / N"),
        ("batchnorm_backward", "    dx *= inv\n", ""),
        ("batchnorm_backward_alt", "dx = gamma * inv *", "dx = inv *"),
        ("layernorm_forward", "whiten(x, 1, eps)", "whiten(x, (0, 1), eps)"),
        ("layernorm_backward", "(D * g - total - hat * along)", "(D * g - total - along)"),
        ("groupnorm_forward", "whiten(grouped, (2, 3, 4)", "whiten(grouped, (3, 4)"),
        ("groupnorm_backward", "(g * hat).mean(", "g.mean("),
        ("dropout_forward", "np.where(kept, x / p, 0.0)", "np.where(kept, x / p, x)"),
        ("dropout_backward", "dout[kept] / p", "dout[kept]"),
        # these raise
        ("batchnorm_forward", "    settings.update(bn_param)\n", ""),
        ("batchnorm_backward", '"nd,nd->d", dout, hat', '"nd,dn->d", dout, hat'),
        ("layernorm_backward", "dout, hat)[:, None]", "dout, hat)"),
        ("layernorm_backward", "g.sum(axis=1, keepdims=True)", "g.sum(axis=2, keepdims=True)"),
        ("groupnorm_backward", "dx.reshape(dout.shape)", "dx.reshape(gamma.shape)"),
        ("dropout_forward", "chance.random(x.shape)", "chance.rand(x.shape)"),
    ),
}  # fmt: skip
