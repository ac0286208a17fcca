"""What a world hands over, taken for what it plainly means or refused in a sentence. Standard library only."""

import math

LARGEST = 3.4028234663852886e38  # of 32 bits
SHOWN = 120


class Refusal(Exception):
    """Something that its message says in full; no traceback helps."""


def whole(value, low, high):
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def shown(value):
    """Any value in a few words on one line, whatever its own `__repr__` does."""
    try:
        text = " ".join(str(value).split() if hasattr(value, "shape") or not isinstance(value, str) else [repr(value)])
    except Exception as error:
        text = f"something whose text cannot be had ({type(error).__name__})"
    return text if len(text) <= SHOWN else text[:SHOWN] + "…"


def named(value):
    """A value with its type; None is itself."""
    return "None" if value is None else f"{shown(value)} ({type(value).__name__})"


def scalar(value):
    """What an array of one holds, and everything else as it is."""
    if getattr(value, "size", None) == 1 and callable(getattr(value, "item", None)):
        return value.item()
    return value


def as_float(value):
    """A real number as a float, or None where it is none. Numbers of other packages are asked for one."""
    value = scalar(value)
    if isinstance(value, (str, bytes, bytearray, complex)) or value is None:
        return None
    if not isinstance(value, (int, float)) and not hasattr(value, "__float__"):
        return None
    try:
        return float(value)
    except OverflowError:
        return math.inf
    except (TypeError, ValueError):  # an array of many, say
        return None


def reward_of(value):
    number = as_float(value)
    if number is None:
        raise Refusal(f"expected a number as reward from step(), got {named(value)}")
    return finite_reward(number, value)


def finite_reward(number, value):
    if not math.isfinite(number):
        raise Refusal(f"expected a finite reward from step(), got {shown(value)}")
    if abs(number) > LARGEST:
        raise Refusal(f"expected a reward within ±3.4e38, the largest that 32 bits hold, got {shown(value)} from step()")
    return number


def flag_of(value, name):
    """Whether an episode ended: True or False, also as 1 or 0 and as numpy's."""
    plain = scalar(value)
    if isinstance(plain, (bool, int, float)) and plain in (0, 1):
        return bool(plain)
    raise Refusal(f"expected {name} from step() to be True or False, got {named(value)}")


def outcome_of(result):
    """
    Reward, terminated and truncated of what step() gave: (observation, reward, terminated, truncated, info), or
    (observation, reward, done, info) as worlds for gym before 0.26 do, whose info tells of a time limit.
    """
    length = len(result) if isinstance(result, (tuple, list)) else 0
    if length == 5:
        _, reward, terminated, truncated, _ = result
        return reward_of(reward), flag_of(terminated, "terminated"), flag_of(truncated, "truncated")
    if length == 4:
        _, reward, done, info = result
        done = flag_of(done, "done")
        limited = isinstance(info, dict) and flag_of(info.get("TimeLimit.truncated", False), "TimeLimit.truncated")
        return reward_of(reward), done and not limited, done and limited
    got = f"{length} values" if isinstance(result, (tuple, list)) else named(result)
    raise Refusal(f"expected (observation, reward, terminated, truncated, info) from step(), got {got}")
