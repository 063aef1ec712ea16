"""The front door of a generative town: load it, let it run, ask its people, fork it, replay it.

    town = Town.load("millbrook.toml", model="qwen2.5-coder-1.5b", folder="my-town")
    await town.arun(days=1)

What this module does not know: how a day goes.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

from langchain_core.language_models import BaseChatModel

from cogitate.agents.running import Ending, Going, Job, events_of, result_of
from cogitate.agents.town.answers import Answers
from cogitate.agents.town.checkpoint import TownFolder
from cogitate.agents.town.clock import DAY, end_of, last_moment
from cogitate.agents.town.counts import Tally
from cogitate.agents.town.diary import read_log
from cogitate.agents.town.interview import Interview, keep, visiting
from cogitate.agents.town.opening import Settings, header, name_of, stand_again
from cogitate.agents.town.people import Persona
from cogitate.agents.town.replay import Replayed, replay
from cogitate.agents.town.settings import TownFile, parse_town, read_source
from cogitate.agents.town.simulation import Simulation, settle_in
from cogitate.errors import SetupError
from cogitate.home import writable_folder
from cogitate.llm.load import load_model
from cogitate.runs.context import RunContext
from cogitate.runs.events import Event, Happened, RunStarted
from cogitate.runs.store import new_id
from cogitate.values import Limits, Result


@dataclass(frozen=True, kw_only=True)
class Town:
    """A town in a folder. It may be run further, asked, forked and replayed at any time."""

    file: TownFile
    folder: Path
    model: BaseChatModel
    seed: int = 0
    embeddings: str = "auto"
    """What finds places and memories by meaning; `load_embeddings` knows the names."""
    only_recorded: bool = False
    """Whether the model may be asked only what it was asked before."""

    @classmethod
    def load(
        cls,
        path: Path | str,
        *,
        model: BaseChatModel | str | None = None,
        seed: int = 0,
        folder: Path | str | None = None,
        people: int | None = None,
        embeddings: str = "auto",
    ) -> "Town":
        """Return a new town from a file.

        Args:
            path: a TOML file.
            model: a chat model, or the name of one; the embedded default when left out.
            seed: what is said depends on it; everything else is decided greedily.
            folder: where the town is kept; a new one in the data folder when left out.
            people: how many of the file's people live there; all when left out.
            embeddings: what finds places and memories by meaning.

        Raises:
            SetupError: the file is no town, or there is a town in the folder already.
            UnavailableError: the model is not there.
        """
        source = read_source(path)
        file = parse_town(source, people)
        chosen = model if isinstance(model, BaseChatModel) else load_model(model)
        place = (
            Path(folder) if folder else writable_folder("towns", f"{Path(path).stem}-{new_id()}")
        )
        about = {
            "name": file.name,
            "source": source,
            "people": people,
            "seed": seed,
            "model": model if isinstance(model, str) or model is None else name_of(chosen),
            "embeddings": embeddings,
            "end": DAY,
        }
        TownFolder(place).begin(about)
        return cls(file=file, folder=place, model=chosen, seed=seed, embeddings=embeddings)

    @classmethod
    def open(cls, folder: Path | str, *, model: BaseChatModel | str | None = None) -> "Town":
        """Return the town that a folder holds, as it stood at its last checkpoint.

        Args:
            folder: where the town is kept.
            model: another model than the one that it was begun with.

        Raises:
            SetupError: there is no town in it.
        """
        about = TownFolder(Path(folder)).about()
        chosen = model if isinstance(model, BaseChatModel) else load_model(model or about["model"])
        file = parse_town(about["source"], about["people"])
        return cls(
            file=file,
            folder=Path(folder),
            model=chosen,
            seed=about["seed"],
            embeddings=about["embeddings"],
        )

    # ---------------------------------------------------------------------------------- running

    def run(self, days: int = 1, until: str | None = None) -> Result:
        """Do what `arun` does, from code that has no event loop."""
        return asyncio.run(self.arun(days, until))

    async def arun(self, days: int | None = None, until: str | None = None) -> Result:
        """Let the town go on to the end of a day, or to a time of that day.

        Args:
            days: the last day, counted from the first; as begun when left out.
            until: a time of the last day, such as 12:00.
        """
        return await result_of(self.stream(days, until))

    async def stream(
        self,
        days: int | None = None,
        until: str | None = None,
        *,
        stop: asyncio.Event | None = None,
        going: Going | None = None,
    ) -> AsyncIterator[Event]:
        """Yield what happens: `Happened` with each line of the log, and what the model was asked.

        Args:
            days: the last day, counted from the first; as begun when left out.
            until: a time of the last day.
            stop: set it to end the run after the present tick.
            going: the record of a run that goes on; None begins a new run. Either way the town
                goes on from its last checkpoint.
        """
        end = self._end(days, until)
        answers = Answers(self.kept.answers, only=self.only_recorded)
        tally = Tally(self.kept.counts, self.file.constants.tick, answers)
        goal = f"{self.file.name}: day {(end - 1) // DAY + 1} until {end_of((end - 1) % DAY + 1)}"

        async def body(context: RunContext) -> Ending:
            return await self._body(context, answers, end)

        job = Job(
            what="town",
            started=RunStarted(run_id="", goal=goal, model=name_of(self.model), loop="town"),
            body=body,
            limits=Limits(),
            origin={"folder": str(self.folder.absolute()), "end": end},
        )
        async for event in events_of(job, stop=stop, going=going):
            tally.take(event)
            yield event

    @property
    def kept(self) -> TownFolder:
        """The town's folder."""
        return TownFolder(self.folder)

    @property
    def settings(self) -> Settings:
        """What the town is made of besides its folder."""
        return Settings(
            file=self.file, model=self.model, seed=self.seed, embeddings=self.embeddings
        )

    def _end(self, days: int | None, until: str | None) -> int:
        if days is None and until is None:
            return int(self.kept.about()["end"])
        end = last_moment(days, until, self.file.constants.tick)
        self.kept.change(end=end)
        return end

    async def _body(self, context: RunContext, answers: Answers, end: int) -> Ending:
        stage, diary = await stand_again(self.settings, self.kept, answers)
        diary.listener = lambda line: context.emit(Happened(line=line))
        simulation = Simulation(stage, diary, self.kept)
        try:
            if not diary.count:
                diary.write([header(self.settings)])
                await settle_in(stage)
                simulation.flush()
            done = await simulation.run(end)
        finally:
            for mind in stage.minds.values():
                mind.close()
            diary.close()
        kinds = [line["kind"] for line in read_log(self.kept.log)]
        answer = (
            f"{self.file.name} stands at {stage.clock.stamp()}: {len(stage.people)} people, "
            f"{kinds.count('talked')} talks, {kinds.count('committed')} commitments, "
            f"{kinds.count('reflected')} reflections; {self.folder}"
        )
        return Ending(answer=answer, stopped="answered" if done else "interrupted")

    # ------------------------------------------------------------------------ from the outside

    def whisper(self, who: str, thought: str) -> str:
        """Give a person a thought, which comes to them in the next tick; return its id.

        Raises:
            SetupError: nobody has this name, or the thought is empty.
        """
        person = self.person(who)
        if not thought.strip():
            raise SetupError("the thought is empty; say what the person is to think")
        saved = self.kept.saved()
        moment = saved[-1].moment if saved else self.file.constants.start
        return self.kept.add_input(moment, person.id, " ".join(thought.split())).id

    def fork(
        self,
        folder: Path | str,
        *,
        at: str | None = None,
        day: int | None = None,
        seed: int | None = None,
    ) -> "Town":
        """Return a copy of the town as it stood at a checkpoint, which goes its own way.

        Args:
            folder: where the copy is kept; it must hold no town.
            at: the time of a checkpoint, such as 12:00; the last one when left out.
            day: the day of it, counted from 1; the last day that has one when left out.
            seed: another seed from there on.

        Raises:
            SetupError: there is no such checkpoint, or a town in the folder.
        """
        saved = self.kept.saved_at(at, day)
        target = TownFolder(Path(folder))
        self.kept.copy(saved, target)
        new = self.seed if seed is None else seed
        target.change(seed=new, forked={"at": saved.time, "moment": saved.moment})
        return replace(self, folder=Path(folder), seed=new, only_recorded=False)

    async def interview(self, who: str, question: str, mask: str = "full") -> Interview:
        """Ask a person something; it is kept beside the log, and never comes into a memory.

        Args:
            who: an id or a name.
            question: what is asked.
            mask: which memories the person has: one of `MASKS`.

        Raises:
            SetupError: there is no such person or mask, or the town has not begun.
        """
        async with visiting(self) as visitor:
            found = await visitor.ask(who, question, mask)
        keep(self.folder, found)
        return found

    async def replay(self, at: str | None = None, day: int | None = None) -> Replayed:
        """Live the same days again from the recorded answers; `replay.py` says more."""
        return await replay(self, at, day)

    def person(self, who: str) -> Persona:
        """Return the person of an id or a name.

        Raises:
            SetupError: there is nobody like that.
        """
        folded = who.casefold().strip()
        for persona in self.file.people:
            first = persona.name.split()[0]
            if folded in (persona.id.casefold(), persona.name.casefold(), first.casefold()):
                return persona
        names = ", ".join(persona.id for persona in self.file.people)
        raise SetupError(f"nobody here is called {who!r}; choose from {names}")


__all__ = ["Town"]
