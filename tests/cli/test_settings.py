from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from cogitate.cli.settings import KEYS, AgentOptions, agent_options, from_files, read
from cogitate.cli.settings import setting as make_setting
from cogitate.errors import SetupError

SEEN: list[AgentOptions] = []


@click.command()
@agent_options
@click.argument("rest", nargs=-1)
def command(options: AgentOptions, rest: tuple[str, ...]) -> None:
    SEEN.append(options)


def options(*args: str) -> AgentOptions:
    done = CliRunner().invoke(command, args, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return SEEN.pop()


def write(folder: Path, text: str) -> Path:
    path = folder / "cogitate.toml"
    path.write_text(text, "utf-8")
    return path


def test_without_settings_the_defaults_hold() -> None:
    found = options()
    assert (found.model, found.tools, found.folder) == (None, (), None)
    assert (found.loop, found.sandbox, found.offline) == ("auto", "confined", False)
    assert (found.limits.steps, found.limits.seconds) == (40, 600.0)


def test_flag_beats_variable_beats_current_folder_beats_home(
    clean: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (options().max_steps, options().limits.steps) == (None, 40)
    write(clean, "max-steps = 3")
    assert options().max_steps == 3
    write(Path.cwd(), "max_steps = 4")
    assert options().max_steps == 4
    monkeypatch.setenv("COGITATE_MAX_STEPS", "5")
    assert options().max_steps == 5
    assert options("--max-steps", "6").max_steps == 6


def test_both_files_hold_where_they_do_not_collide(clean: Path) -> None:
    write(clean, 'model = "a"\nseed = 1')
    write(Path.cwd(), 'model = "b"')
    found = options()
    assert (found.model, found.seed) == ("b", 1)


def test_every_option_of_an_agent_can_be_set_in_a_file_and_by_a_variable() -> None:
    assert set(KEYS) == set(AgentOptions.__dataclass_fields__) - {"tables"}
    by_name = {parameter.name: parameter for parameter in command.params}
    for name in KEYS:
        assert by_name[name].envvar == f"COGITATE_{name.upper()}"


def test_each_setting_of_a_file_reaches_its_option() -> None:
    (Path.cwd() / "data").mkdir()
    write(
        Path.cwd(),
        'model = "m"\ntools = ["python", "mine.py", "a.b:c"]\nonly-tools = true\n'
        'folder = "data"\nloop = "react"\nmax-steps = 1\nmax-seconds = 2\nmax-tokens = 3\n'
        'max-tool-calls = 4\nsandbox = "monty"\nquiet = true\nseed = 5\ntemperature = 0.5\n'
        'offline = true\nmemory = "mine.db"\nplanner-model = "p"\ncritic-model = "c"\n',
    )
    assert options() == AgentOptions(
        model="m",
        tools=("python", "mine.py", "a.b:c"),
        only_tools=True,
        folder=Path("data"),
        loop="react",
        planner_model="p",
        critic_model="c",
        memory="mine.db",
        max_steps=1,
        max_seconds=2.0,
        max_tokens=3,
        max_tool_calls=4,
        sandbox="monty",
        quiet=True,
        seed=5,
        temperature=0.5,
        offline=True,
    )


def test_paths_are_relative_to_the_file_they_stand_in(clean: Path) -> None:
    (clean / "data").mkdir()
    write(clean, 'folder = "data"\ntools = ["mine.py", "python"]')
    found = options()
    assert found.folder == clean / "data"
    assert found.tools == (str(clean / "mine.py"), "python")


def test_a_flag_takes_back_what_a_file_sets() -> None:
    write(Path.cwd(), "offline = true\nquiet = true")
    found = options("--online", "--verbose")
    assert (found.offline, found.quiet) == (False, False)


def test_several_tools_are_taken_from_flags_and_from_the_variable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert options("--tools", "a", "--tools", "b").tools == ("a", "b")
    monkeypatch.setenv("COGITATE_TOOLS", "c d")
    assert options().tools == ("c", "d")


def test_the_walls_are_taken_away_only_on_the_command_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert options("--sandbox", "none").sandbox == "none"
    monkeypatch.setenv("COGITATE_SANDBOX", "none")
    with pytest.raises(SetupError, match="only from the command line"):
        options()
    monkeypatch.delenv("COGITATE_SANDBOX")
    write(Path.cwd(), 'sandbox = "none"')
    with pytest.raises(SetupError, match="only from the command line"):
        options()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("max-steps = \n", r"cogitate\.toml: not TOML: .*line 1"),
        ('\nmodel = "a\n', r"cogitate\.toml: not TOML: .*line 2"),
        ('model = "a"\n\nmax-step = 3', r"line 3: unknown setting 'max-step'.*'max_steps'"),
        ("zzz = 1", r"line 1: unknown setting 'zzz'; choose from model"),
        ("[run]\nmodel = 'a'", r"line 1: unknown setting 'run'"),
        ("seed = 1\nmax-steps = '3'", r"line 2: max-steps must be a whole number, not '3'"),
        ("max-steps = true", r"max-steps must be a whole number, not True"),
        ("max-seconds = false", r"max-seconds must be a number, not False"),
        ("offline = 1", r"offline must be true or false, not 1"),
        ("tools = 'python'", r"tools must be a list of texts, not 'python'"),
        ("tools = [1]", r"tools must be a list of texts"),
    ],
)
def test_a_wrong_file_is_an_error_with_its_name_and_line(
    tmp_path: Path, text: str, said: str
) -> None:
    with pytest.raises(SetupError, match=said):
        read(write(tmp_path, text))


def test_a_file_that_is_not_text_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "cogitate.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SetupError, match="cannot be read"):
        read(tmp_path / "cogitate.toml")


def test_help_works_with_a_broken_file(cogitate) -> None:
    write(Path.cwd(), "[[[")
    assert cogitate("run", "--help").returncode == 0
    done = cogitate("run", "x")
    assert done.returncode == 2 and "cogitate.toml: not TOML" in done.stderr


def test_a_wrong_value_says_that_it_comes_from_the_file_or_the_variable(cogitate) -> None:
    write(Path.cwd(), "max-steps = 0")
    assert "(from cogitate.toml)" in cogitate("run", "x").stderr
    said = cogitate("run", "x", env={"COGITATE_MAX_STEPS": "zero"}).stderr
    assert "COGITATE_MAX_STEPS" in said


def test_no_file_is_no_setting() -> None:
    assert from_files() == {}


def test_a_setting_names_its_variable_after_its_first_form() -> None:
    @click.command()
    @make_setting("--long-name/--no-long-name", "-x", default=False)
    def some(long_name: bool) -> None: ...

    assert some.params[0].envvar == "COGITATE_LONG_NAME"
