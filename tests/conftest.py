"""For all tests: those that need a browser come last, for Playwright keeps an event loop running beside them."""

from pathlib import Path

from hypothesis import HealthCheck, settings

settings.register_profile("busy", suppress_health_check=[HealthCheck.too_slow])  # a slow machine is no fault
settings.load_profile("busy")
BROWSER = Path(__file__).parent / "browser"


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: BROWSER in item.path.parents)
