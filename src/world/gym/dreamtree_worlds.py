"""Worlds as they are made: from a Gymnasium id, or by the function make() of a file."""

import importlib.util
import inspect
import os
import random
import sys

from dreamtree_values import Refusal, named, whole

NO_PICTURES = "expected a world that draws with render_mode='rgb_array'"
MEMBERS = ("reset", "step", "render", "action_space")
EMULATOR_FRAMES, FRAMES_A_STEP = "max_num_frames_per_episode", "frameskip"


def maker(name):
    """A function that makes one world."""
    if name.endswith(".py"):
        return file_maker(name)
    try:
        import gymnasium
    except ModuleNotFoundError as error:
        if error.name != "gymnasium":
            raise
        how = f"{sys.executable} -m pip install gymnasium"
        raise Refusal(f"this needs Gymnasium, which is not installed: {how}") from None

    def make():
        try:
            world = gymnasium.make(name, render_mode="rgb_array")
        except gymnasium.error.Error as error:
            # Worlds of another package are known once that is imported, and Gymnasium 1 does not import it unasked.
            unknown = type(error).__name__ == "NamespaceNotFound"
            how = " If so, name its module as well, for example gym:ale_py:ALE/Breakout-v5" if unknown else ""
            raise Refusal(f"{error}{how}") from None
        except ModuleNotFoundError as error:
            raise Refusal(f"{sys.executable} says: {error}") from None
        except TypeError as error:
            if "unexpected keyword argument 'render_mode'" not in str(error):
                raise
            raise Refusal(f"{NO_PICTURES}, and this one takes no render_mode") from None
        modes = (getattr(world, "metadata", None) or {}).get("render_modes")
        if modes is not None and "rgb_array" not in modes:
            raise Refusal(f"{NO_PICTURES}, and this one has the render modes {list(modes)}")
        return world

    return make


def file_maker(path):
    if not os.path.isfile(path):
        raise Refusal(f"no such file: {os.path.abspath(path)}")
    spec = importlib.util.spec_from_file_location("dreamtree_world", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["dreamtree_world"] = module
    try:
        spec.loader.exec_module(module)
    except ModuleNotFoundError as error:
        raise Refusal(f"it needs the module {error.name!r}, which {sys.executable} does not have") from None
    if not callable(getattr(module, "make", None)):
        raise Refusal(f"{path}: expected a function make() that gives a world")
    return module.make


def require_world(world):
    """A world as make() gave it."""
    missing = [member for member in MEMBERS if not hasattr(world, member)]
    if missing:
        got = f"{type(world).__name__} without {', '.join(missing)}"
        raise Refusal(f"expected a world with {', '.join(MEMBERS)} from make(), got {got}")
    return world


def require_apart(worlds):
    """Lanes are played side by side, so each needs a world of its own, whatever is wrapped around it."""
    for kind in ({id(world) for world in worlds}, {id(getattr(world, "unwrapped", world)) for world in worlds}):
        if len(kind) < len(worlds):
            count = f"{len(kind)} for {len(worlds)} lanes"
            raise Refusal(f"expected a world of its own for every lane from make(), got the same one again ({count})")


def time_limit(world):
    """The world's own time limit in steps; None where it states none."""
    spec = getattr(world, "spec", None)
    limit = getattr(spec, "max_episode_steps", None)
    if limit is not None and limit != -1:
        if not whole(getattr(limit, "item", lambda: limit)(), 1, 2**53 - 1):
            raise Refusal(f"expected spec.max_episode_steps to be a whole number of at least 1, got {named(limit)}")
        return int(limit)
    # The Arcade Learning Environment counts the frames of its emulator.
    settings = getattr(spec, "kwargs", None)
    if not isinstance(settings, dict):
        return None
    frames, skip = settings.get(EMULATOR_FRAMES), settings.get(FRAMES_A_STEP, 1)
    skip = skip if whole(skip, 1, 2**31) else 1
    return frames // skip if whole(frames, skip, 2**53 - 1) else None


def begin(world, seed):
    """Begin an episode. Worlds for gym before 0.26 are seeded apart, or draw from the streams of all."""
    if takes_seed(world):
        world.reset(seed=seed)
        return
    if callable(getattr(world, "seed", None)):
        world.seed(seed)
    else:
        random.seed(seed)
        if "numpy" in sys.modules:
            sys.modules["numpy"].random.seed(seed)
    world.reset()


def takes_seed(world):
    try:
        parameters = inspect.signature(world.reset).parameters.values()
    except (TypeError, ValueError):  # one that is written in C
        return True
    return any(parameter.name == "seed" or parameter.kind is parameter.VAR_KEYWORD for parameter in parameters)
