"""Stands in for NumPy's own: Bokeh and NumPy ask of an array whether it is masked."""


class MaskedArray:
    """Nothing is one."""


def is_masked(array):
    """None is."""
    return False


isMaskedArray = is_masked
