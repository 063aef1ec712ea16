"""A scene as a run: each role has a view of its own, which only grows; the moderator too."""

import asyncio
import re
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any

from langchain_core.language_models import BaseChatModel

from cogitate.agents.roleplay.asking import Models
from cogitate.agents.roleplay.checks import ALIKE, alike, only_thanks
from cogitate.agents.roleplay.drift import drift_of
from cogitate.agents.roleplay.play import LIMITS, name_of
from cogitate.agents.roleplay.preparing import count_words
from cogitate.agents.roleplay.prompts import (
    CLOSING_PROMPT,
    MODERATOR_PROMPT,
    NEXT_PROMPT,
    SCENE_PROMPT,
    SPEAK_PROMPT,
    WHO_PROMPT,
)
from cogitate.agents.roleplay.scene import Scene, Talk
from cogitate.agents.roleplay.session import Ended, language_of
from cogitate.agents.roleplay.transcript import write_talk
from cogitate.agents.roleplay.values import STOPPED, Message, Role, Termination
from cogitate.agents.roleplay.view import FULL, RoleView, context_of
from cogitate.agents.running import Ending, Going, Job, events_of
from cogitate.agents.stops import Halted
from cogitate.errors import CogitateError, ContextOverflow
from cogitate.runs.context import Ask, RunContext, current
from cogitate.runs.events import Event, RunEnded, RunStarted, Said
from cogitate.values import Limits, Result, StopReason

CHAIR = "moderator"
WORD_TOKENS = 3
SUMMARY_WORDS = 120
TRIES = 2


@dataclass(kw_only=True)
class Stage:
    """What one scene knows while it runs."""

    scene: Scene
    models: Models
    views: dict[str, RoleView]
    messages: list[Message] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)

    @property
    def language(self) -> str:
        """The language of the talk, in words."""
        return language_of(self.scene.topic)

    def speak(self, role: Role, text: str) -> None:
        """Add a message, for all to hear."""
        self.messages.append(
            Message(turn=len(self.messages) + 1, seat="user", speaker=role.name, text=text)
        )
        for name, view in self.views.items():
            if name != role.name:
                view.hear(f"{role.name}: {text}")
        current().emit(Said(speaker=role.name, text=text, seat="role", turn=len(self.messages)))


def make_stage(scene: Scene, models: Models) -> Stage:
    """Return a scene before its first word."""
    room = int(FULL * context_of(models.of[CHAIR]) / (len(scene.roles) + 1))
    language, views = language_of(scene.topic), {}
    for role in scene.roles:
        others = ", ".join(other.name for other in scene.roles if other is not role)
        head = SCENE_PROMPT.format(
            name=role.name,
            about=role.about,
            others=others,
            topic=scene.topic,
            words=scene.words,
            language=language,
        )
        views[role.name] = RoleView(head, room)
    listed = "\n".join(f"{n}. {r.name}: {r.about}" for n, r in enumerate(scene.roles, start=1))
    chair = MODERATOR_PROMPT.format(name=scene.moderator, topic=scene.topic, listed=listed)
    views[CHAIR] = RoleView(chair, room)
    return Stage(scene=scene, models=models, views=views)


async def next_speaker(stage: Stage) -> Role:
    """Return who speaks next; nobody speaks twice in a row."""
    scene, last = stage.scene, stage.messages[-1].speaker if stage.messages else ""
    if not last and scene.order != "moderator":
        return scene.roles[0]
    names = [role.name for role in scene.roles]
    if scene.order == "turn":
        return scene.roles[(names.index(last) + 1) % len(names)]
    if scene.order == "rule":
        return scene.role(_waited_longest(stage, scene.after[last]))
    listed = [f"{n} {name}" for n, name in enumerate(names, start=1) if name != last]
    shown = stage.views[CHAIR].shown(NEXT_PROMPT.format(listed=", ".join(listed)))
    numbers = [item.partition(" ")[0] for item in listed]
    found = await stage.models.choose(CHAIR, shown, numbers, "next speaker")
    return scene.roles[int(next(iter(found))) - 1]


def _waited_longest(stage: Stage, names: Sequence[str]) -> str:
    spoke = [message.speaker for message in stage.messages]
    last = {name: max((i for i, n in enumerate(spoke) if n == name), default=-1) for name in names}
    return min(names, key=lambda name: last[name])


async def words_of(stage: Stage, role: Role) -> str:
    """Return what a role says: not for the others, not too long, not what it said before.

    Raises:
        Ended: its model wrote nothing, twice.
    """
    view, scene = stage.views[role.name], stage.scene
    about = f"{role.about} " if role.about else ""
    asked = SPEAK_PROMPT.format(name=role.name, about=about)
    own = [m.text for m in stage.messages if m.speaker == role.name]
    text = ""
    for attempt in range(TRIES):
        warm = {"temperature": 0.8, "seed": len(stage.messages)} if attempt else {}
        raw = await stage.models.complete(
            role.name,
            view.shown(asked),
            purpose=f"{role.name} speaks",
            max_tokens=WORD_TOKENS * scene.words + 20,
            **warm,
        )
        text = own_words(raw, role.name, [r.name for r in scene.roles], scene.words)
        if text and not any(alike(text, before) > ALIKE for before in own):
            break
    if not text:
        raise Ended("model_end", f"the model of {role.name} wrote nothing, twice")
    view.keep(asked, text)
    return text


def own_words(raw: str, name: str, names: Sequence[str], most: int) -> str:
    """Return a speaker's own words: without its label, and cut where another begins to speak."""
    text = re.sub(rf"^\W*{re.escape(name)}\W*[:：]\s*", "", raw.strip())
    others = "|".join(re.escape(other) for other in names)
    text = re.split(rf"\n\s*\W*(?:{others})\W*[:：]", text)[0]
    text = " ".join(text.split())
    if count_words(text) <= most:
        return text
    sentences, kept = re.findall(r"[^.!?。！？]+[.!?。！？]*\s*", text), ""
    for sentence in sentences:
        if kept and count_words(kept + sentence) > most:
            break
        kept += sentence
    return kept.strip() or text


async def play_scene(stage: Stage) -> tuple[Termination | None, StopReason, str, str]:
    """Return how a scene ended: by which rule, for the run, why, and its summary."""
    rule: Termination | None = None
    stopped: StopReason = "answered"
    try:
        await _talk(stage)
        rule, why = "max_turns", f"all {stage.scene.messages} messages were said"
    except Ended as ended:
        rule, stopped, why = ended.rule, STOPPED[ended.rule], ended.why
    except ContextOverflow as error:
        rule, stopped, why = "context", "tokens", str(error)
    except Halted as halted:
        rule = "model_end" if halted.reason == "model_error" else None
        stopped, why = halted.reason, halted.why
    summary = ""
    if rule in ("max_turns", "closing"):
        summary = await _closing(stage)
    return rule, stopped, why, summary or (stage.messages[-1].text if stage.messages else "")


async def _talk(stage: Stage) -> None:
    thanks = 0
    while len(stage.messages) < stage.scene.messages:
        current().turns += 1
        role = await next_speaker(stage)
        for view in (stage.views[role.name], stage.views[CHAIR]):
            if not view.fits((), WORD_TOKENS * stage.scene.words):
                raise Ended("context", "the talk does not fit the model's context any more")
        text = await words_of(stage, role)
        stage.speak(role, text)
        thanks = thanks + 1 if only_thanks(text) else 0
        if thanks >= 2:
            raise Ended("closing", "only thanks were exchanged")


async def _closing(stage: Stage) -> str:
    """Return the moderator's summary; each role is asked who it is, when that is wanted."""
    scene = stage.scene
    names = ", ".join(role.name for role in scene.roles)
    asked = CLOSING_PROMPT.format(words=SUMMARY_WORDS, language=stage.language, names=names)
    try:
        for role in scene.roles if scene.ask_who else ():
            shown = stage.views[role.name].shown(WHO_PROMPT.format(language=stage.language))
            stage.answers[role.name] = await stage.models.complete(
                role.name, shown, purpose="who are you?", max_tokens=80
            )
        shown = stage.views[CHAIR].shown(asked)
        return await stage.models.complete(CHAIR, shown, purpose="summary", max_tokens=300)
    except (Halted, ContextOverflow):
        return ""


@dataclass(frozen=True, kw_only=True)
class Staged:
    """A scene with the models that play it: `run` it, or `stream` its events."""

    scene: Scene
    model: BaseChatModel
    models: dict[str, BaseChatModel] = field(default_factory=dict)
    """Models of single roles, by name; `moderator` is the moderator's."""
    limits: Limits = LIMITS
    embedder: Any = "auto"
    """What the drift is measured with; None: it is not measured."""
    origin: dict[str, Any] | None = None

    def run(self) -> Talk:
        """Do what `arun` does, from code that has no event loop."""
        return asyncio.run(self.arun())

    async def arun(self, *, run_id: str | None = None) -> Talk:
        """Play the scene to its end and return what it left behind."""
        kept: list[Talk] = []
        async with aclosing(self.stream(run_id=run_id, keep=kept.append)) as events:
            async for _ in events:
                pass
        if not kept:
            raise CogitateError("the scene ended without a result")
        return kept[0]

    async def stream(
        self,
        *,
        stop: asyncio.Event | None = None,
        run_id: str | None = None,
        ask: Ask | None = None,
        keep: Callable[[Talk], None] | None = None,
        going: Going | None = None,
    ) -> AsyncGenerator[Event, None]:
        """Yield what happens, as it happens; messages are `Said`, the last event is `RunEnded`."""
        ended: list[Talk] = []
        job = Job(
            what="roleplay",
            started=self._started,
            body=partial(self._body, ended),
            limits=self.limits,
            origin=self.origin,
        )
        async for event in events_of(job, stop=stop, ask=ask, run_id=run_id, going=going):
            if isinstance(event, RunEnded) and ended and keep is not None:
                keep(replace(ended[0], result=event.result))
            yield event

    @cached_property
    def _started(self) -> RunStarted:
        return RunStarted(run_id="", goal=self.scene.topic, model=name_of(self.model), loop="scene")

    async def _body(self, ended: list[Talk], context: RunContext) -> Ending:
        slots = [*(role.name for role in self.scene.roles), CHAIR]
        main = context.recorded(self.model, "model")
        seats = {
            slot: context.recorded(self.models[slot], slot) if slot in self.models else main
            for slot in slots
        }
        stage = make_stage(self.scene, Models(seats, self.limits))
        rule, stopped, why, summary = await play_scene(stage)
        result = Result(run_id=context.run_id, answer=summary, stopped=stopped, usage=context.usage)
        talk = Talk(
            result=result,
            scene=self.scene,
            termination=rule,
            why=why,
            messages=tuple(stage.messages),
            summary=summary,
            answers=stage.answers,
        )
        if self.embedder is not None and stage.messages:
            said = [(message.speaker, message.text) for message in stage.messages]
            scores = drift_of(said, self.scene.roles, stage.answers, self.embedder)
            talk = replace(talk, drift=tuple(scores))
        context.artefacts += write_talk(talk, context.workspace)
        ended.append(talk)
        return Ending(answer=summary, stopped=stopped)
