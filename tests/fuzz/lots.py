"""What is changed by lot: bytes, fields of protobuf, JSON, archives."""

from __future__ import annotations

import json
from io import BytesIO
from random import Random
from zipfile import BadZipFile, ZipFile

NUMBERS = (0, 1, 2, 7, 127, 128, 255, 2**31 - 1, 2**31, 2**32, 2**63 - 1, 2**63, 2**64 - 1)
ODD = (
    None, True, -1, 0, 1e400, -0.0, float("nan"), 2**70, "", "\0", "𝒳" * 9, "<img src=x onerror=alert(1)>", "a" * 5000,
    [], {}, [[[]]], {"__proto__": 1}, "constructor", "../../etc/passwd", "own-00000000", "1e9", [1, 2], {"bits": 4},
)  # fmt: skip


def bytes_changed(lot: Random, data: bytes) -> bytes:
    """Some bytes changed, cut out, doubled, put elsewhere."""
    out = bytearray(data)
    for _ in range(lot.choice((1, 1, 2, 4, 16))):
        if not out:
            break
        at, size = lot.randrange(len(out)), lot.choice((1, 1, 2, 8, 64))
        how = lot.randrange(6)
        if how == 0:
            out[at] = lot.randrange(256)
        elif how == 1:
            out[at] ^= 1 << lot.randrange(8)
        elif how == 2:
            del out[at : at + size]
        elif how == 3:
            out[at:at] = out[at : at + size]
        elif how == 4:
            out[at : at + size] = lot.randbytes(size)
        else:
            del out[at:]
    return bytes(out)


def fields_changed(lot: Random, data: bytes) -> bytes:
    """A protobuf message of which one field, at any depth, is changed, left out, doubled or moved."""
    fields = _fields(data)
    if not fields:
        return bytes_changed(lot, data)
    at = lot.randrange(len(fields))
    number, kind, value = fields[at]
    how = lot.randrange(8)
    if how == 0:
        del fields[at]
    elif how == 1:
        fields.insert(lot.randrange(len(fields) + 1), fields[at])
    elif how == 2:
        fields[at] = lot.choice((1, 2, 3, 4, 5, 7, 8, 9, 20, 25)), kind, value
    elif how == 3:
        lot.shuffle(fields)
    elif kind == 0:
        fields[at] = number, 0, lot.choice((*NUMBERS, lot.randrange(40), value + 1))
    elif kind == 2 and (how == 4 or _fields(value) is None):
        fields[at] = number, 2, lot.choice((b"", b"\xff", bytes_changed(lot, value), lot.choice(fields)[2], b"x"))
    elif kind == 2:
        fields[at] = number, 2, fields_changed(lot, value)
    else:
        fields[at] = number, kind, lot.randbytes(len(value))
    return b"".join(map(_field, fields))


def json_changed(lot: Random, value):
    """A value as of JSON of which one part is something else."""
    if isinstance(value, dict) and value and lot.random() < 0.85:
        key, how = lot.choice(list(value)), lot.randrange(6)
        if how == 0:
            return {k: v for k, v in value.items() if k != key}
        if how == 1:
            return {**value, lot.choice(("", "recipe", "model", "technique", "x" * 300)): lot.choice(ODD)}
        return {**value, key: json_changed(lot, value[key])}
    if isinstance(value, list) and value and lot.random() < 0.85:
        at, how = lot.randrange(len(value)), lot.randrange(5)
        if how == 0:
            return value * lot.choice((0, 2, 40))
        return [*value[:at], json_changed(lot, value[at]), *value[at + 1 :]]
    if isinstance(value, str) and lot.random() < 0.4:
        return text_changed(lot, value)
    return lot.choice(ODD)


def text_changed(lot: Random, text: str) -> str:
    """A text that has become another."""
    if not text or lot.random() < 0.2:
        return lot.choice([each for each in ODD if isinstance(each, str)]) + text
    at = lot.randrange(len(text))
    return lot.choice((
        text[:at], text[at:], text * 2, text[:at] + chr(lot.randrange(1, 0x3000)) + text[at + 1 :],
        text[:at] + lot.choice(";:,=&?%+#.-0918") + text[at:], text[:at] + str(lot.choice(NUMBERS)) + text[at + 1 :],
    ))  # fmt: skip


def archive_changed(lot: Random, data: bytes) -> bytes:
    """A zip file of which one entry is changed, renamed, doubled or gone; or any file of which bytes are."""
    try:
        with ZipFile(BytesIO(data)) as archive:
            entries = [(entry.filename, archive.read(entry)) for entry in archive.infolist()]
    except BadZipFile:
        return bytes_changed(lot, data)
    if lot.random() < 0.3:
        return bytes_changed(lot, data)
    at = lot.randrange(len(entries))
    name, content = entries[at]
    entries[at] = lot.choice((
        (name, bytes_changed(lot, content)), (text_changed(lot, name) or "x", content), (name, b""),
        (name, lot.choice(entries)[1]), (name[::-1], content),
    ))  # fmt: skip
    if lot.random() < 0.2:
        entries.append(lot.choice(entries))
    file = BytesIO()
    with ZipFile(file, "w") as archive:
        for name, content in entries:
            archive.writestr(name.split("\0")[0].encode("utf-8", "replace").decode() or "x", content)
    return file.getvalue()


def as_json(value) -> str:
    """As a page would write it: numbers that JSON has not become null there, and here what Python reads back."""
    return json.dumps(value)


def _fields(data: bytes) -> list[tuple[int, int, int | bytes]] | None:
    """The fields of a protobuf message; None if it is none."""
    at, fields = 0, []
    try:
        while at < len(data):
            tag, at = _varint(data, at)
            number, kind = tag >> 3, tag & 7
            if kind == 0:
                value, at = _varint(data, at)
            elif kind == 2:
                size, at = _varint(data, at)
                value, at = data[at : at + size], at + size
            else:
                size = {1: 8, 5: 4}[kind]
                value, at = data[at : at + size], at + size
            if number == 0 or at > len(data):
                return None
            fields.append((number, kind, value))
    except (IndexError, KeyError):
        return None
    return fields


def _field(field: tuple[int, int, int | bytes]) -> bytes:
    number, kind, value = field
    head = _spelled(number << 3 | kind)
    if kind == 0:
        return head + _spelled(value if isinstance(value, int) else len(value))
    value = value if isinstance(value, bytes) else _spelled(value)
    return head + (_spelled(len(value)) if kind == 2 else b"") + value


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        value |= (data[at] & 127) << shift
        shift, at = shift + 7, at + 1
        if data[at - 1] < 128:
            return value, at


def _spelled(value: int) -> bytes:
    value &= 2**64 - 1
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes((*out, value))
