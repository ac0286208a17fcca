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
import threading
import time
import traceback

from dreamtree_wire import MAX_MESSAGE_BYTES, PROTOCOL, WireError, receive, send

MAX_TRACEBACK = 20_000
LARGEST_REWARD = 3.4028234663852886e38
WANTED = "expected a picture [height, width, 3] from render()"
NO_PICTURES = "expected a world that draws with render_mode='rgb_array'"


class Refusal(Exception):
    """Something that its message says in full; no traceback helps."""


def main(name):
    messages, replies = take_pipes()
    # Ctrl-C reaches the whole terminal group; dreamtree saves first, and ends this process by closing its pipe.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with(os.getppid())
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


def end_with(parent):
    """End when dreamtree is gone, killed for instance, also where the world hangs: with all that the world has started."""

    def watch():
        while os.getppid() == parent:
            time.sleep(0.5)
        if hasattr(os, "killpg") and os.getpgrp() == os.getpid():  # dreamtree starts it as the first of its group
            os.killpg(os.getpgrp(), signal.SIGKILL)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


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
        if len({id(world) for world in self.worlds}) < lanes:
            raise Refusal("make() gave the same world twice; expected a new one for each lane")
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
        reset(self.worlds[lane], seed)
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
            reward, terminated, truncated = outcome(world.step(self.space.action(action)))
            total += reward
            if terminated or truncated:
                break
        if not abs(total) <= LARGEST_REWARD:
            raise Refusal(f"expected a finite reward from step(), at most 3.4e38, the largest that 32 bits hold, got {total}")
        truncated = truncated or (move.get("cut") is True and not terminated)
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


def reset(world, seed):
    try:
        world.reset(seed=seed)
    except TypeError as error:
        if "unexpected keyword argument 'seed'" not in str(error):
            raise
        if callable(getattr(world, "seed", None)):  # before Gym 0.22 they were seeded by themselves
            world.seed(seed)
        world.reset()


def outcome(given):
    """Reward, terminated and truncated of what step() gave: five values, or the four that it gave before Gym 0.26."""
    if not isinstance(given, (tuple, list)) or len(given) not in (4, 5):
        kind = f"{len(given)} values" if isinstance(given, (tuple, list)) else type(given).__name__
        raise Refusal(f"expected (observation, reward, terminated, truncated, info) from step(), got {kind}")
    if len(given) == 5:
        _, reward, terminated, truncated, _ = given
        return number(reward), truth(terminated, "terminated"), truth(truncated, "truncated")
    _, reward, done, info = given
    cut = isinstance(info, dict) and bool(info.get("TimeLimit.truncated", False))
    return number(reward), truth(done, "done") and not cut, cut


def number(reward):
    """A reward as a float: some worlds give an array of one."""
    value = reward.item() if getattr(reward, "size", None) == 1 and hasattr(reward, "item") else reward
    if isinstance(value, str) or not hasattr(value, "__float__"):
        raise Refusal(f"expected a number as reward from step(), got {value!r:.60}")
    return float(value)


def truth(value, name):
    value = value.item() if getattr(value, "size", None) == 1 and hasattr(value, "item") else value
    if value is None or isinstance(value, (bool, int)):
        return bool(value)
    raise Refusal(f"expected {name} from step() to be true or false, got {value!r:.60}")


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
        kind = str(getattr(space, "dtype", "float32"))
        if not kind.startswith(("float", "int", "uint")):
            raise Refusal(f"its actions are {space}; expected a Box of numbers")
        self.whole = not kind.startswith("float")
        bounds = zip(self.low, self.high)
        if not self.low or not all(-LARGEST_REWARD <= low < high <= LARGEST_REWARD for low, high in bounds):
            raise Refusal(f"its actions are {space}; expected finite bounds, low below high")

    def describe(self):
        return {"kind": "continuous", "low": self.low, "high": self.high}

    def action(self, values):
        if not isinstance(values, list) or len(values) != len(self.low):
            raise Refusal(f"expected an action of {len(self.low)} numbers, got {values!r}")
        clipped = [min(max(float(value), low), high) for value, low, high in zip(values, self.low, self.high)]
        if self.whole:
            clipped = [round(value) for value in clipped]
        if not hasattr(self.space.low, "reshape"):
            return clipped
        import numpy

        return numpy.asarray(clipped, dtype=self.space.dtype).reshape(self.space.shape)


def flat(values):
    """A list of floats from a list or an array of any shape."""
    return [float(value) for value in (values.ravel() if hasattr(values, "ravel") else values)]


def picture(frame, size, greyscale):
    """Bytes [size, size, 3] of a frame [height, width, 3]: an array, or a list of rows of pixels.

    Each pixel is the rounded mean of a block of the frame, rows i·height//size up to the next one's, columns alike;
    where the frame is smaller than that, the block is the nearest pixel.
    """
    if hasattr(frame, "shape") and hasattr(frame, "dtype"):
        return array_picture(frame, size, greyscale)
    if not is_row(frame) or not is_row(frame[0]):
        raise Refusal(f"{WANTED}, got {shown(frame)}")
    rows, columns = blocks(len(frame), size), blocks(len(frame[0]), size)
    out = bytearray()
    for top, bottom in rows:
        for left, right in columns:
            block = [pixel for row in frame[top:bottom] for pixel in row[left:right]]
            half, count = len(block) // 2, len(block)
            if not all(is_row(pixel) and len(pixel) == 3 and all(is_byte(value) for value in pixel) for pixel in block):
                wrong = next((p for p in block if not (is_row(p) and len(p) == 3 and all(is_byte(v) for v in p))), None)
                raise Refusal(f"{WANTED}, of whole numbers from 0 to 255, got the pixel {wrong!r:.60}")
            pixel = [(sum(channel) + half) // count for channel in zip(*block)]
            if greyscale:
                pixel = [luma(*pixel)] * 3
            out += bytes(int(value) for value in pixel)
    if len(out) != size * size * 3:
        raise Refusal(f"{WANTED}, got rows of unlike length")
    return bytes(out)


def is_row(value):
    return isinstance(value, (list, tuple)) and len(value) > 0


def is_byte(value):
    return hasattr(value, "__index__") and 0 <= value <= 255


def shown(value):
    """What came, in a few words."""
    if is_row(value):
        return f"a list of {len(value)} of {type(value[0]).__name__}"
    return "nothing" if value is None else type(value).__name__


def as_colours(frame):
    """An array as uint8 [height, width, 3], where its meaning is plain: grey, transparent, or floats from 0 to 1."""
    import numpy

    got = f"{frame.dtype} {list(frame.shape)}"
    if frame.ndim == 2:
        frame = frame[:, :, None]
    if frame.ndim != 3 or frame.shape[2] not in (1, 3, 4) or 0 in frame.shape:
        raise Refusal(f"{WANTED}, got {got}")
    if frame.shape[2] == 4:
        frame = frame[:, :, :3]  # a world is opaque
    if frame.dtype != numpy.uint8:
        if frame.dtype.kind not in "biuf":
            raise Refusal(f"{WANTED}, got {got}")
        fractions = frame.dtype.kind in "bf"
        low, high = float(frame.min()), float(frame.max())
        if not (0 <= low and high <= (1 if fractions else 255)):
            kind = "of floats from 0 to 1" if fractions else "of whole numbers from 0 to 255"
            raise Refusal(f"{WANTED}, {kind}, got {got} from {low:g} to {high:g}")
        frame = (numpy.rint(frame * 255.0) if fractions else frame).astype(numpy.uint8)
    return numpy.repeat(frame, 3, axis=2) if frame.shape[2] == 1 else frame


def array_picture(frame, size, greyscale):
    import numpy

    if frame.ndim != 3 or frame.shape[2] != 3 or 0 in frame.shape or frame.dtype != numpy.uint8:
        frame = as_colours(frame)
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
