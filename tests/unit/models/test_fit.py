"""Training repeats to the last bit, and a student is also judged by its teacher."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")  # only to train models, and to test that
from torch import nn  # noqa: E402
from torch.nn.functional import cross_entropy  # noqa: E402

from models.fit import distillation, fit  # noqa: E402

X = np.random.default_rng(2).standard_normal((80, 3)).astype(np.float32)
Y = (X[:, 0] > 0).astype(np.int64)


def trained(**options):
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 2))
    fit(network, X, Y, epochs=20, lr=2e-2, **options)
    return network


def test_a_run_learns_and_repeats():
    first, second = trained(), trained()
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))
    assert (first(torch.from_numpy(X)).argmax(1).numpy() == Y).mean() > 0.9


def test_a_price_on_weights_makes_them_smaller():
    size = [sum(p.abs().sum().item() for p in network.parameters()) for network in (trained(), trained(l1=0.02))]
    assert size[1] < 0.7 * size[0]


def test_a_student_learns_what_its_teacher_says():
    contrary = trained(teacher=lambda x: torch.stack([x[:, 0], -x[:, 0]], 1) * 20)
    assert (contrary(torch.from_numpy(X)).argmax(1).numpy() == Y).mean() < 0.1


def test_distillation_weighs_softened_answers_and_labels():
    logits, taught, labels = torch.tensor([[1.0, -1.0]]), torch.tensor([[0.5, 1.5]]), torch.tensor([1])
    p = np.exp([0.5 / 2, 1.5 / 2])
    q = np.exp([1 / 2, -1 / 2])
    soft = -np.sum(p / p.sum() * np.log(q / q.sum()))
    hard = cross_entropy(logits, labels)
    said = distillation(logits, taught, hard, temperature=2.0, share=0.75)
    assert said.item() == pytest.approx(0.75 * 4 * soft + 0.25 * hard.item(), rel=1e-5)
