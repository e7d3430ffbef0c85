"""What the axes of the trade-off view can show, the usual one first; `app.screen.views.axes` says what each is."""

ACROSS = ("size", "zipped", "time", "macs", "bits", "energy")
UP = ("score", "changed", "worst", "divergence")
