from hypothesis import given, settings
from hypothesis import strategies as st

from cogitate.llm.sequences import TAIL, Placement, Sequences, common_prefix

LONG = TAIL + 20


def conversation(name: int, length: int = LONG, head: tuple[int, ...] = ()) -> list[int]:
    """Return tokens that no other conversation has, after a shared head."""
    return [*head, *range(name * 1000, name * 1000 + length)]


def serve(book: Sequences, prompt: list[int], room: int = 0) -> Placement:
    """Do what the engine does with a placement."""
    place = book.place(prompt, room)
    for sequence in place.evicted:
        book.drop(sequence)
    book.hold(place.target, prompt)
    return place


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
    serve(book, conversation(2))
    place = book.place(conversation(3), 10)
    assert place.evicted == (oldest.target,)
    assert place.target not in place.evicted
    assert book.place(conversation(3), 0).evicted == ()


def test_a_source_that_is_too_large_to_stay_goes_after_the_copy():
    book = Sequences(3, 300)
    head = tuple(range(20))
    large = serve(book, conversation(1, 200, head))
    place = book.place(conversation(2, 100, head), 50)
    assert (place.source, place.kept) == (large.target, 20)
    assert place.evicted == (large.target,)


def test_a_cleared_place_is_empty_and_has_all_the_cells_it_needs():
    book = Sequences(3, 3 * LONG)
    oldest = serve(book, conversation(1))
    serve(book, conversation(2))
    place = book.clear(2 * LONG)
    assert not book.tokens.get(place.target)
    assert (place.kept, place.source, place.evicted) == (0, None, (oldest.target,))


PROMPT = st.builds(
    lambda head, name, length: [*range(head), *conversation(name, length)],
    st.sampled_from([0, 5, 60]),
    st.integers(1, 4),
    st.integers(1, 120),
)


@settings(max_examples=200, deadline=None)
@given(
    count=st.integers(1, 4),
    cells=st.integers(200, 500),
    asked=st.lists(st.tuples(PROMPT, st.integers(0, 20)), max_size=12),
)
def test_any_history_keeps_the_book_within_its_cells_and_true(count, cells, asked):
    book = Sequences(count, cells)
    for prompt, room in asked:
        before = {sequence: list(tokens) for sequence, tokens in book.tokens.items()}
        place = serve(book, prompt, room)
        holder = place.target if place.source is None else place.source
        assert 0 <= place.target < count
        assert 0 <= place.kept < len(prompt)
        assert before.get(holder, [])[: place.kept] == prompt[: place.kept]
        assert place.kept >= min(
            max((common_prefix(held, prompt) for held in before.values()), default=0),
            len(prompt) - 1,
        )
        assert place.target not in place.evicted
        assert place.source != place.target
        shared = place.kept if place.source in book.tokens else 0
        assert sum(map(len, book.tokens.values())) - shared + room <= cells
        for sequence in before.keys() - {place.target, *place.evicted}:
            assert book.tokens[sequence] == before[sequence]


def test_a_fork_counts_the_cells_it_shares_once():
    book = Sequences(4, 1000)
    book.hold(0, conversation(1, 600))
    forks, evicted = book.fork(0, 2, room=100)
    assert (len(forks), evicted) == (2, ())
    assert 0 not in forks


def test_a_fork_takes_the_room_of_the_least_recently_used_first():
    book = Sequences(4, 1000)
    for name in (1, 2):
        book.hold(name, conversation(name, 200))
    book.hold(0, conversation(3, 400))
    forks, evicted = book.fork(0, 1, room=150)
    assert (forks, evicted) == ([3], (1,))


def test_there_are_fewer_forks_where_the_cache_has_no_room():
    book = Sequences(8, 1000)
    book.hold(0, conversation(1, 700))
    assert len(book.fork(0, 5, room=100)[0]) == 2
    assert book.fork(0, 5, room=400)[0] == []
