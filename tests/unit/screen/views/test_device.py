from dataclasses import replace

import numpy as np
import pytest

from app.results.device import Cost
from app.results.load import Load
from app.results.scene import Scene
from app.screen.views import device
from app.screen.views.priced.rows import BARS, columns, why
from app.state.devices import DEVICES, RATES
from app.state.state import State
from tests.made.results import result, scene


def on(text, rate="always", **fields):
    """A Scene on a device; `fields` go to its compressed file."""
    shown = result(state=State("digits-mlp", device=text, rate=rate))
    return Scene(replace(shown, compressed=replace(shown.compressed, **fields)))


def test_the_answer_in_words():
    words = device.text(on("phone"))
    assert words.startswith("Estimate: on a phone a run takes 11.2 µs and 14.0 µJ; 30 times a second, all day, 0.057 %")
    assert "arithmetic is what takes time" in words
    assert "zeros, palettes and few bits save storage, and no time" in words
    assert "Measured here by onnxruntime: not yet." in words


def test_the_time_that_was_measured_stands_beside_with_its_spread():
    words = device.text(on("phone", single_spread=(0.3, 0.35)))
    assert words.endswith("320 µs for a sample alone, half of the time 300 µs to 350 µs.")
    words = device.text(on("phone", single_ms=None, latency_spread=(0.1, 0.2)))
    assert words.endswith("160 µs for a sample, run with all others, half of the time 100 µs to 200 µs.")


@pytest.mark.parametrize(
    "text, said",
    [("phone,floats:0", "never finishes"), ("phone,battery:0", "there is no battery"), ("phone,room:0", "does not fit"),
     ("microcontroller,floats:0.00001", "more than it can do"), ("phone,float_pj:0,cached_pj:0", "0 % of the battery")],
)  # fmt: skip
def test_a_number_of_0_is_answered_in_words(text, said):
    assert said in device.text(on(text))


def test_every_device_and_rate_can_be_drawn():
    drawing = device.VIEW.build(lambda change: None)
    for id in DEVICES:
        for rate in RATES:
            shown = on(f"{id},cache:0,float_pj:0", rate)
            drawing.draw(shown)
            heads = device.table(shown).columns
            assert all(len(row) == len(heads) for row in device.table(shown).rows)


def test_the_longer_bar_is_full_and_all_are_on_one_scale():
    slow, fast = Cost(2.0, 1.0, 0.0), Cost(0.5, 1.0, 0.0)
    it = columns({"a": slow, "b": Cost(4.0, 1.0, 0.0)}, {"a": slow, "b": fast}, cached=False)
    lengths = (np.array([it["moving"], it["computing"], it["was_computing"]]) - BARS[0]) / (BARS[1] - BARS[0])
    assert lengths == pytest.approx(np.array([[0.25, 0.25], [0.5, 0.125], [0.5, 1]]))
    assert it["computing_alpha"][0] == it["moving_alpha"][1] == 1 > it["moving_alpha"][0]
    assert it["why"] == ["arithmetic × 2.0", "memory × 2.0"]
    assert why(fast, cached=True) == "the cache × 2.0" and why(Cost(1e-3, 0.0, 0.0), cached=False) == "arithmetic"


def test_a_layer_that_cannot_be_counted_is_said_and_left_out():
    shown = result()
    first = replace(shown.layers[0], load=Load(None, 400, None))
    words = device.text(Scene(replace(shown, layers=(first, *shown.layers[1:]))))
    assert "1 layer whose work depends on the input could not be counted." in words


def test_a_changed_number_goes_into_the_state_and_back_in_one_click():
    acts = []
    drawing = device.VIEW.build(acts.append)
    drawing.draw(scene())
    numbers = drawing.root.children[1]
    field = next(each for each in numbers.references() if getattr(each, "title", "").startswith("battery"))
    field.value = 0
    assert acts == [{"device": "phone,battery:0"}]
    drawing.draw(on("phone,battery:0"))
    field.value = None
    assert acts[1:] == [{"device": "phone"}] and field.value == DEVICES["phone"]["battery"]
