"""A form is read as the standard library reads it, only faster."""

from urllib.parse import parse_qsl, unquote_plus, urlencode

from hypothesis import example, given
from hypothesis import strategies as st

from bot.forms import fields_of, unquoted

odd = st.text(st.sampled_from("%=+&23afAF_ \n\r\x00;zé\ud800"), max_size=12)
"""Signs that mean something in either code, and such as are cut short."""


@given(st.one_of(odd, st.text(st.characters(codec="utf-8")), st.binary().map(lambda raw: "%" + raw.hex("%"))))
@example("%3D%zz")
@example("=41%zz")
@example("%\n")
@example("%")
@example("a%2")
@example("%20 ")
@example("x%0A+")
@example("%F0%9F")
def test_text_is_decoded_like_the_standard_library_does(text: str) -> None:
    assert unquoted(text) == unquote_plus(text)


@given(st.dictionaries(st.text(st.characters(codec="utf-8"), min_size=1), st.text(st.characters(codec="utf-8"))))
def test_what_was_encoded_comes_back(fields: dict[str, str]) -> None:
    assert fields_of(urlencode(fields)) == fields


@given(st.lists(st.tuples(odd, odd)).map(lambda pairs: "&".join(f"{name}={value}" for name, value in pairs)))
@example("a=1&a=2&&b&=c&d==e")
def test_odd_forms_are_read_like_the_standard_library_does(text: str) -> None:
    assert fields_of(text) == dict(parse_qsl(text, keep_blank_values=True))
