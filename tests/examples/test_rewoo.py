"""rewoo.py on a script."""

from collections.abc import Callable

PLAN = [
    {"tool": "postage", "args": {"city": "Lisbon", "kilos": 3.5}},
    {"tool": "exchange", "args": {"euros": "#E1", "currency": "USD"}},
]


def test_rewoo_takes_two_model_calls(run: Callable[..., str]) -> None:
    said = "Postage for 3.5 kg to Lisbon is 12.90 euros, which is 14.19 USD."
    out = run("rewoo", {"steps": PLAN}, said)
    assert out == f"{said}\n(answered, 2 model calls)\n"
