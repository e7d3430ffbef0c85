import pytest

from app.state import link
from app.state.devices import DEVICES, NUMBERS, USUAL, device_of, spelled, with_number
from app.state.state import State


@pytest.mark.parametrize("device", DEVICES.values(), ids=str)
def test_each_number_of_each_device_is_there_with_its_source(device):
    assert set(device.numbers) == set(NUMBERS)
    assert all(value >= 0 and len(source) > 10 for value, source in device.numbers.values())


def test_a_changed_number_is_in_the_link_and_has_one_spelling():
    text = with_number(with_number(USUAL, "battery", 10), "floats", 2.5)
    assert text == "phone,floats:2.5,battery:10"
    query = link.encode(State(device=text))
    assert "device=phone,floats:2.5,battery:10" in query
    assert link.decode(query)[0].device == text
    assert link.decode("?device=phone,battery:10,floats:2.50,cache:1024")[0].device == text
    assert with_number(with_number(text, "battery", 17.8), "floats", 89.6) == USUAL == spelled(device_of(USUAL))


@pytest.mark.parametrize(
    "text, said",
    [("toaster", "choose microcontroller"), ("phone,wings:2", "it has floats"), ("phone,floats:many", "not a number"),
     ("phone,floats:-1", "choose 0 to"), ("phone,floats:nan", "choose 0 to"), ("phone,floats:1e99", "choose 0 to")],
)  # fmt: skip
def test_what_is_no_device_says_what_would_be_one(text, said):
    with pytest.raises(ValueError, match=said):
        device_of(text)
    state, (note,) = link.decode(f"?device={text}")
    assert state.device == USUAL and said in note
