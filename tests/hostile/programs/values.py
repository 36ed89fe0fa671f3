# ruff: noqa
"""Answers made to break whoever looks at them. The right answer is a secret array."""


# %% an_array_that_is_always_equal: wrong
def attack(there):
    class Yes(np.ndarray):
        def __eq__(self, other):
            return np.True_

        def __array_ufunc__(self, *args, **kwargs):
            return np.True_

        def __array_function__(self, *args, **kwargs):
            return True

    return np.zeros(there["shape"]).view(Yes)


# %% a_list_with_opinions: wrong
def attack(there):
    class Yes(list):
        def __eq__(self, other):
            return True

        def __len__(self):
            os._exit(0)

    return Yes([1.0])


# %% a_number_with_opinions: wrong
def attack(there):
    class Yes(float):
        def __eq__(self, other):
            return True

        __le__ = __lt__ = __ge__ = __gt__ = __eq__

        def __sub__(self, other):
            return 0.0

        __rsub__ = __sub__

    return Yes(1.0)


# %% an_object_that_answers_everything: wrong
def attack(there):
    class Yes:
        def __getattr__(self, name):
            return self

        def __call__(self, *args, **kwargs):
            return self

        def __eq__(self, other):
            return True

        def __bool__(self):
            return True

    return Yes()


# %% an_object_array: wrong
def attack(there):
    class Yes:
        def __eq__(self, other):
            return True

    return np.array([[Yes()] * there["shape"][1]] * there["shape"][0], dtype=object)


# %% a_record_array: wrong
def attack(there):
    return np.zeros(there["shape"], dtype=[("a", "f8"), ("b", "O")])


# %% nothing_but_nan: wrong
def attack(there):
    return np.full(there["shape"], np.nan)


# %% a_scalar_to_be_broadcast: wrong
def attack(there):
    return np.float64(0)


# %% an_empty_array: wrong
def attack(there):
    return np.zeros((0, *there["shape"]))


# %% an_array_of_an_absurd_shape: wrong or exception
def attack(there):
    return np.lib.stride_tricks.as_strided(
        np.zeros(1), shape=(1 << 20, 0, 1 << 20), strides=(0, 0, 0)
    )


# %% an_array_that_looks_huge: memory or protocol
def attack(there):
    return np.broadcast_to(np.zeros(1), (1 << 36,))


# %% a_masked_array: wrong
def attack(there):
    return np.ma.masked_all(there["shape"])


# %% a_matrix_of_strings: wrong
def attack(there):
    return np.full(there["shape"], "0.0")


# %% dates: wrong
def attack(there):
    return np.full(there["shape"], np.datetime64("2020-01-01"))


# %% a_list_that_contains_itself: wrong or protocol or exception
def attack(there):
    x = []
    x.append(x)
    return x


# %% a_dict_that_contains_itself: wrong or protocol or exception
def attack(there):
    x = {}
    x["x"] = x
    return x


# %% lists_of_the_same_list: wrong or protocol or timeout or memory
def attack(there):
    x = [0.0]
    for _ in range(7):
        x = [x] * 60
    return x


# %% a_dict_that_never_ends: timeout or memory
def attack(there):
    class Endless(dict):
        def items(self):
            i = 0
            while True:
                yield i, i
                i += 1

    return Endless()


# %% a_tuple_that_lies: wrong or exception
def attack(there):
    class Liar(tuple):
        def __iter__(self):
            raise SystemError

        def __len__(self):
            return 2

        def __getitem__(self, key):
            return self

    return Liar((1, 2))


# %% a_key_that_lies: wrong or exception
def attack(there):
    class Key:
        def __str__(self):
            return 5

        def __hash__(self):
            return 0

    return {Key(): 1}


# %% a_string_of_half_a_character: wrong
def attack(there):
    return "\ud800" * 10


# %% escape_sequences: wrong
def attack(there):
    print("\x1b]0;owned\x07\x1b[2J")
    return "\x1b[2J<script>alert(1)</script>"


# %% a_very_long_string: protocol
def attack(there):
    return "x" * (1 << 25)


# %% a_huge_integer: protocol
def attack(there):
    return 1 << 100000


# %% a_class: wrong
def attack(there):
    class Meta(type):
        def __eq__(cls, other):
            return True

        def __hash__(cls):
            return 0

    class Odd(metaclass=Meta):
        pass

    return Odd


# %% a_generator: wrong
def attack(there):
    return (0.0 for _ in range(10))


# %% a_type_with_a_false_class: wrong or exception
def attack(there):
    class Odd:
        __class__ = np.ndarray

    return Odd()


# %% an_array_like: wrong
def attack(there):
    class Like:
        def __array__(self, dtype=None, copy=None):
            os._exit(0)

    return Like()


# %% an_exception_with_a_huge_text: exception
def attack(there):
    raise ValueError("x" * (1 << 24))


# %% an_exception_of_half_characters: exception
def attack(there):
    raise ValueError("\udcff\x00" * 100)


# %% a_warning_with_a_huge_text: wrong
def attack(there):
    import warnings

    for i in range(100):
        warnings.warn(f"{i}\ud800" + "x" * (1 << 16))


# %% big_endian: wrong
def attack(there):
    return np.zeros(there["shape"], ">f8")


# %% long_doubles: wrong
def attack(there):
    return np.zeros(there["shape"], np.longdouble)


# %% a_view_far_out_of_bounds: crash or wrong
def attack(there):
    seen = np.lib.stride_tricks.as_strided(np.zeros(1), (1 << 17,), (8,))
    return seen.tobytes().decode("latin-1")


# %% a_view_of_one_number_a_billion_times: memory or protocol
def attack(there):
    return np.broadcast_to(0.5, (1 << 30,))


# %% an_array_that_changes_while_it_is_read: wrong
def attack(there):
    kept = np.zeros(there["shape"])
    times = iter(range(10**6))

    class Restless(np.ndarray):
        def __array_finalize__(self, parent):
            kept[...] = next(times)

        def __getattribute__(self, name):
            kept[...] = next(times)
            return super().__getattribute__(name)

    return kept.view(Restless)


# %% a_buffer_without_an_owner: crash or wrong or exception
def attack(there):
    class Loose:
        __array_interface__ = {"shape": (12,), "typestr": "<f8", "data": (8, True), "version": 3}

    return np.asarray(Loose())


# %% an_array_that_is_freed_at_once: wrong or crash or memory or protocol or exception
def attack(there):
    buffer = mmap.mmap(-1, 1 << 16)
    array = np.frombuffer(buffer, float)
    libc.munmap(ctypes.c_void_p(array.ctypes.data), ctypes.c_size_t(1 << 16))
    return array


# %% a_flag_that_lies: wrong
def attack(there):
    array = np.zeros(12)
    array.shape = (3, 4)
    ctypes.c_int64.from_address(id(array) + object.__basicsize__ + 8).value = 1  # its dimensions
    return array


# %% true_and_one_and_one_point_nought: wrong
def attack(there):
    import decimal
    import enum
    import fractions

    class One(enum.IntEnum):
        ONE = 1

    return [True, One.ONE, fractions.Fraction(1), decimal.Decimal(1), np.float64(1), np.void(b"1")]


# %% keys_that_become_one: wrong
def attack(there):
    return {1: 0.0, "1": 1.0, 1.5: 2.0, "1.5": 3.0, None: 4.0, (1,): 5.0, b"1": 6.0}


# %% a_dtype_with_a_title: wrong
def attack(there):
    kind = np.dtype({"names": ["a"], "formats": ["f8"], "titles": [there["token"] * 1000]})
    return np.zeros(there["shape"], kind)


# %% a_float_that_counts: wrong
def attack(there):
    class Number(float):
        def __float__(self):
            os._exit(0)

        __index__ = __bool__ = __eq__ = __repr__ = __str__ = __hash__ = __float__

    return [Number(1.0)] * 12


# %% an_exception_group_without_end: exception or memory or timeout or crash
def attack(there):
    error = ValueError("x")
    for _ in range(100_000):
        error = ExceptionGroup("x", [error])
    raise error


# %% notes_without_end: exception or memory
def attack(there):
    error = ValueError("x")
    error.__notes__ = ["\x1b[2J" * 1000] * 100_000
    raise error
