"""Serves a Python world to dreamtree over stdin and stdout, as PROTOCOL.md says. dreamtree starts it.

    python3 server.py CartPole-v1      any Gymnasium id, drawn with render_mode="rgb_array"
    python3 server.py ./my_world.py    a file with a function make(), which gives a world with Gymnasium's methods

A file's world needs neither gymnasium nor numpy: `reset`, `step`, `render` and `action_space` suffice, and a picture
may be a list of rows of [red, green, blue].
"""

import faulthandler
import os
import signal
import sys
import time
import traceback

from dreamtree_guard import guard
from dreamtree_pictures import Pictures
from dreamtree_spaces import action_space
from dreamtree_values import Refusal, finite_reward, outcome_of, shown, whole
from dreamtree_wire import MAX_MESSAGE_BYTES, PROTOCOL, WireError, receive, send
from dreamtree_worlds import begin, maker, require_apart, require_world, time_limit

MAX_TRACEBACK = 20_000
TELL_EVERY = 1.0  # seconds
HERE = os.path.dirname(os.path.abspath(__file__))


def main(name, player=None):
    if player is not None:
        guard(int(player))
    messages, replies = take_pipes()
    # Ctrl-C reaches the whole terminal group; dreamtree saves first, and ends this process by closing its pipe.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    faulthandler.enable()  # so that a crash in C leaves a word on stderr
    want_pictures_only()
    sys.path[0] = ""  # worlds are imported from where dreamtree was called, not from beside this file
    work = Work(replies)
    lanes = Lanes(name, work)
    own = os.getpid()
    try:
        while (message := receive(messages)) is not None:
            work.begin(message.get("progress") is True)
            answer = lanes.answer(message)
            if os.getpid() != own:
                os._exit(1)  # the world forked, and its child came back here: only one may answer
            send(replies, answer)
        lanes.close()
    except BaseException as error:  # a world may also call sys.exit()
        if os.getpid() != own:
            os._exit(1)
        send(replies, failure(error, work))
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


def failure(error, work):
    at = {"type": "error", "lane": work.lane}
    # What a world lacks is found only when it is first drawn (pygame), and gymnasium says then what to install.
    if isinstance(error, (Refusal, WireError)) or type(error).__name__ == "DependencyNotInstalled":
        return {**at, "kind": "refused", "message": str(error), "traceback": ""}
    if isinstance(error, SystemExit):
        did = f"its {work.doing} ended the process, by sys.exit({shown(error.code)}): a world may not do that"
        return {**at, "kind": "refused", "message": did, "traceback": ""}
    return {
        **at,
        "kind": "crashed",
        "message": f"{type(error).__name__}: {error}",
        "traceback": "".join(traceback.format_exception(type(error), error, outside(error)))[-MAX_TRACEBACK:],
    }


def outside(error):
    """Where an error came from, without our own lines above; all of it where there is nothing else."""
    trace = error.__traceback__
    while trace is not None and is_ours(trace.tb_frame.f_code.co_filename):
        trace = trace.tb_next
    return trace or error.__traceback__


def is_ours(file):
    return os.path.dirname(os.path.abspath(file)) == HERE


def is_of_python(file):
    return file.startswith(("<", os.path.dirname(os.__file__))) and "site-packages" not in file


class Work:
    """What the world is asked at the moment, told to the player where it takes long."""

    def __init__(self, replies):
        self.replies = replies
        self.lane = None
        self.doing = "make()"
        self.tells = False
        self.told = 0.0
        if hasattr(signal, "SIGUSR1"):
            signal.signal(signal.SIGUSR1, self.interrupted)

    def begin(self, tells):
        self.tells = self.tells or tells
        self.lane = None
        self.told = time.monotonic()

    def at(self, lane, doing):
        """To be called between what the world is asked, never while a message is written."""
        self.lane, self.doing = lane, doing
        if self.tells and time.monotonic() - self.told > TELL_EVERY:
            self.told = time.monotonic()
            send(self.replies, self.told_as(None))

    def told_as(self, where):
        return {"type": "working", "lane": self.lane, "doing": self.doing, "where": where}

    def interrupted(self, _, frame):
        """The player has lost patience, and ends this process next: say what it waited for."""
        while frame is not None and is_of_python(frame.f_code.co_filename):
            frame = frame.f_back  # to where the world called it
        where = None
        if frame is not None and not is_ours(frame.f_code.co_filename):
            where = f"{frame.f_code.co_filename}, line {frame.f_lineno}"
        try:
            send(self.replies, self.told_as(where))
        except Exception:
            pass  # a message was being written, or nobody reads any more


class Lanes:
    """N worlds of one kind, side by side."""

    def __init__(self, name, work):
        self.name = name
        self.work = work
        self.worlds = []
        self.running = []
        self.space = None
        self.pictures = None

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
        self.pictures = Pictures(size, message.get("greyscale") is True)
        make = maker(self.name)
        for _ in range(lanes):
            self.work.at(None, "make()")
            self.worlds.append(require_world(make()))
        require_apart(self.worlds)
        self.running = [False] * lanes
        self.space = action_space(self.worlds[0].action_space)
        for lane, world in enumerate(self.worlds[1:], 1):
            if action_space(world.action_space).describe() != self.space.describe():
                got = f"{shown(self.worlds[0].action_space)} and {shown(world.action_space)}"
                raise Refusal(f"expected worlds with the same actions from make(), got {got}")
        opened = {"type": "opened", "protocol": PROTOCOL, "actions": self.space.describe()}
        return {**opened, "maxSteps": time_limit(self.worlds[0])}

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
        self.work.at(lane, "reset()")
        begin(self.worlds[lane], seed)
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
            self.work.at(lane, "step()")
            reward, terminated, truncated = outcome_of(world.step(self.space.action(action)))
            total += reward
            if terminated or truncated:
                break
        finite_reward(total, total)
        truncated = truncated or (move.get("cut") is True and not terminated)
        arrival = {"reward": total, "terminated": terminated, "truncated": truncated, **self.look(lane), "first": None}
        if terminated or truncated:
            self.running[lane] = False
            if move.get("seed") is not None:
                arrival["first"] = self.begin(lane, move["seed"])
        return arrival

    def look(self, lane):
        self.work.at(lane, "render()")
        return {"image": self.pictures.picture(self.worlds[lane].render())}

    def close(self):
        for world in self.worlds:
            if hasattr(world, "close"):
                world.close()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
