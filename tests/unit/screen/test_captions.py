"""Words of the field are explained where they stand."""

import re

from app.lessons.glossary import GLOSSARY
from app.screen.captions import EXPLAINED, answer_html, explained
from app.screen.views import layers, tradeoff
from tests.made.results import scene


def test_each_word_opens_its_line_where_it_first_stands():
    html, meanings = explained("12 dB SQNR, 9 dB SQNR, within chance")
    assert re.findall(r'popovertarget="(\w+)"', html) == ["SQNR", "chance"]
    assert re.sub("<[^>]+>", "", html) == "12 dB SQNR, 9 dB SQNR, within chance", "what is read out stays a sentence"
    assert re.findall(r'popover id="(\w+)"', meanings) == ["SQNR", "chance"]


def test_a_sign_stays_with_its_word():
    html, _ = explained("beyond 85 % sparsity, it falls")
    assert html.endswith("sparsity</button>,</span> it falls") and '<span class="unbroken"><button' in html


def test_every_word_that_is_explained_is_in_the_glossary():
    assert set(re.findall(r"\w+", EXPLAINED.pattern.replace(r"\b", "").partition(")")[0])) <= GLOSSARY.keys()


def test_an_answer_is_one_sentence_with_its_meanings_behind_it():
    html = answer_html(tradeoff.VIEW, scene())
    sentence, meanings = html.split("</p>")
    assert 'popovertarget="interval"' in sentence and "popover id=" not in sentence
    assert 'popover id="interval"' in meanings
    assert answer_html(layers.VIEW, scene()).startswith("<p tabindex=")
