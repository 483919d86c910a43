import re
from pathlib import Path


def test_every_link_of_a_page_leads_to_something(repository: Path) -> None:
    pages = [repository / "README.md", *(repository / "docs").rglob("*.md"), *(repository / "images").glob("*.md")]
    broken = [
        f"{page.name}: {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        if not target.startswith("http") and not (page.parent / target).exists()
    ]
    assert broken == []


def test_every_command_that_the_readme_names_exists(repository: Path) -> None:
    from kiosk.cli import app

    known = {command.name or getattr(command.callback, "__name__", "") for command in app.registered_commands}
    for group in app.registered_groups:
        assert group.typer_instance is not None
        for command in group.typer_instance.registered_commands:
            known.add(f"{group.name} {command.name}")
        known.update(f"{group.name} {inner.name}" for inner in group.typer_instance.registered_groups)
    text = (repository / "README.md").read_text(encoding="utf-8")
    named = re.findall(r"(?:`|^ +)kiosk ((?:office|officer) [a-z]+|[a-z]+)", text, re.MULTILINE)
    assert named
    assert set(named) <= known
