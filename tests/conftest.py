"""Order of the tests: those that need a browser come last, for Playwright keeps an event loop running beside them."""

from pathlib import Path

BROWSER = Path(__file__).parent / "browser"


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: BROWSER in item.path.parents)
