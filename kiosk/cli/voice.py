"""`kiosk voice ...`: voice packs, from the speaker's script to what the kiosk plays."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from kiosk.cli.standing import KioskFile
from kiosk.settings import KIOSK_FILE, load_kiosk_settings

voice = typer.Typer(help="Recorded voices: script, import, check, and sentences spoken ahead.", no_args_is_help=True)


def _language(name: str) -> str:
    from kiosk.words.errors import UnknownLanguage
    from kiosk.words.language import rules_of

    try:
        return rules_of(name).code
    except UnknownLanguage as error:
        raise typer.BadParameter(str(error)) from error


LanguageName = Annotated[str, typer.Option("--language", help="The folder of a language.", callback=_language)]
Honorifics = Annotated[
    list[str] | None, typer.Option("--honorific", help="Only these forms of address (can be repeated).")
]


@voice.command("script")
def voice_script(
    *,
    language: LanguageName = "vi",
    honorific: Honorifics = None,
    out: Annotated[Path | None, typer.Option(help="A CSV file; without it: to the screen.")] = None,
) -> None:
    """List what a speaker records: one file for each sentence, under the name beside it."""
    from kiosk.voice.recording import sheet
    from kiosk.words.catalogue import Catalogue
    from kiosk.words.script import script

    text = sheet(script(Catalogue.load(language), honorific))
    if out is None:
        sys.stdout.write(text)
    else:
        out.write_text(text, "utf-8")


@voice.command("import")
def voice_import(
    recordings: Annotated[Path, typer.Argument(help="A folder with the speaker's files, named as in the script.")],
    out: Annotated[Path, typer.Argument(help="The pack's folder; clips that it has already stay.")],
    *,
    name: Annotated[str, typer.Option(help="The pack's name.")],
    region: Annotated[str, typer.Option(help="The accent: Nghệ Tĩnh, Hà Nội, ...")],
    language: LanguageName = "vi",
    synthetic: Annotated[bool, typer.Option("--synthetic", help="No person has spoken these.")] = False,
) -> None:
    """Check, trim and level recordings, and make a pack of them."""
    from kiosk.voice.pack import PackFacts
    from kiosk.voice.recording import import_recordings
    from kiosk.words.catalogue import Catalogue
    from kiosk.words.script import script

    if not recordings.is_dir():
        raise typer.BadParameter(f"{recordings} is no folder", param_hint="RECORDINGS")
    found = import_recordings(
        recordings,
        script(Catalogue.load(language)),
        out,
        PackFacts(name, language, region, synthetic),
        told=lambda file: print(f"\r{file}", end="", file=sys.stderr, flush=True) if sys.stderr.isatty() else None,
    )
    for file, reason in found.wrong.items():
        print(f"{file}: {reason}", file=sys.stderr)
    print(f"{found.taken} clips taken, {len(found.wrong)} refused, {len(found.missing)} sentences not recorded")
    if found.wrong or not found.taken:
        raise typer.Exit(1)


@voice.command("check")
def voice_check(
    pack: Annotated[Path, typer.Argument(help="A pack's folder.")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object, and nothing else.")] = False,
) -> None:
    """Say which sentences a pack has, which are missing, and which clips belong to no sentence any more."""
    from kiosk.voice.pack import VoicePack
    from kiosk.words.catalogue import Catalogue
    from kiosk.words.script import script

    loaded = VoicePack.load(pack)
    lines = {line.id: line for line in script(Catalogue.load(loaded.facts.language))}
    language, recorded = loaded.facts.language, loaded.ids
    broken = sorted(name for name, line in lines.items() if name in recorded and not loaded.clip(line.text, language))
    missing = sorted(set(lines) - recorded)
    found = {
        "name": loaded.facts.name,
        "language": loaded.facts.language,
        "region": loaded.facts.region,
        "synthetic": loaded.facts.synthetic,
        "clips": len(loaded.ids & set(lines)),
        "missing": missing,
        "broken": broken,
        "superfluous": sorted(recorded - set(lines)),
    }
    if as_json:
        print(json.dumps(found, ensure_ascii=False))
    else:
        kind = "synthetic" if loaded.facts.synthetic else "spoken by a person"
        print(f"{loaded.facts.name} ({loaded.facts.language}, {loaded.facts.region}, {kind}): {found['clips']} clips")
        for name in missing:
            print(f"  not recorded: {lines[name].text}")
        for name in broken:
            print(f"  broken: {lines[name].text}")
    if broken:
        raise typer.Exit(1)


@voice.command("prepare")
def voice_prepare(
    settings: KioskFile = KIOSK_FILE,
    *,
    folder: Annotated[Path | None, typer.Option(help="Where packs lie; without it, as the settings say.")] = None,
) -> None:
    """Let the speech program say every sentence that is always the same now, so that none is waited for later."""
    from kiosk.voice.espeak import Espeak, voices_of
    from kiosk.voice.pack import PackFacts
    from kiosk.voice.recording import render_ahead
    from kiosk.words.catalogue import Catalogue
    from kiosk.words.language import languages
    from kiosk.words.script import script

    chosen = load_kiosk_settings(settings).voice
    voices = voices_of(chosen.name)
    espeak = Espeak(rate_wpm=chosen.words_per_minute, deadline_s=30.0, voices=voices)
    for language in languages():
        name = f"espeak-{voices[language]}-{chosen.words_per_minute}"
        facts = PackFacts(name, language, voices[language], synthetic=True)
        new = render_ahead(script(Catalogue.load(language)), (folder or chosen.packs) / name, facts, espeak)
        if new:
            print(f"{name}: {new} sentences spoken ahead")
