"""Secrets in text, by their form: keys, tokens, passwords, card numbers.

What this module does not know: names, addresses and other things that are private without
having a form of their own.
"""

import re

PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("private key", re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")),
    (
        "key",
        re.compile(
            r"\b(?:sk-[\w-]{16,}|gh[pousr]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|"
            r"xox[abprs]-[\w-]{10,}|AKIA[0-9A-Z]{16}|AIza[\w-]{30,}|hf_\w{20,}|npm_\w{20,})"
        ),
    ),
    ("token", re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}")),
    (
        "password",
        re.compile(
            r"(?i)(?:\b(?:password|passwd|passphrase|pwd|pin(?: code)?|secret|api[ _-]?key|"
            r"access[ _-]?token)\b|密码|口令|密钥|验证码)"
            r"\s*(?:is|was|are|to|[:=：]|是|为|改成|设为)\s*[\"'“]?(?=\S*[\d\W_])[^\s，。,]{4,}"
        ),
    ),
    ("password in an address", re.compile(r"\b\w+://[^\s/:@]+:[^\s/@]{3,}@")),
)
_CARD = re.compile(r"(?<![\d.-])\d(?:[ -]?\d){12,18}(?![\d.-])")


def secrets_in(text: str) -> list[str]:
    """Return what kinds of secrets a text holds, each once; never the secrets themselves."""
    found = [name for name, pattern in PATTERNS if pattern.search(text)]
    if any(_is_card(match.group()) for match in _CARD.finditer(text)):
        found.append("card number")
    return found


def _is_card(number: str) -> bool:
    """Return whether digits pass the check that card numbers pass (Luhn)."""
    digits = [int(each) for each in number if each.isdigit()]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return len(set(digits)) > 1 and (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0
