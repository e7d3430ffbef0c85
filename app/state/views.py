"""The views, in tab order. Each is the module of that name, which holds one `VIEW`; see `app.screen.views.view`."""

VIEWS = ("tradeoff", "predictions", "network", "layers", "bytes", "weights")
