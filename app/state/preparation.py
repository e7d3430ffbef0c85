"""How a person's own model is fed: which input its samples go into, what the pixels of pictures become, what is scored.

Another preparation of the same files is another model, with an id of its own: its figures are others.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any
from urllib.parse import quote, unquote

MOST, LEAST = 1e6, 1e-6  # of a number in a preparation, and of one that divides
SIDE = 2048  # pixels along a side
LETTERS = 200  # of the name of an input
LAYOUTS = {"first": "channels first", "last": "channels last"}
ORDERS = {"rgb": "red first", "bgr": "blue first"}


@dataclass(frozen=True)
class Pixels:
    """What the numbers are that a network reads of a pixel: ``(pixel / 255 * scale - mean) / deviation``, by channel.

    mean, deviation : one number for all channels, or one for each of three
    order : of the channels, into `ORDERS`
    """

    scale: float = 1.0
    mean: tuple[float, ...] = (0.0,)
    deviation: tuple[float, ...] = (1.0,)
    order: str = "rgb"


PRESETS = {
    "unit": ("0 to 1", Pixels()),
    "bytes": ("0 to 255", Pixels(255.0)),
    "signed": ("−1 to 1", Pixels(1.0, (0.5,), (0.5,))),
    "imagenet": ("ImageNet, as torchvision has it", Pixels(1.0, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))),
    "caffe": ("ImageNet, as Caffe has it", Pixels(255.0, (103.939, 116.779, 123.68), order="bgr")),
    "clip": ("CLIP", Pixels(1.0, (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711))),
    "cifar10": ("CIFAR-10", Pixels(1.0, (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616))),
    "cifar100": ("CIFAR-100", Pixels(1.0, (0.5071, 0.4865, 0.4409), (0.2673, 0.2564, 0.2762))),
    "mnist": ("MNIST", Pixels(1.0, (0.1307,), (0.3081,))),
    "sixteen": ("0 to 16, as scikit-learn's digits", Pixels(16.0)),
}  # fmt: skip
"What is usual: a word that links have for it, what it is called, and its numbers."


@dataclass(frozen=True)
class Preparation:
    """What is chosen about a person's own model; what is as by default the file itself decides.

    input : the one that the samples go into
    output : the one that is scored
    size : height and width that pictures are brought to
    layout : where their channels stand, into `LAYOUTS`
    """

    input: str = ""
    output: str = ""
    size: tuple[int, ...] = ()
    layout: str = ""
    pixels: Pixels = Pixels()

    @property
    def preset(self) -> str:
        """The word for what pixels become, "" if it is none of the usual."""
        return next((word for word, (_, pixels) in PRESETS.items() if pixels == self.pixels), "")

    @property
    def text(self) -> str:
        """As a link has it: ``input:row,size:28x28,pixels:imagenet``; "" if all is usual."""
        return ",".join(f"{name}:{_spelled(value)}" for name, value in self.to_json().items())

    @property
    def mark(self) -> str:
        """What tells this preparation from others of the same files, in an id: short, "" if all is usual."""
        if self.text in ("", f"pixels:{self.preset}"):
            return self.preset if self.text else ""
        import hashlib  # when somebody has files of their own: the page is up sooner

        return hashlib.sha256(self.text.encode()).hexdigest()[:6]

    def to_json(self) -> dict[str, Any]:
        """As plain JSON, without what is usual; `preparation_of` takes it back."""
        said = {name: _plain(getattr(self, name)) for name in ("input", "output", "size", "layout")}
        if self.preset:
            numbers = {} if self.pixels == Pixels() else {"pixels": self.preset}
        else:
            pairs = ((each.name, getattr(self.pixels, each.name), each.default) for each in fields(Pixels))
            numbers = {name: _plain(value) for name, value, usual in pairs if value != usual}
        return {**{name: value for name, value in said.items() if value}, **numbers}


USUAL = Preparation()


def preparation_of(value: Any) -> Preparation:
    """A preparation from anywhere: the word of a preset, or an object.

    Parameters
    ----------
    value : in an object `pixels` is the word of a preset, and `scale`, `mean`, `deviation` and `order` are put in the
        place of its; numbers may be a list or in a text. What is empty is as usual

    Raises
    ------
    ValueError
        A sentence that says what would work.

    Examples
    --------
    >>> preparation_of("mnist") == preparation_of({"mean": 0.1307, "deviation": "0.3081"})
    True
    >>> preparation_of({"size": "28x32", "scale": 255, "mean": [1, 2, 3]}).text
    'size:28x32,scale:255,mean:1;2;3'
    """
    if isinstance(value, str):
        value = {"pixels": value}
    if not isinstance(value, Mapping):
        raise ValueError('prepare is a word, such as "imagenet", or an object, such as {"scale": 255, "mean": 0.5}')
    known = [each.name for each in (*fields(Preparation), *fields(Pixels))]
    unknown = next((name for name in value if name not in known), None)
    if unknown is not None:
        raise ValueError(f"prepare has no {unknown!r:.40}; it has {', '.join(known)}")
    given = {name: each for name, each in value.items() if each not in ("", None)}
    word = given.get("pixels", "unit")
    if not isinstance(word, str) or word not in PRESETS:
        raise ValueError(f"pictures cannot be prepared as {word!r:.40}; choose one of {', '.join(PRESETS)}")
    usual = PRESETS[word][1]
    return Preparation(
        _name("input", given),
        _name("output", given),
        _size(given.get("size", ())),
        _one_of("layout", given.get("layout", ""), ("", *LAYOUTS)),
        Pixels(
            _numbers("scale", given.get("scale", usual.scale), LEAST, (1,))[0],
            _numbers("mean", given.get("mean", usual.mean), -MOST),
            _numbers("deviation", given.get("deviation", usual.deviation), LEAST),
            _one_of("order", given.get("order", usual.order), tuple(ORDERS)),
        ),
    )


def parsed(text: str) -> dict[str, Any]:
    """The parts of `Preparation.text`, once a link has been unquoted, for `preparation_of`.

    >>> parsed("input:a%2Cb,mean:1;2;3")
    {'input': 'a,b', 'mean': '1;2;3'}
    """
    pairs = (part.partition(":") for part in text.split(",") if part)
    return {name: unquote(value) for name, _, value in pairs}


def _spelled(value: Any) -> str:
    """A value of a preparation as a link has it; names are quoted twice: a comma in one must outlive the split."""
    if isinstance(value, list):
        return ("x" if all(type(each) is int for each in value) else ";").join(f"{each:.12g}" for each in value)
    return f"{value:.12g}" if isinstance(value, float) else quote(quote(value, safe=""))


def _plain(value: Any) -> Any:
    """A value as JSON has it: one number alone, several as a list."""
    if not isinstance(value, tuple):
        return value
    return value[0] if len(value) == 1 else list(value)


def _name(kind: str, given: Mapping[str, Any]) -> str:
    value = given.get(kind, "")
    if not isinstance(value, str) or len(value) > LETTERS:
        raise ValueError(f"prepare.{kind} is {value!r:.40}; it is the name of an {kind} of the network")
    return value


def _one_of(name: str, value: Any, choices: tuple[str, ...]) -> str:
    if not isinstance(value, str) or value not in choices:
        raise ValueError(f"prepare.{name} is {value!r:.40}; choose {' or '.join(filter(None, choices))}")
    return value


def _size(value: Any) -> tuple[int, ...]:
    """Height and width, from a list, or from a text such as ``28 x 32``."""
    found = _split(value) if value != () else ()
    whole = all(isinstance(each, int | float) and each in range(1, SIDE + 1) for each in found)
    if value != () and (len(found) != 2 or not whole):
        raise ValueError(
            f'prepare.size is {value!r:.40}; it is height and width in whole pixels, 1 to {SIDE}, such as "28 x 32"'
        )
    return tuple(map(int, found))


def _numbers(name: str, value: Any, low: float, counts: tuple[int, ...] = (1, 3)) -> tuple[float, ...]:
    """One number or one for each channel, from `low` to `MOST`."""
    found = _split(value)
    usable = all(isinstance(each, int | float) and not isinstance(each, bool) and low <= each <= MOST for each in found)
    if len(found) not in counts or not usable:
        each = "" if counts == (1,) else ", or one for each of three channels"
        raise ValueError(f"prepare.{name} is {value!r:.40}; it is one number{each}, from {low:g} to {MOST:g}")
    return tuple(map(float, found[:1] if len(set(found)) == 1 else found))


def _split(value: Any) -> tuple[Any, ...]:
    """The numbers in a list or a text, or one alone; what is none stays as it is."""
    if isinstance(value, str):
        value = [_number(each) for each in re.split(r"[\s,;x×]+", value.strip())]
    return tuple(value) if isinstance(value, list | tuple) else (value,)


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text
