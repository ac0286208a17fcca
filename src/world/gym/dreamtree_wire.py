"""Messages of PROTOCOL.md: four bytes of length, then MessagePack. Standard library only.

The package `msgpack` is used where it is installed. Where it is not, `encode` and `decode` below do the same for what
the protocol needs: null, booleans, 64-bit integers, floats, strings, bytes, lists, and maps with strings as keys.
"""

import struct

PROTOCOL = 1
MAX_MESSAGE_BYTES = 64 * 2**20
MAX_DEPTH = 16


class WireError(Exception):
    """What came is no message of this protocol."""


def send(stream, message):
    """Write one message and flush."""
    body = pack(message)
    if len(body) > MAX_MESSAGE_BYTES:
        raise WireError(f"a message of {len(body)} bytes is longer than {MAX_MESSAGE_BYTES}")
    stream.write(struct.pack(">I", len(body)))
    stream.write(body)
    stream.flush()


def receive(stream):
    """The next message, which is a map; None where the other side has ended."""
    header = _read(stream, 4)
    if not header:
        return None
    if len(header) == 4:
        (length,) = struct.unpack(">I", header)
        if length > MAX_MESSAGE_BYTES:
            raise WireError(f"a message of {length} bytes is longer than {MAX_MESSAGE_BYTES}")
        body = _read(stream, length)
        if len(body) == length:
            message = unpack(body)
            if not isinstance(message, dict):
                raise WireError(f"expected a map, got {type(message).__name__}")
            return message
    raise WireError("the other side ended in the middle of a message")


def _read(stream, count):
    """`count` bytes, or fewer where the stream ends before; memory grows with what has arrived."""
    parts = []
    while count > 0:
        part = stream.read(min(count, 2**20))
        if not part:
            break
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def encode(value):
    """`value` as MessagePack."""
    out = bytearray()
    _encode(value, out)
    return bytes(out)


def _encode(value, out):
    if value is None:
        out.append(0xC0)
    elif value is False or value is True:
        out.append(0xC3 if value else 0xC2)
    elif isinstance(value, int):
        if 0 <= value < 0x80:
            out.append(value)
        elif -(2**31) <= value < 2**31:  # readers in JavaScript may make something else of 64 bits
            out += struct.pack(">Bi", 0xD2, value)
        elif value > 0:
            out += struct.pack(">BQ", 0xCF, value)
        else:
            out += struct.pack(">Bq", 0xD3, value)
    elif isinstance(value, float):
        out += struct.pack(">Bd", 0xCB, value)
    elif isinstance(value, str):
        text = value.encode()
        out += struct.pack(">BI", 0xDB, len(text))
        out += text
    elif isinstance(value, (bytes, bytearray, memoryview)):
        out += struct.pack(">BI", 0xC6, len(value))
        out += value
    elif isinstance(value, (list, tuple)):
        out += struct.pack(">BI", 0xDD, len(value))
        for item in value:
            _encode(item, out)
    elif isinstance(value, dict):
        out += struct.pack(">BI", 0xDF, len(value))
        for key, item in value.items():
            _encode(key, out)
            _encode(item, out)
    else:
        raise TypeError(f"expected plain data, got {type(value).__name__}")


def decode(data):
    """What MessagePack says; WireError where it is damaged, too deep, or of a kind that the protocol does not use."""
    value, end = _decode(memoryview(data), 0, 0)
    if end != len(data):
        raise WireError(f"{len(data) - end} bytes are left over after a message")
    return value


# By leading byte: how a number is laid out, and how the length of what follows is.
_NUMBERS = {
    0xCA: ">f", 0xCB: ">d",
    0xCC: ">B", 0xCD: ">H", 0xCE: ">I", 0xCF: ">Q",
    0xD0: ">b", 0xD1: ">h", 0xD2: ">i", 0xD3: ">q",
}  # fmt: skip
_LENGTHS = {
    0xC4: ("bytes", ">B"), 0xC5: ("bytes", ">H"), 0xC6: ("bytes", ">I"),
    0xD9: ("text", ">B"), 0xDA: ("text", ">H"), 0xDB: ("text", ">I"),
    0xDC: ("list", ">H"), 0xDD: ("list", ">I"),
    0xDE: ("map", ">H"), 0xDF: ("map", ">I"),
}  # fmt: skip
_CONSTANTS = {0xC0: None, 0xC2: False, 0xC3: True}


def _decode(data, at, depth):
    """The value that begins at `at`, and where it ends."""
    if depth > MAX_DEPTH:
        raise WireError(f"a message is nested deeper than {MAX_DEPTH}")
    if at >= len(data):
        raise WireError("a message ends too early")
    lead = data[at]
    at += 1
    if lead < 0x80:
        return lead, at
    if lead >= 0xE0:
        return lead - 0x100, at
    if lead in _CONSTANTS:
        return _CONSTANTS[lead], at
    if lead in _NUMBERS:
        return _number(data, at, _NUMBERS[lead])
    if lead in _LENGTHS:
        kind, layout = _LENGTHS[lead]
        length, at = _number(data, at, layout)
    elif lead < 0x90:
        kind, length = "map", lead & 0x0F
    elif lead < 0xA0:
        kind, length = "list", lead & 0x0F
    elif lead < 0xC0:
        kind, length = "text", lead & 0x1F
    else:
        raise WireError(f"unexpected byte 0x{lead:02x} in a message")
    if length > len(data) - at:  # whatever is counted takes at least a byte each
        raise WireError("a message ends too early")
    if kind == "bytes":
        return bytes(data[at : at + length]), at + length
    if kind == "text":
        try:
            return str(data[at : at + length], "utf-8"), at + length
        except UnicodeDecodeError as error:
            raise WireError(f"a text is not UTF-8: {error}") from None
    if kind == "list":
        items = []
        for _ in range(length):
            item, at = _decode(data, at, depth + 1)
            items.append(item)
        return items, at
    entries = {}
    for _ in range(length):
        key, at = _decode(data, at, depth + 1)
        if not isinstance(key, str):
            raise WireError(f"expected strings as keys, got {type(key).__name__}")
        entries[key], at = _decode(data, at, depth + 1)
    return entries, at


def _number(data, at, layout):
    end = at + struct.calcsize(layout)
    if end > len(data):
        raise WireError("a message ends too early")
    return struct.unpack_from(layout, data, at)[0], end


try:
    import msgpack
except ImportError:
    pack, unpack = encode, decode
else:

    def pack(value):
        return msgpack.packb(value, use_bin_type=True)

    def unpack(data):
        try:
            return msgpack.unpackb(data, raw=False)
        except Exception as error:  # the package has no common ancestor for what can be wrong with a message
            raise WireError(f"{type(error).__name__}: {error}") from None
