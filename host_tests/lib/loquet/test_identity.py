"""Which card it is: what makes two keys the same, and what must never make them the same."""

from host_tests.support.tags import tag_read
from loquet import identity
from loquet.identity import DATA, HF, UID, credential_key, data_key, is_key, is_random, uid_key

NFC_A = 0x01
NFC_B = 0x02


def tag_of(tag_id=None, protocol=NFC_A, template=1, data=None, is_text=False):
    tag = tag_read(tag_id)
    tag.interface, tag.protocol, tag.template = HF, protocol, template
    tag.tag_data, tag.data_is_text = data, is_text
    return tag


def test_a_key_is_a_head_and_the_id():
    key = uid_key(bytes.fromhex("047DAE02C84080"), HF, NFC_A)
    assert key == bytes.fromhex("17047DAE02C84080000000")
    assert len(key) == identity.KEY_BYTES
    assert identity.id_of(key) == bytes.fromhex("047DAE02C84080")
    assert identity.technology_of(key) == "NFC-A"


def test_four_bytes_never_equal_the_start_of_seven():
    seven = bytes.fromhex("04A1B2C3000000")
    assert uid_key(seven[:4], HF, NFC_A) != uid_key(seven, HF, NFC_A)
    assert uid_key(seven + bytes(3), HF, NFC_A) != uid_key(seven, HF, NFC_A)


def test_the_same_bytes_of_another_technology_are_another_card():
    uid = bytes.fromhex("04A1B2C3")
    protocols = [row[0] for row in identity.protocols_of(HF)] + [0x7E, None, "NFC-X"]
    keys = [uid_key(uid, HF, protocol) for protocol in protocols]
    keys += [uid_key(uid, interface, NFC_A) for interface in (0x06, 0x84, None, "2.45")]
    keys += [data_key(uid, HF, template) for template in range(256)]
    keys += [data_key(uid, interface, 1) for interface in (0x06, 0x84, None)]
    assert len(set(keys)) == len(keys)
    assert all(is_key(key) for key in keys)


def test_an_id_of_more_than_10_bytes_is_kept_as_a_digest():
    epc = bytes(range(12))
    key = uid_key(epc, 0x06, 0x03)
    assert identity.id_of(key) is None
    assert identity.technology_of(key) == "digest"
    assert uid_key(epc, 0x06, 0x03) == key
    assert uid_key(epc + b"\x00", 0x06, 0x03) != key
    assert identity.id_of(uid_key(bytes(10), HF, NFC_A)) == bytes(10)
    assert identity.id_of(uid_key(bytes(11), HF, NFC_A)) is None


def test_the_digest_on_flash_stays_what_it_is():
    # The first 10 bytes of SHA-256 over "uid 6 3 " and the id, computed with sha256sum.
    assert uid_key(bytes(range(12)), 0x06, 0x03).hex() == "fadddd08b31c039912114b"


def test_a_reader_for_uids_takes_the_tag_id():
    tag = tag_of(b"\x04\xa1\xb2\xc3", data=b"anything")
    assert credential_key(tag, UID, None) == uid_key(b"\x04\xa1\xb2\xc3", HF, NFC_A)


def test_a_reader_for_data_takes_what_its_template_read():
    tag = tag_of(b"\x04\xa1\xb2\xc3", data=b"\x00\x01\x02")
    assert credential_key(tag, DATA, 1) == data_key(b"\x00\x01\x02", HF, 1)


def test_data_of_another_template_is_no_credential():
    tag = tag_of(data=b"\x00\x01\x02", template=2)
    assert credential_key(tag, DATA, 1) is None
    assert credential_key(tag_of(data=b"\x00", template=None), DATA, 1) is None
    assert data_key(b"\x00\x01\x02", HF, 2) != data_key(b"\x00\x01\x02", HF, 1)


def test_a_tag_without_id_or_data_presents_nothing():
    for missing in (None, b""):
        assert credential_key(tag_of(missing, data=b"\x01"), UID, None) is None
        assert credential_key(tag_of(b"\x04\xa1\xb2\xc3", data=missing), DATA, 1) is None


def test_data_is_the_same_in_a_line_and_in_an_event():
    raw = tag_of(data=bytes.fromhex("00047DAE02C84080"), is_text=False)
    hex_text = tag_of(data=b"00047DAE02C84080", is_text=True)
    line = tag_of(data=b"00047dae02c84080", is_text=None)
    assert credential_key(raw, DATA, 1) == credential_key(line, DATA, 1)
    assert credential_key(raw, DATA, 1) == credential_key(hex_text, DATA, 1)


def test_text_that_cannot_be_hex_stays_text():
    for text in (b"st.com/nfc-rfid", b"ABC", b"12 4"):
        assert identity.data_bytes(text, None) == text
        assert identity.data_bytes(text, True) == text
    assert identity.data_bytes(b"1234", False) == b"1234"


def test_four_bytes_from_08_on_are_random_on_nfc_a_alone():
    assert is_random(uid_key(bytes.fromhex("08A1B2C3"), HF, NFC_A))
    assert not is_random(uid_key(bytes.fromhex("04A1B2C3"), HF, NFC_A))
    assert not is_random(uid_key(bytes.fromhex("08A1B2C3D4E5F6"), HF, NFC_A))
    assert not is_random(uid_key(bytes.fromhex("08A1B2C3"), HF, NFC_B))
    assert not is_random(data_key(bytes.fromhex("08A1B2C3"), HF, 1))


def test_what_is_no_key_is_told_apart():
    good = uid_key(b"\x04\xa1\xb2\xc3", HF, NFC_A)
    assert is_key(good)
    for wrong in (
        b"",
        good[:-1],
        good + b"\x00",
        bytes(identity.KEY_BYTES),
        b"\x10" + bytes(10),  # no id
        b"\x1b" + bytes(10),  # longer than there is room
        b"\x13" + good[1:],  # something after the id
        b"\x84" + b"\x01" * 10,
        b"\xd4" + good[1:],  # a space that is not used
        b"\xe4" + good[1:],
        b"\x04" + good[1:],
        b"\xf4" + good[1:],  # a digest has 10 bytes
    ):
        assert not is_key(wrong), wrong
