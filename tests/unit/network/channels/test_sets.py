"""Channels that are joined go together, and what is said of one holds for its set."""

import numpy as np
import pytest

from app.network.channels.sets import BETWEEN, CONSUMER, PRODUCER, Channels
from kernels.channel_group import ChannelGroup, Member

ALONE = "nobody reads it"


@pytest.fixture
def channels():
    """A layer of five channels, a depthwise one, and one that reads all."""
    made = Channels()
    ids = made.new(5)
    made.belong("a", PRODUCER, ids)
    made.belong("d", BETWEEN, ids)
    made.belong("b", CONSUMER, ids)
    return made, ids


def groups(channels):
    return [group for group, _ in channels.channel_groups(ALONE)]


def test_channels_of_the_same_layers_are_one_group(channels):
    made, ids = channels
    assert groups(made) == [ChannelGroup(5, (Member("a"),), (Member("b"),), (Member("d"),))]
    ((_, roots),) = made.channel_groups(ALONE)
    assert roots.tolist() == ids.tolist()


def test_channels_that_are_added_go_together(channels):
    made, ids = channels
    other = made.new(5)
    made.belong("c", PRODUCER, other)
    made.join(ids, other)
    (group,) = groups(made)
    assert group.producers == (Member("a"), Member("c")) and made.roots(ids).tolist() == made.roots(other).tolist()


def test_channels_that_are_joined_crosswise_stay(channels):
    made, ids = channels
    other = made.new(5)
    made.belong("c", PRODUCER, other)
    made.join(ids, other[::-1])
    assert [group.stays for group in groups(made)] == ["they change places on the way"]


def test_what_is_said_of_one_holds_for_all_it_is_joined_with(channels):
    made, ids = channels
    other = made.new(5)
    made.belong("c", PRODUCER, other)
    made.join(ids, other)
    made.stay(other[:2], "they are the answers")
    made.mark_inhomogeneous(other[2:])
    assert [(group.channels, group.stays, group.homogeneous) for group in groups(made)] == [
        (2, "they are the answers", True), (3, "", False),
    ]  # fmt: skip


def test_heads_are_no_channels(channels):
    made, ids = channels
    by_head = made.new(6).reshape(2, 3)
    heads = made.heads(by_head)
    assert made.are_heads(heads) and not made.are_heads(ids)
    assert made.within(heads).tolist() == by_head.tolist() and made.within(ids[:2]).tolist() == [[0], [1]]
    made.join(heads, ids[:2])
    assert groups(made)[0].stays == "they meet numbers of which there is one for each head"
    assert len(set(made.roots(np.concatenate([heads, ids])).tolist())) == 7, "they are not joined"
