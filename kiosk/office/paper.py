"""The day sheet as paper: a PDF with its letters inside, and lines for those who sign it.

Personal data: whoever asks for it is kept in the audit.
"""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from xml.sax.saxutils import escape

from kiosk.office.errors import OfficeError
from kiosk.office.sheets import DaySheet, titles
from kiosk.office.wording import Words

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas

#: Debian's package fonts-noto-core; every Vietnamese letter is in it.
FONTS: Final = Path("/usr/share/fonts/truetype/noto")
_NAMES: Final = {"Noto": "NotoSans-Regular.ttf", "NotoBold": "NotoSans-Bold.ttf"}
_MISSING: Final = "the font Noto Sans is not in {fonts}; install Debian's package fonts-noto-core"
_LINE: Final = "#B9B5A8"
_QUIET: Final = "#566069"
_HEAD: Final = "#EFEDE6"
#: In millimetres, of 182 between the margins of A4.
_WIDTHS_MM: Final = (15, 40, 47, 26, 14, 40)
_SIGNERS: Final = ("day.officer", "day.chief")


def as_paper(sheet: DaySheet, words: Words, *, fonts: Path = FONTS) -> bytes:
    """The sheet as PDF on A4.

    Raises:
        OfficeError: the font is not installed; says which package has it.
    """
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.units import mm
    from reportlab.platypus import LongTable, Paragraph, SimpleDocTemplate, Spacer

    _register(fonts)
    styles = _styles()
    title = words("day.title", day=f"{sheet.day:%d/%m/%Y}")
    out = io.BytesIO()
    # Nothing of this computer and of this moment is to stand in the file: the same day is the same paper.
    document = SimpleDocTemplate(
        out,
        pagesize=A4,
        leftMargin=14 * mm,
        rightMargin=14 * mm,
        topMargin=16 * mm,
        bottomMargin=16 * mm,
        title=title,
        author=sheet.office,
        invariant=1,
    )
    parts: list[Any] = [Paragraph(escape(sheet.office), styles["small"]), Paragraph(escape(title), styles["title"])]
    if sheet.rows:
        count = words("day.count", n=len(sheet.rows), exceptions=sheet.with_exceptions)
        each = "; ".join(words("day.kiosk", kiosk=kiosk, n=n, exceptions=x) for kiosk, n, x in sheet.kiosks)
        parts += [Paragraph(escape(count), styles["text"]), Paragraph(escape(each), styles["small"]), Spacer(0, 3 * mm)]
        head = [Paragraph(escape(text), styles["head"]) for text in titles(words)]
        rows = [
            [
                str(row.number),
                Paragraph(escape(row.who), styles["cell"]),
                Paragraph(escape(row.where), styles["cell"]),
                Paragraph(escape(row.kiosk), styles["cell"]),
                f"{row.when:%H:%M}",
                Paragraph(escape(row.exceptions or words("enrolments.complete")), styles["cell"]),
            ]
            for row in sheet.rows
        ]
        widths = [width * mm for width in _WIDTHS_MM]
        parts.append(LongTable([head, *rows], colWidths=widths, repeatRows=1, style=_table_style()))
    else:
        parts.append(Paragraph(escape(words("day.none")), styles["text"]))
    parts += [Spacer(0, 8 * mm), _signatures(words, styles)]
    document.build(parts, canvasmaker=_numbered(words, title))
    return out.getvalue()


def _signatures(words: Words, styles: dict[str, Any]) -> Any:  # noqa: ANN401 - reportlab's flowables
    """Room for two to sign; it stays together on one page."""
    from reportlab.lib.units import mm
    from reportlab.platypus import KeepTogether, Paragraph, Table

    cells = [
        [
            Paragraph(escape(words("day.place_date")), styles["centre"]),
            Paragraph(f"<b>{escape(words(key))}</b>", styles["centre"]),
            Paragraph(escape(words("day.sign_here")), styles["small_centre"]),
        ]
        for key in _SIGNERS
    ]
    line = Paragraph("." * 44, styles["small_centre"])
    table = Table([cells, ["", ""], [line, line]], colWidths=[91 * mm] * 2, rowHeights=[None, 20 * mm, None])
    return KeepTogether([table])


def _table_style() -> Any:  # noqa: ANN401 - reportlab carries no types
    from reportlab.platypus import TableStyle

    return TableStyle(
        [
            ("FONT", (0, 0), (-1, -1), "Noto", 8.5),
            ("BACKGROUND", (0, 0), (-1, 0), _HEAD),
            ("LINEBELOW", (0, 0), (-1, -1), 0.4, _LINE),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LEFTPADDING", (0, 0), (-1, -1), 4),
            ("RIGHTPADDING", (0, 0), (-1, -1), 4),
            ("TOPPADDING", (0, 0), (-1, -1), 3),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
        ]
    )


def _styles() -> dict[str, Any]:
    from reportlab.lib.colors import HexColor
    from reportlab.lib.styles import ParagraphStyle

    quiet = HexColor(_QUIET)
    plain = ParagraphStyle("plain", fontName="Noto", fontSize=8.5, leading=11)
    return {
        "cell": plain,
        "head": ParagraphStyle("head", plain, fontName="NotoBold"),
        "text": ParagraphStyle("text", plain, fontSize=10, leading=14),
        "small": ParagraphStyle("small", plain, textColor=quiet),
        "title": ParagraphStyle("title", plain, fontName="NotoBold", fontSize=15, leading=22),
        "centre": ParagraphStyle("centre", plain, fontSize=10, leading=14, alignment=1),
        "small_centre": ParagraphStyle("small_centre", plain, textColor=quiet, alignment=1),
    }


def _numbered(words: Words, title: str) -> type[Canvas]:
    """A canvas that writes "page 2 of 5" below each page: known only when all of them are there."""
    from reportlab.lib.units import mm
    from reportlab.pdfgen.canvas import Canvas as Plain

    class Numbered(Plain):
        def __init__(self, *arguments: Any, **options: Any) -> None:  # noqa: ANN401 - reportlab's own
            super().__init__(*arguments, **options)
            self._pages: list[dict[str, Any]] = []

        def showPage(self) -> None:  # noqa: N802 - reportlab's name
            self._pages.append(dict(self.__dict__))
            self._startPage()  # pyright: ignore[reportAttributeAccessIssue] - as in reportlab's own recipe

        def save(self) -> None:
            for n, page in enumerate(self._pages, start=1):
                self.__dict__.update(page)
                self.setFont("Noto", 8)
                self.setFillColor(_QUIET)
                self.drawString(14 * mm, 9 * mm, title)
                self.drawRightString(196 * mm, 9 * mm, words("day.page", n=n, all=len(self._pages)))
                super().showPage()
            super().save()

    return Numbered


def check_font(fonts: Path = FONTS) -> str:
    """Where the letters of the paper come from. Raises OfficeError when they are not there."""
    if any(not (fonts / file).is_file() for file in _NAMES.values()):
        raise OfficeError(_MISSING.format(fonts=fonts))
    return f"Noto Sans in {fonts}"


@cache
def _register(fonts: Path) -> None:
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFError, TTFont

    try:
        for name, file in _NAMES.items():
            pdfmetrics.registerFont(TTFont(name, str(fonts / file)))
    except (OSError, TTFError) as error:
        raise OfficeError(_MISSING.format(fonts=fonts)) from error
    pdfmetrics.registerFontFamily("Noto", normal="Noto", bold="NotoBold", italic="Noto", boldItalic="NotoBold")
