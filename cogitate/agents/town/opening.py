"""A town is set up: before its first morning, or as it stood at its last checkpoint.

What this module does not know: what happens then.
"""

import shutil
from dataclasses import dataclass
from typing import Any

from langchain_core.language_models import BaseChatModel

from cogitate.agents.town.answers import Answers
from cogitate.agents.town.checkpoint import TownFolder, person_from, states_from
from cogitate.agents.town.clock import Clock, end_of, hhmm
from cogitate.agents.town.diary import Diary, Line, Page
from cogitate.agents.town.minds import Mind
from cogitate.agents.town.people import Person, Persona
from cogitate.agents.town.settings import TownFile
from cogitate.agents.town.stage import Stage
from cogitate.agents.town.wording import Prompts
from cogitate.agents.town.world import World
from cogitate.llm.embed import load_embeddings


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a town is made of besides its folder."""

    file: TownFile
    model: BaseChatModel
    seed: int
    embeddings: str


def staged(made: Settings, kept: TownFolder, clock: Clock, answers: Answers) -> Stage:
    """Return a town before its first morning, with the model's answers kept in a file."""
    file, embedder = made.file, load_embeddings(made.embeddings)
    world, prompts = World(file.world.name, file.world.arenas), Prompts(file)
    weights = file.constants.weights
    return Stage(
        town=file,
        world=world,
        clock=clock,
        people={p.id: newcomer(p, world, prompts.words.asleep) for p in file.people},
        minds={p.id: Mind(kept.memory(p.id), p.id, clock, embedder, weights) for p in file.people},
        model=made.model.model_copy(update={"cache": answers}),
        embedder=embedder,
        prompts=prompts,
        seed=made.seed,
        page=Page(clock),
    )


async def stand_again(made: Settings, kept: TownFolder, answers: Answers) -> tuple[Stage, Diary]:
    """Return a town as it stood at its last checkpoint, or before its first tick."""
    saved, clock = kept.saved(), Clock(made.file.first)
    stage = staged(made, kept, clock, answers)
    if saved:
        state = kept.restore(saved[-1], [persona.id for persona in made.file.people])
        clock.moment = state["moment"]
        stand_as(stage, state)
    else:
        # Killed before the first checkpoint: it begins anew.
        shutil.rmtree(kept.path / "memory", ignore_errors=True)
        kept.log.unlink(missing_ok=True)
        (kept.path / "memory").mkdir()
        clock.moment = made.file.constants.start
    for mind in stage.minds.values():
        await mind.open()
    return stage, Diary(kept.log, clock)


def stand_as(stage: Stage, state: dict[str, Any]) -> None:
    """Let a town stand as a checkpoint says."""
    stage.world.states = states_from(state["objects"])
    stage.heard = list(state["heard"])
    for persona in stage.town.people:
        stage.people[persona.id] = person_from(persona, state["people"][persona.id])


def newcomer(persona: Persona, world: World, asleep: str) -> Person:
    """Return a person before the first morning: asleep at home."""
    sector = world.arena(persona.home).sector
    own = [p for p, a in world.arenas.items() if a.sector == sector and a.owner == persona.id]
    public = [path for path, arena in world.arenas.items() if not arena.owner]
    known = [*own, *(persona.places or public)]
    return Person(
        persona=persona,
        place=persona.home,
        activity=asleep,
        known=list(dict.fromkeys([persona.home, *known])),
        met=list(persona.knows),
    )


def name_of(model: BaseChatModel) -> str:
    """Return the name of a model."""
    return str(model._identifying_params.get("model", model._llm_type))


def header(made: Settings) -> Line:
    """Return the first line of the log: what the town is."""
    file = made.file
    return {
        "time": Clock(file.first).stamp(file.constants.start),
        "kind": "town",
        "version": 1,
        "name": file.name,
        "language": file.language,
        "seed": made.seed,
        "model": name_of(made.model),
        "constants": {**vars(file.constants)},
        "people": [_shown(persona) for persona in file.people],
        "places": [
            {
                "path": arena.path,
                "sector": arena.sector,
                "arena": arena.name,
                "objects": list(arena.objects),
                "open": arena.hours,
                "owner": arena.owner,
            }
            for arena in file.world.arenas.values()
        ],
        "news": [{"id": n.id, "text": n.text, "who": list(n.who)} for n in file.news],
    }


def _shown(persona: Persona) -> dict[str, Any]:
    return {
        "id": persona.id,
        "name": persona.name,
        "age": persona.age,
        "traits": persona.traits,
        "about": persona.about,
        "now": persona.now,
        "home": persona.home,
        "wake": hhmm(persona.wake),
        "bed": end_of(persona.bed),
        "knows": dict(persona.knows),
    }
