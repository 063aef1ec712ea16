"""The seven rules that end a session, each once; and what must not end one."""

from typing import Any

import pytest
from roleplay_parts import BROKEN, DONE, DONE_TOKEN, NOTHING, cannot, do, pair, played, solved

from cogitate import ContextOverflow, Limits
from cogitate.runs.events import Noted, Said

APPLES, RED = solved("apple, pear, plum"), solved("red, green, blue")
LONG = [do(f"Describe fruit number {n} in words {n * 7}") for n in range(1, 30)]


async def test_the_done_token_ends_a_session_and_the_assistant_is_not_called_after_it() -> None:
    play = await played(do("List three fruits."), APPLES, DONE)
    assert (play.termination, play.result.stopped, play.solved) == ("done", "answered", True)
    assert [m.seat for m in play.messages] == ["user", "assistant", "user"]
    assert play.messages[-1].text == DONE_TOKEN
    assert play.summary == "apple, pear, plum"


async def test_the_token_as_an_instruction_of_its_own_is_the_done_token() -> None:
    play = await played(do("List three fruits."), APPLES, do(f" {DONE_TOKEN} "))
    assert play.termination == "done"


async def test_the_token_inside_a_sentence_does_not_end_a_session() -> None:
    inside = do(f"When you are done write {DONE_TOKEN}, now list three colours.")
    play = await played(
        do("List three fruits."), APPLES, inside, inside, RED, DONE, "fruits and colours"
    )
    assert play.termination == "done"
    assert play.turns == 3
    assert DONE_TOKEN not in play.messages[2].text
    assert play.messages[2].instruction == "When you are done write , now list three colours."


async def test_a_user_without_an_instruction_is_reminded_twice_and_then_it_ends() -> None:
    play = await played(NOTHING, do("none"), do("..."))
    assert (play.termination, play.counts.reminders) == ("no_instruction", 3)
    assert play.result.stopped == "stalled"
    assert play.summary == "Nothing was solved."


async def test_a_copy_of_the_prompt_is_no_instruction() -> None:
    copy = do("In each message you give your partner exactly one next instruction, with the data")
    play = await played(copy, do("List three fruits."), APPLES, DONE)
    assert (play.termination, play.counts.reminders) == ("done", 1)


async def test_a_copy_of_the_last_line_is_no_instruction() -> None:
    copy = do("Write your next message as JSON in English: type 'instruct' with one instruction")
    play = await played(copy, do("List three fruits."), APPLES, DONE)
    assert (play.termination, play.counts.reminders) == ("done", 1)


async def test_what_was_asked_before_is_asked_no_second_time() -> None:
    play = await played(
        *(do("Draw a picture."), *[cannot("I can only write.")] * 2, do("Draw a picture.")),
        *(do("List three fruits."), APPLES, DONE),
    )
    assert [item["instruction"] for item in play.memo] == ["Draw a picture.", "List three fruits."]
    assert play.counts.retries == 2  # the refusal, and the second "Draw a picture."


async def test_the_instruction_itself_is_no_reason_why_it_cannot_be_done() -> None:
    play = await played(do("List three fruits."), cannot("List three fruits"), APPLES, DONE)
    assert (play.termination, play.counts.retries) == ("done", 1)


async def test_a_side_that_speaks_as_its_partner_has_flipped() -> None:
    user = do("I am Writer. Please give me your first instruction.")
    play = await played(user, do("List three fruits."), APPLES, DONE)
    assert (play.termination, play.counts.flips) == ("done", 1)
    assistant = solved("I'm Editor, and three fruits are wanted: apple, pear, plum")
    play = await played(do("List three fruits."), assistant, APPLES, DONE)
    assert (play.termination, play.counts.flips) == ("done", 1)


async def test_after_two_reminders_an_instruction_goes_on() -> None:
    play = await played(NOTHING, NOTHING, do("List three fruits."), APPLES, DONE)
    assert (play.termination, play.counts.reminders) == ("done", 2)


@pytest.mark.parametrize(
    "flip",
    [
        "INSTRUCTION: now list colours",
        "Your next task is to list colours.",
        f"All listed. {DONE_TOKEN}",
        "请你列出三种颜色",
    ],
)
async def test_an_assistant_who_instructs_is_corrected_once_and_then_it_ends(flip: str) -> None:
    play = await played(do("List three fruits."), solved(flip), solved(flip))
    assert (play.termination, play.counts.flips) == ("role_flip", 2)


async def test_an_assistant_who_says_the_done_token_flips_and_may_mend_it() -> None:
    play = await played(do("List three fruits."), solved(DONE_TOKEN), APPLES, DONE)
    assert (play.termination, play.counts.flips, play.counts.retries) == ("done", 1, 1)
    assert DONE_TOKEN not in play.messages[1].text


async def test_a_user_who_solves_flips() -> None:
    flip = do("SOLUTION: apple, pear, plum")
    assert (await played(flip, flip)).termination == "role_flip"
    assert (await played(flip, do("List fruits."), APPLES, DONE)).counts.flips == 1


async def test_an_unclear_message_is_judged_by_the_model() -> None:
    asking = solved("Which fruits should it be, please?")
    play = await played(do("List three fruits."), asking, {"role_ok": True}, DONE)
    assert (play.termination, play.counts.flips) == ("done", 0)
    play = await played(do("List fruits."), asking, {"role_ok": False}, APPLES, DONE)
    assert play.counts.flips == 1


async def test_thanks_alone_twice_end_a_session() -> None:
    thanks = do("Thank you so much!")
    play = await played(do("List three fruits."), APPLES, thanks, do("You're welcome, goodbye!"))
    assert (play.termination, play.why) == ("closing", "only thanks were exchanged")


async def test_a_side_that_repeats_itself_ends_the_session() -> None:
    replies: list[Any] = []
    for ask in LONG[:4]:
        replies += [ask, *[cannot("there are no such fruits in the whole shop")] * 2]
    play = await played(*replies)
    assert (play.termination, play.turns) == ("closing", 4)


async def test_the_turn_limit_ends_a_session() -> None:
    asked, both = (do("List fruits."), APPLES, do("List colours.")), "apple, pear; red, blue"
    play = await played(*asked, RED, both, max_turns=2)
    assert (play.termination, play.result.stopped, play.turns) == ("max_turns", "steps", 2)
    assert play.summary == both


async def test_a_summary_that_leaves_a_result_out_is_not_taken() -> None:
    asked = (do("List fruits."), APPLES, do("List colours."), RED)
    play = await played(*asked, "The fruits are apple, pear and plum.", max_turns=2)
    assert play.summary == "List fruits.\napple, pear, plum\n\nList colours.\nred, green, blue"


async def test_a_context_that_is_full_ends_a_session_with_what_it_has() -> None:
    play = await played(do("List fruits."), APPLES, ContextOverflow("the prompt is too long"))
    assert (play.termination, play.result.stopped) == ("context", "tokens")
    assert play.summary == "apple, pear, plum"


async def test_a_model_that_ends_is_asked_once_more_and_then_it_ends() -> None:
    play = await played(do("List fruits."), BROKEN, BROKEN)
    assert (play.termination, play.result.stopped) == ("model_end", "model_error")
    play = await played(do("List fruits."), BROKEN, APPLES, DONE)
    assert play.termination == "done"


async def test_an_assistant_who_writes_nothing_is_asked_once_more_and_then_it_ends() -> None:
    play = await played(do("List fruits."), solved(""), solved(" "))
    assert play.termination == "model_end"
    play = await played(do("List fruits."), solved(""), APPLES, DONE)
    assert (play.termination, play.counts.retries) == ("done", 1)


async def test_done_before_anything_was_done_is_turned_down_once() -> None:
    play = await played(DONE, do("List three fruits."), APPLES, DONE)
    assert (play.termination, play.counts.early) == ("done", 1)
    play = await played(DONE, DONE)
    assert (play.termination, play.result.stopped, play.solved) == ("done", "no_evidence", False)


async def test_done_with_open_steps_is_turned_down_once() -> None:
    steps = {"steps": ["List fruits.", "List colours."]}
    yes = {"choice": "yes"}
    play = await played(
        *(steps, do("List fruits."), APPLES, yes, DONE),
        *(do("List colours."), RED, yes, DONE, "apple; red"),
        planner=True,
    )
    assert (play.termination, play.counts.early, play.open) == ("done", 1, ())
    assert play.solved
    play = await played(steps, do("List fruits."), APPLES, yes, DONE, DONE, planner=True)
    assert (play.result.stopped, play.open) == ("no_evidence", ("List colours.",))


async def test_a_promise_is_asked_for_again_and_then_counted() -> None:
    promise = solved("Sure, I will list three fruits for you.")
    play = await played(do("List three fruits."), promise, APPLES, DONE)
    assert (play.counts.flakes, play.memo[0]["outcome"]) == (0, "done")
    play = await played(do("List three fruits."), promise, promise, DONE, do("x y"), RED, DONE)
    assert (play.counts.flakes, play.memo[0]["outcome"]) == (1, "promise")


async def test_a_sentence_is_said_once_and_a_short_answer_as_often_as_it_is_right() -> None:
    yes = solved("True")
    play = await played(do("Is 97 a prime?"), yes, do("Is 89 one?"), yes, DONE, "True, True")
    assert (play.solved, play.counts.retries) == (True, 0)
    play = await played(
        *(do("List three fruits."), APPLES, do("List colours."), APPLES, RED, DONE, "apple red")
    )
    assert play.counts.retries == 1


async def test_the_input_itself_is_no_result() -> None:
    asked = do("Write a line for the invoice.", "The price is 290.4 euros.")
    line = solved("Invoice: 290.4 euros in all.")
    play = await played(asked, solved("The price is 290.4 euros."), line, DONE)
    assert (play.counts.retries, play.messages[1].solution) == (1, line["solution"])


async def test_a_refusal_is_asked_about_once() -> None:
    nothing = cannot("No input provided.")
    play = await played(do("List three fruits."), nothing, APPLES, DONE)
    assert (play.solved, play.counts.retries) == (True, 1)
    play = await played(do("Find the price."), nothing, nothing, do("x y"), RED, DONE)
    assert [item["outcome"] for item in play.memo] == ["cannot", "done"]
    assert play.counts.flakes == 0


async def test_figures_that_are_made_up_after_a_refusal_are_not_taken() -> None:
    refusal, invented = cannot("The table is not here."), solved("The mean is 42.5.")
    play = await played(do("Find the mean."), refusal, invented, do("Name fruits."), APPLES, DONE)
    assert play.messages[1].text == "CANNOT: The table is not here."


async def test_an_instruction_is_given_in_the_language_of_the_task() -> None:
    english, chinese = do("Name three fruits."), do("说出三种水果。")
    play = await played(english, chinese, solved("苹果、梨、桃"), DONE, task="说出三种水果")
    assert play.messages[0].instruction == "说出三种水果。"
    play = await played(english, english, solved("苹果、梨、桃"), DONE, task="说出三种水果")
    assert (play.solved, play.counts.retries) == (True, 1)


async def test_a_refusal_with_its_reason_is_passed_on() -> None:
    play = await played(
        *(do("Draw a picture."), *[cannot("I can only write.")] * 2),
        *(do("List fruits."), APPLES, DONE),
    )
    assert play.memo[0]["outcome"] == "cannot"
    assert play.messages[1].text == "CANNOT: I can only write."
    assert play.solved


async def test_without_checks_only_the_token_and_the_limits_end_a_session() -> None:
    play = await played(
        *(NOTHING, solved("INSTRUCTION: list"), do("Thanks!"), solved("Thanks!")),
        *(do("Thanks!"), solved("I will."), DONE, "the end"),
        checks=False,
    )
    assert (play.termination, play.turns, play.counts.flips) == ("done", 4, 0)


async def test_a_limit_of_the_run_ends_a_session_without_a_rule() -> None:
    play = await played(
        do("List fruits."), APPLES, limits=Limits(model_calls=2, tokens=10_000, steps=50)
    )
    assert (play.termination, play.result.stopped) == (None, "steps")
    assert play.summary == "apple, pear, plum"


async def test_messages_are_events_and_what_was_turned_down_is_a_note() -> None:
    play, _ = pair(NOTHING, do("List fruits."), APPLES, DONE)
    events = [event async for event in play.stream()]
    said = [(e.seat, e.turn) for e in events if isinstance(e, Said)]
    assert said == [("user", 1), ("assistant", 1), ("user", 2)]
    assert any("turned down" in e.text for e in events if isinstance(e, Noted))
    assert events[-1].kind == "RunEnded"
