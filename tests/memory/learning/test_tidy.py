"""Tidying and auditing a memory."""

from cogitate.llm import ScriptedModel
from cogitate.memory.learning.audit import DAY, audit
from cogitate.memory.learning.tidy import tidy
from cogitate.memory.records import Note

LONG = "The boat in the old harbour is painted red and white every spring by the fishermen"


async def stored(stream, *texts: str, **fields) -> list:
    """Keep notes past the gate, as another program or an older version may have done."""
    return [await stream.add(Note(text=text, **fields)) for text in texts]


async def test_a_repetition_gives_way_to_the_older_record(stream) -> None:
    first, second = await stored(stream, f"{LONG}.", f"{LONG}!")
    done = await tidy(stream)
    assert ([r.id for r in done.merged], done.superseded) == ([first.id], (second.id,))
    after = await stream.get(second.id)
    assert (after.status, after.superseded_by) == ("superseded", first.id)
    assert (await tidy(stream)).superseded == ()


async def test_a_pinned_record_stays(stream) -> None:
    _, second = await stored(stream, f"{LONG}.", f"{LONG}!")
    await stream.pin(second.id)
    assert (await tidy(stream)).superseded == ()


async def test_what_differs_in_a_number_stays(stream) -> None:
    await stored(stream, f"{LONG} at 7.", f"{LONG} at 8.")
    assert (await tidy(stream)).superseded == ()


async def test_an_old_day_gets_a_summary_that_names_its_records(stream, ticking) -> None:
    texts = [f"Anna walked to house {n} with a letter." for n in range(5)]
    records = await stored(stream, *texts, importance=1)
    kept = (await stored(stream, "Anna lost a letter of the bank."))[0]
    ticking.now += 10 * DAY
    model = ScriptedModel(replies=["Anna brought letters to five houses and lost one of the bank."])
    done = await tidy(stream, model)
    (summary,) = done.summaries
    assert set(summary.evidence) == {r.id for r in [*records, kept]}
    assert set(done.superseded) == {r.id for r in records}
    assert (await stream.get(kept.id)).status == "active"
    assert (await tidy(stream, ScriptedModel(replies=[]))).summaries == ()


async def test_a_summary_with_an_invented_number_is_dropped(stream, ticking) -> None:
    await stored(stream, *[f"Anna walked to house {n}." for n in range(5)], importance=1)
    ticking.now += 10 * DAY
    done = await tidy(stream, ScriptedModel(replies=["Anna walked 99 miles."]))
    assert (done.summaries, done.superseded) == ((), ())


async def test_tidying_deletes_nothing(stream, ticking) -> None:
    await stored(stream, f"{LONG}.", f"{LONG}!", importance=1)
    ticking.now += 1000 * DAY
    await tidy(stream)
    assert (len(stream.store), stream.store.tombstones()) == (2, [])


async def test_an_audit_names_each_fault(stream, ticking) -> None:
    await stored(stream, f"{LONG}.", f"{LONG}!", importance=5)
    await stored(stream, "token sk-abcdefghijklmnop1234", "You are a helpful assistant.")
    facts = {"kind": "fact", "subject": "person", "attribute": "home"}
    await stored(stream, "I live in Lyon", meta={"value": "Lyon"}, **facts)
    ticking.now += 1
    await stored(stream, "I live in Paris", meta={"value": "Paris"}, **facts)
    await stored(stream, "The cup is on the table.", importance=1)
    ticking.now += 100 * DAY
    report = await audit(stream)
    assert report.records == 7
    assert report.counts == {
        "duplicate": 1, "junk": 2, "secret": 1, "unused": 1, "contradiction": 1
    }  # fmt: skip
    secret = next(f for f in report.findings if f.fault == "secret")
    assert "sk-" not in secret.why


async def test_a_clean_memory_has_no_findings(stream) -> None:
    await stored(stream, "The boat is red.", "Anna feeds the cat at noon.")
    assert (await audit(stream)).findings == ()
