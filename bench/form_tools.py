"""Five small tools to compare forms of a tool call on. All data is made up and fixed."""

import re
from collections.abc import Iterable
from datetime import date
from typing import Any

from langchain_core.tools import BaseTool

from cogitate import ToolFailure, tool
from cogitate.tools.calculate import calculate

WEATHER = {
    ("Oslo", "奥斯陆"): "16 °C, rain, wind 21 km/h",
    ("Reykjavik", "雷克雅未克"): "-3 °C, snow, wind 38 km/h",
    ("Lisbon", "里斯本"): "19 °C, sunny, wind 14 km/h",
    ("Shanghai", "上海"): "17 °C, light rain (小雨), wind 11 km/h",
    ("Chengdu", "成都"): "13 °C, cloudy (多云), wind 6 km/h",
    ("Harbin", "哈尔滨"): "-18 °C, clear (晴), wind 9 km/h",
}
PEOPLE = {
    ("Lena Brandt",): "phone 4417, room C-102",
    ("Tomas Keller",): "phone 4482, room B-208",
    ("Aisha Rahman",): "phone 4450, room A-311",
    ("王芳", "Wang Fang"): "phone 4836, room D-415",
    ("李强", "Li Qiang"): "phone 4871, room E-027",
    ("陈静", "Chen Jing"): "phone 4809, room D-418",
}
EVENTS = {
    ("fire drill", "消防演习"): (date(2026, 3, 24), "10:30, all floors"),
    ("budget review", "预算评审"): (date(2026, 4, 9), "14:00, room A-301"),
    ("staff party", "员工聚会"): (date(2026, 6, 12), "18:00, canteen"),
    ("spring sports day", "春季运动会"): (date(2026, 4, 25), "09:00, stadium, 135 participants"),
    ("year-end dinner", "年终聚餐"): (date(2026, 12, 18), "19:00, Jade Garden"),
}
UNITS: dict[str, tuple[str, float, tuple[str, ...]]] = {
    "kilometre": ("length", 1000.0, ("km", "kilometer", "公里", "千米")),
    "metre": ("length", 1.0, ("m", "meter", "米")),
    "centimetre": ("length", 0.01, ("cm", "centimeter", "厘米")),
    "mile": ("length", 1609.344, ("mi", "英里")),
    "foot": ("length", 0.3048, ("ft", "feet", "英尺")),
    "inch": ("length", 0.0254, ("in", "inche", "英寸")),
    "kilogram": ("mass", 1.0, ("kg", "公斤", "千克")),
    "gram": ("mass", 0.001, ("g", "克")),
    "pound": ("mass", 0.45359237, ("lb", "磅")),
    "ounce": ("mass", 0.028349523125, ("oz", "盎司")),
    "celsius": ("temperature", 1.0, ("c", "°c", "centigrade", "摄氏度", "摄氏")),
    "fahrenheit": ("temperature", 5 / 9, ("f", "°f", "华氏度", "华氏")),
    "litre": ("volume", 1.0, ("l", "liter", "升")),
    "gallon": ("volume", 3.785411784, ("gal", "加仑")),
}
"""Each unit's kind, what one is in the kind's first unit, and its other names."""


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[_-]", " ", text.lower()).split())


def _find(wanted: str, table: Iterable[tuple[str, ...]]) -> tuple[str, ...] | None:
    """Return the key of which a name is in `wanted`, or holds it."""
    text = _plain(wanted)
    for key in table:
        for name in map(_plain, key):
            if text and (name in text or text in name.split() or text == name):
                return key
    return None


@tool(effect="read")
def weather(city: str) -> str:
    """Tell the weather in a city now: temperature in degrees Celsius, sky and wind.

    Args:
        city: the city's name.
    """
    key = _find(city, WEATHER)
    if key is None:
        known = ", ".join(name for name, _ in WEATHER)
        raise ToolFailure(f"no weather for {city!r}; there is weather for {known}")
    return f"{key[0]} ({key[1]}): {WEATHER[key]}"


@tool(effect="read")
def directory(name: str) -> str:
    """Look up a colleague: phone number and room.

    Args:
        name: the person's name.
    """
    key = _find(name, PEOPLE)
    if key is None:
        raise ToolFailure(f"nobody is called {name!r}; give first name and family name")
    return f"{key[0]}: {PEOPLE[key]}"


@tool(effect="read")
def calendar(query: str) -> str:
    """Look up the company calendar: when an event is, or what is planned on a date.

    Args:
        query: the event's name, or a date as YYYY-MM-DD.
    """
    if found := re.search(r"\d{4}-\d{2}-\d{2}", query):
        keys = [key for key, (day, _) in EVENTS.items() if day.isoformat() == found[0]]
        if not keys:
            return f"{found[0]}: nothing is planned"
        key = keys[0]
    else:
        match = _find(query, EVENTS)
        if match is None:
            raise ToolFailure(f"no event {query!r}; give an event's name, or a date as YYYY-MM-DD")
        key = match
    day, about = EVENTS[key]
    return f"{key[0]} ({key[1]}): {day.isoformat()} ({day:%A}), {about}"


@tool(effect="read")
def unit_convert(value: float, from_unit: str, to_unit: str) -> str:
    """Convert a measurement from one unit to another: length, mass, volume or temperature.

    Args:
        value: how many of the first unit.
        from_unit: the unit that it is in, such as mile or celsius.
        to_unit: the unit that is wanted, such as kilometre or fahrenheit.
    """
    source, target = _unit(from_unit), _unit(to_unit)
    kind, factor, _ = UNITS[source]
    wanted, divisor, _ = UNITS[target]
    if kind != wanted:
        raise ToolFailure(f"{source} is a {kind} and {target} a {wanted}: they do not convert")
    zero = 32.0 if source == "fahrenheit" else 0.0
    result = (value - zero) * factor / divisor + (32.0 if target == "fahrenheit" else 0.0)
    return f"{value:g} {source} = {round(result, 4):g} {target}"


def _unit(name: str) -> str:
    text = _plain(name).removeprefix("degrees ").removeprefix("degree ")
    for unit, (_, _, others) in UNITS.items():
        if text in (unit, *others) or text.removesuffix("s") in (unit, *others):
            return unit
    raise ToolFailure(f"unknown unit {name!r}; the units are {', '.join(UNITS)}")


TOOLS: tuple[BaseTool, ...] = (calculate, weather, unit_convert, directory, calendar)


def call(name: str, args: dict[str, Any]) -> str | None:
    """Return what a tool of the five says, None when it fails."""
    item = next(tool for tool in TOOLS if tool.name == name)
    try:
        return str(item.invoke(args))
    except (ToolFailure, ValueError):  # pydantic's ValidationError is a ValueError
        return None
