"""Numbers and names as the views print them."""

from math import inf

NAME = 21  # letters for which there is room before a bar


def kilobytes(size: float) -> str:
    """A length in bytes; 1 kB is 1000 bytes.

    Examples
    --------
    >>> [kilobytes(size) for size in (640, 8_432, 16_400, 202_911)]
    ['640 B', '8.4 kB', '16.4 kB', '203 kB']
    """
    if size < 1000:
        return f"{size:.0f} B"
    return f"{size / 1000:.1f} kB" if size < 99_950 else f"{size / 1000:.0f} kB"


def percent(share: float, digits: int = 1) -> str:
    """A share from 0 to 1, for example ``95.3 %``."""
    return f"{100 * share:.{digits}f} %"


def si(value: float, unit: str) -> str:
    """A number of seconds or joules with the prefix that suits it; what never ends is no number.

    Examples
    --------
    >>> [si(value, "s") for value in (0, 2.34e-7, 0.0126, 5, 7200, float("inf"))]
    ['0 s', '234 ns', '12.6 ms', '5.0 s', '7200 s', 'never']
    """
    if value == inf:
        return "never"
    power = next((p for p in (1, 1e-3, 1e-6, 1e-9, 1e-12) if value >= p), 1e-12)
    number = value / power
    prefix = {1: "", 1e-3: "m", 1e-6: "µ", 1e-9: "n", 1e-12: "p"}[power]
    return f"{number:.1f} {prefix}{unit}" if 0 < number < 99.95 else f"{number:.0f} {prefix if value else ''}{unit}"


def count(number: int, noun: str) -> str:
    """``1 answer``, ``2 answers``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def end_of(name: str) -> str:
    """A layer's name, without its beginning if it is long: it is by their ends that names differ.

    Examples
    --------
    >>> end_of("resnet.block3.shortcut.conv")
    '…block3.shortcut.conv'
    """
    return name if len(name) <= NAME else f"…{name[1 - NAME :]}"
