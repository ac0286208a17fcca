"""Frames that worlds render, as pictures of bytes [size, size, 3].

A frame is an array or a list of rows of pixels, whole numbers from 0 to 255. Where a meaning is plain it may be grey
[height, width], have an opacity (which is left out), or be of floats: from 0 to 1, or to 255 where one of the first
frames is above 1. Everything else is refused in a sentence; nothing wraps around.
"""

import math

from dreamtree_values import Refusal, shown

EXPECTED = "expected a picture of uint8 [height, width, 3] from render()"

SLACK = 1e-3  # by which floats may miss their range, since they are rounded


class Pictures:
    """Of one kind of world, whose lanes all draw alike."""

    def __init__(self, size, greyscale):
        self.size = size
        self.greyscale = greyscale
        # How numbers were meant until now: 'whole', 'float', 'unit' (floats up to 1) or 'byte' (floats up to 255).
        self.kind = None

    def picture(self, frame):
        """
        Each pixel is the rounded mean of a block of the frame, rows i·height//size up to the next one's, columns alike;
        where the frame is smaller than that, the block is the nearest pixel.
        """
        if frame is None:
            raise Refusal(f"{EXPECTED}, got None: make the world with render_mode='rgb_array'")
        if is_row(frame) and not holds_arrays(frame):
            return self.list_picture(frame)
        if is_row(frame) or hasattr(frame, "shape") or hasattr(frame, "__array__") or hasattr(frame, "__array_interface__"):
            return self.array_picture(frame)
        raise Refusal(f"{EXPECTED}, got {type(frame).__name__}")

    def scale(self, is_float, low, high, got):
        """What values are multiplied by, so that they are from 0 to 255."""
        if not (math.isfinite(low) and math.isfinite(high)):
            raise Refusal(f"expected finite numbers in what render() gives, got {got()} with {low if low != low else high}")
        slack = SLACK if is_float else 0
        if low < -slack or high > 255 + slack:
            raise Refusal(f"expected values from 0 to 255 in what render() gives, got {got()} from {low} to {high}")
        kind = "whole" if not is_float else "byte" if high > 1 + slack else "unit" if high > 0 else "float"
        before = self.kind
        if kind == "byte" and before in (None, "float") and high < 2:
            raise Refusal(f"expected floats from 0 to 1, or to 255, in what render() gives, got {got()} up to {high}")
        if before is None or (before == "float" and is_float):
            self.kind = kind
        elif (before == "whole") != (kind == "whole"):
            meant = ["floats", "whole numbers"][before == "whole"]
            raise Refusal(f"expected pictures of {meant} from render() as until now, got {got()}")
        elif before == "unit" and kind == "byte":
            raise Refusal(f"expected floats from 0 to 1 in what render() gives, as until now, got {got()} up to {high}")
        return 255 if self.kind in ("unit", "float") else 1

    def array_picture(self, frame):
        import numpy

        got = lambda: described(frame)  # noqa: E731
        try:
            array = numpy.asarray(frame)
        except Exception as error:
            raise Refusal(f"{EXPECTED}, got {got()} that is no array ({shown(error)})") from None
        got = lambda: described(array if hasattr(frame, "shape") else frame)  # noqa: E731
        if array.ndim == 2:
            array = array[:, :, None]
        if array.ndim != 3 or array.shape[2] not in (1, 3, 4) or 0 in array.shape or array.dtype.kind not in "buif":
            raise Refusal(f"{EXPECTED}, got {got()}")
        array = array[:, :, :3]  # without opacity
        if array.dtype == bool:
            array = array.astype(numpy.uint8) * numpy.uint8(255)
        is_float = array.dtype.kind == "f"
        scale = 1
        if array.dtype != numpy.uint8:
            scale = self.scale(is_float, array.min().item(), array.max().item(), got)
        elif self.kind != "whole":
            self.scale(False, 0, 0, got)  # uint8 is within, whatever it holds
        height, width, channels = array.shape
        rows, columns = blocks(height, self.size), blocks(width, self.size)
        wide = numpy.float64 if is_float else numpy.uint32 if 255 * height * width < 2**32 else numpy.uint64
        # Row blocks one by one: three times as fast as reduceat along this axis.
        sums = numpy.stack([array[top:bottom].sum(axis=0, dtype=wide) for top, bottom in rows])
        sums = numpy.add.reduceat(sums, [left for left, _ in columns], axis=1)
        counts = numpy.outer([bottom - top for top, bottom in rows], [right - left for left, right in columns])
        counts = counts[:, :, None]
        if is_float:
            small = numpy.floor(sums / counts * scale + 0.5).astype(numpy.int64)
        else:
            small = (sums + (counts // 2).astype(wide)) // counts.astype(wide)
        if channels == 1:
            small = numpy.repeat(small, 3, axis=2)
        if self.greyscale:
            small = numpy.repeat(luma(small[:, :, 0], small[:, :, 1], small[:, :, 2])[:, :, None], 3, axis=2)
        return small.astype(numpy.uint8).tobytes()

    def list_picture(self, frame):
        rows = self.list_rows(frame)
        out = bytearray()
        columns = blocks(len(rows[0]), self.size)
        for top, bottom in blocks(len(rows), self.size):
            for left, right in columns:
                block = [pixel for row in rows[top:bottom] for pixel in row[left:right]]
                half, count = len(block) // 2, len(block)
                pixel = [(sum(channel) + half) // count for channel in zip(*block)]
                if self.greyscale:
                    pixel = [luma(*pixel)] * 3
                out += bytes(pixel)
        return bytes(out)

    def list_rows(self, frame):
        """Rows of pixels of three whole numbers from 0 to 255."""
        got = lambda: described(frame)  # noqa: E731
        width = len(frame[0]) if is_row(frame[0]) else 0
        if width == 0 or not all(is_row(row) and len(row) == width for row in frame):
            raise Refusal(f"{EXPECTED}, got {got()}, whose rows are not of one length")
        first = frame[0][0]
        depth = len(first) if is_row(first) else 0
        if depth == 0:
            if not all(isinstance(pixel, (int, float)) for row in frame for pixel in row):
                raise Refusal(f"{EXPECTED}, got {got()}")
            frame = [[(pixel, pixel, pixel) for pixel in row] for row in frame]
            depth = 3
        pixels = [pixel for row in frame for pixel in row]
        if depth not in (1, 3, 4) or not all(is_row(pixel) and len(pixel) == depth for pixel in pixels):
            raise Refusal(f"{EXPECTED}, got {got()}, whose pixels are not all of three numbers")
        kinds = {type(value) for pixel in pixels for value in pixel}
        if not kinds <= {int, float, bool}:
            odd = next(kind for kind in kinds if kind not in (int, float, bool))
            raise Refusal(f"{EXPECTED}, got {got()} that holds {odd.__name__}")
        if kinds == {int} and depth == 3:
            low, high = min(map(min, pixels)), max(map(max, pixels))
            self.scale(False, low, high, got)
            return frame
        unit = 255 if kinds == {bool} else 1
        colours = [[value * unit for value in (pixel * 3 if depth == 1 else pixel[:3])] for pixel in pixels]
        if any(value != value for colour in colours for value in colour):
            self.scale(True, math.nan, math.nan, got)
        scale = self.scale(float in kinds, min(map(min, colours)), max(map(max, colours)), got)
        if float in kinds:
            colours = [[math.floor(value * scale + 0.5) for value in colour] for colour in colours]
        return [colours[at : at + width] for at in range(0, len(colours), width)]


def is_row(value):
    return isinstance(value, (list, tuple)) and len(value) > 0


def holds_arrays(rows):
    """Whether arrays, or numbers of an array's type, lie in lists."""
    value = rows
    while is_row(value):
        value = value[0]
    return hasattr(value, "dtype")


def described(frame):
    """A frame by its type and shape, without its numbers."""
    if hasattr(frame, "shape"):
        return f"{getattr(frame, 'dtype', type(frame).__name__)} {list(frame.shape)}"
    if not isinstance(frame, (list, tuple)):
        return type(frame).__name__
    kind = type(frame).__name__
    if is_row(frame) and hasattr(frame[0], "shape"):
        return f"a {kind} of {len(frame)}, the first of which is {described(frame[0])}"
    lengths, value = [], frame
    while isinstance(value, (list, tuple)) and len(lengths) < 8:
        lengths.append(len(value))
        value = value[0] if value else None
    return f"a {kind} {lengths} of {type(value).__name__}"


def blocks(length, size):
    """The stretches [from, to) of `length` pixels that `size` pixels are the means of."""
    starts = [i * length // size for i in range(size + 1)]
    return [(start, max(start + 1, end)) for start, end in zip(starts, starts[1:])]


def luma(red, green, blue):
    """ITU-R BT.601, in thousandths."""
    return (299 * red + 587 * green + 114 * blue + 500) // 1000
