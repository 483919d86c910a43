"""The rules of the protocol: each normative sentence once, with its id, by whom it binds.

Whoever builds a kiosk, an office or a broker's settings by these can be tested by them (docs/conformance.md). A test
carries every id, and no test carries an id that is not here.
"""

from collections.abc import Mapping
from typing import Final

OF_BOTH: Final[Mapping[str, str]] = {
    "CK-TOPIC-01": "Every name in a topic MUST be of A-Z a-z 0-9 - so that no wildcard can hide in one.",
    "CK-TOPIC-02": "A sender MUST use the tree's topics alone, at the QoS and retained or not as their channel says.",
    "CK-TOPIC-03": "A receiver MUST pass over topics and telemetry groups that it does not know, and go on.",
    "CK-MSG-01": "A receiver MUST ignore fields that it does not know.",
    "CK-MSG-02": "A receiver MUST refuse the whole of a message in which a known field is missing or wrong.",
    "CK-MSG-03": "A JSON message MUST say v 1; another meaning needs another first level of the topic.",
    "CK-MSG-04": "A message that is refused MUST end neither the connection nor the hearing of those after it.",
    "CK-MSG-05": "A receiver MUST refuse unread what is longer than a message of its channel can be.",
    "CK-LINK-02": "A sender MUST stay below the broker's Receive Maximum and Maximum Packet Size, read from CONNACK.",
    "CK-LINK-04": "A sender MUST read the reason code of every answer; a refused message counts as not sent.",
    "CK-LINK-05": "A client MUST connect without a clean start, and its session MUST outlast a day of absence.",
    "CK-LINK-06": "A client MUST tell the broker by Receive Maximum how many messages it takes at once.",
    "CK-LINK-07": "User name and client id MUST be the name in the client's certificate.",
    "CK-LINK-08": "A client that lost its connection MUST try again for ever, after ever longer, random waits.",
    "CK-LINK-09": "A client MUST end a connection whose broker refuses a subscription, QoS 1 or retained messages.",
    "CK-EXPIRY-01": "Telemetry MUST expire within 600 s, days of remedies alone never; packages, receipts, lists of "
    "chunks and what is retained MUST NOT expire.",
    "CK-CMD-06": "A command MUST travel at QoS 1, expire with its end, not be retained; a retained one is passed over.",
    "CK-CMD-18": "A command MUST carry response topic (its rsp) and correlation data (its id); its answer that id too.",
    "CK-REMEDY-01": "What remedies did MUST name no citizen, no enrolment and no time finer than the day.",
}

OF_KIOSK: Final[Mapping[str, str]] = {
    "CK-ENROL-01": "A package MUST travel as a manifest and n chunks of at most 65536 bytes, at QoS 1, without expiry.",
    "CK-ENROL-04": "A kiosk MUST send missing chunks in ascending order: header and sealed summary come first.",
    "CK-ENROL-05": "A kiosk MUST offer a package again, now and then, as long as it is not settled.",
    "CK-ENROL-06": "A package once offered MUST keep its cut into chunks, unless the broker takes no chunk so large.",
    "CK-ENROL-07": "A kiosk MUST send no chunk of an offer before the office has said which chunks it holds.",
    "CK-ENROL-08": "A kiosk MUST send only the chunks that the office does not hold.",
    "CK-ENROL-09": "A second list of chunks for one offer MUST be answered by a new offer: the office began anew.",
    "CK-ENROL-10": "A package without an answer MUST let the others pass, and be offered again after a random wait.",
    "CK-ENROL-13": "What the office wants later MUST get no chunk until it asks, let the others pass, and be offered "
    "again after ever longer, random waits.",
    "CK-ENROL-15": "A kiosk MUST NOT have more than 16 packages under way, nor more than 1048576 bytes of them unless "
    "it is one alone.",
    "CK-LINK-01": "A kiosk MUST speak MQTT 5 over TLS 1.3 and show its certificate; its name in it is its identity.",
    "CK-LINK-03": "A kiosk MUST NOT have more than 16 offers and chunks under way, of all packages together.",
    "CK-WILL-01": "A kiosk's last will MUST say lost, retained, after a delay of at least 30 s.",
    "CK-STATE-01": "A kiosk that is switched off in order MUST say offline, retained, before it goes.",
    "CK-BIRTH-01": "A kiosk MUST say at every connection, retained, what it is and that it is ready.",
    "CK-TELE-01": "A kiosk MUST tell its last sequence number, the hash there, and how much waits only on it and how "
    "long, when it changes and once a minute.",
    "CK-SEQ-01": "A kiosk MUST number its packages from 1 without a gap, each naming the hash of the one before.",
    "CK-ACK-01": "A kiosk MUST release a package for a receipt only whose signature it has verified itself.",
    "CK-ACK-02": "A kiosk MUST NOT delete a package that was rejected.",
    "CK-ACK-03": "A kiosk MUST NOT erase a package before a settled receipt.",
    "CK-ACK-04": "A receipt that names other bytes than the package's, or another kiosk, MUST release nothing.",
    "CK-ACK-05": "A kiosk MUST take a receipt whenever it comes, and keep none for a package that it does not have.",
    "CK-ACK-13": "A kiosk MUST take a received receipt with a higher number in the place of one that it has.",
    "CK-TIME-01": "A kiosk MUST seal with each package between which times it was sealed for certain.",
    "CK-ALERT-01": "An alert MUST be retained as long as it stands, and be taken back by an empty message.",
    "CK-CMD-01": "A kiosk MUST obey only what is a COSE_Sign1 by the office's command key, over the bytes as received.",
    "CK-CMD-02": "A command MUST name one kiosk; another MUST pass it over, and its own numbers stay as they are.",
    "CK-CMD-03": "A command MUST carry a higher number than all before to its kiosk; a kiosk MUST refuse any other.",
    "CK-CMD-04": "A kiosk MUST keep the highest number it took durably, apart from what the network side writes.",
    "CK-CMD-05": "A command MUST carry its end; a kiosk MUST refuse it when that is surely past, by no wall clock.",
    "CK-CMD-07": "A command that comes again MUST change nothing, and its answer MUST be told again.",
    "CK-CMD-08": "A kiosk MUST answer with accepted, done or refused and a code, signed by its record key.",
    "CK-CMD-10": "What cannot be verified MUST NOT be answered, and MUST NOT be written down without bound.",
    "CK-CMD-11": "A locked kiosk MUST go on sending what it holds, and taking in receipts and commands.",
    "CK-CMD-12": "A lock MUST lose no enrolment: who is being served is finished first, or lies safe in a draft.",
    "CK-CMD-13": "A kiosk without a signed word of the office for days MUST lock; a clock's jump MUST NOT do it.",
    "CK-CMD-14": "Only a word newer than all before ends the office's silence, and MUST end the lock for it.",
    "CK-CMD-15": "Only settings of a fixed list MUST be changed by command, within what the settings file allows.",
    "CK-CMD-16": "A log sent to the office MUST NOT hold personal data, and MUST fit into one message.",
    "CK-CMD-17": "Erasing MUST be written down first, be finished after a power cut, and leave every package as it is.",
    "CK-DESIRED-02": "A kiosk MUST take only a word about settings for itself, by the command key, and of a higher "
    "number than all before, kept durably.",
    "CK-DESIRED-03": "A kiosk MUST take of a word about settings what CK-CMD-15 allows alone, and name the "
    "others in its birth, under an alert.",
    "CK-DESIRED-04": "A kiosk MUST tell in its birth which of these settings hold, and the number of the word it took.",
    "CK-CERT-01": "A renewal MUST be signed by the new key and by the key of a certificate that is still good.",
    "CK-CERT-03": "A kiosk MUST take only a certificate for its key and name, by the authority of its old one.",
    "CK-CERT-04": "A kiosk MUST keep its old key and certificate until a connection with the new ones has worked.",
    "CK-ROSTER-02": "A kiosk MUST take a roster only by a signed command, and only the bytes whose SHA-256 it names.",
    "CK-ROSTER-03": "A kiosk MUST ask for the parts that it lacks alone, and so go on where it stopped.",
    "CK-ROSTER-05": "A kiosk MUST open a roster only while an officer is signed in, and keep it sealed otherwise.",
    "CK-ROSTER-06": "A kiosk MUST forget a roster for a newer one, some days after its last day, and when erased.",
    "CK-ROSTER-07": "A roster MUST stop nobody, and what the kiosk tells of it MUST be days and counts alone.",
    "CK-KEYS-02": "A kiosk MUST seal for the keys of the newest word alone, and take none of a lower number, for ever.",
    "CK-REMEDY-03": "A kiosk MUST tell a day again until the broker has kept it for somebody.",
}

OF_OFFICE: Final[Mapping[str, str]] = {
    "CK-SHARE-01": "A collector MUST NOT receive packages by a shared subscription.",
    "CK-BROKER-01": "A broker MUST greet nobody without a good certificate, and nobody below TLS 1.3.",
    "CK-BROKER-02": (
        "A broker MUST let a kiosk speak on its own topics alone, in the province and commune that it is registered "
        "in, and hear only what is said to it there."
    ),
    "CK-BROKER-03": "A broker MUST offer QoS 1 and retained messages, and take packets of 70000 bytes.",
    "CK-ENROL-02": "A receiver MUST take chunks in any order and any number of times.",
    "CK-ENROL-03": "A receiver MUST refuse a chunk that contradicts its manifest, and a whole of another hash.",
    "CK-ENROL-11": "An office MUST answer every offer: by the receipt that stands, by the chunks that it holds, or "
    "by `later` and one of its codes.",
    "CK-ENROL-12": "An office MUST answer a chunk of an offer that it does not know by an empty list, once.",
    "CK-ENROL-14": "What an office takes neither in nor apart MUST be answered by `later`, and its chunks MUST NOT be "
    "asked for again within minutes.",
    "CK-ENROL-16": "An office MUST put 16 packages of one kiosk together side by side, whichever chunk comes next.",
    "CK-ACK-06": "An office MUST send a receipt only after the database has committed what it says.",
    "CK-ACK-07": "A receipt MUST be a COSE_Sign1 by the office's receipt key and name kiosk, id, place and hash.",
    "CK-ACK-08": "An office MUST commit a package once, by its id; one that comes again gets the receipt that stands.",
    "CK-ACK-09": "What an office does not take in MUST be kept apart whole, and be rejected by a code of the list "
    "wherever its place can be read.",
    "CK-ACK-10": "Another package under an id, or on a place, that is taken MUST be rejected and change nothing.",
    "CK-ACK-11": "A receipt MUST go to the kiosk alone whose package it is for.",
    "CK-ACK-12": "An office MUST NOT give a receipt number twice, also after it was restored from a backup.",
    "CK-SEQ-02": "An office MUST take packages in any order of their numbers, and know at any time which are missing.",
    "CK-SEQ-03": "A package that does not name the hash of the one before MUST be taken in, and be told to a person.",
    "CK-BEAT-01": "An office MUST say each hour, retained and signed by its receipt key, that it is there, and when.",
    "CK-LEARNT-01": "What all kiosks have learnt MUST be retained, signed by the receipt key, and name no kiosk.",
    "CK-CERT-02": "An office MUST sign only for a registered kiosk that is not revoked, by a certificate it knows.",
    "CK-CERT-05": "A kiosk that is revoked MUST lose its connection within seconds, and MUST NOT be greeted again.",
    "CK-UP-01": "An office that passes packages on MUST be a kiosk to the office above, and send the bytes it got.",
    "CK-UP-02": "It MUST vouch for each kiosk, retained, signed by the key it is registered with above, before its "
    "first package; what came unvouched MUST be neither taken in nor rejected.",
    "CK-UP-03": "A receiver MUST take a kiosk's packages from the office alone that vouched for it first, until a "
    "person decides otherwise.",
    "CK-UP-04": "A package MUST be settled by the office above only for a verified receipt that names its hash.",
    "CK-UP-05": "An office MUST number nothing anew: place and chain of a package passed on are those of its kiosk.",
    "CK-UP-06": "An offer that is passed on MUST name the kiosk that sealed it; chunks MUST be asked for only where "
    "its packages are taken from this office.",
    "CK-KEYS-01": "Whom to seal for MUST be retained, signed by the command key, and carry a higher number each time.",
    "CK-KEYS-03": "A package that is sealed by an unknown suite MUST be kept apart and named so.",
    "CK-DESIRED-01": "What settings are wanted of a kiosk MUST be retained, signed by the command key, name that "
    "kiosk, and carry a higher number each time.",
    "CK-CMD-09": "An office MUST believe only answers signed by that kiosk, and MUST NOT fall back from a later state.",
    "CK-CMD-19": "An office MUST tell a kiosk one command at a time, the lowest number first, the next when that is "
    "answered, over, or told four times to a kiosk that is there, and all that wait as soon as the kiosk shows itself.",
    "CK-ROSTER-01": "A roster MUST be sealed for a key that its kiosk has signed; nobody between MUST read it.",
    "CK-ROSTER-04": "An office MUST give a kiosk only parts of that kiosk's own roster, as long as its command stands.",
    "CK-REMEDY-02": "A receiver MUST count the day of a kiosk's epoch once, however often it is told.",
}

RULES: Final[Mapping[str, str]] = dict(sorted({**OF_BOTH, **OF_KIOSK, **OF_OFFICE}.items()))

#: Why an office wants a package later: the codes of CK-ENROL-14. A kiosk takes any word; a newer office may know more.
POSTPONEMENTS: Final[Mapping[str, str]] = {
    "not_vouched": "the office that passes it on has not vouched for its kiosk, or is believed in this no more",
    "vouched_elsewhere": "the packages of its kiosk are taken from another office",
    "untaken": "it came and could be neither taken in nor kept apart: see the office's alarms",
}

#: Why a package is kept apart: the codes of CK-ACK-09. A receiver takes any word; a newer office may know more.
REFUSALS: Final[Mapping[str, str]] = {
    "bad_encoding": "not a package, or not of this version",
    "bad_signature": "changed after it was signed",
    "bad_summary": "the summary in it is none",
    "cannot_open": "sealed for another office's key, or damaged",
    "id_reused": "another package was committed under this id",
    "revoked": "the kiosk is no longer trusted",
    "sequence_reused": "another package holds this place of the kiosk",
    "simulated_driver": "made with simulated devices, which only a demo's office takes",
    "unknown_kiosk": "the kiosk is not registered",
    "unknown_suite": "sealed by a suite that this office does not know",
    "unstorable": "holds a value that the office's database refuses",
    "unknown_schema": "of a kind that this office does not know",
    "wrong_id": "offered under another id than it is signed with",
    "wrong_key": "signed by another key than the kiosk's",
    "wrong_kiosk": "signed for another kiosk than the one that sent it",
}
