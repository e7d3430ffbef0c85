"""The views, in tab order. Each is the module of that name, which holds one `VIEW`; see `app.screen.views.view`."""

VIEWS = ("tradeoff", "predictions", "network", "layers", "bytes", "weights", "device")

BY = (
    "", "class", "confusion", "calibration", "border", "speed", "region", "part", "place", "letter", "size",
    "sensitivity",
)  # fmt: skip
'How a view can be looked at, "" as it opens: the answers by one of their groupings, the layers by sensitivity.'
