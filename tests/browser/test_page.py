"""The pages in a real browser: what is clicked, typed and seen there."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.sample import EVIL, roleplay, town

if TYPE_CHECKING:
    from tests.browser.conftest import Browser

KEY = {"right": "\ue014", "left": "\ue012", "home": "\ue011", "end": "\ue010", "tab": "\ue004"}
FIRST_TALK = 14
PNG = b"\x89PNG"


def own_files(addresses: list[str]) -> bool:
    return all(address.startswith(("file:", "data:", "about:")) for address in addresses)


# ------------------------------------------------------------------------------------- the town


def test_a_town_opens_at_its_first_talk_without_a_complaint_or_a_request(
    browser: "Browser",
) -> None:
    browser.requested()
    browser.show(town())
    assert browser.text(".clock") == "08:20"
    assert len(browser.all(".map .disc")) == 5
    assert "See you at six!" in browser.text(".caption")
    assert browser.logged() == []
    asked = browser.requested()
    assert asked and own_files(asked)


def test_the_slider_and_the_arrow_keys_move_time_and_people(browser: "Browser") -> None:
    browser.show(town(), at=0)
    assert browser.text(".clock") == "06:00"
    assert len(browser.all(".disc.asleep")) == 5
    browser.press(KEY["right"], KEY["right"])
    assert browser.text(".clock") == "06:20"
    browser.press(KEY["left"])
    assert browser.text(".clock") == "06:10"
    browser.press(KEY["end"])
    assert browser.text(".clock") == "23:50"
    browser.run("const s = document.getElementById('time'); s.value = 40; "
                "s.dispatchEvent(new Event('input'))")  # fmt: skip
    assert browser.text(".clock") == "12:40"
    assert browser.one("#time").get_attribute("aria-valuetext") == "12:40"
    browser.until("return location.hash === '#40'")


def test_people_stand_where_the_data_says(browser: "Browser") -> None:
    data = town()
    browser.show(data, at=50)
    for who, person in enumerate(data["people"]):
        moves = [move for move in data["moves"] if move[0] <= 50 and move[1] == who]
        place = data["places"][moves[-1][2]]["name"]
        room = browser.run(
            "return document.querySelector(`.map .disc[data-who='${arguments[0]}']`)"
            ".closest('.room').querySelector('h4').textContent",
            who,
        )
        assert (person["name"], room) == (person["name"], place)


def test_play_goes_on_and_pause_stops(browser: "Browser") -> None:
    browser.show(town(), at=10)
    browser.run("document.querySelector('.player select').value = '8'")
    browser.click(".play")
    assert browser.one(".play").get_attribute("aria-label") == "Pause"
    browser.until("return Number(document.getElementById('time').value) > 12")
    browser.click(".play")
    stopped = browser.text(".clock")
    assert browser.one(".play").get_attribute("aria-label") == "Play"
    browser.press(KEY["right"])
    assert browser.text(".clock") > stopped


def test_play_ends_with_the_day(browser: "Browser") -> None:
    browser.show(town(), at=106)
    browser.run("document.querySelector('.player select').value = '8'")
    browser.press(" ")
    browser.until("return document.querySelector('.play').title === 'Play'")
    assert browser.text(".clock") == "23:50"


def test_a_click_on_a_person_shows_the_plan_with_the_present_item(browser: "Browser") -> None:
    browser.show(town(), at=42)
    browser.click(".map .disc[data-who='2']")
    assert browser.one(".personhead select").get_attribute("value") == "2"
    assert browser.text(".plan .present").splitlines()[0].startswith("12:30")
    browser.press(KEY["end"])
    assert browser.text(".plan .present").startswith("22:30")


def test_memories_end_at_the_present_and_can_be_searched(browser: "Browser") -> None:
    data = town()
    browser.show(data, at=30)
    browser.click(".map .disc[data-who='1']")
    browser.click("#tab-memories")
    so_far = [m for m in data["memories"] if m["who"] == 1 and m["t"] <= 30]
    assert browser.text("[role=status]") == f"{len(so_far)} of {len(so_far)} so far"
    browser.one("[type=search]").send_keys("bicycle")
    found = [m for m in so_far if "bicycle" in m["text"]]
    assert browser.text("[role=status]") == f"{len(found)} of {len(so_far)} so far"
    assert all("bicycle" in row.text for row in browser.all(".memory"))
    browser.press(KEY["left"])
    assert browser.text(".clock") == "11:00", "an arrow key in the search field moved time"
    browser.click("#everybody")
    all_so_far = [m for m in data["memories"] if m["t"] <= 30]
    assert browser.text("[role=status]").endswith(f"of {len(all_so_far)} so far")


def test_a_memory_shows_the_parts_of_its_last_score(browser: "Browser") -> None:
    data = town()
    browser.show(data, at=60)
    recall = [r for r in data["recalls"] if r["who"] == 0 and r["t"] <= 60][-1]
    memory, recency, importance, relevance = recall["hits"][0]
    browser.click(".map .disc[data-who='0']")
    browser.click("#tab-memories")
    browser.one("[type=search]").send_keys(data["memories"][memory]["text"])
    told = browser.one(".memory .bars").get_attribute("aria-label")
    assert told == f"Recency {recency:.2f}, Importance {importance:.2f}, Relevance {relevance:.2f}"


def test_a_reflection_opens_down_to_observations_and_a_click_goes_to_their_time(
    browser: "Browser",
) -> None:
    data = town()
    browser.show(data, at=100)
    at = next(at for at, m in enumerate(data["memories"]) if m["kind"] == "reflection")
    browser.click(f".map .disc[data-who='{data['memories'][at]['who']}']")
    browser.click("#tab-reflections")
    roots = browser.all(".root")
    roots[-1].find_element("css selector", "summary").click()
    browser.until("return document.querySelectorAll('.root:last-child .leaf, .leaf').length > 3")
    leaf = browser.one(".leaf")
    assert leaf.text.startswith("observation")
    time = leaf.find_element("css selector", ".when").text
    leaf.find_element("css selector", ".when").click()
    assert browser.text(".clock") == time
    assert browser.one(".leaf").is_displayed(), "the tree folded when time went back"
    assert browser.all(".root.later")


def test_talks_open_and_the_mark_on_the_map_leads_to_them(browser: "Browser") -> None:
    browser.show(town(), at=FIRST_TALK)
    browser.click(".mark:not([hidden])")
    assert browser.one(".talk[open] .speech").is_displayed()
    assert "Have you heard about the dinner" in browser.text(".talk[open]")
    browser.press(KEY["end"])
    browser.until("return document.querySelectorAll('.talk').length > 10")
    assert "Have you heard about the dinner" in browser.text(".talk[open]"), "the talk was closed"


def test_the_way_of_news_and_the_network_follow_time(browser: "Browser") -> None:
    browser.show(town(), at=0)
    browser.click("#tab-town")
    assert browser.text(".news b") == "1 of 5 know it"
    before = len(browser.all(".bond"))
    browser.press(KEY["end"])
    assert browser.text(".news b") == "5 of 5 know it"
    assert len(browser.all(".bond")) > before


def test_interviews_are_shown_with_their_masks(browser: "Browser") -> None:
    browser.show(town())
    browser.click(".map .disc[data-who='3']")
    browser.click("#tab-interviews")
    assert [row.text.splitlines()[0] for row in browser.all(".interview")] == [
        "everything",
        "nothing",
    ]


def test_tabs_are_walked_with_arrow_keys_without_moving_time(browser: "Browser") -> None:
    browser.show(town())
    browser.click("#tab-now")
    browser.press(KEY["right"], KEY["right"])
    assert browser.one("#tab-talks").get_attribute("aria-selected") == "true"
    assert browser.run("return document.activeElement.id") == "tab-talks"
    assert browser.text(".clock") == "08:20"


def test_everything_that_can_be_pressed_has_a_name(browser: "Browser") -> None:
    browser.show(town())
    for tab in ("now", "people", "talks", "town"):
        browser.click(f"#tab-{tab}")
        nameless = browser.run(
            "return [...document.querySelectorAll('button, input, select')]"
            ".filter((n) => n.checkVisibility() && !(n.textContent.trim() || n.labels?.length"
            " || n.getAttribute('aria-label'))).map((n) => n.outerHTML)"
        )
        assert nameless == []


def test_the_skip_link_is_the_first_stop_of_the_keyboard(browser: "Browser") -> None:
    browser.show(town())
    browser.press(KEY["tab"])
    assert browser.run("return document.activeElement.className") == "skip"
    browser.press("\ue007")
    assert browser.run("return document.activeElement.id") == "time"


def test_what_is_drawn_anew_keeps_the_focus(browser: "Browser") -> None:
    browser.show(town(), at=FIRST_TALK)
    focus = "return document.activeElement.textContent"
    browser.run("document.querySelectorAll('.where .person')[2].focus()")
    before = browser.run(focus)
    browser.press(KEY["right"])
    assert browser.text(".clock") == "08:30"
    assert before and browser.run("return document.activeElement.className") == "person"


def test_people_glide_unless_motion_is_unwanted(browser: "Browser") -> None:
    data = town()
    tick = next(move[0] for move in data["moves"] if move[0] > 5)
    moving = (
        "return document.getAnimations().filter((a) => a.effect.target.matches('.disc')).length"
    )
    browser.show(data, at=tick - 1)
    browser.press(KEY["right"])
    assert browser.run(moving) > 0
    still = {"features": [{"name": "prefers-reduced-motion", "value": "reduce"}]}
    browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", still)
    browser.show(data, at=tick - 1)
    browser.press(KEY["right"])
    assert browser.run(moving) == 0


def test_two_days_are_told_apart(browser: "Browser") -> None:
    data = town()
    data["times"] = [
        time if at < 54 else time.replace("03-02", "03-03") for at, time in enumerate(data["times"])
    ]
    browser.show(data, at=60)
    assert browser.text(".clock") == "03-03 16:00"
    browser.click(".map .disc[data-who='0']")
    assert browser.all(".plan li") and not browser.all(".plan .present"), "yesterday's plan"


def test_a_chinese_town_speaks_chinese(browser: "Browser") -> None:
    browser.show(town(language="zh"))
    assert browser.one("html").get_attribute("lang") == "zh-Hans"
    assert browser.text("#tab-talks") == "对话"
    assert browser.one(".map .disc[data-who='1']").text == "小雨"


def test_a_day_of_25_people_and_20000_memories_stays_fluent(browser: "Browser") -> None:
    browser.show(town(25, 20_000), at=100)
    browser.click(".map .disc[data-who='7']")
    browser.click("#tab-memories")
    browser.click("#everybody")
    step = browser.run(
        "const slider = document.getElementById('time'); const took = [];"
        "for (let t = 0; t < 108; t += 3) { const begin = performance.now(); slider.value = t;"
        "slider.dispatchEvent(new Event('input')); document.body.offsetHeight;"
        "took.push(performance.now() - begin); }"
        "return took.sort((a, b) => a - b)[took.length >> 1]"
    )
    assert step < 150, f"a step took {step:.0f} ms"
    searched = browser.run(
        "const field = document.querySelector('[type=search]'); const begin = performance.now();"
        "field.value = 'bicycle dinner'; field.dispatchEvent(new Event('input'));"
        "document.body.offsetHeight; return performance.now() - begin"
    )
    assert searched < 500, f"a search took {searched:.0f} ms"
    assert len(browser.all(".memory")) < 200
    assert browser.run("return document.querySelectorAll('*').length") < 5000


# -------------------------------------------------------------------------------- what is hostile


@pytest.mark.parametrize("make", [town, roleplay])
def test_text_of_models_never_becomes_markup(browser: "Browser", make) -> None:  # type: ignore[no-untyped-def]
    browser.show(make(evil=EVIL))
    if make is town:
        browser.click(".map .disc[data-who='1']")
        assert EVIL in browser.text(".personhead")
        browser.click("#tab-memories")
        browser.click("#everybody")
        browser.one("[type=search]").send_keys("onerror")
        browser.press(KEY["tab"], KEY["tab"], KEY["tab"], KEY["end"])
        browser.click("#tab-talks")
        browser.run("document.querySelector('.talk').open = true")
        assert EVIL in browser.text(".talk[open]")
    else:
        assert EVIL in browser.text(".message.does .words")
        assert EVIL in browser.text("h1")
    assert browser.run("return document.querySelectorAll('img').length") == 0
    assert browser.run("return document.scripts.length") == 2
    assert browser.driver.title != "owned"
    assert browser.logged() == []


def test_the_policy_stops_scripts_that_are_not_the_pages_own(browser: "Browser") -> None:
    browser.show(town())
    browser.logged()
    browser.run(
        "const s = document.createElement('script'); s.textContent = 'window.owned = 1';"
        "document.body.append(s); const i = new Image(); i.src = 'http://127.0.0.1:9/x';"
        "document.body.append(i)"
    )
    assert browser.run("return window.owned") is None
    browser.until("return true")
    assert any("Content Security Policy" in line for line in browser.logged())


# --------------------------------------------------------------------------------- the role-play


def test_a_role_play_has_a_column_for_each_role_and_its_end_beside_them(browser: "Browser") -> None:
    browser.show(roleplay())
    assert browser.logged() == []
    lefts = {m.location["x"] for m in browser.all(".message.asks")}
    rights = {m.location["x"] for m in browser.all(".message.does")}
    assert len(lefts) == len(rights) == 1 and max(lefts) < min(rights)
    assert "print(7.25 * 1)" in browser.text(".tool .code")
    side = browser.text(".progress")
    assert "finished: the user said that it is done" in side
    assert "Open" in side and "7.25 s" in side
    assert len(browser.all(".tool.bad")) == 1


def test_a_program_in_the_summary_stands_as_one(browser: "Browser") -> None:
    browser.show({**roleplay(), "summary": "Here it is.\n```python\nprint(1)\n```\nIt runs."})
    assert browser.text(".side pre.code") == "print(1)"
    assert [each.text for each in browser.all(".side p.words")] == ["Here it is.", "It runs."]


def test_turning_back_hides_what_came_later(browser: "Browser") -> None:
    browser.show(roleplay())
    browser.press(KEY["home"])
    assert len([m for m in browser.all(".message") if m.is_displayed()]) == 1
    assert "Nothing finished yet." in browser.text(".progress")
    assert "It has not ended yet." in browser.text(".progress")
    browser.press(KEY["right"])
    assert len(browser.all(".memo li")) == 1
    assert browser.text(".clock") == "2 of 8"


def test_three_roles_have_three_columns(browser: "Browser") -> None:
    browser.show(roleplay(5, roles=3))
    assert len({m.location["x"] for m in browser.all(".message")}) == 3


# ------------------------------------------------------------------------------------ how it looks


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)], ids=["wide", "phone"])
def test_it_fits_the_screen_and_all_text_can_be_read(
    browser: "Browser", tmp_path: Path, dark: bool, width: int, height: int
) -> None:
    browser.look(width=width, height=height, dark=dark)
    for name, data in (("town", town()), ("roleplay", roleplay())):
        browser.show(data, at=FIRST_TALK if name == "town" else None)
        for tab in browser.all(".side [role=tab]") or [None]:
            if tab is not None:
                tab.click()
            assert browser.faint() == []
            wide = browser.run("return document.documentElement.scrollWidth")
            assert wide <= width, f"{name} is {wide} wide on a screen of {width}"
        picture = tmp_path / f"{name}.png"
        assert browser.driver.save_screenshot(str(picture))
        assert picture.read_bytes()[:4] == PNG and picture.stat().st_size > 10_000


def test_the_switch_turns_light_into_dark(browser: "Browser") -> None:
    browser.show(town())
    ground = "return getComputedStyle(document.body).backgroundColor"
    before = browser.run(ground)
    browser.click(".theme")
    assert browser.run(ground) != before
    assert browser.faint() == []
