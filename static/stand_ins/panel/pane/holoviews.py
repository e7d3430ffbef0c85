"""Stands in for Panel's own: its links ask of what they link whether it is a plot of HoloViews."""


def is_bokeh_element_plot(plot):
    """None is one."""
    return False
