"""Words of the field are explained where they stand."""

import re
from dataclasses import replace

from app.lessons.glossary import GLOSSARY
from app.screen.captions import EXPLAINED, answer_html, explained, table_html
from app.screen.views import layers, tradeoff
from app.screen.views.view import Opened, Table
from tests.made.results import experiment, scene


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


def test_a_cell_that_opens_an_experiment_has_all_of_it_and_no_markup():
    it = replace(experiment(scene().result.state, 0.9, 5000), name='"><b>x</b>', note="a & 'b'", pinned="A")
    html = table_html(Table(("experiment",), ((Opened(it.title, it),),), "Open one."))
    assert html.startswith("<p>Open one.</p><table>") and "<b>" not in html and html.count("<button") == 1
    data = dict(re.findall(r'data-(\w+)="([^"]*)"', html))
    assert data["name"] == "&quot;&gt;&lt;b&gt;x&lt;/b&gt;" and data["note"] == "a &amp; &#x27;b&#x27;"
    assert data.keys() == {"link", "label", "name", "note", "pinned"}
