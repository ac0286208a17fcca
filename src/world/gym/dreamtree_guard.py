"""Beside the process that serves a world stands a small one that ends it, and all that it has started, once nobody is
left who plays: also where the world hangs in C, and where the player was killed.
"""

import os
import select
import signal
import time

LOOK_EVERY = 0.05
TO_CLOSE = 1.0  # seconds that a world has to end by itself where its player is gone
AT_MOST = 10.0  # and where the player is still there, who ends it sooner


def guard(player):
    """
    Start it, before anything else is open. This process must lead a group of its own, which is killed as a whole.
    player: the process number of who plays
    """
    if not hasattr(os, "fork") or not hasattr(select, "poll"):
        return
    world = os.getpid()
    between = os.fork()
    if between:
        os.waitpid(between, 0)  # the one in between has ended, so that no world meets a child that it did not start
        return
    try:
        if not os.fork():
            for number in (signal.SIGINT, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
            nothing = os.open(os.devnull, os.O_RDWR)
            os.dup2(nothing, 1)
            os.dup2(nothing, 2)
            wait_for_end()
            leave(world, player)
    finally:
        os._exit(0)


def wait_for_end():
    """Until the other end of stdin is closed; nothing is read from it."""
    poll = select.poll()
    poll.register(0, getattr(select, "POLLRDHUP", 0) | select.POLLHUP)
    ended = getattr(select, "POLLRDHUP", 0) | select.POLLHUP | select.POLLERR | select.POLLNVAL
    while not any(event & ended for _, event in poll.poll()):
        time.sleep(1)


def leave(world, player):
    waited = 0.0
    while is_alive(world) and waited < (AT_MOST if is_alive(player) else TO_CLOSE):
        time.sleep(LOOK_EVERY)
        waited += LOOK_EVERY
    os.killpg(os.getpgrp(), signal.SIGKILL)


def is_alive(number):
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
