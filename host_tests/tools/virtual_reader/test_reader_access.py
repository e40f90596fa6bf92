"""AUTHENTICATE, CHANGE_KEY, and what register 02F0 lets whom do; AES by the standard's vectors."""

import pytest

from host_tests.tools.virtual_reader.rig import Rig, command
from host_tests.tools.virtual_reader.test_reader_instructions import HOST, ask
from loquet_tools.virtual_reader import Registers
from loquet_tools.virtual_reader.access import FREE, READ, SENSITIVE, USE, WRITE, allowed
from loquet_tools.virtual_reader.aes import decrypt, encrypt
from loquet_tools.virtual_reader.instructions import INSTRUCTIONS
from loquet_tools.virtual_reader.session import ADMIN, USER

RANDOM_A = bytes(range(0x40, 0x50))
OTHER = ("10.0.0.10", 50000)


@pytest.mark.parametrize(
    ("key", "plain", "coded"),
    [
        # FIPS 197, appendices B and C.1
        (
            "2b7e151628aed2a6abf7158809cf4f3c",
            "3243f6a8885a308d313198a2e0370734",
            "3925841d02dc09fbdc118597196a0b32",
        ),
        (
            "000102030405060708090a0b0c0d0e0f",
            "00112233445566778899aabbccddeeff",
            "69c4e0d86a7b0430d8cdb78070b4c55a",
        ),
    ],
)
def test_aes(key, plain, coded):
    key, plain, coded = (bytes.fromhex(text) for text in (key, plain, coded))
    assert encrypt(key, plain) == coded
    assert decrypt(key, coded) == plain


def prove(rig, challenge, key, host=HOST):
    """The host's second half; its answer."""
    random_b = decrypt(key, challenge[1:])
    proof = encrypt(key, RANDOM_A) + encrypt(key, random_b[1:] + random_b[:1])
    return ask(rig, 0x00, 0xFF, proof, host)


def log_in(rig, number, key=bytes(16), host=HOST):
    challenge = ask(rig, 0x00, 0x0A, bytes((1, number)), host)
    assert challenge[0] == 0xFF and len(challenge) == 17
    answer = prove(rig, challenge, key, host)
    assert answer[0] == 0x00
    assert decrypt(key, answer[1:]) == RANDOM_A[1:] + RANDOM_A[:1]


def test_both_sides_prove_their_key():
    rig = Rig(user_key=b"U" * 16, admin_key=b"A" * 16)
    log_in(rig, USER, b"U" * 16)
    log_in(rig, ADMIN, b"A" * 16)


def test_a_wrong_key_a_wrong_length_and_a_handshake_broken_off():
    rig = Rig()
    challenge = ask(rig, 0x00, 0x0A, b"\x01\x00")
    assert prove(rig, challenge, b"X" * 16) == b"\xf6"
    assert prove(rig, challenge, bytes(16)) == b"\xf7"
    ask(rig, 0x00, 0x0A, b"\x01\x00")
    assert ask(rig, 0x00, 0xFF, bytes(31)) == b"\xf4"
    challenge = ask(rig, 0x00, 0x0A, b"\x01\x00")
    ask(rig, 0x00, 0x00)
    assert prove(rig, challenge, bytes(16)) == b"\xf7"


def test_a_challenge_is_never_the_same():
    rig = Rig()
    assert ask(rig, 0x00, 0x0A, b"\x01\x00") != ask(rig, 0x00, 0x0A, b"\x01\x00")


@pytest.mark.parametrize(
    ("where", "serial", "network"),
    [("network", 0xF5, 0xFF), ("everywhere", 0xFF, 0xFF), ("never", 0xF5, 0xF5)],
)
def test_where_it_exists(where, serial, network):
    rig = Rig(authentication=where)
    assert ask(rig, 0x00, 0x0A, b"\x01\x00")[0] == network
    assert bytes.fromhex(rig.ask(command(1, 0x00, 0x0A, b"\x01\x00"))[0])[5] == serial
    change = b"\x01\x00" + bytes(16)
    assert ask(rig, 0x00, 0x0C, change)[0] == (0xF5 if network == 0xF5 else 0xFD)


def test_keys_are_changed_by_their_owner_and_by_the_admin():
    rig = Rig()
    log_in(rig, USER)
    assert ask(rig, 0x00, 0x0C, b"\x01\x01" + b"N" * 16) == b"\xfd"
    assert ask(rig, 0x00, 0x0C, b"\x01\x00" + b"N" * 16) == b"\x00"
    log_in(rig, USER, b"N" * 16)
    log_in(rig, ADMIN)
    assert ask(rig, 0x00, 0x0C, b"\x01\x00" + b"M" * 16) == b"\x00"
    ask(rig, 0x58, 0x8E)
    rig.run(1000)
    log_in(rig, USER, b"M" * 16)


def conditions(remote):
    return Registers({0x02F0: bytes((0, 0, remote, 0))})


def test_02f0_may_forbid_a_key():
    rig = Rig(conditions(0x04))
    assert ask(rig, 0x00, 0x0A, b"\x01\x00") == b"\xfd"
    log_in(rig, ADMIN)
    rig = Rig(conditions(0x08))
    assert ask(rig, 0x00, 0x0A, b"\x01\x01") == b"\xfd"
    log_in(rig, USER)


def test_rights_are_those_of_the_host_that_authenticated_until_a_reset():
    rig = Rig(conditions(0x20))
    write = b"\x02\x02A"
    assert ask(rig, 0x58, 0x82, write) == b"\xfd"
    log_in(rig, ADMIN)
    assert ask(rig, 0x58, 0x82, write) == b"\x00"
    assert ask(rig, 0x58, 0x82, write, OTHER) == b"\xfd"
    assert ask(rig, 0x58, 0x82, write, (HOST[0], 50001)) == b"\xfd"
    ask(rig, 0x58, 0x8E)
    rig.run(1000)
    assert ask(rig, 0x58, 0x82, write) == b"\xfd"


def test_a_new_handshake_ends_the_old_rights():
    rig = Rig(conditions(0x20))
    log_in(rig, ADMIN)
    ask(rig, 0x00, 0x0A, b"\x01\x01")
    assert ask(rig, 0x58, 0x82, b"\x02\x02A") == b"\xfd"


def test_the_refusal_may_be_another():
    rig = Rig(conditions(0x30), refusal_status=0xF6)
    assert ask(rig, 0x58, 0x82, b"\x02\x02A") == b"\xf6"


WANTED = (USE, READ, WRITE, SENSITIVE)
NOBODY = None

# register 02F0's byte; who; local: may use, read, write, sensitive; remote: the same
RIGHTS = [
    (0x00, NOBODY, "urws", "urws"),
    (0x10, NOBODY, "urws", "u-ws"),
    (0x14, NOBODY, "u-ws", "u-ws"),
    (0x14, ADMIN, "u-ws", "u-ws"),
    (0x20, NOBODY, "ur-s", "u--s"),
    (0x20, USER, "ur-s", "u--s"),
    (0x20, ADMIN, "urws", "urws"),
    (0x24, USER, "u--s", "u--s"),
    (0x24, ADMIN, "urws", "urws"),
    (0x30, ADMIN, "ur-s", "u--s"),
    (0x34, ADMIN, "u--s", "u--s"),
    (0x40, NOBODY, "urw-", "urw-"),
    (0x40, USER, "urw-", "urw-"),
    (0x40, ADMIN, "urws", "urws"),
    (0x01, NOBODY, "----", "----"),
    (0x01, USER, "urws", "urws"),
    (0x02, ADMIN, "----", "----"),
    (0x03, ADMIN, "----", "----"),
]


@pytest.mark.parametrize(("rights", "who", "local", "remote"), RIGHTS)
def test_rights(rights, who, local, remote):
    for is_remote, expected in ((False, local), (True, remote)):
        found = [wanted for wanted in WANTED if allowed(wanted, rights, is_remote, who)]
        assert found == [w for w, letter in zip(WANTED, expected, strict=True) if letter != "-"]
        assert allowed(FREE, rights, is_remote, who)


def test_each_instruction_asks_for_what_its_row_says():
    """Nobody may do anything that is not free; each refusal comes before any other status."""
    rig = Rig(conditions(0x03))
    for (cla, ins), row in INSTRUCTIONS.items():
        answer = ask(rig, cla, ins)
        assert (answer == b"\xfd") == (row.access != FREE), row.name
