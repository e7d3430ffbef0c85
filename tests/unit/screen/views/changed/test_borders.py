import numpy as np

from app.screen.views.changed.borders import borders


def lines(it):
    """Both ends of each line that stands between two gaps."""
    points = list(zip(it["x"].tolist(), it["y"].tolist(), strict=True))
    assert all(np.isnan(gap).all() for gap in points[2::3])
    return [points[i : i + 2] for i in range(0, len(points), 3)]


def test_the_border_of_two_halves_is_the_line_between_them():
    answers = np.array([[0, 0, 1]] * 3)
    first, second = lines(borders(answers))
    assert first == [(0.5, -1), (0.5, 0)] and second == [(0.5, 0), (0.5, 1)]


def test_a_border_where_three_classes_meet_goes_through_the_middle():
    starts, ends = zip(*lines(borders(np.array([[0, 0], [1, 2]]))), strict=True)
    assert set(starts) == {(1, 0), (0, 1), (-1, 0)} and set(ends) == {(0, 0)}


def test_one_class_has_no_border():
    assert len(borders(np.ones((4, 4), int))["x"]) == 0
