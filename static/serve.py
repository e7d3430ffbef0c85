"""Serves this folder, which is the whole playground: ``python3 serve.py``, and for a room ``python3 serve.py --host``.

Needs Python 3.10 and nothing else. Files travel compressed where a browser takes that; each is compressed once for all.
To this very machine they go as they are.
"""

from __future__ import annotations

import argparse
import functools
import gzip
import http.server
import io
import os
import socket
import sys
import threading
from pathlib import Path

TYPES = {".js": "text/javascript", ".wasm": "application/wasm", ".json": "application/json", ".py": "text/plain"}
DENSE = {".png", ".woff2", ".gz", ".br", ".zip", ".npz"}  # nothing is gained by compressing them once more


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves a folder with the types that browsers insist on; a browser always asks whether a file has changed."""

    extensions_map = {**http.server.SimpleHTTPRequestHandler.extensions_map, **TYPES}
    protocol_version = "HTTP/1.1"
    near: tuple = ("127.0.0.1", "::1")  # addresses of browsers to which nothing travels
    _compressed: dict = {}  # (path, time of its last change) -> bytes
    _locks: dict = {}  # one for each file: who asks for a small one does not wait for a large one

    def end_headers(self):
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def send_head(self):
        """As for any file, but compressed; a folder, a file that is as the browser has it, and errors as ever."""
        path = self.translate_path(self.path)
        path = os.path.join(path, "index.html") if os.path.isdir(path) and self.path.endswith("/") else path
        taken = "gzip" in self.headers.get("Accept-Encoding", "") and os.path.splitext(path)[1] not in DENSE
        taken = taken and self.client_address[0] not in self.near
        if not taken or not os.path.isfile(path) or "If-Modified-Since" in self.headers:
            return super().send_head()
        changed = os.stat(path).st_mtime
        data = self._gzipped(path, changed)
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(path))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Vary", "Accept-Encoding")
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Last-Modified", self.date_time_string(changed))
        self.end_headers()
        return io.BytesIO(data)

    def _gzipped(self, path, changed):
        with self._locks.setdefault(path, threading.Lock()):  # forty browsers that ask at once wait for the first
            if (path, changed) not in self._compressed:
                self._compressed[path, changed] = gzip.compress(Path(path).read_bytes(), 6)
            return self._compressed[path, changed]

    def log_message(self, *args):
        pass


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 128  # a class that opens the page on one word

    def handle_error(self, request, client_address):
        """A browser that has gone away is no error."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def serve(folder, port: int, room: bool) -> None:
    """Serve a folder until Ctrl+C, to this machine or to all in the room. Raises OSError if the port is taken."""
    server = Server(("" if room else "127.0.0.1", port), functools.partial(Handler, directory=str(folder)))
    if room and (here := address()):
        print(f"In this room, open http://{here}:{port}/")
        print(qr(f"http://{here}:{port}/"))
    print(f"Open http://127.0.0.1:{port}/   (Ctrl+C to stop)", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass


def address() -> str:
    """The address of this machine in its network; "" if it has none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # set aside for examples; nothing is sent
            return probe.getsockname()[0]
        except OSError:
            return ""


# A QR code (ISO/IEC 18004) of version 3, level L: 29 x 29 squares that hold up to 53 letters.
SIDE, DATA, CHECK, QUIET = 29, 55, 15, 4


def qr(text: str) -> str:
    """A QR code for a terminal, two rows of squares in a line; "" if the text is too long."""
    data = text.encode()
    if len(data) > DATA - 2:
        return ""
    bits = f"0100{len(data):08b}" + "".join(f"{byte:08b}" for byte in data) + "0000"
    codewords = [int(bits[i : i + 8], 2) for i in range(0, len(bits), 8)]
    codewords += [(0xEC, 0x11)[i % 2] for i in range(DATA - len(codewords))]
    dark, fixed = _patterns()
    bits = "".join(f"{word:08b}" for word in codewords + _check(codewords)) + "0" * 7
    for (row, column), bit in zip(_way(fixed), bits, strict=True):
        dark[row][column] = (bit == "1") != ((row + column) % 2 == 0)  # mask 0
    quiet, white = [False] * QUIET, [[False] * (SIDE + 2 * QUIET)]
    rows = white * QUIET + [quiet + row + quiet for row in dark] + white * (QUIET + 1)  # one more makes them even
    blocks = {(False, False): "█", (False, True): "▀", (True, False): "▄", (True, True): " "}  # on a dark terminal
    pairs = [zip(*rows[i : i + 2], strict=True) for i in range(0, len(rows), 2)]
    return "\n".join("".join(blocks[pair] for pair in line) for line in pairs)


def _patterns():
    """The squares that every such code has, and which these are."""
    dark = [[False] * SIDE for _ in range(SIDE)]
    fixed = [[False] * SIDE for _ in range(SIDE)]

    def put(row, column, value):
        if 0 <= row < SIDE and 0 <= column < SIDE:
            dark[row][column], fixed[row][column] = value, True

    for i in range(SIDE):
        put(6, i, i % 2 == 0)
        put(i, 6, i % 2 == 0)
    for top, left in ((0, 0), (0, SIDE - 7), (SIDE - 7, 0)):
        for row in range(-1, 8):
            for column in range(-1, 8):
                ring = max(abs(row - 3), abs(column - 3))
                put(top + row, left + column, ring != 2 and ring < 4)
    for row in range(-2, 3):
        for column in range(-2, 3):
            put(22 + row, 22 + column, max(abs(row), abs(column)) != 1)
    for i, bit in enumerate(f"{0b111011111000100:015b}"):  # level L, mask 0
        value = bit == "1"
        put(*((8, i) if i < 6 else (8, i + 1) if i < 8 else (7, 8) if i == 8 else (14 - i, 8)), value)
        put(*((SIDE - 1 - i, 8) if i < 7 else (8, SIDE - 15 + i)), value)
    put(SIDE - 8, 8, True)
    return dark, fixed


def _way(fixed):
    """The free squares in the order in which bits are laid: up and down in columns of two, from the right."""
    up = True
    for right in (*range(SIDE - 1, 6, -2), 5, 3, 1):
        for i in range(SIDE):
            for column in (right, right - 1):
                row = SIDE - 1 - i if up else i
                if not fixed[row][column]:
                    yield row, column
        up = not up


def _check(data):
    """The Reed-Solomon check words, over the field of 256 elements with 0x11D."""
    exp, log = [1], {}
    for i in range(255):
        log[exp[i]] = i
        exp.append(exp[i] << 1 ^ (0x11D if exp[i] & 0x80 else 0))

    def times(a, b):
        return exp[(log[a] + log[b]) % 255] if a and b else 0

    generator = [1]
    for i in range(CHECK):
        generator = [a ^ times(b, exp[i]) for a, b in zip([*generator, 0], [0, *generator], strict=True)]
    rest = [*data, *[0] * CHECK]
    for i in range(len(data)):
        for k, factor in enumerate(generator):
            rest[i + k] ^= times(factor, rest[i]) if k else 0
        rest[i] = 0
    return rest[-CHECK:]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Serve the compression playground.")
    parser.add_argument("port", nargs="?", type=int, default=8000)
    parser.add_argument("--host", action="store_true", help="for everybody in the same network, not only this machine")
    options = parser.parse_args()
    try:
        serve(Path(__file__).parent, options.port, options.host)
    except OSError:
        sys.exit(f"Port {options.port} is taken; try: python3 serve.py {options.port + 1}")
