"""The worked example of ICAO Doc 9303-11, appendix D: BAC and secure messaging to the byte."""

from collections.abc import Callable

from kiosk.chip import cipher
from kiosk.chip.access import open_with_bac
from kiosk.chip.commands import read_binary, select_file
from kiosk.chip.keys import MrzKey
from kiosk.chip.messaging import SecureMessaging
from kiosk.chip.mrz import parse_mrz

KEY = MrzKey("L898902C<", "690806", "940623")
K_ENC = bytes.fromhex("AB94FDECF2674FDFB9B391F85D7F76F2")
K_MAC = bytes.fromhex("7962D9ECE03D1ACD4C76089DCE131543")
AUTHENTICATE = "008200002872C29C2371CC9BDB65B779B8E8D37B29ECC154AA56A8799FAE2F498F76ED92F25F1448EEA8AD90A728"
AUTHENTICATED = "46B9342A41396CD7386BF5803104D7CEDC122B9132139BAF2EEDC94EE178534F2F2D235D074D74499000"
EXCHANGES = {
    "0084000008": "4608F919887022129000",
    AUTHENTICATE: AUTHENTICATED,
    "0CA4020C158709016375432908C044F68E08BF8B92D635FF24F800": "990290008E08FA855A5D4C50A8ED9000",
    "0CB000000D9701048E08ED6705417E96BA5500": "8709019FF0EC34F9922651990290008E08AD55CC17140B2DED9000",
    "0CB000040D9701128E082EA28A70F3C7B53500": (
        "871901FB9235F4E4037F2327DCC8964F1F9B8C30F42C8E2FFF224A990290008E08C8B2787EAEA07D749000"
    ),
}


def by_the_book(apdu: bytes) -> bytes:
    return bytes.fromhex(EXCHANGES[apdu.hex().upper()])


def fixed_random() -> Callable[[int], bytes]:
    values = iter(("781723860C06C226", "0B795240CB7049B01C19B33E32804F0B"))
    return lambda count: bytes.fromhex(next(values))[:count]


def test_access_keys_of_the_example_come_out_of_its_mrz() -> None:
    assert KEY.information == "L898902C<369080619406236"
    seed = cipher.seed_of_mrz(KEY.information)
    assert seed.hex().upper() == "239AB9CB282DAF66231DC5A4DF6BFBAE"
    assert cipher.derive_key(seed, cipher.ENCRYPTION) == K_ENC
    assert cipher.derive_key(seed, cipher.AUTHENTICATION) == K_MAC


def test_the_conversation_of_the_example_is_had_to_the_byte() -> None:
    session = open_with_bac(by_the_book, KEY, random_bytes=fixed_random())
    assert session.send(by_the_book, select_file(0x011E)) == (b"", 0x9000)
    assert session.send(by_the_book, read_binary(0, 4)) == (bytes.fromhex("60145F01"), 0x9000)
    rest = bytes.fromhex("04303130365F36063034303030305C026175")
    assert session.send(by_the_book, read_binary(4, 0x12)) == (rest, 0x9000)


def test_session_keys_of_the_example_come_out_of_its_seed() -> None:
    seed = bytes.fromhex("0036D272F5C350ACAC50C3F572D23600")
    session = SecureMessaging(
        key_enc=cipher.derive_key(seed, cipher.ENCRYPTION),
        key_mac=cipher.derive_key(seed, cipher.AUTHENTICATION),
        counter=0x887022120C06C226,
    )
    assert session.send(by_the_book, select_file(0x011E)) == (b"", 0x9000)


def test_the_mrz_samples_of_the_standard_are_read() -> None:
    td3 = parse_mrz("P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10")
    assert (td3.form, td3.document_number, td3.surname, td3.given_names) == (
        "TD3",
        "L898902C3",
        "ERIKSSON",
        "ANNA MARIA",
    )
    assert td3.wrong_checks == ()
    td2 = parse_mrz("I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\nD231458907UTO7408122F1204159<<<<<<<6")
    assert (td2.form, td2.document_number, td2.wrong_checks) == ("TD2", "D23145890", ())
    td1 = parse_mrz("I<UTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<")
    assert (td1.form, td1.document_number, td1.wrong_checks) == ("TD1", "D23145890", ())


def test_a_number_longer_than_nine_is_joined_from_the_optional_field() -> None:
    long = parse_mrz("I<UTOD23145890<7349<<<<<<<<<<<\n3407127M9507122UTO<<<<<<<<<<<2\nSTEVENSON<<PETER<JOHN<<<<<<<<<")
    assert long.document_number == "D23145890734"
    assert long.wrong_checks == ()
