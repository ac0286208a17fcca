"""Serves a Python world to dreamtree over stdin and stdout, as PROTOCOL.md says. dreamtree starts it.

    python3 server.py CartPole-v1      any Gymnasium id, drawn with render_mode="rgb_array"
    python3 server.py ./my_world.py    a file with a function make(), which gives a world with Gymnasium's methods

A file's world needs neither gymnasium nor numpy: `reset`, `step`, `render` and `action_space` suffice, and a picture
may be a list of rows of [red, green, blue].
"""

import importlib.util
import math
import os
import signal
import sys
import traceback

from dreamtree_wire import MAX_MESSAGE_BYTES, PROTOCOL, WireError, receive, send

MAX_TRACEBACK = 20_000
NO_PICTURES = "expected a world that draws with render_mode='rgb_array'"


class Refusal(Exception):
    """Something that its message says in full; no traceback helps."""


def main(name):
    messages, replies = take_pipes()
    # Ctrl-C reaches the whole terminal group; dreamtree saves first, and ends this process by closing its pipe.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    want_pictures_only()
    sys.path[0] = ""  # worlds are imported from where dreamtree was called, not from beside this file
    lanes = Lanes(name)
    try:
        while (message := receive(messages)) is not None:
            send(replies, lanes.answer(message))
        lanes.close()
    except BaseException as error:  # a world may also call sys.exit()
        send(replies, failure(error))
        return 1
    return 0


def want_pictures_only():
    """Never a window, nor sound; what the user has set in the environment stays."""
    os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
    os.environ.setdefault("SDL_AUDIODRIVER", "dummy")  # pygame opens a sound card otherwise, or complains of none
    # MuJoCo draws through a window system otherwise, and fails where there is none.
    if sys.platform == "linux" and not os.environ.get("DISPLAY") and not os.environ.get("WAYLAND_DISPLAY"):
        os.environ.setdefault("MUJOCO_GL", "egl")


def take_pipes():
    """The pipes for messages alone: what a world reads or prints goes elsewhere, also from C."""
    messages = os.fdopen(os.dup(0), "rb")
    replies = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return messages, replies


def failure(error):
    # What a world lacks is found only when it is first drawn (pygame), and gymnasium says then what to install.
    if isinstance(error, (Refusal, WireError)) or type(error).__name__ == "DependencyNotInstalled":
        return {"type": "error", "kind": "refused", "message": str(error), "traceback": ""}
    return {
        "type": "error",
        "kind": "crashed",
        "message": f"{type(error).__name__}: {error}",
        "traceback": traceback.format_exc()[-MAX_TRACEBACK:],
    }


class Lanes:
    """N worlds of one kind, side by side."""

    def __init__(self, name):
        self.name = name
        self.worlds = []
        self.running = []
        self.space = None
        self.size = 0
        self.greyscale = False

    def answer(self, message):
        kind = message.get("type")
        if kind == "open" and not self.worlds:
            return self.open(message)
        if kind == "reset" and self.worlds:
            return self.reset(self.column(message, "seeds"))
        if kind == "step" and self.worlds:
            return self.step(self.column(message, "moves"))
        raise Refusal(f"a message of the type {kind!r} was not expected now")

    def open(self, message):
        if message.get("protocol") != PROTOCOL:
            raise Refusal(f"expected protocol {PROTOCOL}, got {message.get('protocol')!r}")
        lanes, size = message.get("lanes"), message.get("size")
        if not whole(lanes, 1, 4096) or not whole(size, 1, 4096) or 6 * lanes * size * size > MAX_MESSAGE_BYTES:
            raise Refusal(f"{lanes!r} lanes of {size!r} pixels do not fit into messages: use fewer or smaller ones")
        self.size, self.greyscale = size, message.get("greyscale") is True
        make = maker(self.name)
        self.worlds = [make() for _ in range(lanes)]
        self.running = [False] * lanes
        self.space = action_space(self.worlds[0].action_space)
        max_steps = getattr(getattr(self.worlds[0], "spec", None), "max_episode_steps", None)
        return {
            "type": "opened",
            "protocol": PROTOCOL,
            "actions": self.space.describe(),
            "maxSteps": None if max_steps is None else int(max_steps),
        }

    def column(self, message, key):
        """One entry for each lane, None where there is nothing to do."""
        column = message.get(key)
        if not isinstance(column, list) or len(column) != len(self.worlds):
            raise Refusal(f"expected {key} for {len(self.worlds)} lanes")
        return column

    def reset(self, seeds):
        return {
            "type": "reset",
            "lanes": [None if seed is None else self.begin(lane, seed) for lane, seed in enumerate(seeds)],
        }

    def step(self, moves):
        return {
            "type": "stepped",
            "lanes": [None if move is None else self.move(lane, move) for lane, move in enumerate(moves)],
        }

    def begin(self, lane, seed):
        if not whole(seed, 0, 2**31 - 1):
            raise Refusal(f"expected a seed from 0 to 2^31 - 1, got {seed!r}")
        self.worlds[lane].reset(seed=seed)
        self.running[lane] = True
        return self.look(lane)

    def move(self, lane, move):
        if not self.running[lane]:
            raise Refusal(f"lane {lane} has no episode to act in")
        if not isinstance(move, dict) or not isinstance(move.get("actions"), list) or not move["actions"]:
            raise Refusal(f"expected a move with a list of actions, got {move!r}")
        world = self.worlds[lane]
        total = 0.0
        for action in move["actions"]:
            _, reward, terminated, truncated, _ = world.step(self.space.action(action))
            total += number(reward)
            if terminated or truncated:
                break
        if not math.isfinite(total):
            raise Refusal(f"expected a finite reward from step(), got {total}")
        terminated = bool(terminated)
        truncated = bool(truncated) or (move.get("cut") is True and not terminated)
        arrival = {"reward": total, "terminated": terminated, "truncated": truncated, **self.look(lane), "first": None}
        if terminated or truncated:
            self.running[lane] = False
            if move.get("seed") is not None:
                arrival["first"] = self.begin(lane, move["seed"])
        return arrival

    def look(self, lane):
        return {"image": picture(self.worlds[lane].render(), self.size, self.greyscale)}

    def close(self):
        for world in self.worlds:
            if hasattr(world, "close"):
                world.close()


def whole(value, low, high):
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def number(reward):
    """A reward as a float: some worlds give an array of one."""
    return float(reward.item() if getattr(reward, "size", None) == 1 else reward)


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
    spec.loader.exec_module(module)
    if not callable(getattr(module, "make", None)):
        raise Refusal(f"{path}: expected a function make() that gives a world")
    return module.make


def action_space(space):
    """By the names of classes, so that a file's world needs no gymnasium."""
    kinds = [kind.__name__ for kind in type(space).__mro__]
    if "Discrete" in kinds:
        return Discrete(space)
    if "Box" in kinds:
        return Box(space)
    raise Refusal(f"its actions are {space}; expected Discrete, or Box with finite bounds")


class Discrete:
    def __init__(self, space):
        self.n = int(space.n)
        self.start = int(getattr(space, "start", 0))

    def describe(self):
        return {"kind": "discrete", "n": self.n}

    def action(self, index):
        if not whole(index, 0, self.n - 1):
            raise Refusal(f"expected an action from 0 to {self.n - 1}, got {index!r}")
        return self.start + index


class Box:
    def __init__(self, space):
        self.space = space
        self.low, self.high = flat(space.low), flat(space.high)
        if not str(getattr(space, "dtype", "float32")).startswith("float"):
            raise Refusal(f"its actions are {space}; expected a Box of floats")
        bounds = zip(self.low, self.high)
        if not self.low or not all(math.isfinite(low) and math.isfinite(high) and low < high for low, high in bounds):
            raise Refusal(f"its actions are {space}; expected finite bounds, low below high")

    def describe(self):
        return {"kind": "continuous", "low": self.low, "high": self.high}

    def action(self, values):
        if not isinstance(values, list) or len(values) != len(self.low):
            raise Refusal(f"expected an action of {len(self.low)} numbers, got {values!r}")
        clipped = [min(max(float(value), low), high) for value, low, high in zip(values, self.low, self.high)]
        if not hasattr(self.space.low, "reshape"):
            return clipped
        import numpy

        return numpy.asarray(clipped, dtype=self.space.dtype).reshape(self.space.shape)


def flat(values):
    """A list of floats from a list or an array of any shape."""
    return [float(value) for value in (values.ravel() if hasattr(values, "ravel") else values)]


def picture(frame, size, greyscale):
    """Bytes [size, size, 3] of a frame [height, width, 3]: an array of uint8, or a list of rows of pixels.

    Each pixel is the rounded mean of a block of the frame, rows i·height//size up to the next one's, columns alike;
    where the frame is smaller than that, the block is the nearest pixel.
    """
    if hasattr(frame, "shape"):
        return array_picture(frame, size, greyscale)
    if not is_row(frame) or not is_row(frame[0]):
        raise Refusal(f"expected a picture [height, width, 3] from render(), got {type(frame).__name__}")
    rows, columns = blocks(len(frame), size), blocks(len(frame[0]), size)
    out = bytearray()
    for top, bottom in rows:
        for left, right in columns:
            block = [pixel for row in frame[top:bottom] for pixel in row[left:right]]
            half, count = len(block) // 2, len(block)
            pixel = [(sum(channel) + half) // count for channel in zip(*block)]
            if greyscale:
                pixel = [luma(*pixel)] * 3
            out += bytes(pixel)
    if len(out) != size * size * 3:
        raise Refusal("expected a picture [height, width, 3] from render(), got pixels of another length")
    return bytes(out)


def is_row(value):
    return isinstance(value, (list, tuple)) and len(value) > 0


def array_picture(frame, size, greyscale):
    import numpy

    if frame.ndim != 3 or frame.shape[2] != 3 or 0 in frame.shape or frame.dtype != numpy.uint8:
        got = f"{frame.dtype} {list(frame.shape)}"
        raise Refusal(f"expected a picture of uint8 [height, width, 3] from render(), got {got}")
    rows, columns = blocks(frame.shape[0], size), blocks(frame.shape[1], size)
    # Row blocks one by one: three times as fast as reduceat along this axis.
    sums = numpy.stack([frame[top:bottom].sum(axis=0, dtype=numpy.uint32) for top, bottom in rows])
    sums = numpy.add.reduceat(sums, [left for left, _ in columns], axis=1)
    counts = numpy.outer([bottom - top for top, bottom in rows], [right - left for left, right in columns])[:, :, None]
    small = (sums + counts // 2) // counts
    if greyscale:
        small = numpy.repeat(luma(small[:, :, 0], small[:, :, 1], small[:, :, 2])[:, :, None], 3, axis=2)
    return small.astype(numpy.uint8).tobytes()


def blocks(length, size):
    """The stretches [from, to) of `length` pixels that `size` pixels are the means of."""
    starts = [i * length // size for i in range(size + 1)]
    return [(start, max(start + 1, end)) for start, end in zip(starts, starts[1:])]


def luma(red, green, blue):
    """ITU-R BT.601, in thousandths."""
    return (299 * red + 587 * green + 114 * blue + 500) // 1000


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
