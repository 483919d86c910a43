"""The peer of the custody bench: paho-mqtt at QoS 1 and one subscriber, with nothing around them."""

import threading
import time
from pathlib import Path

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from tests.office.conftest import Village

DEADLINE_S = 300.0


def _client(folder: Path, name: str, port: int) -> Client:
    client = Client(CallbackAPIVersion.VERSION2, client_id=name, protocol=MQTTProtocolVersion.MQTTv5)
    client.tls_set(str(folder / "server-ca.pem"), str(folder / "tls.pem"), str(folder / "tls.key"))
    client.username_pw_set(name)
    client.connect("localhost", port)
    client.loop_start()
    return client


def carry(village: Village, kiosk: str, pieces: list[int], *, window: int) -> float:
    """Publish messages of these sizes, `window` at most under way; seconds until the subscriber has the last."""
    topic = f"ev1/ht/tk/{kiosk}/enrol"
    come, ready = threading.Semaphore(0), threading.Event()
    hearer = _client(village.layout.collector, "collector", village.port)
    speaker = _client(village.layout.bundle(kiosk) / "uplink", kiosk, village.port)
    free = threading.Semaphore(window)

    def on_message(_client: Client, _data: object, _message: MQTTMessage) -> None:
        come.release()

    def on_subscribe(*_: object) -> None:
        ready.set()

    def on_publish(_c: Client, _data: object, _mid: int, _reason: ReasonCode, _properties: Properties) -> None:
        free.release()

    hearer.on_message, hearer.on_subscribe, speaker.on_publish = on_message, on_subscribe, on_publish
    hearer.subscribe(topic, options=SubscribeOptions(qos=1))
    if not ready.wait(DEADLINE_S):
        raise AssertionError("the subscriber was never granted its topic")
    began_s = time.monotonic()
    for size in pieces:
        free.acquire(timeout=DEADLINE_S)
        speaker.publish(topic, bytes(size), qos=1)
    for _ in pieces:
        if not come.acquire(timeout=DEADLINE_S):
            raise AssertionError("a message never came")
    took_s = time.monotonic() - began_s
    for client in (speaker, hearer):
        client.disconnect()
        client.loop_stop()
    return took_s
