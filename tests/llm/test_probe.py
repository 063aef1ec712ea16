"""What a probe finds, and that it is kept for the file that was probed."""

import json
from pathlib import Path

from click.testing import CliRunner

from cogitate.cli.models import models
from cogitate.llm.catalogue import find, model_path
from cogitate.llm.llama import ChatLlama
from cogitate.llm.probe import Probe, family, known, probe
from tests.conftest import SMALL

FOUND = Probe(
    model=SMALL,
    size=find(SMALL).size,
    context=32768,
    template="chatml",
    native_tools=True,
    json_by_word=(1, 3),
    json_by_form=(3, 3),
    calls=(2, 4),
    restraint=(3, 4),
    read_per_second=90.0,
    write_per_second=15.5,
)


def test_the_small_model_fills_in_forms_and_the_probe_is_kept(small_model: ChatLlama):
    found = probe(small_model, most=1)
    assert found.json_by_form == (1, 1)
    assert found.calls[1] == found.restraint[1] == 1
    assert (found.context, found.template, found.native_tools) == (32768, "chatml", True)
    assert found.read_per_second > 1 and found.write_per_second > 1
    assert known(small_model.path) == found


def test_what_is_known_is_shown_and_only_of_this_file(tmp_path: Path):
    place = model_path(find(SMALL))
    place.parent.mkdir(parents=True)
    assert known(place) is None
    kept = tmp_path / "home" / "cache" / "probes" / f"{place.stem}.json"
    kept.parent.mkdir(parents=True)
    kept.write_text(json.dumps(FOUND.__dict__))
    assert known(place) is None
    with place.open("wb") as file:
        file.truncate(FOUND.size)
    assert known(place) == FOUND
    shown = CliRunner().invoke(models, ["info", SMALL]).output
    assert "probed on this machine" in shown
    assert "3 of 4 left the tools alone" in shown and "reads 90, writes 15.5" in shown
    kept.write_text("[1]")
    assert known(place) is None


def test_the_family_of_a_template_is_known_by_its_marks():
    assert family("{{ '<|im_start|>' }}") == "chatml"
    assert family("[INST] {{ x }}") == "mistral"
    assert family("") == "of its own"
