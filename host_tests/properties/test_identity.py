"""What holds for any card: writing and reading back gives the card, and cards stay apart."""

from hypothesis import given
from hypothesis import strategies as st

from loquet.errors import IdentityError
from loquet.identity import HF, data_bytes, data_key, is_key, uid_key
from loquet.notation import FORMS, parse, show, written
from springcore.codes import PROTOCOLS

INTERFACES = [interface for interface, _ in PROTOCOLS]
TECHNOLOGIES = [row[1] for _, protocols in PROTOCOLS for row in protocols]
SIZED = [("dec8", 3), ("wiegand26", 3), ("dec10", 4), ("wiegand34", 4)]

codes = st.integers(0, 255)
ids = st.binary(min_size=1, max_size=24)
sources = st.tuples(st.sampled_from([uid_key, data_key]), st.sampled_from(INTERFACES), codes)
keys = st.builds(lambda source, identifier: source[0](identifier, *source[1:]), sources, ids)
orders = st.sampled_from(["", "_reversed"])
notations = st.builds(
    lambda technology, form, order: f"{technology}{form}{order}",
    st.sampled_from(["", *(name + ":" for name in TECHNOLOGIES), "template-1:", "template-77:"]),
    st.sampled_from([row[0] for row in FORMS] + ["key"]),
    orders,
)


@given(keys)
def test_any_card_can_be_written_and_read_back(key):
    assert is_key(key)
    assert parse(*written(key)) == key


@given(keys, notations)
def test_what_is_shown_reads_back_as_the_same_card(key, notation):
    try:
        text = show(key, notation)
    except IdentityError:
        return
    assert parse(text, notation) == key


@given(st.sampled_from(SIZED), orders, st.data())
def test_numbers_hold_every_id_of_their_size(sized, order, data):
    form, size = sized
    notation = f"template-1:{form}{order}"
    key = data_key(data.draw(st.binary(min_size=size, max_size=size)), HF, 1)
    assert parse(show(key, notation), notation) == key


@given(st.text(max_size=40), notations)
def test_any_text_is_a_card_or_refused_by_name(text, notation):
    try:
        key = parse(text, notation)
    except IdentityError as error:
        assert notation in str(error)
    else:
        assert is_key(key)


@given(sources, ids, sources, ids)
def test_keys_are_equal_only_for_the_same_credential(one, one_id, other, other_id):
    same = (one, one_id) == (other, other_id)
    assert (one[0](one_id, *one[1:]) == other[0](other_id, *other[1:])) == same


@given(st.binary(max_size=20))
def test_raw_data_and_its_hex_in_a_line_are_one_credential(data):
    assert data_bytes(data, False) == data_bytes(data.hex().upper().encode(), None) == data
