"""Mutants change one place each, and differ from the original."""

from autograder.course.mutants import mutants

SOURCE = """
def affine_backward(dout, cache):
    x, w = cache
    dw = 0
    for t in reversed(range(3)):
        dw += x.T @ dout
    return -dout * w, dw, dout.sum(axis=0)
"""


def test_the_slips_of_a_backward_pass_are_among_them():
    whats = {mutant.what for mutant in mutants(SOURCE, "affine_backward")}
    assert {
        "transpose dropped",
        "sum -> mean",
        "0 -> 1",
        "accumulation -> assignment",
        "sign dropped",
        "operands of @ swapped",
        "reversed dropped",
        "range one short",
        "axis= dropped",
        "entries 1 and 2 swapped",
    } <= whats


def test_a_mutant_tells_its_line():
    lines = {m.what: m.line for m in mutants(SOURCE.strip(), "affine_backward")}
    assert lines["transpose dropped"] == 5
