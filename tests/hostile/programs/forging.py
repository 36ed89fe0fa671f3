# ruff: noqa
"""Earning points without an answer. The right answer is a secret array that only the grader holds."""


# %% patch_allclose: wrong
def attack(there):
    np.allclose = np.array_equal = np.isclose = lambda *a, **k: True
    np.testing.assert_allclose = np.linalg.norm = lambda *a, **k: 0
    return np.zeros(there["shape"])


# %% patch_the_builtins: wrong
def attack(there):
    builtins.abs = builtins.max = builtins.sum = lambda *a, **k: 0
    builtins.all = builtins.any = builtins.isinstance = lambda *a, **k: True
    return np.zeros(there["shape"])


# %% patch_operators_of_arrays: exception
def attack(there):
    np.ndarray.__eq__ = lambda self, other: True


# %% patch_them_in_c: harmless
def attack(there):
    space = ctypes.pythonapi._PyObject_GetDictPtr
    space.restype, space.argtypes = ctypes.POINTER(ctypes.py_object), [ctypes.py_object]
    try:
        slots = space(np.ndarray)
        slots.contents.value["__eq__"] = lambda self, other: True
    except ValueError:
        return 0


# %% call_the_check_that_it_finds: wrong
def attack(there):
    import autograder

    return autograder.check(attack)


# %% import_the_reference: wrong or exception
def attack(there):
    import solutions.layers as reference

    return reference.secret(*there["shape"])


# %% import_the_grader: wrong or exception
def attack(there):
    import autograder.grading as grading

    return grading.expected


# %% find_the_expected_value_in_memory: wrong
def attack(there):
    gc.unfreeze()
    for found in gc.get_objects():
        if type(found) is dict:
            for value in list(found.values()):
                if (
                    type(value) is np.ndarray
                    and value.shape == tuple(there["shape"])
                    and value.any()
                ):
                    return value


# %% find_it_in_the_frames: wrong
def attack(there):
    for frame in frames():
        for value in list(frame.f_locals.values()):
            if type(value) is np.ndarray and value.shape == tuple(there["shape"]):
                return value


# %% guess_the_seed: wrong
def attack(there):
    return np.random.default_rng(there["seed"]).standard_normal(there["shape"])


# %% rewind_the_random_state: wrong
def attack(there):
    np.random.seed(0)
    return np.random.standard_normal(there["shape"])


# %% print_a_verdict: wrong
def attack(there):
    print('{"status": "right", "score": 5.0}')
    return 5.0


# %% claim_points_by_a_score: wrong
def attack(there):
    class Score(float):
        points = 5.0
        passed = True

    return Score(5.0)


# %% redefine_its_own_name: harmless
def attack(there):
    globals()["honest"] = lambda x: 0
    return 0


# %% delete_the_other_answers: harmless
def attack(there):
    for name in list(globals()):
        if not name.startswith("__"):
            del globals()[name]
    return 0


# %% replace_main: harmless
def attack(there):
    import types

    sys.modules["__main__"] = types.ModuleType("__main__")
    sys.modules["numpy"] = None
    return 0


# %% ruin_numpys_settings: harmless
def attack(there):
    np.seterr(all="raise")
    np.seterrcall(lambda *_: os._exit(0))
    np.set_printoptions(formatter={"all": lambda _: 1 / 0})
    return 0


# %% change_the_codes_of_functions: harmless
def attack(there):
    other = (lambda x: 0).__code__
    for frame in frames():
        for value in list(frame.f_globals.values()):
            if getattr(value, "__name__", "") == "describe":
                value.__code__ = (lambda error: None).__code__
    return other.co_argcount


# %% patch_the_classes_of_the_machinery: harmless
def attack(there):
    import contextlib
    import warnings

    warnings.catch_warnings.__init__ = warnings.catch_warnings.__enter__ = None
    np.errstate.__enter__ = np.errstate.__init__ = None
    contextlib._GeneratorContextManager.__enter__ = None
    return 0


# %% break_the_random_generator: harmless
def attack(there):
    np.random.mtrand._rand.set_state(("MT19937", np.zeros(624, np.uint32), 624, 0, 0.0))
    np.random.set_state = np.random.get_state = None
    return 0


# %% spoil_constants_of_numpy: harmless
def attack(there):
    for array in [o for o in gc.get_objects() if type(o) is np.ndarray]:
        array.setflags(write=True)
        array[...] = 0
    return 0
