"""Devices that a file could run on, as the numbers that an estimate needs, each with its public source.

A choice is spelled as a step of a recipe is: the device, then the numbers that a person has changed,
``phone,floats:60,battery:10``. All is editable because none is certain: these are the makers' figures at full speed, of
one core, and the energies are those of an older process (Horowitz, 45 nm), where no data sheet says better.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

MOST = 1e12  # that a number may be


@dataclass(frozen=True)
class Number:
    """One thing that is known of each device."""

    name: str
    label: str
    unit: str


NUMBERS = {
    each.name: each
    for each in (
        Number("floats", "32-bit float operations", "billion a second"),
        Number("integers", "8-bit integer operations", "billion a second"),
        Number("memory", "read from memory", "GB a second"),
        Number("cached", "read from the cache", "GB a second"),
        Number("cache", "cache", "kB"),
        Number("float_pj", "a float operation", "pJ"),
        Number("integer_pj", "an integer operation", "pJ"),
        Number("memory_pj", "a byte from memory", "pJ"),
        Number("cached_pj", "a byte from the cache", "pJ"),
        Number("room", "memory", "MB"),
        Number("battery", "battery", "Wh"),
    )
}


@dataclass(frozen=True)
class Device:
    """What a device can do; a multiply-add is two operations.

    what : the real device that the numbers are of
    numbers : those of `NUMBERS`, each with where it comes from
    """

    id: str
    label: str
    what: str
    numbers: Mapping[str, tuple[float, str]]

    @property
    def named(self) -> str:
        """Within a sentence: ``a phone``, ``this browser``."""
        return self.label if self.label.startswith("this ") else f"a {self.label}"

    def __getitem__(self, name: str) -> float:
        return self.numbers[name][0]


HOROWITZ = "Horowitz, ISSCC 2014, 45 nm"
FLOAT_PJ = f"{HOROWITZ}: 4.6 pJ a multiply-add, and 70 pJ an instruction for"
INTEGER_PJ = f"{HOROWITZ}: 0.3 pJ a multiply-add, and 70 pJ an instruction for"
MEMORY_PJ = 160.0, f"{HOROWITZ}: 1.3 nJ for 64 bits of DRAM"
CACHED_PJ = 12.5, f"{HOROWITZ}: 100 pJ for 64 bits of a cache of 1 MB"
CYCLE = "nRF52840 product specification: 52 µA a MHz at 3 V, 156 pJ a cycle"
X1 = "Arm Cortex-X1, four 128-bit units at 2.8 GHz"
AVX = "Haswell and later, two 256-bit units at 3 GHz"

_PHONE = {
    "floats": (89.6, f"{X1}: 32 a cycle"),
    "integers": (358.4, f"{X1}: SDOT, 128 a cycle"),
    "memory": (51.2, "LPDDR5 at 6400 MT/s, 64 bits wide (JEDEC JESD209-5)"),
    "cached": (89.6, "Arm Cortex-X1: taken as 32 bytes a cycle"),
    "cache": (1024, "Arm Cortex-X1 in Google Tensor: level 2"),
    "float_pj": (11.0, f"{FLOAT_PJ} 8 operations"),
    "integer_pj": (2.3, f"{INTEGER_PJ} 32 operations"),
    "memory_pj": MEMORY_PJ,
    "cached_pj": CACHED_PJ,
    "room": (8000, "Google Pixel 6, technical specifications"),
    "battery": (17.8, "Google Pixel 6, technical specifications: 4614 mAh, at 3.85 V"),
}
_LAPTOP = {
    "floats": (96, f"{AVX}: FMA, 32 a cycle (Intel optimization manual)"),
    "integers": (384, "Alder Lake and later, AVX-VNNI at 3 GHz: 128 a cycle (Intel optimization manual)"),
    "memory": (51.2, "DDR4 at 3200 MT/s, two channels of 64 bits (JEDEC JESD79-4)"),
    "cached": (96, "level 2 at 3 GHz: taken as 32 bytes a cycle, half of the peak of Intel's manual"),
    "cache": (1280, "Intel Tiger Lake: level 2 of a core"),
    "float_pj": (6.7, f"{FLOAT_PJ} 16 operations"),
    "integer_pj": (1.2, f"{INTEGER_PJ} 64 operations"),
    "memory_pj": MEMORY_PJ,
    "cached_pj": CACHED_PJ,
    "room": (8000, "Apple MacBook Air (M2), technical specifications"),
    "battery": (52.6, "Apple MacBook Air (M2), technical specifications"),
}

DEVICES = {
    each.id: each
    for each in (
        Device(
            "microcontroller", "microcontroller", "Nordic nRF52840, a Cortex-M4F at 64 MHz, on a coin cell",
            {
                "floats": (0.043, "Arm Cortex-M4 manual: VMLA.F32 takes 3 cycles"),
                "integers": (0.256, "Arm Cortex-M4 manual: SMLAD, two multiply-adds a cycle"),
                "memory": (0.256, "nRF52840 product specification: 32 bits a cycle"),
                "cached": (0.256, "there is no cache for data: as from memory"),
                "cache": (0, "nRF52840 product specification: none for data"),
                "float_pj": (234, f"{CYCLE}, three for two operations"),
                "integer_pj": (39, f"{CYCLE}, one for four operations"),
                "memory_pj": (39, f"{CYCLE}, one for four bytes"),
                "cached_pj": (39, "as from memory"),
                "room": (0.256, "nRF52840 product specification: RAM"),
                "battery": (0.705, "Energizer CR2032 data sheet: 235 mAh, at 3 V"),
            },
        ),
        Device(
            "watch", "watch", "one Cortex-A53 at 1.7 GHz, as in Snapdragon Wear 4100",
            {
                "floats": (13.6, "Arm Cortex-A53: 8 a cycle"),
                "integers": (27.2, "Arm Cortex-A53, which has no SDOT: SMLAL, 16 a cycle"),
                "memory": (6, "LPDDR3 at 750 MHz, 32 bits wide (Qualcomm product brief)"),
                "cached": (13.6, "Arm Cortex-A53: 64 bits a cycle"),
                "cache": (512, "Arm Cortex-A53: level 2, as usual"),
                "float_pj": (11.0, f"{FLOAT_PJ} 8 operations"),
                "integer_pj": (4.5, f"{INTEGER_PJ} 16 operations"),
                "memory_pj": MEMORY_PJ,
                "cached_pj": CACHED_PJ,
                "room": (1000, "Mobvoi TicWatch Pro 3 Ultra, technical specifications"),
                "battery": (1.09, "Apple Watch Series 8, 41 mm: 282 mAh, at 3.86 V"),
            },
        ),
        Device("phone", "phone", "one Cortex-X1 at 2.8 GHz, as in Google Pixel 6", _PHONE),
        Device(
            "accelerator", "phone with accelerator",
            "that phone with a Coral Edge TPU, which runs the layers that multiply integers, and no others",
            {
                **_PHONE,
                "integers": (4000, "Coral Edge TPU data sheet: 4 TOPS"),
                "integer_pj": (0.5, "Coral Edge TPU data sheet: 2 TOPS a watt"),
                "cached": (89.6, "not published: taken as the phone's"),
                "cache": (8000, "Coral, Edge TPU compiler: about 8 MB of SRAM"),
            },
        ),
        Device("laptop", "laptop", "one core at 3 GHz with AVX2 and VNNI", _LAPTOP),
        Device(
            "browser", "this browser", "WebAssembly, one thread with vectors of 128 bits, on such a laptop",
            {
                **_LAPTOP,
                "floats": (24, "WebAssembly SIMD has no FMA: 4 products and 4 sums a cycle at 3 GHz"),
                "integers": (32, "WebAssembly SIMD: i32x4.dot_i16x8_s, 16 in three instructions, two a cycle at 3 GHz"),
                "float_pj": (19.8, f"{FLOAT_PJ} 4 operations"),
                "integer_pj": (13.3, f"{INTEGER_PJ} 16 operations in three of them"),
            },
        ),
    )
}  # fmt: skip
USUAL = "phone"


@dataclass(frozen=True)
class Rate:
    """How often a model runs.

    label : as the page calls it.  said : within a sentence
    a_day : runs
    warm : whether what fits the cache is still there at the next run
    """

    label: str
    said: str
    a_day: int
    warm: bool = False


RATES = {
    "once": Rate("once a day", "once a day", 1),
    "demand": Rate("on demand", "100 times a day", 100),
    "always": Rate("30 a second", "30 times a second, all day", 30 * 24 * 3600, warm=True),
}
USUAL_RATE = "always"


@lru_cache(maxsize=64)
def device_of(text: str) -> Device:
    """The device that a text spells, with the numbers that are changed in it.

    Raises
    ------
    ValueError
        If there is no such device or number, or a number is out of range.

    Examples
    --------
    >>> device_of("phone,floats:60")["floats"], device_of("phone")["floats"]
    (60.0, 89.6)
    """
    id, *pairs = text.split(",")
    if id not in DEVICES:
        raise ValueError(f"there is no device {id!r:.40}; choose {', '.join(DEVICES)}")
    device, changed = DEVICES[id], {}
    for pair in pairs:
        name, _, value = pair.partition(":")
        if name not in NUMBERS:
            raise ValueError(f"a device has no {name!r:.40}; it has {', '.join(NUMBERS)}")
        changed[name] = _number(name, value), "changed here"
    return Device(device.id, device.label, device.what, {**device.numbers, **changed})


def spelled(device: Device) -> str:
    """The text of a device; numbers that are as they come are left out.

    >>> spelled(device_of("phone,battery:10,cache:1024,floats:60"))
    'phone,floats:60,battery:10'
    """
    usual = DEVICES[device.id]
    changed = [f"{name}:{device[name]:.12g}" for name in NUMBERS if device[name] != usual[name]]
    return ",".join([device.id, *changed])


def with_number(text: str, name: str, value: float) -> str:
    """A device with one number changed. Raises ValueError as `device_of` does."""
    return spelled(device_of(f"{text},{name}:{value!r}"))


def _number(name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f"{NUMBERS[name].label} is {text!r:.40}, not a number") from None
    if not math.isfinite(value) or not 0 <= value <= MOST:
        raise ValueError(f"{NUMBERS[name].label} is {value:g}; choose 0 to {MOST:g}")
    return value
