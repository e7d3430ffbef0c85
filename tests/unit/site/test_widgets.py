"""What BokehJS sends when a person uses a widget reaches the State."""

import asyncio

from app.site.document import Page
from tests.made.results import result


def test_a_limit_that_is_typed_becomes_the_budget():
    """It once raised TypeError: BokehJS sends `value_throttled` along with `value`."""

    async def type_in():
        page = Page(result(), {}, lambda message, buffers: None)
        model = next(m for m in page.document.models if getattr(m, "title", "") == "size at most")
        page.patch(
            {
                "events": [
                    {"kind": "ModelChanged", "model": model.ref, "attr": name, "new": 20.0}
                    for name in ("value", "value_throttled")
                ]
            }
        )
        return page.store.state.budget.bytes

    assert asyncio.run(type_in()) == 20_000
