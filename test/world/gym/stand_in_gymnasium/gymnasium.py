"""For tests: as much of gymnasium as the server uses, around the stand-in world."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from stand_in import StandIn  # noqa: E402


class error:
    class Error(Exception):
        pass

    class NamespaceNotFound(Error):
        pass


class Spec:
    max_episode_steps = 5


def make(id, render_mode=None):
    if "/" in id:
        raise error.NamespaceNotFound(f"Namespace {id.split('/')[0]} not found. Have you installed the proper package?")
    if id == "Package-v0":
        raise ModuleNotFoundError("No module named 'package'")
    if id == "NoMode-v0":
        raise TypeError("NoMode.__init__() got an unexpected keyword argument 'render_mode'")
    if id == "Broken-v0":
        raise TypeError("broken")
    if id not in ("StandIn-v0", "HumanOnly-v0"):
        raise error.Error(f"Environment `{id[:-3]}` doesn't exist.")
    if render_mode != "rgb_array":
        raise TypeError(f"expected render_mode='rgb_array', got {render_mode!r}")
    world = StandIn()
    world.spec = Spec()
    world.metadata = {"render_modes": ["human", "rgb_array"] if id == "StandIn-v0" else ["human"]}
    return world
