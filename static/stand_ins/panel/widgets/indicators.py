"""Stands in for Panel's own, of which widgets and the native design ask for two; the playground describes its controls
itself."""


class Number:
    """Nothing is one."""


class TooltipIcon:
    """Nothing is one."""
