"""Measurements of breast tumours, split once. Used by train.py and tests only."""

import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split


def split():
    """229 training samples and 340 held-out ones, stratified by class; so many that one is less than 0.3 points.

    Each measurement is divided by its standard deviation after its mean is taken away; both are those of the training
    samples.

    Returns
    -------
    (inputs, labels), (inputs, labels)
        float32, shape (n, 30); int64, shape (n,), 0 malignant, 1 benign
    """
    x, y = load_breast_cancer(return_X_y=True)
    x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=340, random_state=0, stratify=y)
    mean, deviation = x_train.mean(axis=0), x_train.std(axis=0)
    x_train, x_test = (((each - mean) / deviation).astype(np.float32) for each in (x_train, x_test))
    return (x_train, y_train.astype(np.int64)), (x_test, y_test.astype(np.int64))
