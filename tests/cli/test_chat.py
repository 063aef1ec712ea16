import json
from pathlib import Path


def chat(run, replies: list[object], text: str, *more: str):
    Path("script.json").write_text(json.dumps(replies))
    args = ["chat", "--model", "scripted:script.json", "--loop", "react", *more]
    return run(*args, input=text)


def test_each_line_is_a_goal_and_each_answer_a_line_on_stdout(cogitate) -> None:
    done = chat(cogitate, ["Hello.", "Fine."], "Hi!\n\nHow are you?\n", "-q")
    assert (done.returncode, done.stdout, done.stderr) == (0, "Hello.\nFine.\n", "")


def test_a_later_goal_knows_what_was_said_before(inside) -> None:
    done = chat(inside, ["Hello, Ada.", "You are Ada."], "I am Ada\nWho am I?\n", "-q")
    assert done.stdout == "Hello, Ada.\nYou are Ada.\n", done.stderr
    shown = inside("trace", "show", "last", "--prompts").stdout
    assert "I am Ada" in shown


def test_exit_ends_and_what_follows_is_not_asked(inside) -> None:
    done = chat(inside, ["Hello."], "Hi!\n/exit\nMore\n", "-q")
    assert (done.returncode, done.stdout) == (0, "Hello.\n"), done.stderr


def test_commands_are_no_goals(inside) -> None:
    done = chat(inside, [], "/tools\n/help\n/nonsense\n", "-q")
    assert done.returncode == 0
    assert "calculate" in done.stdout
    assert "/exit" in done.stderr and "there is no '/nonsense'" in done.stderr


def test_a_model_that_fails_does_not_end_the_chat(inside) -> None:
    done = chat(inside, ["Hello."], "Hi!\nAgain\n/tools\n", "-q")
    assert done.returncode in (0, 1)
    assert done.stdout.startswith("Hello.\n")
    assert "Traceback" not in done.stderr
