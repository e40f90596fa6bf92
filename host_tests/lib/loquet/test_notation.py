"""Cards as people write them: published examples, what is refused, and what is said then.

Sources: [EM] 26-bit data from EM cards, manuals of AEI DK-2882 and Sygonix 1582020; [CN56] Civintec
CN56 reader manual 6.4; [HIK] Hikvision DS-2CD7A26G0 Wiegand manual; [SC] SpringCard's $SCRDR page.
"""

import json

from host_tests.support.check import raises
from loquet import notation
from loquet.errors import IdentityError
from loquet.identity import HF, data_key, uid_key
from loquet.notation import enrol, parse, show, written

NFC_A = 0x01


def uid(digits, protocol=NFC_A):
    return uid_key(bytes.fromhex(digits), HF, protocol)


def data(digits, template=1):
    return data_key(bytes.fromhex(digits), HF, template)


def refused(function, text, how, *words):
    error = raises(IdentityError, function, text, how)
    for word in (how,) + words:
        assert word in str(error), str(error)


# (text, notation, key, where it is published; "computed" where the parities or the other
# notation of a published card are ours)
PUBLISHED = (
    ("047DAE02C84080", "hex", uid("047DAE02C84080"), "SC"),
    ("00047DAE02C84080", "template-1:text", data("00047DAE02C84080"), "SC"),
    ("00047DAE02C84080", "template-1:hex", data("00047DAE02C84080"), "SC"),
    ("8040C802AE7D04", "hex_reversed", uid("047DAE02C84080"), "SC, computed"),
    ("64EB13", "template-1:hex", data("64EB13"), "EM"),
    ("06613779", "template-1:dec8", data("64EB13"), "EM"),
    ("100,60179", "template-1:wiegand26", data("64EB13"), "EM"),
    ("00110010011101011000100111", "template-1:wiegand26", data("64EB13"), "EM"),
    ("11101010000011011100000010", "template-1:wiegand26", data("D41B81"), "CN56"),
    ("212,07041", "template-1:wiegand26", data("D41B81"), "CN56, computed"),
    ("1100010011101010000011011100000011", "wiegand34", uid("89D41B81"), "CN56"),
    ("35284,07041", "wiegand34", uid("89D41B81"), "CN56, computed"),
    ("1234567890", "dec10", uid("499602D2"), "HIK"),
    ("1010010011001011000000010110100100", "wiegand34", uid("499602D2"), "HIK"),
    ("18838,00722", "wiegand34", uid("499602D2"), "HIK, computed"),
    ("D2029649", "hex_reversed", uid("499602D2"), "HIK, computed"),
)


def test_published_cards_are_read():
    for text, how, key, _ in PUBLISHED:
        assert parse(text, how) == key, (text, how)


def test_published_cards_are_written():
    for text, how, key, _ in PUBLISHED:
        if "," in text or len(text) < 26:
            assert show(key, how) == text, (text, how)
        assert parse(*written(key)) == key


def test_the_examples_of_the_module_are_one_card():
    for text in ("0478A1C3", "04:78:a1:c3", "04-78-A1-C3", "04 78 A1 C3", "  0478A1C3 "):
        assert parse(text) == uid("0478A1C3")
    assert parse("0075014595", "dec10") == parse("01144,41411", "wiegand34") == uid("0478A1C3")
    assert parse("07905731", "template-1:dec8") == data("78A1C3")
    assert parse("120,41411", "template-1:wiegand26") == data("78A1C3")


def test_either_byte_order_of_every_number():
    for how, text, other in (
        ("dec10", "0075014595", "3282139140"),
        ("wiegand34", "01144,41411", "50081,30724"),
        ("template-1:dec8", "07905731", "12820856"),
        ("template-1:wiegand26", "120,41411", "195,41336"),
    ):
        assert parse(text, how) == parse(other, how + "_reversed")
        assert show(parse(text, how), how + "_reversed") == other


def test_frames_on_a_wiegand_line_have_their_parities():
    assert notation.wiegand_bits(bytes.fromhex("64EB13")) == "00110010011101011000100111"
    assert notation.wiegand_bits(bytes.fromhex("D41B81")) == "11101010000011011100000010"
    right = "00110010011101011000100111"
    for place in (0, 5, 20, 25):
        flipped = right[:place] + str(1 - int(right[place])) + right[place + 1 :]
        refused(parse, flipped, "template-1:wiegand26", flipped, "right parities")


def test_a_spreadsheet_may_have_dropped_the_zeros_in_front():
    assert parse("75014595", "dec10") == uid("0478A1C3")
    assert parse("1144, 41411", "wiegand34") == uid("0478A1C3")
    assert parse("19", "template-1:dec8") == data("000013")


def test_without_a_technology_an_id_is_nfc_a_or_nfc_v_by_its_length():
    assert parse("04A1B2C3") == uid("04A1B2C3")
    assert parse("04A1B2C3D4E5F607A8B9") == uid("04A1B2C3D4E5F607A8B9")
    assert parse("E0162466270E24B4") == uid("E0162466270E24B4", 0x04)
    assert parse("B4240E27662416E0", "hex_reversed") == uid("E0162466270E24B4", 0x04)
    refused(parse, "0112233445566778", "hex", "NFC-F:hex", "8 bytes")
    refused(parse, "123,45678", "wiegand26", "template-1:wiegand26", "3 bytes")


def test_a_technology_can_be_named():
    assert parse("04A1B2C3", "NFC-B:hex") == uid("04A1B2C3", 0x02)
    assert parse("04A1B2C3", "nfc-b:hex") == uid("04A1B2C3", 0x02)
    assert parse("0112233445566778", "NFC-F:hex") == uid("0112233445566778", 0x03)
    assert parse("F00F", "EM_4134:hex") == uid("F00F", 0x14)
    assert parse("30" * 12, "UHF-EPC:hex") == uid_key(b"\x30" * 12, 0x06, 0x03)
    assert parse("04A1B2C3", "template-200:hex") == data("04A1B2C3", 200)


def test_an_nfc_b_card_is_not_listed_by_an_nfc_a_uid():
    assert parse("04A1B2C3") != parse("04A1B2C3", "NFC-B:hex")


def test_a_length_that_the_technology_does_not_have_is_refused():
    refused(parse, "04A1B2", "NFC-A:hex", "4 or 7 or 10 bytes", "these are 3")
    refused(parse, "04A1B2C3", "NFC-V:hex", "8 bytes", "these are 4")
    refused(parse, "100,60179", "NFC-A:wiegand26", "these are 3")


def test_an_unknown_technology_is_named_with_the_known_ones():
    for wrong in ("NFC-X", "template-256", "template-", "template-1x", "template-0001"):
        refused(parse, "04A1B2C3", wrong + ":hex", "NFC-A, NFC-B", "template-255", "BLE")


def test_an_unknown_notation_is_named_with_the_known_ones():
    for wrong in ("", "hexa", "dec9", "text_reversed", "key_reversed", "_reversed"):
        refused(parse, "04A1B2C3", wrong, '"04A1B2C3"', "hex, dec8, dec10, wiegand26, wiegand34")


def test_what_is_no_hex_is_refused():
    for wrong in (
        "",
        "0",
        "4A1B2C3",
        "04A1 B2C3",
        "04:A1-B2:C3",
        "04::A1",
        "0x04A1B2C3",
        "04A1B2CG",
    ):
        refused(parse, wrong, "hex", json.dumps(wrong), "pairs of hex digits")


def test_numbers_that_do_not_fit_are_refused():
    for wrong in ("", "16777216", "000000001", "-1", "1.5", "1e3", "12 3"):
        refused(parse, wrong, "template-1:dec8", json.dumps(wrong), "16777215")
    for wrong in ("4294967296", "00000000001", "+1", "0x12"):
        refused(parse, wrong, "dec10", json.dumps(wrong), "4294967295")
    for wrong in ("256,1", "1,65536", "1,2,3", ",1", "1,", "-1,1", "12345678", "1 1", "100,000001"):
        refused(parse, wrong, "template-1:wiegand26", json.dumps(wrong), "0 to 255", "26 bits")
    for wrong in ("65536,1", "1,65536", "0" * 33, "2" * 34):
        refused(parse, wrong, "wiegand34", json.dumps(wrong), "34 bits")


def test_random_uids_are_refused_at_enrolment_and_named():
    refused(enrol, "08A1B2C3", "hex", "08A1B2C3", "random")
    refused(enrol, "C3B2A108", "hex_reversed", "random")
    assert parse("08A1B2C3") == uid("08A1B2C3")
    assert enrol("04A1B2C3") == uid("04A1B2C3")


def test_a_notation_that_does_not_hold_a_card_is_refused():
    refused(show, uid("047DAE02C84080"), "dec10", "17047DAE02C84080")
    refused(show, uid("04A1B2C3"), "NFC-B:hex")
    refused(show, data("64EB13"), "dec8")
    for how in ("dec8", "dec10", "wiegand26", "wiegand34"):
        refused(show, uid("047DAE02C84080"), how)
    for how in ("hex", "hex_reversed"):
        refused(show, uid_key(bytes(12), 0x06, 0x03), how, "key holds any")


def test_every_card_can_be_written():
    assert written(uid("04A1B2C3")) == ("04A1B2C3", "hex")
    assert written(uid("E0162466270E24B4", 0x04)) == ("E0162466270E24B4", "hex")
    assert written(uid("04A1B2C3", 0x02)) == ("04A1B2C3", "NFC-B:hex")
    assert written(data("64EB13", 2)) == ("64EB13", "template-2:hex")
    text, how = written(uid_key(bytes(12), 0x06, 0x03))
    assert how == "key" and parse(text, how) == uid_key(bytes(12), 0x06, 0x03)
    # The length is one that no NFC-B card has, but a reader said it.
    assert written(uid("04A1B2", 0x02))[1] == "key"


def test_texts_of_templates_are_written_as_they_are_printed():
    for text in ("st.com/nfc-rfid"[:10], "BOB", "0012345678", "31323334", "2041"):
        assert show(parse(text, "template-1:text"), "template-1:text") == text
    assert show(data("80FF"), "template-1:text") == "80FF"


def test_what_is_no_key_is_refused():
    for wrong in ("", "17", "00" * 11, "xx" * 11):
        refused(parse, wrong, "key", "22 hex digits")
