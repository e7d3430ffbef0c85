"""What skl2onnx writes of scikit-learn's models."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import numpy as np

from tests.files.file import File


def files() -> Iterator[File]:
    """Needs skl2onnx."""
    from skl2onnx import to_onnx
    from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import (
        LinearRegression,
        LogisticRegression,
        Ridge,
        SGDClassifier,
    )
    from sklearn.neural_network import MLPClassifier, MLPRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import MinMaxScaler, PolynomialFeatures, StandardScaler
    from sklearn.svm import LinearSVC

    x, y = load_wine(return_X_y=True)
    x = x.astype(np.float32)
    bx, by = load_breast_cancer(return_X_y=True)
    bx = bx.astype(np.float32)
    dx, dy = load_diabetes(return_X_y=True)
    dx, dy = dx.astype(np.float32), dy.astype(np.float32)
    two = np.stack([dy, dy**2 / 100], axis=1)
    mlp = MLPClassifier((24, 12), max_iter=60, random_state=0)
    regressor = MLPRegressor(hidden_layer_sizes=(24,), max_iter=80, random_state=0)
    cases = {
        "mlp": (mlp, x, y, {}),
        "mlp, scaled": (make_pipeline(StandardScaler(), mlp), x, y, {}),
        "mlp, scaled, no zipmap": (make_pipeline(StandardScaler(), mlp), x, y, {"options": {"zipmap": False}}),
        "mlp, min-max": (make_pipeline(MinMaxScaler(), mlp), x, y, {}),
        "mlp, polynomial": (make_pipeline(PolynomialFeatures(2), StandardScaler(), mlp), x, y, {}),
        "mlp, words as labels": (make_pipeline(StandardScaler(), mlp), x, np.array(["a", "b", "c"])[y], {}),
        "mlp, two classes": (make_pipeline(StandardScaler(), mlp), bx, by, {}),
        "mlp, tanh": (MLPClassifier((9,), activation="tanh", max_iter=40, random_state=0), x, y, {}),
        "mlp, logistic": (MLPClassifier((9,), activation="logistic", max_iter=40, random_state=0), x, y, {}),
        "mlp, opset 12": (make_pipeline(StandardScaler(), mlp), x, y, {"target_opset": 12}),
        "mlp regressor": (regressor, dx, dy, {}),
        "mlp regressor, two outputs": (regressor, dx, two, {}),  # skl2onnx puts both in one row
        "logistic regression": (LogisticRegression(max_iter=50), x, y, {}),
        "linear regression": (LinearRegression(), dx, dy, {}),
        "ridge, two outputs": (Ridge(), dx, two, {}),
        "linear svm": (LinearSVC(max_iter=200), x, y, {}),
        "sgd classifier": (SGDClassifier(max_iter=60, random_state=0), x, y, {}),
    }
    for name, (model, inputs, labels, more) in cases.items():
        _fitted(model, inputs, labels)
        refused = "nothing to compress" if name.startswith(("logistic r", "linear", "ridge")) else ""
        refused = refused or ("no row for each sample" if name.endswith("two outputs") else "")
        given = None if labels.dtype.kind == "U" else labels
        yield File(f"skl2onnx: {name}", to_onnx(model, inputs[:1], **more).SerializeToString(), inputs, given, refused)
    mlp = _fitted(make_pipeline(StandardScaler(), mlp), x.astype(float), y)
    yield File("skl2onnx: mlp, double", to_onnx(mlp, x[:1].astype(float)).SerializeToString(), x, y)
    forest = RandomForestClassifier(5, random_state=0).fit(x, y)
    yield File("skl2onnx: forest", to_onnx(forest, x[:1]).SerializeToString(), x, y, "nothing to compress")


def _fitted(model, inputs: np.ndarray, labels: np.ndarray):
    """The model, trained for a moment: how well does not matter."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return model.fit(inputs, labels)
