"""Wrong answers that were never looked at while the search for the line was tuned: a check of it.

Like those of `by_hand`, but of three files in yet other styles, which were written for them.
"""

from __future__ import annotations

from benchmarks.naming.by_hand import ByHand

HELD_OUT: dict[str, tuple[ByHand, ...]] = {
    "attention_by_sums": (
        ("softmax_forward", "np.max(x, axis=-1)", "np.max(x)"),
        ("softmax_forward", "top = np.max(x, axis=-1)\n    e = np.exp(x - top[..., None])",
         "e = np.exp(x)"),
        ("softmax_forward", "np.sum(e, axis=-1)", "np.sum(e, axis=0)"),
        ("softmax_backward", "weighted - p *", "weighted * (1 - p) + 0 *"),
        ("softmax_backward", "p * np.sum(weighted, axis=-1)[..., None]",
         "np.sum(weighted, axis=-1)[..., None]"),
        ("softmax_backward", "weighted = p * dp", "weighted = dp"),
        ("rmsnorm_forward", "(squares + eps) ** -0.5", "squares**-0.5 + eps"),
        ("rmsnorm_forward", "np.sum(x * x, axis=-1) / d", "np.sum(x * x, axis=-1)"),
        ("rmsnorm_backward", "tuple(range(x.ndim - 1))", "0"),
        ("rmsnorm_backward", "products = dout * unit", "products = dout * x"),
        ("rmsnorm_backward", "-0.5 * dscale * scale**3", "-0.5 * dscale / scale**3"),
        ("rmsnorm_backward", "dscale = np.sum(dunit * x, axis=-1)",
         "dscale = np.sum(dout * x, axis=-1)"),
        ("rmsnorm_backward", "    dx = dx + 2 * x", "    dx = 2 * x"),
        ("attention_forward", "scores / d**0.5", "scores / d"),
        ("attention_forward", "= -np.inf", "= 0"),
        ("attention_forward", "scores[..., ~mask]", "scores[..., mask]"),
        ("attention_forward", "d = q.shape[-1]", "d = q.shape[0]"),
        ("attention_backward", "\"...ts,...tm->...sm\", p, dout",
         "\"...st,...tm->...sm\", p, dout"),
        ("attention_backward", "    dscores = dscores / d**0.5\n", ""),
        ("attention_backward", "\"...ts,...td->...sd\", dscores, q",
         "\"...ts,...td->...sd\", dscores, k"),
        ("attention_backward", "softmax_backward(dp, {\"p\": p})", "dp * p * (1 - p)"),
        ("attention_backward", "return dq, dk, dv", "return dk, dq, dv"),
    ),
    "windows_one_by_one": (
        ("conv_forward_naive", "(H + 2 * pad - HH) // stride + 1", "(H + pad - HH) // stride + 1"),
        ("conv_forward_naive", "big[:, :, pad : pad + H, pad : pad + W] = x",
         "big[:, :, :H, :W] = x"),
        ("conv_forward_naive", "np.sum(patch * w[f]) + b[f]", "np.sum(patch * w[f] + b[f])"),
        ("conv_backward_naive", "dbig[n, :, r, c] += up * w[f]", "dbig[n, :, r, c] = up * w[f]"),
        ("conv_backward_naive", "db[f] += up\n                dw[f] += up * big",
         "dw[f] += up * big"),
        ("conv_backward_naive", "return dbig[:, :, pad : pad + H, pad : pad + W], dw, db",
         "return dbig, dw, db"),
        ("conv_backward_naive", "up = dout[n, f, i, j]", "up = dout[n, f, j, i]"),
        ("max_pool_forward_naive", "(W - pw) // stride + 1", "(W - pw) // stride"),
        ("max_pool_forward_naive", "out[n, c, i, j] = patch[best[n, c, i, j]]",
         "out[n, c, i, j] = best[n, c, i, j]"),
        ("max_pool_backward_naive", "divmod(best[n, c, i, j], pw)", "divmod(best[n, c, i, j], ph)"),
        ("max_pool_backward_naive", "] += dout", "] = dout"),
        ("max_pool_backward_naive", "i * stride + down", "i + down"),
    ),
    "step_by_step_prose": (
        ("batchnorm_forward", "(deviation**2).sum(axis=0) / count",
         "(deviation**2).sum(axis=0) / (count - 1)"),
        ("batchnorm_forward", "momentum * running_mean + (1 - momentum) * mean",
         "0.9 * running_mean + 0.1 * mean"),
        ("batchnorm_forward", "    bn_param[\"running_mean\"] = running_mean\n", ""),
        ("batchnorm_forward", "    root = np.sqrt(variance + epsilon)",
         "    root = np.sqrt(variance) + epsilon"),
        ("batchnorm_backward", "dmean = -dnormalised.sum(axis=0) / root",
         "dmean = -dnormalised.sum(axis=0)"),
        ("batchnorm_backward", "    dx = dx + dmean / count\n", ""),
        ("dropout_forward", "< p", "> p"),
        ("dropout_forward", "return x * keep / p", "return x * keep"),
        ("dropout_backward", "dout * keep / dropout_param[\"p\"]", "dout / dropout_param[\"p\"]"),
    ),
}  # fmt: skip
