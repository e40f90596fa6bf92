"""How much work the flash has with cards: limits that the house plan sets."""

import pytest

from host_tests.bench import flash_work


@pytest.fixture(scope="module")
def measured():
    return flash_work.measured()


def test_a_change_costs_at_most_half_an_erase_with_all_that_follows(measured):
    row = measured[0]["add, change, revoke, with all"]
    assert row.operations == 4000
    assert row.per(row.operations)[0] <= 0.5


def test_a_use_costs_at_most_half_an_erase(measured):
    use = measured[0]["use"]
    assert use.per(use.operations)[0] <= 0.5


def test_a_slice_of_a_merge_costs_at_most_one_erase(measured):
    slices = measured[0]["slice of merge"].erases
    assert sum(slices.values()) > 3000
    # littlefs may have to compact the folder's log on the very slice that began a block.
    assert slices.get(2, 0) <= sum(slices.values()) / 1000
    assert max(slices) <= 2


def test_no_call_costs_more_than_three_erases(measured):
    for name, row in measured[0].items():
        if name != "add, change, revoke, with all":
            assert max(row.erases) <= 3, name


def test_a_lookup_reads_one_block_of_the_list(measured):
    lookup = measured[1]
    # One read of the data, which littlefs rounds up to its cache or splits at the end of a block,
    # and its way there: 4 bytes in each of up to eight blocks.
    assert lookup["reads"] <= 10 and lookup["most reads"] <= 24
    assert lookup["bytes"] <= 1400
