"""Topics: what is built can be parsed, and nothing else can be built or parsed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.wire.errors import BadTopic
from kiosk.wire.topics import Kind, KioskAddress, Topic, everywhere

NAMES = st.from_regex(r"\A[A-Za-z0-9-]{1,32}\Z")
ADDRESSES = st.builds(KioskAddress, NAMES, NAMES, NAMES)
TAILED = (Kind.ALERT, Kind.TELEMETRY, Kind.COMMAND, Kind.RESPONSE, Kind.VOUCH)


@given(ADDRESSES, st.sampled_from(Kind), NAMES)
def test_a_topic_comes_back_from_its_text(address: KioskAddress, kind: Kind, tail: str) -> None:
    topic = Topic(address, kind, tail if kind in TAILED else None)

    assert Topic.parse(topic.text) == topic


@given(st.text(max_size=60) | st.from_regex(r"\Aev1(/[a-z+#\n-]{0,5}){0,6}\Z"))
def test_a_text_is_a_topic_only_in_its_own_form(text: str) -> None:
    try:
        topic = Topic.parse(text)
    except BadTopic:
        return
    assert topic.text == text


@pytest.mark.parametrize("name", ["", "+", "#", "a/b", "kiosk 1", "kiosk-1\n", "kiósk", "x" * 33, "a.b", "$SYS"])
def test_a_name_that_could_reach_elsewhere_is_refused(name: str) -> None:
    # CK-TOPIC-01
    for levels in ((name, "tk", "k-1"), ("42", name, "k-1"), ("42", "tk", name)):
        with pytest.raises(BadTopic):
            KioskAddress(*levels)
    if name != "x" * 33:
        with pytest.raises(BadTopic):
            KioskAddress("42", "tk", "k-1").command(name)


def test_the_tree_is_as_described() -> None:
    address = KioskAddress("42", "thach-kenh", "kiosk-tk-01")

    assert address.birth == "ev1/42/thach-kenh/kiosk-tk-01/birth"
    assert address.state == "ev1/42/thach-kenh/kiosk-tk-01/state"
    assert address.enrol == "ev1/42/thach-kenh/kiosk-tk-01/enrol"
    assert address.ack == "ev1/42/thach-kenh/kiosk-tk-01/ack"
    assert address.beat == "ev1/42/all/all/beat"
    assert address.learnt == "ev1/42/all/all/learnt"
    assert address.telemetry("outbox") == "ev1/42/thach-kenh/kiosk-tk-01/tele/outbox"
    assert address.alert("disk") == "ev1/42/thach-kenh/kiosk-tk-01/alert/disk"
    assert address.command("lock") == "ev1/42/thach-kenh/kiosk-tk-01/cmd/lock"
    assert address.response("lock") == "ev1/42/thach-kenh/kiosk-tk-01/rsp/lock"
    assert address.commands_filter == "ev1/42/thach-kenh/kiosk-tk-01/cmd/+"
    assert everywhere(Kind.ENROL) == "ev1/+/+/+/enrol"
    assert everywhere(Kind.TELEMETRY) == "ev1/+/+/+/tele/+"


def test_a_level_too_many_or_too_few_is_refused() -> None:
    address = KioskAddress("42", "tk", "k-1")
    with pytest.raises(BadTopic):
        address.topic(Kind.ENROL, "x")
    with pytest.raises(BadTopic):
        address.topic(Kind.COMMAND)
    for text in ("ev1/42/tk/k-1", "ev1/42/tk/k-1/enrol/x", "ev1/42/tk/k-1/cmd", "ev2/42/tk/k-1/enrol", "ev1/42/tk/k/x"):
        with pytest.raises(BadTopic):
            Topic.parse(text)
