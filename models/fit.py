"""Trains a small network on the CPU, the same way for every model. Used by train.py files only."""

import torch
from torch.nn.functional import cross_entropy, softmax


def fit(
    network, inputs, labels, *, epochs, lr=2e-3, l1=0.0, augment=lambda x: x, batch=64, teacher=None, loss=cross_entropy
):
    """Train ``network`` in place with Adam and a cosine schedule.

    Parameters
    ----------
    network : torch module; seed PyTorch before building it, and the whole run repeats
    inputs, labels : ndarrays, shape (N, ...): float32, or what ``augment`` takes; int64 classes, or what ``loss`` takes
    l1 : float, price of one unit of absolute weight in the loss; small weights that earn nothing shrink towards zero,
        as they do in networks trained for long, so that pruning has something to find
    augment : function from a batch of inputs to what the network sees of it, such as a freshly disturbed one
    teacher : function from a batch of inputs to the logits of a better network, to be imitated; see ``distillation``
    loss : function from outputs and labels to how far apart they are
    """
    torch.set_num_threads(1)  # sums in one order, so that a second run gives the same file
    inputs, labels = torch.from_numpy(inputs), torch.from_numpy(labels)
    weights = [p for name, p in network.named_parameters() if name.endswith("weight")]
    optimizer = torch.optim.Adam(network.parameters(), lr=lr)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)
    for _ in range(epochs):
        for chosen in torch.randperm(len(inputs)).split(batch):
            optimizer.zero_grad()
            seen = augment(inputs[chosen])
            outputs = network(seen)
            apart = loss(outputs, labels[chosen])
            if teacher is not None:
                apart = distillation(outputs, teacher(seen), apart)
            (apart + l1 * sum(w.abs().sum() for w in weights)).backward()
            optimizer.step()
        schedule.step()


def distillation(logits, taught, loss, *, temperature=4.0, share=0.9):
    """The loss of a student: mostly how far its softened answer is from its teacher's, the rest ``loss`` on the labels.

    Dividing logits by a temperature shows which wrong classes the teacher finds nearly right, and its square keeps the
    gradients as large as they were. Source: Hinton, Vinyals and Dean, arXiv 1503.02531, section 2.
    """
    soft = cross_entropy(logits / temperature, softmax(taught / temperature, dim=1))
    return share * temperature**2 * soft + (1 - share) * loss
