"""For tests: what the server makes of what worlds hand over. A JSON list of expressions in, one of their outcomes out."""

import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), *[".."] * 3, "src", "world", "gym"))
import dreamtree_spaces as spaces  # noqa: E402
import dreamtree_values as values  # noqa: E402
import dreamtree_worlds as worlds  # noqa: E402
from dreamtree_pictures import Pictures  # noqa: E402

try:
    import numpy as np
except ImportError:
    np = None


class Space:
    """A space whose class has a name, which is all that counts, and whatever else it is given."""

    def __new__(cls, kind, **members):
        return type(kind, (), {"__str__": lambda self: kind, **members})()


def pixels(*frames, size=1, greyscale=False):
    """The last of these frames of one world, as a list."""
    pictures = Pictures(size, greyscale)
    return [list(pictures.picture(frame)) for frame in frames][-1]


def described(kind, **members):
    return spaces.action_space(Space(kind, **members)).describe()


def act(action, kind, **members):
    taken = spaces.action_space(Space(kind, **members)).action(action)
    return taken if isinstance(taken, (int, list, float)) else [str(taken.dtype), taken.tolist()]


def outcome(expression):
    try:
        return eval(expression)
    except values.Refusal as error:
        return f"refused: {error}"
    except Exception as error:
        return f"{type(error).__name__}: {error}"


json.dump([outcome(expression) for expression in json.load(sys.stdin)], sys.stdout)
