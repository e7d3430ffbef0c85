"""The pieces of the picture of a network; `app.screen.views.network` puts them together."""
