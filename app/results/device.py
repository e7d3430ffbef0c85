"""What a network would cost on a device: a roofline for each layer, and what follows for time, memory and battery.

A layer takes as long as the slower of two: to compute at full speed, or to move its bytes. All of it is an estimate,
and a kind one: nothing waits for anything else, and what is no layer with a weight costs nothing.
Source: Williams, Waterman and Patterson, "Roofline", Communications of the ACM 2009.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf

from app.results.load import Load, in_memory
from app.state.devices import Device, Rate

GIGA, KILO, MEGA, PICO = 1e9, 1e3, 1e6, 1e-12
DAY = 24 * 3600  # seconds
JOULES = 3600  # of a Wh


@dataclass(frozen=True)
class Cost:
    """One layer on a device; what the file leaves open is left out of all sums.

    computing, moving : seconds, infinite where the device does none a second
    joules : for both
    """

    computing: float
    moving: float
    joules: float

    @property
    def seconds(self) -> float:
        return max(self.computing, self.moving)

    @property
    def by_memory(self) -> bool:
        """Whether it waits for memory, and not for arithmetic."""
        return self.moving > self.computing

    @property
    def factor(self) -> float:
        """How many times longer the slower of the two takes."""
        least = min(self.computing, self.moving)
        return 1.0 if self.computing == self.moving else self.seconds / least if least else inf


@dataclass(frozen=True)
class Estimate:
    """A network on a device.

    layers : by name, those whose work is known
    cached : whether all bytes come from the cache
    memory_bytes : for all weights, and what the widest layer reads and makes
    """

    layers: Mapping[str, Cost]
    cached: bool
    memory_bytes: int

    @property
    def seconds(self) -> float:
        """Of one run."""
        return sum(cost.seconds for cost in self.layers.values())

    @property
    def joules(self) -> float:
        """Of one run."""
        return sum(cost.joules for cost in self.layers.values())

    def battery(self, device: Device, rate: Rate) -> float:
        """Share of a full battery that a day takes; infinite where there is none.

        More runs than the device can do in a day are not counted.
        """
        runs = min(rate.a_day, DAY / self.seconds) if self.seconds else rate.a_day
        used = runs * self.joules
        return used / (device["battery"] * JOULES) if device["battery"] else inf if used else 0.0

    def keeps_up(self, rate: Rate) -> bool:
        """Whether a day has room for all runs."""
        return self.seconds * rate.a_day <= DAY

    def fits(self, device: Device) -> bool:
        """Whether the device has enough memory."""
        return self.memory_bytes <= device["room"] * MEGA


def estimate(loads: Mapping[str, Load], device: Device, rate: Rate) -> Estimate:
    """A network, given as the loads of its layers by name, on a device.

    What runs again and again finds its bytes in the cache if all fit; what runs now and then reads them from memory.
    """
    memory = in_memory(loads.values())
    cached = stays(memory, device, rate)
    known = {name: load for name, load in loads.items() if load.intensity is not None}
    return Estimate({name: cost(load, device, cached) for name, load in known.items()}, cached, memory)


def stays(memory: float, device: Device, rate: Rate) -> bool:
    """Whether so many bytes are still in the cache at the next run."""
    return rate.warm and 0 < memory <= device["cache"] * KILO


def cost(load: Load, device: Device, cached: bool) -> Cost:
    """One layer whose work is known."""
    kind = "integer" if load.integers else "float"
    source = "cached" if cached else "memory"
    operations = 2 * load.macs
    joules = (operations * device[f"{kind}_pj"] + load.moved * device[f"{source}_pj"]) * PICO
    return Cost(_over(operations, GIGA * device[f"{kind}s"]), _over(load.moved, GIGA * device[source]), joules)


def ridge(device: Device, *, integers: bool = False, cached: bool = False) -> float:
    """Operations a byte from which on arithmetic is what takes time."""
    return _over(device["integers" if integers else "floats"], device["cached" if cached else "memory"])


def _over(amount: float, speed: float) -> float:
    return amount / speed if speed else inf if amount else 0.0
