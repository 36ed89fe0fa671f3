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
}  # fmt: skip
