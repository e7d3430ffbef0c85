"""Rooflines by hand, and the work of real layers beside another count."""

from math import inf

import numpy as np
import onnx
import pytest

from app.results.device import Cost, cost, estimate, ridge
from app.results.load import Load
from app.state.devices import DEVICES, RATES, device_of
from models.model import load as model_of
from tests.made.real_results import result_of

PHONE = DEVICES["phone"]
FC1 = Load(macs=19_200, weight_bytes=4 * (19_200 + 300), activation_bytes=4 * (64 + 300))


def test_one_layer_by_hand():
    found = cost(FC1, PHONE, cached=False)
    assert found.computing == pytest.approx(38_400 / 89.6e9)
    assert found.moving == pytest.approx(79_456 / 51.2e9)
    assert found.joules == pytest.approx((38_400 * 11 + 79_456 * 160) * 1e-12)
    assert found.by_memory and found.seconds == found.moving
    assert found.factor == pytest.approx((79_456 / 51.2) / (38_400 / 89.6))
    assert FC1.intensity == pytest.approx(38_400 / 79_456) and FC1.intensity < ridge(PHONE) == pytest.approx(1.75)


def test_integers_have_their_own_speed_and_energy():
    integers = Load(19_200, 19_200, 1456, integers=True)
    found, tpu = cost(integers, PHONE, cached=True), cost(integers, DEVICES["accelerator"], cached=True)
    assert found.computing == pytest.approx(38_400 / 358.4e9)
    assert tpu.computing == pytest.approx(38_400 / 4e12) and tpu.joules < found.joules
    assert cost(FC1, DEVICES["accelerator"], cached=True) == cost(FC1, PHONE, cached=True)


def test_what_runs_again_and_again_comes_from_the_cache_if_it_fits():
    often, now_and_then = (estimate({"fc1": FC1}, PHONE, RATES[rate]) for rate in ("always", "demand"))
    assert often.cached and not now_and_then.cached
    assert not estimate({"fc1": FC1}, device_of("phone,cache:50"), RATES["always"]).cached
    assert often.memory_bytes == 4 * (19_200 + 300) + 4 * 364
    assert often.seconds < now_and_then.seconds and often.joules < now_and_then.joules


def test_a_day_and_its_battery():
    watch = device_of("watch,battery:1")
    found, rate = estimate({"fc1": FC1}, watch, RATES["always"]), RATES["always"]
    assert found.battery(watch, rate) == pytest.approx(2_592_000 * found.joules / 3600)
    assert found.keeps_up(rate)
    slow = device_of("watch,floats:0.0001,memory:0.0001,battery:1")
    crawls = estimate({"fc1": FC1}, slow, rate)
    assert not crawls.keeps_up(rate)
    assert crawls.battery(slow, rate) == pytest.approx(86_400 / crawls.seconds * crawls.joules / 3600)


@pytest.mark.parametrize("name", PHONE.numbers)
def test_a_number_of_0_has_a_sensible_answer(name):
    device = device_of(f"phone,{name}:0")
    for load in (FC1, Load(19_200, 19_200, 1456, integers=True), Load(0, 0, 0)):
        for rate in RATES.values():
            found = estimate({"it": load}, device, rate)
            assert found.seconds >= 0 and found.joules >= 0 and found.battery(device, rate) >= 0
            assert found.layers["it"].factor >= 1
    never = estimate({"fc1": FC1}, device_of("phone,floats:0"), RATES["once"])
    assert never.seconds == inf and not never.keeps_up(RATES["once"])
    assert estimate({"fc1": FC1}, device_of("phone,battery:0"), RATES["once"]).battery(
        device_of("phone,battery:0"), RATES["once"]
    ) == inf  # fmt: skip


def test_a_layer_of_open_size_is_in_no_sum():
    open_ended = Load(None, 400, None)
    found = estimate({"a": FC1, "b": open_ended}, PHONE, RATES["once"])
    assert list(found.layers) == ["a"] and open_ended.intensity is None
    assert found.memory_bytes == FC1.weight_bytes + 400 + FC1.activation_bytes
    assert estimate({}, PHONE, RATES["always"]).seconds == 0


def test_nothing_waits_where_nothing_is_done():
    assert Cost(0.0, 0.0, 0.0).factor == 1 and Cost(1.0, 0.0, 0.0).factor == inf


@pytest.mark.parametrize("bits", [None, 4])
def test_the_work_of_real_layers_is_that_of_their_tensors(bits):
    """Zeros, palettes and few bits are unpacked: what is moved is what the original file holds."""
    graph = onnx.load_from_string(model_of("digits-mlp").onnx).graph
    tensors = {each.name: np.prod(each.dims, dtype=int) for each in graph.initializer}
    for layer in result_of("digits-mlp", bits).layers:
        bias, weight = tensors[f"{layer.name}.bias"], tensors[f"{layer.name}.weight"]
        assert layer.load == layer.load_before
        assert (layer.load.macs, layer.load.weight_bytes) == (weight, 4 * (weight + bias))
        assert layer.load.activation_bytes == 4 * sum(layer.shape) and not layer.load.integers
