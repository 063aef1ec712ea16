"""The plain forms in which people state facts about themselves, English and Chinese.

Each pattern is held against what follows the subject: " live in Lyon" after "I", "住在里昂"
after "我". What this module does not know: subjects, and forms that depend on the talk before.
"""

import re
from dataclasses import dataclass

_FILLERS = (
    r"(?:\ (?:have|has|now|currently|just|recently|do|does|no|longer|not|used|to|don['’]t|"
    r"doesn['’]t|am|is|are|still|started|been|quit|left|my|his|her|the|job|also|really|would|can))*"
)
_FILLERS_ZH = "(?:现在|已经|目前|刚刚?|最近|以前|不再|不|很|最|更|非常|特别|也|都|今年)*"
_NO_JOB = (
    r"(?!(?:bit|little|lot|fan|sure|beginner|newcomer|member|customer|user|reader|owner|winner)\b)"
)
_JOBS_ZH = (
    "师|护士|(?<![成会队人])员|医生|工人|司机|会计|经理|记者|编辑|警察|农民|教授|老板|[校店厂]长|作家|"
    "画家|歌手"
)


@dataclass(frozen=True, kw_only=True)
class Form:
    """One form: what it is about, and how it is said."""

    attribute: str
    english: str
    chinese: str
    single: bool = False
    """Whether only one value can hold at a time."""
    kind: str = "fact"
    whole: bool = False
    """Whether it is looked for in the whole statement, wherever its subject stands."""


_LISTED = (
    Form(
        attribute="called",
        english=r"^call\ me\ ([\w-]+)",
        chinese="^(?:请)?(?:以后)?叫我(.+)",
        single=True,
        kind="preference",
        whole=True,
    ),
    Form(
        attribute="birthday",
        english=r"(?:was\ born\ on|birthday\ is(?:\ on)?)\ (.+)",
        chinese=r"(?:生日是?在?|出生于|出生在)(.*\d.*)",
        single=True,
        whole=True,
    ),
    Form(
        attribute="name",
        english=r"""^(?:['’]s\ name\ is\ ([\w-]+)
            |\ (?:am|is|are)(?:\ now)?\ (?:called|named)\ ([\w-]+))""",
        chinese=r"^(?:名叫|名字是|名字叫|叫)([^，,。在是]{1,8})",
        single=True,
    ),
    Form(
        attribute="home",
        english=rf"""^{_FILLERS}\ (?:lives?|living|moved|relocated|based|resides?)(?:\ back)?
            \ (?:in|to|at|near)\ (.+)""",
        chinese=f"^{_FILLERS_ZH}(?:住在|搬到|搬去|搬回|家在|住)了?(.+)",
        single=True,
    ),
    Form(
        attribute="job",
        english=rf"""^{_FILLERS}\ (?:works?|working|job|position)\ (?:as|at|for)\ (.+)
            |^\ (?:am|is)\ (?:now\ )?an?\ {_NO_JOB}((?:\w+\ )?(?:\w+(?:er|or|ist|ian|tant|
            dent|tect)|nurse|pilot|chef|cook|judge|clerk|mechanic|nanny|lawyer))$""",
        chinese=f"""^{_FILLERS_ZH}(?:在([^，,。]{{2,15}}?)(?:工作|上班|任职)
            |(?:跳槽|入职|调)(?:到|去|至)?([^，,。]{{2,20}})
            |从([^，,。]{{2,15}}?)(?:离职|辞职)
            |在[^，,。]{{2,15}}?[当做]([^，,。]{{2,8}})$
            |是(?:一名|一位|个|名|位)([^，,。的]{{2,10}})$
            |是([^，,。的]{{0,6}}(?:{_JOBS_ZH}))$)""",
        single=True,
    ),
    Form(
        attribute="age",
        english=r"""^\ (?:(?:am|is)\ (?:now\ )?|(?:just\ )?turned\ )(\d{1,3}|[a-z]+)
            (?:\ years?\ old|\ yesterday|\ today|$(?<=\d))""",
        chinese=f"^{_FILLERS_ZH}(?:满)?([\\d一二三四五六七八九十百]+)岁",
        single=True,
    ),
    Form(
        attribute="allergy",
        english=r"allergic\ to\ (.+)",
        chinese="对(.{1,12})过敏",
    ),
    Form(
        attribute="diet",
        english=r"""(vegetarian|vegan|(?:do\ not|don['’]t|doesn['’]t|never|can['’]?t|cannot)
            \ (?:eat|drink)\ .+)""",
        chinese="(吃素|素食|不[吃喝].+|吃不了.+)",
        kind="preference",
    ),
    Form(
        attribute="likes",
        english=rf"""^{_FILLERS}\ (?:loves?|likes?|hates?|dislikes?|
            prefers?|enjoys?|can['’]?t\ stand)
            \ (?!it\b|to\ (?:know|ask|see|have)\b|this|that|you\b)(.+)""",
        chinese=f"^{_FILLERS_ZH}(?:喜欢|讨厌|爱吃|爱喝|爱看|偏爱|热爱)(.+)",
        kind="preference",
    ),
    Form(
        attribute="language",
        english=rf"^{_FILLERS}\ speaks?\ (.+)",
        chinese="^(?:也)?会说(.+)",
    ),
    Form(
        attribute="pet",
        english=r"""^\ (?:have|has|own|got|have\ got)\ (?:an?|two|three)\ ((?:\w+\ ){0,2}
            (?:dog|cat|horse|rabbit|bird|parrot|hamster|fish)s?\b.*)""",
        chinese="^(?:养了?|有)([一两三]?[只条匹].+)",
    ),
)


def _compiled(form: Form) -> tuple[Form, re.Pattern[str]]:
    return form, re.compile(f"(?:{form.english})|(?:{form.chinese})", re.VERBOSE | re.IGNORECASE)


FORMS = tuple(_compiled(form) for form in _LISTED)
"""The forms with their patterns, the more certain ones first."""
