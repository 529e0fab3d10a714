"""What the door may rely on: each method of the ledger as one person at a time meets it."""

from datetime import timedelta

import pytest
from msgspec import structs

from helsekort.basics.ids import new_id
from helsekort.basics.refusal import Kind, Refused
from helsekort.ledger.ledger import Ledger
from helsekort.ledger.view import Change, Judgement, Query, UnknownPerson, Wants
from helsekort.records.door import Ledger as DoorsLedger
from tests.contract.ledger_acts import (
    a_woman,
    consent,
    create,
    entry,
    log,
    meet,
    needs_consent,
    permit,
    put,
    read,
    refuse,
    status,
    withdraw,
    write,
)


async def test_the_ledger_is_what_the_door_needs(ledger: Ledger) -> None:
    for_the_door: DoorsLedger = ledger
    assert for_the_door is ledger


async def test_nobody_is_known_before_first_contact(ledger: Ledger) -> None:
    with pytest.raises(UnknownPerson):
        await status(ledger, a_woman())
    with pytest.raises(UnknownPerson):
        await create(ledger, a_woman(), {})
    with pytest.raises(UnknownPerson):
        await consent(ledger, a_woman())


async def test_a_person_met_has_no_consent_and_no_record(ledger: Ledger) -> None:
    woman = await meet(ledger, consented=False)
    person = (await status(ledger, woman)).person
    assert (person.consented, person.active_record, person.latest_record, person.last_changed) == (
        False,
        None,
        None,
        None,
    )


async def test_a_person_met_twice_stays_the_same(ledger: Ledger) -> None:
    woman = await meet(ledger)
    before = await status(ledger, woman)
    await ledger.add_person(woman, deceased=True, confidential=True)
    assert await status(ledger, woman) == before


async def test_a_record_created_is_read_back(ledger: Ledger) -> None:
    woman = await meet(ledger)
    record = await create(ledger, woman, {"mother": b'{"heightCm": 168}'})
    view = await read(ledger, woman, record)
    assert view.parts == {"mother": b'{"heightCm": 168}'}
    assert view.card == {"mother": b'{"HEIGHTCM": 168}', "record": b"T1"}
    assert view.record is not None
    assert (view.record.record, view.record.t, view.record.active) == (record, 1, True)
    assert view.record.created == view.record.changed == view.person.last_changed
    assert view.person.active_record == view.person.latest_record == record


async def test_a_write_changes_what_it_names_and_nothing_else(ledger: Ledger) -> None:
    woman = await meet(ledger)
    record = await create(ledger, woman, {"mother": b"m", "children": b"c"})
    commit = await write(ledger, woman, record, {"children": b"c2"})
    assert (commit.t, commit.parts, commit.segments) == (
        2,
        {"children": b"c2"},
        {"children": b"C2", "record": b"T2"},
    )
    view = await read(ledger, woman, record)
    assert view.parts == {"mother": b"m", "children": b"c2"}
    assert view.card == {"mother": b"M", "children": b"C2", "record": b"T2"}


async def test_only_what_is_wanted_is_filled(ledger: Ledger) -> None:
    woman = await meet(ledger)
    record = await create(ledger, woman, {"mother": b"m"})
    assert (await read(ledger, woman, record, Wants.CARD)).parts == {}
    assert (await read(ledger, woman, record, Wants.PARTS)).card == {}
    empty = await read(ledger, woman, record, Wants.STATUS)
    assert (empty.card, empty.parts, empty.records, empty.commits, empty.log) == ({}, {}, (), (), ())


async def test_commits_are_kept_as_they_were(ledger: Ledger) -> None:
    woman = await meet(ledger)
    record = await create(ledger, woman, {"mother": b"m"})
    second = await write(ledger, woman, record, {"mother": b"m2"})
    commits = (await read(ledger, woman, record, Wants.COMMITS)).commits
    assert [commit.t for commit in commits] == [1, 2]
    assert commits[0].parts == {"mother": b"m"}
    assert commits[1] == second


async def test_a_second_pregnancy_is_a_second_record(ledger: Ledger) -> None:
    woman = await meet(ledger)
    first = await create(ledger, woman, {"mother": b"m"})
    await write(ledger, woman, first, {"birthStatus": b"b"}, active=False)
    assert (await status(ledger, woman)).person.active_record is None
    second = await create(ledger, woman, {})
    view = await read(ledger, woman, None, Wants.RECORDS)
    assert [(each.state.record, each.state.t, each.state.active, each.metadata) for each in view.records] == [
        (first, 2, False, b"T2"),
        (second, 1, True, b"T1"),
    ]
    assert view.person.latest_record == second


async def test_a_change_of_an_ended_record_leaves_the_active_one(ledger: Ledger) -> None:
    woman = await meet(ledger)
    first = await create(ledger, woman, {})
    await write(ledger, woman, first, {}, active=False)
    second = await create(ledger, woman, {})
    await write(ledger, woman, first, {"mother": b"late"}, active=False)
    person = (await status(ledger, woman)).person
    assert (person.active_record, person.latest_record) == (second, second)


async def test_a_record_of_another_woman_is_not_found(ledger: Ledger) -> None:
    woman, other = await meet(ledger), await meet(ledger)
    record = await create(ledger, woman, {"mother": b"m"})
    view = await read(ledger, other, record)
    assert (view.record, view.card, view.parts) == (None, {}, {})
    with pytest.raises(Refused) as refused:
        await write(ledger, other, record, {"mother": b"x"})
    assert refused.value.kind is Kind.UNKNOWN_RECORD


async def test_a_record_is_created_once(ledger: Ledger) -> None:
    woman = await meet(ledger)
    record = await create(ledger, woman, {"mother": b"m"})
    with pytest.raises(Refused) as refused:
        await ledger.create(
            Query(woman, record, Wants.STATUS), permit("create-record"), put({"mother": b"x"})
        )
    assert refused.value.kind is Kind.ALREADY_EXISTS
    assert (await read(ledger, woman, record)).parts == {"mother": b"m"}


async def test_the_database_itself_keeps_her_at_one_active_record(ledger: Ledger) -> None:
    woman = await meet(ledger)
    await create(ledger, woman, {})
    with pytest.raises(Refused) as refused:
        await ledger.create(Query(woman, new_id(), Wants.STATUS), permit("create-record"), put({}))
    assert refused.value.kind is Kind.ALREADY_EXISTS


async def test_every_act_is_in_her_log_newest_first(ledger: Ledger) -> None:
    woman = await meet(ledger)
    record = await create(ledger, woman, {})
    await read(ledger, woman, record)
    with pytest.raises(Refused):
        await ledger.read(Query(woman, record, Wants.CARD), refuse(Kind.INVALID_ROLE))
    rows = await log(ledger, woman)
    assert [(row.action, row.permitted) for row in rows] == [
        ("read-record", False),
        ("read-record", True),
        ("create-record", True),
        ("give-consent", True),
    ]
    assert rows[0].detail.refusal == "invalid-role"
    assert rows[1].record == record
    assert (await log(ledger, woman))[0].action == "read-log"


async def test_a_refused_write_stores_its_row_and_nothing_else(ledger: Ledger) -> None:
    woman = await meet(ledger)
    record = await create(ledger, woman, {"mother": b"m"})
    before = await status(ledger, woman)
    query = Query(woman, record, Wants.CARD | Wants.PARTS)
    with pytest.raises(Refused) as refused:
        await ledger.write(query, refuse(Kind.INVALID_ROLE), put({"mother": b"x"}))
    assert refused.value.kind is Kind.INVALID_ROLE
    assert (await log(ledger, woman))[0].detail.refusal == "invalid-role"
    assert (await status(ledger, woman)) == before
    assert (await read(ledger, woman, record)).parts == {"mother": b"m"}


async def test_a_write_that_changes_nothing_is_in_her_log_and_nowhere_else(ledger: Ledger) -> None:
    woman = await meet(ledger)
    record = await create(ledger, woman, {"mother": b"m"})
    before = await status(ledger, woman)
    query = Query(woman, record, Wants.CARD | Wants.PARTS)
    stored = await ledger.write(query, permit("write-resources"), lambda *_: Change({}, {}))
    assert (stored.t, stored.parts, stored.segments) == (1, {}, {})
    assert (await log(ledger, woman))[0].action == "write-resources"
    assert await status(ledger, woman) == before
    assert [commit.t for commit in (await read(ledger, woman, record, Wants.COMMITS)).commits] == [1]
    assert (await write(ledger, woman, record, {"mother": b"n"})).t == 2


async def test_a_write_that_names_no_record_is_to_the_active_one(ledger: Ledger) -> None:
    woman = await meet(ledger)
    query = Query(woman, None, Wants.CARD | Wants.PARTS)
    with pytest.raises(Refused) as refused:
        await ledger.write(query, needs_consent("write-resources"), put({"mother": b"x"}))
    assert refused.value.kind is Kind.UNKNOWN_RECORD
    ended = await create(ledger, woman, {"mother": b"m"})
    await write(ledger, woman, ended, {}, active=False)
    with pytest.raises(Refused):
        await ledger.write(query, needs_consent("write-resources"), put({"mother": b"x"}))
    record = await create(ledger, woman, {"mother": b"m"})
    stored = await ledger.write(query, needs_consent("write-resources"), put({"mother": b"n"}))
    assert stored.t == 2
    assert (await read(ledger, woman, record)).parts == {"mother": b"n"}
    assert (await read(ledger, woman, ended)).parts == {"mother": b"m"}
    assert [row.record for row in await log(ledger, woman) if row.action == "write-resources"] == [record]


async def test_what_a_proposal_raises_comes_back_and_nothing_is_stored(ledger: Ledger) -> None:
    woman = await meet(ledger)
    record = await create(ledger, woman, {"mother": b"m"})
    rows = await log(ledger, woman)

    def propose(*_: object) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await ledger.write(Query(woman, record, Wants.CARD), permit("write-section"), propose)  # type: ignore[arg-type]
    assert len(await log(ledger, woman)) == len(rows) + 1  # the read of the log itself
    assert (await read(ledger, woman, record)).record.t == 1  # type: ignore[union-attr]


async def test_a_note_is_in_her_log_and_one_of_nobody_in_nobodys(ledger: Ledger) -> None:
    woman = await meet(ledger)
    noted = entry("write-section", refusal=Kind.VERSION_CONFLICT)
    await ledger.note(woman, noted)
    assert (await log(ledger, woman))[0] == noted
    await ledger.note(None, entry("read-status", refusal=Kind.INVALID_NIN))
    with pytest.raises(UnknownPerson):
        await ledger.note(a_woman(), entry())


async def test_what_the_register_tells_is_stored(ledger: Ledger) -> None:
    woman = await meet(ledger)
    assert await ledger.update_person(woman, deceased=False, confidential=True)
    assert (await status(ledger, woman)).person.confidential_address
    assert await ledger.update_person(woman, deceased=True, confidential=False)
    person = (await status(ledger, woman)).person
    assert (person.deceased, person.confidential_address) == (True, False)
    assert not await ledger.update_person(a_woman(), deceased=True, confidential=False)


async def test_last_changed_grows_though_the_clock_stands_still(ledger: Ledger) -> None:
    woman = await meet(ledger)
    record = await create(ledger, woman, {})
    moment, seen = entry().at, []
    for _ in range(3):
        stopped = structs.replace(entry("write-section"), at=moment)
        query = Query(woman, record, Wants.CARD | Wants.PARTS)
        await ledger.write(query, lambda _, stopped=stopped: Judgement(stopped, None), put({}))  # type: ignore[misc]
        seen.append((await status(ledger, woman)).person.last_changed)
    assert seen == [moment, moment + timedelta(milliseconds=1), moment + timedelta(milliseconds=2)]


async def test_withdrawal_leaves_only_the_log(ledger: Ledger) -> None:
    woman = await meet(ledger)
    record = await create(ledger, woman, {"mother": b"m"})
    await withdraw(ledger, woman)
    view = await ledger.read(
        Query(woman, record, Wants.CARD | Wants.PARTS | Wants.COMMITS | Wants.RECORDS), permit()
    )
    assert (view.record, view.card, view.parts, view.commits, view.records) == (None, {}, {}, (), ())
    person = view.person
    assert (person.consented, person.active_record, person.latest_record, person.last_changed) == (
        False,
        None,
        None,
        None,
    )
    assert [row.action for row in await log(ledger, woman)][-3:] == [
        "withdraw-consent",
        "create-record",
        "give-consent",
    ]


async def test_without_consent_nothing_can_be_stored(ledger: Ledger) -> None:
    woman = await meet(ledger, consented=False)
    with pytest.raises(Refused) as refused:
        await ledger.create(
            Query(woman, new_id(), Wants.STATUS), permit("create-record"), put({"mother": b"m"})
        )
    assert refused.value.kind is Kind.NO_CONSENT


async def test_she_can_consent_again_and_start_anew(ledger: Ledger) -> None:
    woman = await meet(ledger)
    old = await create(ledger, woman, {"mother": b"old"})
    await withdraw(ledger, woman)
    await consent(ledger, woman)
    new = await create(ledger, woman, {"mother": b"new"})
    assert (await read(ledger, woman, new)).parts == {"mother": b"new"}
    assert (await read(ledger, woman, old)).record is None


async def test_a_refused_withdrawal_deletes_nothing(ledger: Ledger) -> None:
    woman = await meet(ledger)
    record = await create(ledger, woman, {"mother": b"m"})
    with pytest.raises(Refused):
        await ledger.withdraw_consent(Query(woman, None, Wants.STATUS), refuse(Kind.INVALID_USER))
    assert (await read(ledger, woman, record)).parts == {"mother": b"m"}
    assert (await log(ledger, woman))[1].detail.refusal == "invalid-user"


async def test_the_outbox_tells_each_commit_and_each_erasure_in_order(ledger: Ledger) -> None:
    woman = await meet(ledger)
    record = await create(ledger, woman, {})
    await write(ledger, woman, record, {"mother": b"m"})
    first = await ledger.outbox(most=1)
    assert [(each.record, each.t, each.kind) for each in first] == [(record, 1, "create-record")]
    await withdraw(ledger, woman)
    rest = await ledger.outbox(after=first[-1].position)
    assert [(each.record, each.t, each.kind) for each in rest] == [
        (record, 2, "write-section"),
        (record, None, "erased"),
        (None, None, "erased"),
    ]
    assert {each.person for each in first + rest} == {(await status(ledger, woman)).person.person}
