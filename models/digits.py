"""The handwritten digits that all digits models learn, split once. Used by train.py files and tests only."""

import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split


def split():
    """Training and held-out digits, stratified by class; 1437 and 360 of them.

    Returns
    -------
    (inputs, labels), (inputs, labels)
        float32, shape (n, 64), rows of an 8 x 8 image, 0 background to 1 ink in steps of 1/16; int64, shape (n,)
    """
    x, y = load_digits(return_X_y=True)
    x_train, x_test, y_train, y_test = train_test_split(
        (x / 16).astype(np.float32), y.astype(np.int64), test_size=0.2, random_state=0, stratify=y
    )
    return (x_train, y_train), (x_test, y_test)


def split_images():
    """The same as images of one channel: inputs of shape (n, 1, 8, 8)."""
    return tuple((rows.reshape(-1, 1, 8, 8), labels) for rows, labels in split())


def disturb(x, noise=0.05):
    """Move a batch of digits (n, 64) or (n, 1, 8, 8) by up to one pixel, half of the time, and add a little noise."""
    images = x.reshape(-1, 8, 8)
    if torch.rand(()) < 0.5:
        down, right = torch.randint(-1, 2, (2,)).tolist()
        padded = torch.nn.functional.pad(images, (1, 1, 1, 1))
        images = padded[:, 1 - down : 9 - down, 1 - right : 9 - right]
    return (images + noise * torch.randn_like(images)).reshape(x.shape)
