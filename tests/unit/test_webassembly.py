"""A WebAssembly file is read in step and written with less in it."""

from __future__ import annotations

import json

import pytest

import build
from static import webassembly

# () -> i32: 0 gives 7, 1 calls 0, 2 gives 9 and stands in the table, 3 calls 2
BODIES = (b"\x00\x41\x07\x0b", b"\x00\x10\x00\x0b", b"\x00\x41\x09\x0b", b"\x00\x10\x02\x0b")
SMALL = b"\0asm\1\0\0\0" + b"".join(
    bytes([number, len(content)]) + content
    for number, content in {
        1: b"\x01\x60\x00\x01\x7f",
        3: b"\x04\x00\x00\x00\x00",
        4: b"\x01\x70\x00\x02",
        5: b"\x01\x00\x01",
        6: b"\x01\x7f\x00\x41\x90\x03\x0b",
        7: b"\x05"
        + b"".join(b"\x01" + name + b"\x00" + bytes([i]) for name, i in ((b"b", 1), (b"c", 2), (b"d", 3)))
        + b"\x02at\x03\x00\x03mem\x02\x00",
        9: b"\x01\x00\x41\x01\x0b\x01\x02",
        10: b"\x04" + b"".join(bytes([len(body)]) + body for body in BODIES),
        11: b"\x02\x00\x41\x90\x03\x0b\x04name\x00\x41\x98\x03\x0b\x02\x05\x06",
    }.items()
)


def test_its_parts_are_found():
    module = webassembly.Module(SMALL)
    assert module.exports == [("b", 0, 1), ("c", 0, 2), ("d", 0, 3), ("at", 3, 0), ("mem", 2, 0)]
    assert module.globals() == {"at": 400} and module.table() == {1: 2}
    assert [SMALL[start:end] for _, start, end in module.bodies()] == list(BODIES)


def test_what_is_called_is_found_and_the_rest_becomes_a_trap():
    module = webassembly.Module(SMALL)
    assert webassembly.reached(module, {1}) == {0, 1} and webassembly.reached(module, {3}) == {2, 3}
    live = webassembly.reached(module, {1})
    lean = webassembly.written(module, module.exports[:2], live, webassembly.Memory(module))
    script = """
      const { exports } = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(process.argv[1], "hex")));
      let trap = ""; try { exports.c(); } catch (error) { trap = error.message; }
      console.log(JSON.stringify([Object.keys(exports), exports.b(), trap]));
    """
    assert json.loads(build.run("node", "-e", script, lean.hex())) == [["b", "c"], 7, "unreachable"]


def test_memory_is_read_cleared_and_written_where_the_file_fills_it():
    module = webassembly.Module(SMALL)
    memory = webassembly.Memory(module)
    assert memory.text(400) == "name" and memory.read(402, 8) == b"me\0\0\0\0\5\6" and memory.word(408) == 0x605
    memory.clear(403, 409)
    memory.write(400, b"NA")
    with pytest.raises(ValueError, match="leaves memory empty"):
        memory.write(403, b"1234")
    lean = webassembly.written(module, module.exports, {0, 1, 2, 3}, memory)
    script = """
      const { exports } = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(process.argv[1], "hex")));
      console.log(JSON.stringify([...new Uint8Array(exports.mem.buffer, 400, 10)]));
    """
    assert bytes(json.loads(build.run("node", "-e", script, lean.hex()))) == b"NAm\0\0\0\0\0\0\6"


def test_an_instruction_that_is_not_known_is_an_error():
    code = b"\x00\xfe\x00\x0b"  # of threads
    with pytest.raises(ValueError, match="0xfe"):
        webassembly.called(code, 0, len(code))
