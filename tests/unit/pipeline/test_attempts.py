"""Both files answer what a person tries as native onnxruntime does, and a search finds what they disagree about."""

import asyncio

import numpy as np
import pytest

from app.pipeline.attempts import Attempts
from app.results.attempt import Attempt
from app.results.samples import chosen
from app.runtime.native import NativeRuntime
from app.tasks import TASKS
from app.tasks.inputs import INPUTS, attempt_of, perturbed
from tests.made.networks import run
from tests.made.real_results import PIPELINE, result_of


class Counted(NativeRuntime):
    runs = 0

    async def run(self, onnx, batch, **options):
        self.runs += 1
        return await super().run(onnx, batch, **options)


def tried(result, **values):
    return asyncio.run(PIPELINE.attempt(result, attempt_of(result.model, values)))


@pytest.mark.parametrize(
    ("model", "values"),
    [
        ("spirals", {"x": 0.3, "y": -0.4}),
        ("digits-mlp", {"ink": [0.5] * 64}),
        ("tracker", {"x": 3, "noise": 0.2}),
        ("denoiser", {"noise": 0.2}),
        ("words", {"text": "pre"}),
        ("cancer", {}),
        ("words", {"input": "perturbed", "wrong": 2}),
    ],
)
def test_both_files_answer(model, values):
    result = result_of(model, 4)
    attempted = tried(result, **values)
    for file, outputs in zip((result.model.onnx, result.onnx), attempted.outputs, strict=True):
        np.testing.assert_allclose(outputs, run(file, attempted.samples)[0], atol=1e-4)
    plain = attempted.to_json()
    assert np.shape(plain["baseline"]) == attempted.outputs[0].shape[1 if len(attempted.samples) == 1 else 0 :]
    assert ("written" in plain) == (values.get("text") is not None)


def test_a_word_is_written_on_letter_by_letter():
    result = result_of("words", 2)
    begun = "pre"
    for file, written in zip((result.model.onnx, result.onnx), tried(result, text=begun).written, strict=True):
        assert written.startswith(begun)
        before = [INPUTS["word"].samples(result.model, 0, {"text": written[:k]})[0] for k in range(3, len(written))]
        likeliest = run(file, np.concatenate(before))[0].argmax(axis=1)
        assert "".join(result.model.classes[k] for k in likeliest) == written[3:]


def test_files_that_want_the_whole_set_get_it():
    result = result_of("digits-mlp", 4)
    attempt = attempt_of(result.model, {"ink": [0.5] * 64})
    answers = [asyncio.run(Attempts(NativeRuntime()).attempt(result, attempt, alone)) for alone in (True, False)]
    np.testing.assert_allclose(answers[0].outputs, answers[1].outputs, atol=1e-4)
    assert answers[1].outputs[0].shape == (1, 10)


def test_a_file_is_not_asked_the_same_twice():
    first, then = result_of("denoiser", 4), result_of("denoiser", 3)

    async def swipe():
        runtime = Counted()
        attempts = Attempts(runtime)
        for values in ({}, {"x": 0.1}, {"x": 0.2}, {"noise": 0.2}):
            await attempts.attempt(first, attempt_of(first.model, values), True)
        await attempts.attempt(then, attempt_of(then.model, {"noise": 0.2}), True)
        return runtime.runs

    assert asyncio.run(swipe()) == 5, "two files, two strengths of noise, and one file more"


@pytest.mark.parametrize("model", ["digits-mlp", "tracker", "denoiser", "words", "cancer"])
def test_what_is_found_is_answered_differently(model):
    result = result_of(model, 3)
    index, attempt = asyncio.run(PIPELINE.find(result, True, lambda: False))
    there = result_of(model, 3, index)
    attempted = asyncio.run(PIPELINE.attempt(there, attempt))
    task = TASKS[result.model.task]
    old, new = map(task.answers, attempted.outputs)
    assert task.changed(old, new, attempted.labels).count == 1 and attempt.said


def test_only_the_chosen_sample_is_changed_if_it_is_that_one_that_is_asked_about():
    result = result_of("digits-mlp", 2, 4)
    index, _ = asyncio.run(PIPELINE.find(result, False, lambda: False))
    assert index == chosen(result) == 4


def test_a_search_that_finds_nothing_says_among_how_many(monkeypatch):
    result = result_of("digits-mlp", 8)
    monkeypatch.setattr(perturbed, "CANDIDATES", 6)
    assert asyncio.run(PIPELINE.find(result, False, lambda: False)) == "None found among 6."


def test_a_search_can_be_given_up(monkeypatch):
    monkeypatch.setattr(perturbed, "PIECE", 2)
    said = asyncio.run(PIPELINE.find(result_of("digits-mlp", 8), False, lambda: True))
    assert said == "None found among 2."


def test_what_an_input_has_to_learn_it_learns_once():
    result = result_of("cancer", 4)

    async def twice():
        runtime = Counted()
        attempts = Attempts(runtime)
        for value in (0, 1):
            attempt = Attempt("cancer", "measured", {"worst texture": value})
            await attempts.attempt(result, attempt, True)
        return runtime.runs

    assert asyncio.run(twice()) == 5
