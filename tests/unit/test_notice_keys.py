"""A notice's key: equal parts give equal keys, long ones too, and what it begins with tells the kind."""

from coaching.news.notice import LONGEST_KEY, named


def test_a_key_is_its_parts_as_long_as_it_is_stored() -> None:
    assert named("reminder", "s" * (LONGEST_KEY - 9)) == "reminder:" + "s" * (LONGEST_KEY - 9)


def test_a_longer_key_keeps_its_kind_and_tells_every_part_apart() -> None:
    long = ("reminder", "s" * LONGEST_KEY)
    keys = {named(*long), named(*long, "x"), named("reminder", "t" * LONGEST_KEY)}
    assert len(keys) == 3
    assert all(key.startswith("reminder:") and len(key) <= LONGEST_KEY for key in keys)
    assert named(*long) in keys
