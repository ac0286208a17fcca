"""For tests: every message that comes is read and written again, by the codec that needs no package."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), *[".."] * 3, "src", "world", "gym"))
import dreamtree_wire as wire  # noqa: E402

wire.pack, wire.unpack = wire.encode, wire.decode
try:
    while (message := wire.receive(sys.stdin.buffer)) is not None:
        wire.send(sys.stdout.buffer, message)
except wire.WireError as error:
    wire.send(sys.stdout.buffer, {"refused": str(error)})
