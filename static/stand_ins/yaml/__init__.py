"""Stands in for PyYAML, by which Bokeh reads files of settings and themes: there are none here."""
