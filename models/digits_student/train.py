"""Trains the student of digits-resnet; rewrites model.onnx, its samples and the numbers on the card.

Run ``python -m models.digits_student.train`` in the project folder, after digits_resnet; it takes about ten seconds.
The same machine and library versions give the same file again; others may differ in a few answers, and the card then
says so.
"""

from pathlib import Path

import numpy as np

from models import export
from models.digits_student import teaching

FOLDER = Path(__file__).parent


def main():
    (inputs, labels), (others, _), held_out = teaching.split()
    teacher = teaching.teacher(FOLDER.parent / "digits_resnet" / "model.onnx")
    network = teaching.pupil(inputs, labels, teacher=teacher)
    export.write_all(FOLDER, network, held_out, np.concatenate([inputs, others]))


if __name__ == "__main__":
    main()
