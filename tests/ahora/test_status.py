"""The table of states: complete, and free of dead ends that nobody meant."""

from itertools import product

import pytest

from ahora.status import ACTIVE, FINAL, TRANSITIONS, Actor, RunStatus, may_change, targets

S, A = RunStatus, Actor


def test_every_state_can_be_reached_from_queued() -> None:
    reached, frontier = {S.QUEUED}, [S.QUEUED]
    while frontier:
        source = frontier.pop()
        for target in {to for (origin, to) in TRANSITIONS if origin is source} - reached:
            reached.add(target)
            frontier.append(target)
    assert reached == set(S)


def test_every_state_that_is_not_final_can_reach_a_final_one() -> None:
    can_end = set(FINAL)
    for _ in S:
        can_end |= {source for (source, to) in TRANSITIONS if to in can_end}
    assert can_end == set(S)


def test_a_silent_worker_can_always_be_given_up() -> None:
    for status in ACTIVE:
        assert targets(status, A.REAPER), status


def test_nobody_leaves_a_completed_run() -> None:
    assert [to for to in S for actor in A if may_change(S.COMPLETED, to, actor)] == []


def test_only_a_worker_starts_or_completes() -> None:
    for source, actor in product(S, A):
        if may_change(source, S.STARTING, actor) or may_change(source, S.COMPLETED, actor):
            assert actor is A.WORKER


@pytest.mark.parametrize("status", sorted(ACTIVE - {S.STOPPING}))
def test_a_user_can_stop_whatever_holds_a_slot(status: RunStatus) -> None:
    assert may_change(status, S.STOPPING, A.USER)


def test_no_state_changes_to_itself() -> None:
    assert not [pair for pair in TRANSITIONS if pair[0] is pair[1]]
