"""For tests: as much of gymnasium as the server uses, around the stand-in world."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from stand_in import StandIn  # noqa: E402


class error:
    class Error(Exception):
        pass


class Spec:
    max_episode_steps = 5


def make(id, render_mode=None):
    if id != "StandIn-v0":
        raise error.Error(f"Environment `{id[:-3]}` doesn't exist.")
    if render_mode != "rgb_array":
        raise TypeError(f"expected render_mode='rgb_array', got {render_mode!r}")
    world = StandIn()
    world.spec = Spec()
    return world
