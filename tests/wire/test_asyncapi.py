"""The description of the protocol says what the code does, and every rule in it has a test."""

import json
import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from kiosk.wire import asyncapi, messages
from kiosk.wire.rules import OF_BOTH, OF_KIOSK, OF_OFFICE, REFUSALS, RULES
from kiosk.wire.topics import ROOT, Kind, Topic

REPOSITORY = Path(__file__).resolve().parents[2]


def test_the_file_is_what_the_models_say() -> None:
    written = Path(asyncapi.__file__).with_name("asyncapi.yaml").read_text("utf-8")

    assert written == asyncapi.document(), "write it anew: python -m kiosk.wire.asyncapi > kiosk/wire/asyncapi.yaml"


@pytest.mark.parametrize("name", asyncapi.EXAMPLES)
def test_each_example_is_a_message_of_its_model(name: str) -> None:
    model = getattr(messages, name)
    (example,) = asyncapi.describe()["components"]["messages"][name]["examples"]

    assert model.model_validate_json(json.dumps(example["payload"])) == asyncapi.EXAMPLES[name]
    schema = asyncapi.describe()["components"]["schemas"][name]
    assert set(example["payload"]) <= set(schema["properties"])
    assert set(schema.get("required", ())) <= set(example["payload"])


def test_every_message_is_described() -> None:
    public = {
        name
        for name, model in vars(messages).items()
        if isinstance(model, type)
        and issubclass(model, BaseModel)
        and not name.startswith("_")
        and model is not BaseModel
    }
    schemas = asyncapi.describe()["components"]["schemas"]
    described = {name for name, schema in schemas.items() if schema["type"] == "object"}

    assert public == described


def test_every_channel_is_a_topic_that_can_be_built() -> None:
    channels = asyncapi.describe()["channels"]
    assert set(channels) == {kind.value for kind in Kind}
    for name, channel in channels.items():
        topic = channel["address"].format(**{level: level for level in channel["parameters"]})
        assert Topic.parse(topic).kind == name
        assert topic.startswith(ROOT)


def test_references_lead_somewhere() -> None:
    document = asyncapi.describe()

    def follow(value: object) -> int:
        if isinstance(value, dict):
            if isinstance(value.get("$ref"), str):
                target: object = document
                for level in value["$ref"].removeprefix("#/").split("/"):
                    assert isinstance(target, dict)
                    target = target[level]
                return 1
            return sum(follow(inner) for inner in value.values())
        return sum(follow(inner) for inner in value) if isinstance(value, list) else 0

    assert follow(document) > 20


def sources(*places: str, pattern: str = "*.py") -> str:
    return "".join(
        path.read_text("utf-8")
        for place in places
        for path in sorted((REPOSITORY / place).rglob(pattern))
        if path != Path(__file__)
    )


def test_every_rule_of_the_protocol_has_a_test_that_carries_its_id() -> None:
    assert [rule for rule in RULES if rule not in sources("tests", pattern="test_*.py")] == []


def test_every_id_that_a_test_a_program_or_a_page_names_is_one_of_a_rule() -> None:
    named = set(re.findall(r"CK-[A-Z]+-[0-9]+", sources("tests", "kiosk") + sources("docs", pattern="*.md")))
    assert named - RULES.keys() == set()


def test_a_rule_binds_one_of_three_and_says_must() -> None:
    assert len(RULES) == len(OF_BOTH) + len(OF_KIOSK) + len(OF_OFFICE)
    assert [rule for rule, sentence in RULES.items() if "MUST" not in sentence] == []


def test_an_office_refuses_by_the_codes_of_the_list_alone() -> None:
    used = set(re.findall(r'RefusalError\(\s*"([a-z_]+)"', sources("kiosk/office")))
    assert used == REFUSALS.keys()


def test_the_yaml_is_in_block_style_with_json_scalars() -> None:
    value = {"a": [1, {"b": []}, "x: y"], "c": {}, "d": None, "e": {"f": True}}

    assert "\n".join(asyncapi.to_yaml(value)) == (
        '"a":\n  - 1\n  -\n    "b": []\n  - "x: y"\n"c": {}\n"d": null\n"e":\n  "f": true'
    )
