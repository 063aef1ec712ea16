from hypothesis import given, settings
from hypothesis import strategies as st

from cogitate.llm.sequences import TAIL, Placement, Sequences, common_prefix

LONG = TAIL + 20


def conversation(name: int, length: int = LONG, head: tuple[int, ...] = ()) -> list[int]:
    """Return tokens that no other conversation has, after a shared head."""
    return [*head, *range(name * 1000, name * 1000 + length)]


def serve(book: Sequences, prompt: list[int], room: int = 0) -> Placement:
    """Do what the engine does with a placement, and end at once."""
    place = begin(book, prompt, room)
    assert place is not None
    finish(book, place)
    return place


def begin(book: Sequences, prompt: list[int], room: int = 0, width: int = 1) -> Placement | None:
    """Do what the engine does with a placement that is at work from now on."""
    place = book.place(prompt, room, width)
    if place is None:
        return None
    for sequence in place.evicted:
        book.drop(sequence)
    if place.source is not None:
        book.copy(place.source, place.target, place.kept)
    else:
        book.cut(place.target, place.kept)
    book.begin(place.target, len(prompt) - place.kept + room)
    for fork in place.forks:
        book.begin(fork, room)
    grow(book, place.target, prompt[place.kept :])
    return place


def grow(book: Sequences, sequence: int, tokens: list[int]) -> None:
    for old in book.excess(len(tokens)):
        book.drop(old)
    book.append(sequence, tokens)


def finish(book: Sequences, place: Placement) -> None:
    for sequence in (place.target, *place.forks):
        book.end(sequence)


def cells(book: Sequences) -> int:
    """Return the cells in use, shared ones once."""
    return len({cell for ids in book._ids.values() for cell in ids})


def test_common_prefix_counts_equal_heads():
    assert common_prefix([1, 2, 3], [1, 2, 4, 5]) == 2
    assert common_prefix([1, 2], [1, 2, 3]) == 2
    assert common_prefix([], [1]) == 0


def test_a_conversation_that_grows_stays_in_its_sequence():
    book = Sequences(3, 4000)
    first = serve(book, conversation(1))
    grown = serve(book, [*conversation(1), 7, 8])
    assert (grown.target, grown.kept, grown.source) == (first.target, LONG, None)


def test_the_last_token_of_a_known_prompt_is_read_again_for_its_logits():
    book = Sequences(3, 4000)
    serve(book, conversation(1))
    assert serve(book, conversation(1)).kept == LONG - 1


def test_the_longest_prefix_is_kept():
    book = Sequences(4, 4000)
    short = serve(book, [1, 2, *conversation(1)])
    long = serve(book, [1, 2, 3, 4, *conversation(2)])
    assert short.target != long.target
    place = book.place([1, 2, 3, 4, 5, 6], 0)
    assert (place.source, place.kept) == (long.target, 4)


def test_a_diverging_prompt_copies_the_head_and_both_then_reuse_all():
    book = Sequences(3, 4000)
    head = tuple(range(30))
    one, two = conversation(1, head=head), conversation(2, head=head)
    first = serve(book, one)
    second = serve(book, two)
    assert second.source == first.target != second.target
    assert second.kept == 30
    for prompt, place in ((one, first), (two, second)):
        again = serve(book, [*prompt, 5])
        assert (again.target, again.kept, again.source) == (place.target, len(prompt), None)


def test_a_short_tail_is_overwritten_in_place():
    book = Sequences(3, 4000)
    first = serve(book, [*conversation(1), *range(TAIL)])
    place = book.place([*conversation(1), 5], 0)
    assert (place.target, place.kept, place.source) == (first.target, LONG, None)


def test_the_least_recently_used_sequence_makes_way():
    book = Sequences(2, 4000)
    old = serve(book, conversation(1))
    new = serve(book, conversation(2))
    serve(book, [*conversation(1), 5])
    assert book.place(conversation(3), 0).target == new.target != old.target


def test_room_is_made_by_the_least_recently_used_and_no_more_than_needed():
    book = Sequences(4, 3 * LONG)
    oldest = serve(book, conversation(1))
    other = serve(book, conversation(2))
    serve(book, conversation(3, LONG + 10))
    assert oldest.target not in book.tokens
    assert len(book.tokens[other.target]) == LONG


def test_what_is_at_work_is_never_taken_away():
    book = Sequences(3, 3 * LONG)
    working = begin(book, conversation(1), room=LONG)
    serve(book, conversation(2, LONG - 1))
    assert book.place(conversation(3), room=1) is None
    last = begin(book, conversation(3), room=0)
    assert last is not None and book.tokens[working.target] == conversation(1)
    finish(book, working)
    assert book.place(conversation(4), room=1) is not None


def test_all_sequences_at_work_let_the_next_one_wait():
    book = Sequences(2, 4000)
    first, second = begin(book, conversation(1)), begin(book, conversation(2))
    assert first is not None and second is not None and first.target != second.target
    assert book.place(conversation(1), 0) is None
    finish(book, second)
    third = book.place(conversation(1), 0)
    assert third is not None
    assert (third.source, third.target, third.kept) == (first.target, second.target, LONG - 1)


def test_a_shared_head_is_counted_once():
    book = Sequences(8, 3 * LONG)
    head = tuple(range(2 * LONG))
    places = [begin(book, conversation(n, 5, head), room=5) for n in range(6)]
    assert None not in places
    assert cells(book) == 2 * LONG + 6 * 5


def test_answers_beside_each_other_have_sequences_set_aside():
    book = Sequences(4, 1000)
    place = begin(book, conversation(1, 400), room=100, width=3)
    assert place is not None and len({place.target, *place.forks}) == 3
    assert book.place(conversation(2, 301), room=0) is None
    assert book.place(conversation(2, 300), room=0) is not None


def test_there_are_fewer_answers_where_the_cache_has_no_room():
    book = Sequences(8, 1000)
    assert book.width(700, 100, 5) == 3
    assert book.width(700, 400, 5) == 1
    assert book.width(10, 10, 20) == 8


def test_a_cache_that_cannot_be_cut_serves_only_what_goes_on():
    book = Sequences(3, 4000, cuttable=False)
    first = serve(book, conversation(1))
    on = book.place([*conversation(1), 5], 0)
    assert on is not None and (on.target, on.kept, on.source) == (first.target, LONG, None)
    for prompt in (conversation(1), [*conversation(1)[:-1], 5], conversation(1)[:40]):
        place = book.place(prompt, 0)
        assert place is not None and place.kept == 0


PROMPT = st.builds(
    lambda head, name, length: [*range(head), *conversation(name, length)],
    st.sampled_from([0, 5, 60]),
    st.integers(1, 4),
    st.integers(1, 120),
)


@settings(max_examples=200, deadline=None)
@given(
    count=st.integers(1, 4),
    most=st.integers(200, 500),
    asked=st.lists(st.tuples(PROMPT, st.integers(0, 20), st.booleans()), max_size=16),
)
def test_any_history_keeps_the_book_within_its_cells_and_true(count, most, asked):
    book = Sequences(count, most)
    working: list[tuple[Placement, list[int]]] = []
    for prompt, room, ends in asked:
        before = {sequence: list(tokens) for sequence, tokens in book.tokens.items()}
        place = begin(book, prompt, room)
        if place is None:
            assert working
            finish(book, working.pop(0)[0])
            continue
        holder = place.target if place.source is None else place.source
        assert before.get(holder, [])[: place.kept] == prompt[: place.kept] != prompt
        assert place.target not in {other.target for other, _ in working}
        working.append((place, prompt))
        for other, held in working:
            assert book.tokens[other.target] == held
        assert cells(book) + sum(book.live.values()) <= most or len(book.tokens) > len(working)
        assert cells(book) <= most
        if ends:
            finish(book, working.pop(0)[0])
