"""What is compressed, and how it came to be: one folder a model.

``MODELS`` lists the models in menu order; ``models.model.load(id)`` reads one. To add a model, add its folder
(``digits-mlp`` lives in ``digits_mlp/``) and its id here. The shared tests then check that its files are complete and
that the numbers on its card are true.
"""

MODELS = (
    "digits-mlp", "digits-cnn", "spirals", "digits-mobile", "digits-resnet", "digits-vit", "digits-student",
    "digits-student-alone", "digits-early-exit", "digits-gate", "digits-longtail", "moons-wide", "tracker",
    "denoiser", "cancer", "words", "untrained",
)  # fmt: skip
