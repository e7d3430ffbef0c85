"""Stands in for Python's own, half of which is a table of the names of letters, for reading pages: here they are
written."""


def escape(text, quote=True):
    """As Python's own does."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace('"', "&quot;").replace("'", "&#x27;") if quote else text
