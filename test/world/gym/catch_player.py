"""For tests: plays Catch through DreamtreeEnv from its pictures alone and prints what came of it as JSON."""

import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), *[".."] * 3, "src", "world", "gym"))
from dreamtree_client import DreamtreeEnv, DreamtreeError  # noqa: E402

COLUMNS = 5
SIZE = 40


def column_of(picture, rgb):
    """The column, 0 to 4, of the first pixel of a colour."""
    place = next(i for i in range(0, len(picture), 3) if tuple(picture[i : i + 3]) == rgb)
    return place // 3 % SIZE // (SIZE // COLUMNS)


def play(env, seed):
    picture, _ = env.reset(seed=seed)
    pictures, rewards, ended = [bytes(picture)], [], False
    while not ended:
        ball, paddle = column_of(bytes(picture), (0xFF, 0xB5, 0x2E)), column_of(bytes(picture), (0x4C, 0xB8, 0xFF))
        picture, reward, terminated, truncated, _ = env.step(1 + (ball > paddle) - (ball < paddle))
        pictures.append(bytes(picture))
        rewards.append(reward)
        ended = terminated or truncated
    return {"rewards": rewards, "terminated": terminated, "truncated": truncated, "frames": len(set(pictures))}


def message_of(action):
    try:
        action()
    except DreamtreeError as error:
        return str(error)


env = DreamtreeEnv("catch", size=SIZE)
episodes = [play(env, seed) for seed in range(4)]
first = bytes(env.reset(seed=7)[0])
report = {
    "actions": env.actions,
    "episodes": episodes,
    "sameSeedSamePicture": bytes(env.reset(seed=7)[0]) == first == bytes(env.render()),
    "pictureBytes": len(first),
    "wrongAction": message_of(lambda: env.step(3)),
    "afterwards": message_of(lambda: env.reset()),
}
env.close()
json.dump(report, sys.stdout)
