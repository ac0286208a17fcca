"""A world for tests, of the standard library alone, whose actions say what shall happen.

Its picture is 4 by 6 pixels: red is 10 times the number of steps, green the last action, blue the seed's last byte,
save that the four pixels at the top left are black.
"""

import os
import signal
import sys

WAIT, GAIN, TERMINATE, TRUNCATE, DISTURB, CRASH, DIE, INFINITE, BLIND = range(10, 19)


class Discrete:
    n = 9
    start = 10


class StandIn:
    action_space = Discrete()

    def reset(self, *, seed=None, options=None):
        self.seed, self.steps, self.last = seed, 0, 0
        return None, {}

    def step(self, action):
        self.steps += 1
        self.last = action
        if action == DISTURB:
            print("a stray line", flush=True)
            os.write(1, b"\x00 and stray bytes")
            sys.stdin.read()
            os.kill(os.getpid(), signal.SIGINT)
        if action == CRASH:
            raise ValueError("the stand-in crashed")
        if action == DIE:
            sys.stderr.write("last words\n")
            sys.stderr.flush()
            os._exit(3)
        reward = {GAIN: 1, TERMINATE: 2.5, INFINITE: float("inf")}.get(action, 0)
        return None, reward, action == TERMINATE, action == TRUNCATE, {}

    def render(self):
        if self.last == BLIND:
            return None
        pixel = [10 * self.steps, self.last, self.seed % 256]
        return [[[0, 0, 0] if x < 2 and y < 2 else pixel for x in range(6)] for y in range(4)]


def make():
    return StandIn()
