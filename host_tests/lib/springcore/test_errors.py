from host_tests.support.check import raises
from springcore import errors


def refuse():
    raise errors.StatusError("SET_REGISTER: parameter out of range", 0x12)


def test_a_caller_can_catch_all_of_the_package_at_once():
    for error in (errors.UsageError, errors.FrameError, errors.TextError, errors.TagError):
        assert issubclass(error, errors.SpringCoreError)


def test_the_peers_errors_and_ours_are_apart():
    for error in (errors.FrameError, errors.TextError, errors.TagError, errors.StatusError):
        assert issubclass(error, errors.PeerError)
        assert not issubclass(error, errors.UsageError)


def test_a_refusal_carries_the_readers_status():
    refusal = raises(errors.PeerError, refuse)

    assert refusal.status == 0x12
    assert str(refusal) == "SET_REGISTER: parameter out of range"
