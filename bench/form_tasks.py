"""Twenty tasks over the tools of `form_tools`, half in English and half in Chinese.

Each has one right first call and one right answer. A first call is right when its tool says the
same as on the arguments that are known to be right.
"""

from dataclasses import dataclass, field
from typing import Any

from bench.answers import has_number, has_word
from bench.form_tools import call


@dataclass(frozen=True, kw_only=True)
class FormTask:
    """One task: what is asked, the right first call, and what a right answer holds."""

    id: str
    goal: str
    tool: str
    args: tuple[dict[str, Any], ...]
    """Arguments that are right; any one of them."""
    numbers: tuple[Any, ...] = ()
    """Numbers that the answer must hold, as `bench.answers.has_number` takes them."""
    words: tuple[tuple[str, ...], ...] = field(default=())
    """Groups of words: the answer must hold one of each group."""

    def first_call_right(self, name: str, args: dict[str, Any]) -> bool:
        """Return whether a call is the right one to begin with."""
        if name != self.tool:
            return False
        said = call(name, args)
        return said is not None and said in [call(name, right) for right in self.args]

    def answer_right(self, text: str) -> bool:
        """Return whether `text` holds the answer."""
        numbers = all(has_number(number, text) for number in self.numbers)
        return numbers and all(any(has_word(w, text) for w in group) for group in self.words)


def _convert(value: float, source: str, target: str) -> dict[str, Any]:
    return {"value": value, "from_unit": source, "to_unit": target}


TASKS = (
    FormTask(
        id="calc-en-1",
        goal="What is 348 times 27, minus 96?",
        tool="calculate",
        args=({"expression": "348 * 27 - 96"}, {"expression": "348 * 27"}),
        numbers=(9300,),
    ),
    FormTask(
        id="calc-zh-1",
        goal="每箱有24瓶水，37箱一共有多少瓶？",
        tool="calculate",
        args=({"expression": "24 * 37"},),
        numbers=(888,),
    ),
    FormTask(
        id="weather-en-1",
        goal="How warm is it in Oslo at the moment?",
        tool="weather",
        args=({"city": "Oslo"},),
        numbers=(16,),
    ),
    FormTask(
        id="weather-zh-1",
        goal="上海现在多少度？",
        tool="weather",
        args=({"city": "上海"},),
        numbers=(17,),
    ),
    FormTask(
        id="convert-en-1",
        goal="How many kilometres are 26 miles?",
        tool="unit_convert",
        args=(_convert(26, "mile", "kilometre"),),
        numbers=({"value": 41.84, "within": 0.16},),
    ),
    FormTask(
        id="convert-zh-1",
        goal="5.5英里是多少公里？",
        tool="unit_convert",
        args=(_convert(5.5, "mile", "kilometre"),),
        numbers=({"value": 8.85, "within": 0.05},),
    ),
    FormTask(
        id="person-en-1",
        goal="What is Lena Brandt's phone number?",
        tool="directory",
        args=({"name": "Lena Brandt"},),
        numbers=(4417,),
    ),
    FormTask(
        id="person-zh-1",
        goal="王芳的电话是多少？",
        tool="directory",
        args=({"name": "王芳"},),
        numbers=(4836,),
    ),
    FormTask(
        id="event-en-1",
        goal="On which date is the fire drill?",
        tool="calendar",
        args=({"query": "fire drill"},),
        words=(("2026-03-24", "24 March", "24th March", "24th of March", "March 24", "3月24日"),),
    ),
    FormTask(
        id="event-zh-1",
        goal="年终聚餐是哪一天？",
        tool="calendar",
        args=({"query": "年终聚餐"},),
        words=(("2026-12-18", "12月18日", "12月18号", "December 18", "18 December"),),
    ),
    FormTask(
        id="calc-en-2",
        goal="14 people share a prize of 9,450 euros equally. How many euros does each one get?",
        tool="calculate",
        args=({"expression": "9450 / 14"},),
        numbers=(675,),
    ),
    FormTask(
        id="calc-zh-2",
        goal="一件大衣原价860元，打七五折以后是多少元？",
        tool="calculate",
        args=({"expression": "860 * 0.75"}, {"expression": "860 * 0.25"}),
        numbers=(645,),
    ),
    FormTask(
        id="two-en",
        goal="What is the temperature in Reykjavik now, in degrees Fahrenheit?",
        tool="weather",
        args=({"city": "Reykjavik"},),
        numbers=({"value": 26.6, "within": 0.1},),
    ),
    FormTask(
        id="weather-zh-2",
        goal="成都现在的天气怎么样？",
        tool="weather",
        args=({"city": "成都"},),
        words=(("多云", "cloudy"),),
    ),
    FormTask(
        id="convert-en-2",
        goal="The recipe says 350 degrees Fahrenheit. What is that in Celsius?",
        tool="unit_convert",
        args=(_convert(350, "fahrenheit", "celsius"),),
        numbers=({"value": 176.67, "within": 0.4},),
    ),
    FormTask(
        id="convert-zh-2",
        goal="68公斤等于多少磅？",
        tool="unit_convert",
        args=(_convert(68, "kilogram", "pound"),),
        numbers=({"value": 149.91, "within": 0.11},),
    ),
    FormTask(
        id="person-en-2",
        goal="In which room can I find Tomas Keller?",
        tool="directory",
        args=({"name": "Tomas Keller"},),
        words=(("B-208", "B208", "B 208"),),
    ),
    FormTask(
        id="person-zh-2",
        goal="李强在哪个房间办公？",
        tool="directory",
        args=({"name": "李强"},),
        words=(("E-027", "E027", "E 027"),),
    ),
    FormTask(
        id="event-en-2",
        goal="What is planned for 9 April 2026?",
        tool="calendar",
        args=({"query": "2026-04-09"},),
        words=(("budget review",),),
    ),
    FormTask(
        id="two-zh",
        goal="春季运动会的每位参加者发3瓶水，一共要准备多少瓶水？",
        tool="calendar",
        args=({"query": "春季运动会"},),
        numbers=(405,),
    ),
)
"""English and Chinese in turn, so that any first few hold both."""
