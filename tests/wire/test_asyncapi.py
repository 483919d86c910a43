"""The description of the protocol says what the code does, and every rule in it has a test."""

import json
from pathlib import Path

import pytest
from pydantic import BaseModel

from kiosk.wire import asyncapi, messages
from kiosk.wire.topics import ROOT, Kind, Topic

TESTS = Path(__file__).resolve().parents[1]


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


def test_every_rule_of_the_protocol_has_a_test_that_carries_its_id() -> None:
    sources = "".join(
        path.read_text("utf-8")
        for folder in ("wire", "sealing", "custody", "office", "uplink", "runtime", "journey")
        for path in (TESTS / folder).glob("test_*.py")
        if path != Path(__file__)
    )

    assert [rule for rule in asyncapi.RULES if rule not in sources] == []


def test_the_yaml_is_in_block_style_with_json_scalars() -> None:
    value = {"a": [1, {"b": []}, "x: y"], "c": {}, "d": None, "e": {"f": True}}

    assert "\n".join(asyncapi.to_yaml(value)) == (
        '"a":\n  - 1\n  -\n    "b": []\n  - "x: y"\n"c": {}\n"d": null\n"e":\n  "f": true'
    )
