"""dreamtree's worlds in Python: a gymnasium.Env where gymnasium is installed, else a plain class with the same methods.

    env = DreamtreeEnv("catch", size=64)
    picture, info = env.reset(seed=0)
    picture, reward, terminated, truncated, info = env.step(1)
    env.close()

Pictures are uint8 [size, size, 3], arrays where numpy is installed, else bytes. It starts `dreamtree serve`, so Node is
needed, and speaks PROTOCOL.md with it over its pipes. Beside this file lies dreamtree_wire.py, which it imports.
"""

import os
import random
import subprocess

from dreamtree_wire import PROTOCOL, receive, send

try:
    import gymnasium
except ImportError:
    gymnasium = None
try:
    import numpy
except ImportError:
    numpy = None

_COMMAND = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "cli", "dreamtree.mjs")


class DreamtreeError(RuntimeError):
    """The world's process refused something or failed; the message says how."""


class DreamtreeEnv(gymnasium.Env if gymnasium else object):
    """One world of dreamtree, by name or file, as `dreamtree serve` takes it.

    size:      side of the pictures in pixels
    greyscale: grey pictures, still of three channels
    settings:  what follows --set, for example ["env.actionRepeat=2"]
    command:   how dreamtree is called; by default Node with the package that this file is part of

    `actions` is {"kind": "discrete", "n": 3} or {"kind": "continuous", "low": [...], "high": [...]}. Where a world
    forbids some actions, info["action_mask"] has 1 for those that may be taken, and another one is an error.
    """

    metadata = {"render_modes": ["rgb_array"], "render_fps": 12}

    def __init__(self, world, size=64, greyscale=False, settings=(), render_mode="rgb_array", command=None):
        if render_mode not in (None, "rgb_array"):
            raise ValueError(f"expected render_mode 'rgb_array', got {render_mode!r}")
        self.render_mode = render_mode
        self.size = size
        self._process = None
        self._running = False
        self._picture = None
        self._random = random.Random()
        options = [option for setting in settings for option in ("--set", setting)]
        self._process = subprocess.Popen(
            [*(command or [os.environ.get("NODE", "node"), _COMMAND]), "serve", world, *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        opened = self._ask({"type": "open", "protocol": PROTOCOL, "lanes": 1, "size": size, "greyscale": greyscale})
        self.actions = opened["actions"]
        if gymnasium:
            self.observation_space = gymnasium.spaces.Box(0, 255, (size, size, 3), numpy.uint8)
            self.action_space = _space(self.actions)

    def reset(self, *, seed=None, options=None):
        """Begin an episode: (picture, info). The same seed begins the same sequence of episodes."""
        if gymnasium:
            super().reset(seed=seed)
            number = int(self.np_random.integers(2**31))
        else:
            if seed is not None:
                self._random.seed(seed)
            number = self._random.getrandbits(31)
        (seen,) = self._ask({"type": "reset", "seeds": [number]})["lanes"]
        self._running = True
        return self._look(seen)

    def step(self, action):
        """Act: (picture, reward, terminated, truncated, info)."""
        if not self._running:
            raise DreamtreeError("expected reset() before step(): no episode is under way")
        if self.actions["kind"] == "discrete":
            plain = int(action)
        else:
            plain = [float(value) for value in (action.ravel() if hasattr(action, "ravel") else action)]
        (seen,) = self._ask({"type": "step", "moves": [{"actions": [plain], "seed": None, "cut": False}]})["lanes"]
        self._running = not (seen["terminated"] or seen["truncated"])
        picture, info = self._look(seen)
        return picture, float(seen["reward"]), seen["terminated"], seen["truncated"], info

    def render(self):
        """The picture that reset() or step() gave last; None where render_mode is."""
        return None if self.render_mode is None else self._picture

    def close(self):
        """End the world's process; more than once does no harm."""
        if self._process is None:
            return
        process, self._process, self._running = self._process, None, False
        process.stdout.close()
        try:
            process.stdin.close()
        except BrokenPipeError:
            pass  # it has ended already
        process.wait()

    def _look(self, seen):
        self._picture = seen["image"]
        if numpy:
            self._picture = numpy.frombuffer(self._picture, numpy.uint8).reshape(self.size, self.size, 3).copy()
        if "legal" not in seen:
            return self._picture, {}
        mask = [int(legal) for legal in seen["legal"]]
        return self._picture, {"action_mask": numpy.array(mask, numpy.int8) if numpy else mask}

    def _ask(self, message):
        if self._process is None:
            raise DreamtreeError("this world is closed")
        try:
            send(self._process.stdin, message)
            answer = receive(self._process.stdout)
        except BrokenPipeError:
            answer = None
        if answer is None:
            code = self._process.wait()
            self.close()
            raise DreamtreeError(f"dreamtree ended with code {code}; what it said is on stderr")
        if answer["type"] == "error":
            self.close()
            raise DreamtreeError(f"{answer['message']}\n{answer['traceback']}".strip())
        return answer


def _space(actions):
    if actions["kind"] == "discrete":
        return gymnasium.spaces.Discrete(actions["n"])
    low, high = (numpy.array(actions[key], numpy.float32) for key in ("low", "high"))
    return gymnasium.spaces.Box(low, high, dtype=numpy.float32)
