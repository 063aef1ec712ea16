"""The examples of react, art, inline and of several loops on one goal, as a person runs them."""

import importlib.util
from pathlib import Path

HERE = Path(__file__).parents[1]
_SPEC = importlib.util.spec_from_file_location("example_tests", HERE / "test_examples.py")
assert _SPEC is not None and _SPEC.loader is not None
examples = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(examples)


def test_read_pages_takes_two_hops(tmp_path: Path) -> None:
    replies = [
        {"tool": "search", "args": {"title": "Alder"}},
        {"tool": "search", "args": {"title": "Ida Korhonen"}},
        "She was born in 1971.",
    ]
    out = examples.run("read_pages", examples.scripted(tmp_path, *replies))
    assert "search(Ida Korhonen)\n  -> Ida Korhonen: Ida Korhonen is a politician." in out
    assert out.endswith("She was born in 1971.\n")


def test_compare_loops_prints_a_line_for_each(tmp_path: Path) -> None:
    script = examples.scripted(tmp_path, "42", "6 times 7 is 42.\nAnswer: 42")
    out = examples.run("compare_loops", "--loops=standard,cot", script, "6 times 7?")
    assert [line.split()[:2] for line in out.splitlines()] == [["standard", "42"], ["cot", "42"]]


def test_small_steps_shows_the_program(tmp_path: Path) -> None:
    script = examples.scripted(tmp_path, "1. [calc] 12*14*(1-15/100)", "ANSWER: 142.8 euros")
    out = examples.run("small_steps", script, COGITATE_HOME=str(tmp_path))
    assert "worked examples: " in out and "percentage" in out
    assert "=> 142.8\nANSWER: 142.8 euros" in out
    assert out.endswith("142.8 euros (answered)\n")


def test_inline_calls_puts_the_result_into_the_text(tmp_path: Path) -> None:
    script = examples.scripted(tmp_path, "要[[calc: 368/16", "23天读完。")
    out = examples.run("inline_calls", script, "一本书有368页，每天读16页，多少天读完？")
    assert "  [[calculate: 368/16 -> 23]]\n-> 要23天读完。\n" in out
