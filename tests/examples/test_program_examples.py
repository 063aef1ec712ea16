"""The examples of programs, code actions, verifying and lessons, run from the terminal."""

from collections.abc import Callable


def fenced(code):
    return f"```python\n{code}\n```"


def test_program_aided_prints_the_program_and_its_output(run: Callable[..., str]):
    code = "profit = 48 * (3.20 - 0.85) - 60\nprint(round(profit * 6, 2))"
    goal = (
        "A bakery sells 48 loaves a day at 3.20 euros. Flour costs 0.85 a loaf and the rent is 60 "
        "euros a day. What is left over in a week of 6 days?"
    )
    out = run("program_aided", fenced(code), args=(goal,))
    assert "profit = 48" in out and out.strip().endswith("316.8")


def test_code_actions_calls_the_tool_from_a_program(run: Callable[..., str]):
    code = "total = sum(stock(w)['螺丝'] for w in 'AB')\ndone(f'一共 {total} 个')"
    out = run("code_actions", fenced(code))
    assert out.splitlines()[0] == "一共 1500 个"


def test_verify_and_correct_turns_a_wrong_answer_down(run: Callable[..., str]):
    wrong = fenced("print(round(340 * (1 - 0.15 * 6), 1))")
    right = fenced("print(round(340 * 0.85 ** 6, 1))")
    critique = {"why": "it compounds", "verdict": "contradicted", "fix_hint": "It compounds."}
    way = [{"choice": "compute"}, {"choice": "yes"}]
    out = run(
        "verify_and_correct",
        *(*way, wrong, "34.0 litres are left.", right, critique),
        *(*way, right, "128.2 litres are left.", right),
    )
    assert "turned down: It compounds." in out
    assert "128.2 litres are left.\n(accepted" in out


def test_learn_from_mistakes_prints_the_lesson_and_keeps_it(run: Callable[..., str]):
    tests = fenced("assert spaced('ab') == 'ab'")
    wrong = fenced("def spaced(text):\n    return '-'.join(text)")
    right = fenced(
        "def spaced(text):\n    out = text[:1]\n    for a, b in zip(text, text[1:]):\n"
        "        out += ('-' if a == b else '') + b\n    return out"
    )
    text = "Step 1 joined all letters. Compare each letter with the next one."
    lesson = {"failed_step": 1, "lesson": text, "applies_to": "general"}
    out = run("learn_from_mistakes", tests, wrong, lesson, right)
    assert "教训" in out and "zip(text, text[1:])" in out
    assert out.strip().splitlines()[-1].startswith("Lesson (general; run ")


def test_calls_at_once_prints_the_calls_and_the_answer(run: Callable[..., str]):
    call = {"tool": "distance", "args": {"start": "Lisbon", "end": "Porto", "unit": "miles"}}
    said = "It is 313 km from Lisbon to Porto."
    out = run("calls_at_once", call, said, args=("How far is it from Lisbon to Porto?",))
    assert out.splitlines() == ["distance {'start': 'Lisbon', 'end': 'Porto'}", said]
