"""For tests: a world that does what no world may, as its action says. Every process of it writes its number into a file.

MISBEHAVES_LOG names that file, and MISBEHAVES, if it is set, what is done before anything else.
"""

import os
import signal
import subprocess
import sys
import time

DOINGS = (
    "wait sleep spin hold abort leave exit die flood close_pipes close_pipes_and_sleep outlive outlive_and_sleep fork "
    "slow"
).split()


def log(number):
    with open(os.environ["MISBEHAVES_LOG"], "a") as file:
        file.write(f"{number}\n")


def do(doing):
    if doing in ("outlive", "outlive_and_sleep"):
        log(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(100000)"]).pid)
    if doing == "outlive":
        os._exit(5)
    if doing in ("close_pipes", "close_pipes_and_sleep"):
        os.closerange(0, 64)
    if doing in ("sleep", "outlive_and_sleep", "close_pipes_and_sleep"):
        time.sleep(100_000)
    while doing == "spin":
        pass
    if doing == "hold":  # in C, where neither other threads nor handlers of signals get their turn
        sum(iter(int, 1))
    if doing == "abort":
        os.abort()
    if doing == "leave":
        os._exit(0)
    if doing == "exit":
        sys.exit("enough")
    if doing == "die":
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(100_000)
    if doing == "flood":
        for _ in range(2000):
            os.write(1, b"out" * 1000)
            sys.stderr.write("err" * 1000 + "\n")
    if doing == "fork" and os.fork() == 0:
        log(os.getpid())
    if doing == "slow":
        time.sleep(1.5)


log(os.getpid())
do(os.environ.get("MISBEHAVES", "wait"))


class Discrete:
    n = len(DOINGS)


class World:
    action_space = Discrete()

    def reset(self, seed=None):
        return None, {}

    def step(self, action):
        do(DOINGS[action])
        return None, 1.0, False, False, {}

    def render(self):
        return [[[0, 0, 0]]]


def make():
    return World()
