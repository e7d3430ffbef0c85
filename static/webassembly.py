"""Reads a WebAssembly file as far as static/machine.py needs it, writes it again with less in it, or one without code.

Says ValueError where a file has what this does not know, so that nothing is read out of step.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

IMPORTS, GLOBALS, EXPORTS, ELEMENTS, CODE, DATA = 2, 6, 7, 9, 10, 11  # numbers of sections
HEAD = b"\0asm\1\0\0\0"  # how each file begins
FUNCTION, GLOBAL = 0, 3  # kinds of what is imported and exported
TRAP = b"\3\0\0\x0b"  # a function's body: three bytes long, no locals, `unreachable`, `end`


class Module:
    """A WebAssembly file, read as far as is needed here."""

    def __init__(self, file: bytes):
        self.file = file
        self.sections = list(_sections(file))  # (number, where its content starts and ends)
        self.imports = list(self._imports())  # (module, name, kind)
        self.exports = list(self._exports())  # (name, kind, index)
        self.imported = sum(kind == FUNCTION for *_, kind in self.imports)  # functions: their numbers come first

    def section(self, wanted: int) -> tuple[int, int]:
        return next(((start, end) for number, start, end in self.sections if number == wanted), (0, 0))

    def _imports(self) -> Iterator[tuple[str, str, int]]:
        reader = Reader(self.file, *self.section(IMPORTS))
        for _ in reader.counted():
            module, name, kind = reader.name(), reader.name(), reader.byte()
            if kind == FUNCTION:
                reader.number()
            elif kind == GLOBAL:
                reader.skip(2)
            elif kind == 4:  # a tag of exceptions
                reader.skip(1)
                reader.number()
            else:  # a table has a type before its limits, a memory has not
                reader.skip(kind == 1)
                for _ in range(1 + (reader.byte() & 1)):
                    reader.number()
            yield module, name, kind

    def _exports(self) -> Iterator[tuple[str, int, int]]:
        reader = Reader(self.file, *self.section(EXPORTS))
        for _ in reader.counted():
            yield reader.name(), reader.byte(), reader.number()

    def globals(self) -> dict[str, int]:
        """Address of each exported global that is a constant."""
        reader, values = Reader(self.file, *self.section(GLOBALS)), []
        for _ in reader.counted():
            reader.skip(2)
            values.append(reader.constant())
        first = sum(kind == GLOBAL for *_, kind in self.imports)
        return {name: values[index - first] for name, kind, index in self.exports if kind == GLOBAL and index >= first}

    def table(self) -> dict[int, int]:
        """Place in the function table -> function."""
        reader, found = Reader(self.file, *self.section(ELEMENTS)), {}
        for _ in reader.counted():
            if reader.number() != 0:
                raise ValueError("its function table is filled in another way than this knows")
            start = reader.constant()
            found.update((start + i, reader.number()) for i in reader.counted())
        return found

    def bodies(self) -> Iterator[tuple[int, int, int]]:
        """Each function of its own: its number, where its body starts and ends."""
        reader = Reader(self.file, *self.section(CODE))
        for i in reader.counted():
            size = reader.number()
            yield self.imported + i, reader.at, reader.at + size
            reader.skip(size)

    def segments(self) -> Iterator[tuple[int, int, int]]:
        """Each part of memory that the file fills: its address, where it is in the file, how long it is."""
        reader = Reader(self.file, *self.section(DATA))
        for _ in reader.counted():
            if reader.number() != 0:
                raise ValueError("its memory is filled in another way than this knows")
            address, size = reader.constant(), reader.number()
            yield address, reader.at, size
            reader.skip(size)


class Reader:
    """Reads a part of a WebAssembly file from its start."""

    def __init__(self, file: bytes, at: int, end: int):
        self.file, self.at, self.end = file, at, end

    def byte(self) -> int:
        self.at += 1
        return self.file[self.at - 1]

    def skip(self, size: int) -> None:
        self.at += size

    def number(self, signed: bool = False) -> int:
        """Seven bits a byte, the lowest first."""
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value - (1 << shift) if signed and byte & 64 else value

    def counted(self) -> range:
        return range(self.number()) if self.at < self.end else range(0)

    def name(self) -> str:
        size = self.number()
        self.skip(size)
        return self.file[self.at - size : self.at].decode()

    def constant(self) -> int | None:
        """The value of an expression that is one number; None for one that is something else."""
        code, value = self.byte(), self.number(signed=True)
        if self.byte() != 0x0B:
            raise ValueError("an address in it is computed in a way that this does not know")
        return value if code == 0x41 else None


def _sections(file: bytes) -> Iterator[tuple[int, int, int]]:
    reader = Reader(file, len(HEAD), len(file))
    while reader.at < reader.end:
        number, size = reader.byte(), reader.number()
        yield number, reader.at, reader.at + size
        reader.skip(size)


NAMING = (0x10, 0x12, 0xD2)  # a call, a call that is the last, a reference
_NUMBERS = {  # how many numbers follow an instruction
    **dict.fromkeys((0x00, 0x01, 0x05, 0x0A, 0x0B, 0x0F, 0x19, 0x1A, 0x1B, 0xD1, *range(0x45, 0xC5)), 0),
    **dict.fromkeys((0x02, 0x03, 0x04, 0x06, 0x07, 0x08, 0x09, 0x0C, 0x0D, 0x18), 1),  # blocks, branches, exceptions
    **dict.fromkeys(range(0x20, 0x27), 1),  # variables
    **dict.fromkeys(range(0x28, 0x3F), 2),  # load and store
    **dict.fromkeys((0x3F, 0x40, 0x41, 0x42, 0xD0), 1),  # size of memory, constants, null
    **dict.fromkeys(NAMING, 1),
    **dict.fromkeys((0x11, 0x13), 2),  # calls by the function table
}
_CONSTANTS = (0x41, 0x42)
_BRANCHES, _SELECT, _TRY, _F32, _F64, _MORE = 0x0E, 0x1C, 0x1F, 0x43, 0x44, 0xFC  # what follows these stands below


def instructions(file: bytes, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Each instruction of a body, and the last of the numbers that follow it: a function, a constant, an offset."""
    reader = Reader(file, start, end)
    for _ in reader.counted():  # its locals
        reader.number()
        reader.skip(1)
    while reader.at < end:
        code, last = reader.byte(), -1
        if code in _NUMBERS:
            for _ in range(_NUMBERS[code]):
                last = reader.number(signed=code in _CONSTANTS)
        elif code == _F32:
            reader.skip(4)
        elif code == _F64:
            reader.skip(8)
        elif code == _BRANCHES:
            for _ in range(reader.number() + 1):
                reader.number()
        elif code == _SELECT:
            reader.skip(reader.number())
        elif code == _TRY:
            reader.number()
            for _ in range(reader.number()):
                for _ in range(2 if reader.byte() in (0, 1) else 1):
                    reader.number()
        elif code == _MORE:  # conversions that saturate; then whole pieces of memory and of tables
            more = reader.number()
            for _ in range(0 if more < 8 else 2 if more in (8, 10, 12, 14) else 1):
                reader.number()
        else:
            raise ValueError(f"its code has an instruction that this does not know, {code:#x}")
        yield code, last
    if reader.at != end:
        raise ValueError("its code is not read in step")


def called(file: bytes, start: int, end: int) -> set[int]:
    """The functions that a body calls or names."""
    return {number for code, number in instructions(file, start, end) if code in NAMING}


def reached(module: Module, roots: Collection[int]) -> set[int]:
    """The functions that can be called if these can."""
    bodies = {number: (start, end) for number, start, end in module.bodies()}
    found, waiting = set(), list(roots)
    while waiting:
        number = waiting.pop()
        if number not in found:
            found.add(number)
            if number in bodies:
                waiting += called(module.file, *bodies[number])
    return found


class Memory:
    """What the file puts into memory before it starts."""

    def __init__(self, module: Module):
        self.file = bytearray(module.file)
        self.segments = list(module.segments())

    def _pieces(self, start: int, end: int) -> Iterator[tuple[int, int, int]]:
        """Where the bytes of memory from `start` to `end` are: address, place in the file, size of each piece."""
        for address, at, size in self.segments:
            first, last = max(start, address), min(end, address + size)
            if first < last:
                yield first, at + first - address, last - first

    def clear(self, start: int, end: int) -> None:
        for _, at, size in self._pieces(start, end):
            self.file[at : at + size] = bytes(size)

    def read(self, start: int, size: int) -> bytes:
        found = bytearray(size)
        for address, at, length in self._pieces(start, start + size):
            found[address - start : address - start + length] = self.file[at : at + length]
        return bytes(found)

    def word(self, address: int) -> int:
        return int.from_bytes(self.read(address, 4), "little")

    def text(self, address: int) -> str:
        return self.read(address, 64).split(b"\0")[0].decode()

    def write(self, start: int, content: bytes) -> None:
        pieces = list(self._pieces(start, start + len(content)))
        if sum(size for *_, size in pieces) != len(content):
            raise ValueError("what is to be written lies where it leaves memory empty")
        for address, at, size in pieces:
            self.file[at : at + size] = content[address - start :][:size]


def written(module: Module, exports: Collection[tuple[str, int, int]], live: Collection[int], memory: Memory) -> bytes:
    """The file with these exports, with traps for all functions but these, and with this memory."""
    file = memory.file
    names = (_sized(name.encode()) + bytes([kind]) + leb128(index) for name, kind, index in exports)
    bodies = [
        leb128(end - start) + file[start:end] if number in live else TRAP for number, start, end in module.bodies()
    ]
    new = {
        EXPORTS: leb128(len(exports)) + b"".join(names),
        CODE: leb128(len(bodies)) + b"".join(bodies),
    }
    sections = (bytes([number]) + _sized(new.get(number, file[start:end])) for number, start, end in module.sections)
    return HEAD + b"".join(sections)


def container(sections: Mapping[str, bytes]) -> bytes:
    """A file without code, which holds what one likes, by name: hosts give such a file a type, and compress it."""
    return HEAD + b"".join(b"\0" + _sized(_sized(name.encode()) + content) for name, content in sections.items())


def _sized(content: bytes) -> bytes:
    return leb128(len(content)) + content


def leb128(n: int) -> bytes:
    """A length as WebAssembly writes it: seven bits a byte, the lowest first."""
    more = n >> 7
    return bytes([n & 127 | (128 if more else 0)]) + (leb128(more) if more else b"")
