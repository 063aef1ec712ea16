"""Which message changed when a prompt had to be read again."""

import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from cogitate.llm.llama import ChatLlama
from cogitate.llm.prefixes import Watch

RULES = "You are a careful helper who answers in one short sentence. The time is {}."


def talk(*texts: str) -> list[dict[str, str]]:
    roles = ("system", "user", "assistant", "user", "assistant", "user")
    return [{"role": r, "content": t} for r, t in zip(roles, texts, strict=False)]


def test_a_conversation_that_only_grows_is_fine():
    watch = Watch()
    said = ["rules", "hello", "hi", "more", "fine", "bye"]
    assert [watch.check(talk(*said[:n])) for n in (2, 4, 6)] == ["", "", ""]


def test_a_clock_in_the_system_message_is_named():
    watch = Watch()
    assert watch.check(talk(RULES.format("10:01"), "hello")) == ""
    found = watch.check(talk(RULES.format("10:02"), "hello", "hi", "more"))
    assert found.startswith("message 1 (system) changed: ") and "10:01" in found
    assert "10:02" in found.partition(" became ")[2]


def test_an_edited_result_in_the_middle_is_named():
    watch = Watch()
    watch.check(talk("rules", "hello", "hi", "Result of search: red, green, blue", "ok"))
    found = watch.check(talk("rules", "hello", "hi", "Result of search: red, green", "ok", "go on"))
    assert found.startswith("message 4 (user) changed: ")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (talk("You are Ann.", "hello"), talk("You are Bob.", "hello")),
        (talk("rules", "one question"), talk("rules", "another question")),
        (
            talk("You sell fruit.", "hello", "hi", "a"),
            talk("Be a captain!", "hello", "hi", "a", "b"),
        ),
        (talk("rules", "a", "b", "c"), talk("rules", "a", "other answer", "c2")),
    ],
)
def test_conversations_that_merely_begin_alike_are_no_change(first, second):
    watch = Watch()
    assert (watch.check(first), watch.check(second)) == ("", "")


def test_the_change_is_said_with_the_answer(small_model: ChatLlama):
    first: list[BaseMessage] = [SystemMessage(RULES.format("10:01")), HumanMessage("Say yes.")]
    reply = small_model.invoke(first, max_tokens=2)
    assert "prefix_broken" not in reply.response_metadata
    second = [SystemMessage(RULES.format("10:02")), first[1], AIMessage(reply.text)]
    again = small_model.invoke([*second, HumanMessage("Again.")], max_tokens=2)
    assert "message 1 (system) changed" in again.response_metadata["prefix_broken"]
    assert again.usage_metadata["input_token_details"]["cache_read"] < 30
