"""Action spaces as the two kinds that dreamtree knows: one of n, or numbers within bounds.

They are told by the names of classes, so that a file's world needs no gymnasium.
"""

import math

from dreamtree_values import LARGEST, Refusal, as_float, scalar, shown, whole

EXPECTED = "expected Discrete, or Box with finite bounds, or a small MultiDiscrete or MultiBinary"
MOST_COMBINED = 1024  # of actions that stand for several at once: each is learned by itself


def action_space(space):
    kinds = [kind.__name__ for kind in type(space).__mro__]
    for name, kind in (("Discrete", Discrete), ("Box", Box), ("MultiDiscrete", Combined), ("MultiBinary", Combined)):
        if name in kinds:
            return kind(space)
    raise refused(space, EXPECTED)


def refused(space, expected):
    return Refusal(f"its actions are {shown(space)}; {expected}")


def integer(value):
    """A whole number from whatever it is given as, or None."""
    number = as_float(value)
    if number is None or not math.isfinite(number) or number != int(number):
        return None
    return int(scalar(value))


def flat(values):
    """Numbers as a list, from one number, a list or an array of any shape; what is no number is None."""
    if hasattr(values, "ravel"):
        values = values.ravel()
    elif not isinstance(values, (list, tuple)):
        values = [values]
    return [as_float(value) for value in values]


def require_index(index, n):
    if not whole(index, 0, n - 1):
        raise Refusal(f"expected an action from 0 to {n - 1}, got {index!r}")
    return index


class Discrete:
    def __init__(self, space):
        self.n, self.start = integer(space.n), integer(getattr(space, "start", 0))
        if self.start is None or not whole(self.n, 1, 2**31):
            raise refused(space, f"expected a whole number n of at least 1, and a whole start, got n = {shown(space.n)}")

    def describe(self):
        return {"kind": "discrete", "n": self.n}

    def action(self, index):
        return self.start + require_index(index, self.n)


class Combined:
    """Several choices at once, each combination an action of its own: the last choice changes quickest."""

    def __init__(self, space):
        self.space = space
        counts = getattr(space, "nvec", None)
        bits = getattr(space, "n", 0) if counts is None else 0
        self.counts = [2] * math.prod(integer(n) or 0 for n in flat(bits)) if counts is None else whole_list(counts)
        start = getattr(space, "start", None)
        self.starts = [0] * len(self.counts) if start is None else whole_list(start)
        if not self.counts or len(self.starts) != len(self.counts) or None in self.starts:
            raise refused(space, EXPECTED)
        if not all(whole(count, 1, 2**31) for count in self.counts):
            raise refused(space, "expected at least one of everything that can be chosen")
        self.n = math.prod(self.counts) if len(self.counts) < 1000 else math.inf
        if self.n > MOST_COMBINED:
            raise refused(space, f"these have {self.n:.3g} combinations, and at most {MOST_COMBINED} can be learned")

    def describe(self):
        return {"kind": "discrete", "n": self.n}

    def action(self, index):
        rest, choices = require_index(index, self.n), []
        for count, start in zip(reversed(self.counts), reversed(self.starts)):
            rest, choice = divmod(rest, count)
            choices.insert(0, start + choice)
        return like_space(choices, self.space)


def whole_list(values):
    return [integer(value) for value in flat(values)]


class Box:
    def __init__(self, space):
        self.space = space
        self.low, self.high = flat(space.low), flat(space.high)
        dtype = getattr(space, "dtype", "float32")
        dtype = getattr(dtype, "name", None) or getattr(dtype, "__name__", str(dtype))
        self.rounds = dtype.startswith(("int", "uint"))
        if not self.rounds and not dtype.startswith("float"):
            raise refused(space, f"expected a Box of floats or whole numbers, not of {dtype}")
        if not self.low or len(self.low) != len(self.high):
            raise refused(space, f"expected as many lower bounds as upper ones, got {len(self.low)} and {len(self.high)}")
        for low, high in zip(self.low, self.high):
            self.require(low, high)

    def require(self, low, high):
        if low is not None and high is not None and low < high and high - low <= LARGEST:
            if max(-low, high) <= LARGEST:
                return
        hint = ", as gymnasium.wrappers.RescaleAction gives" if None not in (low, high) and low < high else ""
        raise refused(self.space, f"expected finite bounds, low below high{hint}, got {low} to {high}")

    def describe(self):
        return {"kind": "continuous", "low": self.low, "high": self.high}

    def action(self, values):
        if not isinstance(values, list) or len(values) != len(self.low):
            raise Refusal(f"expected an action of {len(self.low)} numbers, got {values!r}")
        clipped = [min(max(float(value), low), high) for value, low, high in zip(values, self.low, self.high)]
        if self.rounds:
            clipped = [round(value) for value in clipped]
        return like_space(clipped, self.space, self.space.low)


def like_space(values, space, bound=None):
    """An action as its world wants it: an array where its space is of arrays, else a list, or one number."""
    if hasattr(bound, "reshape") or (bound is None and hasattr(space, "shape") and hasattr(space, "dtype")):
        import numpy

        return numpy.asarray(values, dtype=space.dtype).reshape(space.shape)
    return values if bound is None or isinstance(bound, (list, tuple)) else values[0]
