from app.screen.views.view import empty, on_tap


def test_a_row_can_be_tapped_again():
    source, told = empty("x y"), []
    on_tap(source, told.append)
    for row in (3, 3, 5):
        source.selected.indices = [row]
        assert source.selected.indices == []
    assert told == [3, 3, 5]
