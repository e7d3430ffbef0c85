"""One question a file, each ending in its `VIEW`; see `app.screen.views.view`. Tab order: `app.state.views`."""
