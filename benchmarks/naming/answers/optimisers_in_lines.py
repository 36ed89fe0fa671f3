# answers: 04_training
# update rules in many small lines
import numpy as np


def sgd_momentum(w, dw, config):
    velocity = config.get("velocity")
    if velocity is None:
        velocity = np.zeros(w.shape)
    velocity = velocity * config["momentum"]
    velocity = velocity - dw * config["learning_rate"]
    config["velocity"] = velocity
    return w + velocity, config


def rmsprop(w, dw, config):
    decay = config["decay_rate"]
    average = config.get("cache")
    if average is None:
        average = np.zeros(w.shape)
    average = average * decay
    average = average + dw * dw * (1 - decay)
    config["cache"] = average
    root = np.sqrt(average) + config["epsilon"]
    return w - dw / root * config["learning_rate"], config


def adam(w, dw, config):
    b1, b2, lr = config["beta1"], config["beta2"], config["learning_rate"]
    if "t" not in config:
        config["m"] = np.zeros(w.shape)
        config["v"] = np.zeros(w.shape)
        config["t"] = 0
    config["t"] = config["t"] + 1
    config["m"] = config["m"] * b1 + dw * (1 - b1)
    config["v"] = config["v"] * b2 + dw * dw * (1 - b2)
    m = config["m"] / (1 - b1 ** config["t"])
    v = config["v"] / (1 - b2 ** config["t"])
    return w - lr * m / (np.sqrt(v) + config["epsilon"]), config


def cosine_lr(t, T, hi, lo):
    angle = np.pi * t / T
    middle = (hi + lo) / 2
    swing = (hi - lo) / 2
    return middle + swing * np.cos(angle)


def accumulate_grads(grad_fn, X, y, sizes):
    ends = np.cumsum(sizes)
    grad = 0.0
    for end, size in zip(ends, sizes):
        begin = end - size
        grad = grad + grad_fn(X[begin:end], y[begin:end]) * (size / len(X))
    return grad
