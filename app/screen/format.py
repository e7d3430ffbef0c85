"""Numbers and names as the views print them."""

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
