"""Files that are damaged, ambiguous or hostile: what each is, and what becomes of it."""

import gzip
import io
import random
import stat
import struct
import time
import zipfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

from ingest.options import ReadOptions
from tests.reading import Reading, read_all, read_one

HEAD = "started_at,provider,model,uncached_input_tokens,cost,currency"
GOOD = "2026-09-01T10:00:00Z,openai,gpt-5-mini,100,0.015,USD"


def usage(*lines: str, head: str = HEAD) -> bytes:
    return "\n".join([head, *lines, ""]).encode()


def with_cell(**cells: str) -> str:
    """The good line with some cells written otherwise."""
    given = dict(zip(HEAD.split(","), GOOD.split(","), strict=True)) | cells
    return ",".join(given.values())


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Reading]:
    return lambda data, **options: read_one(tmp_path, "march.csv", data, ReadOptions(**options))


REFUSED = {
    "1 empty": (b"", "empty"),
    "2 header only": (usage(), "no rows"),
    "5 utf16 without mark": (usage(GOOD).decode().encode("utf-16-be"), "--encoding utf-16-be"),
    "6 latin1": (usage(GOOD.replace("openai", "Équipe")).decode().encode("latin-1"), "--encoding"),
    "7 cp1252 euro": (usage(GOOD).replace(b"openai", b"\x80uro"), "0x80"),
    "8 nul": (usage(GOOD).replace(b"gpt", b"g\0t"), "NUL"),
    "9 nul tail": (usage(GOOD) + b"\0" * 4096, "NUL"),
    "22 one column": (b"c0\nv0\na;b\n", "one column"),
    "25 unclosed quote": (usage(GOOD, with_cell(provider='"search'), GOOD, GOOD), "line 3 is never closed"),
    "25 a quote that a later one closes": (
        usage(GOOD, with_cell(provider='"search'), GOOD, with_cell(provider='"search"')),
        "line 3 is never closed",
    ),
    "31 duplicate header": (usage(GOOD + ",1", head=HEAD + ",cost"), "cost twice"),
    "32 duplicate header in another case": (usage(GOOD + ",1", head=HEAD + ",COST"), "COST twice"),
    "33 blank header": (usage(GOOD + ",1", head=HEAD + ","), "column 7 without a name"),
    "35 preamble": (b"Invoice 123\n" + usage(GOOD), "no format we know"),
    "36 comment": (b"# generated\n" + usage(GOOD), "no format we know"),
    "41 web page": (b"<!DOCTYPE html><html><body>Sign in", "web page"),
    "42 picture": (b"\x89PNG\r\n\x1a\n" + b"\0" * 64, "picture"),
    "43 random bytes": (random.Random(1).randbytes(4000), "NUL"),
    "44 huge field": (usage(with_cell(provider='"' + "x" * 3_000_000 + '"')), "longer than"),
    "45 many quotes": (usage('"' * 500_001), "never closed"),
    "46 commas": (b"," * 3_000_000, "longer than"),
    "47 wide header": (",".join(f"c{at}" for at in range(100_000)).encode() + b"\n1\n", "100,000 columns"),
    "48 million columns": (b",".join(b"c%d" % at for at in range(1_000_000)) + b"\n1\n", "longer than"),
    "77 arrow": (b"ARROW1\0\0" + b"\0" * 64, "Arrow"),
    "77 pickle": (b"\x80\x04\x95" + b"\0" * 64, "pickle"),
    "77 database": (b"\0" * 8 + b"DUCK" + b"\0" * 64, "DuckDB database"),
}


@pytest.mark.parametrize(("data", "why"), REFUSED.values(), ids=REFUSED)
def test_a_file_that_cannot_be_taken_is_refused_with_the_reason_and_leaves_no_rows(
    data: bytes, why: str, read: Callable[..., Reading]
) -> None:
    started = time.monotonic()

    found = read(data)

    assert why in found.error
    assert found.error.startswith("march.csv")
    assert found.answer.tables == {}
    assert found.answer.folder is None
    assert time.monotonic() - started < 5


def test_41_a_workbook_is_named_as_one(tmp_path: Path) -> None:
    (found,) = read_all(tmp_path, "march.csv", zipped({"[Content_Types].xml": b"<xml/>", "xl/sheet1.xml": b"<xml/>"}))

    assert "Excel" in found.error


ACCEPTED = {
    "3 bom": b"\xef\xbb\xbf" + usage(GOOD),
    "4 utf16 with mark": usage(GOOD).decode().encode("utf-16"),
    "4 utf16be with mark": b"\xfe\xff" + usage(GOOD).decode().encode("utf-16-be"),
    "28 cr only": usage(GOOD).replace(b"\n", b"\r"),
    "29 mixed line ends": usage(GOOD).replace(b"\n", b"\r\n", 1),
    "30 no line end at the end": usage(GOOD).rstrip(b"\n"),
    "34 other order": usage(",".join(GOOD.split(",")[::-1]), head=",".join(HEAD.split(",")[::-1])),
    "39 sep line": b"sep=;\n" + usage(GOOD).replace(b",", b";"),
    "40 pipe": usage(GOOD).replace(b",", b"|"),
    "40 tab": usage(GOOD).replace(b",", b"\t"),
    "40 semicolon": usage(GOOD).replace(b",", b";"),
    "42 gz": gzip.compress(usage(GOOD)),
    "67 two gzip members": gzip.compress(usage()) + gzip.compress(usage(GOOD).split(b"\n", 1)[1]),
    "blank lines": usage("", GOOD, "", ""),
    "spaces and capitals": usage(GOOD, head="Started At, Provider ,MODEL,uncached-input-tokens,Cost,currency"),
}  # fmt: skip


@pytest.mark.parametrize("data", ACCEPTED.values(), ids=ACCEPTED)
def test_a_file_that_is_only_written_differently_gives_the_same_row(
    data: bytes, tmp_path: Path, read: Callable[..., Reading]
) -> None:
    (tmp_path / "plain").mkdir()
    plain = read_one(tmp_path / "plain", "march.csv", usage(GOOD))

    found = read(data)

    assert [("openai", 100, Decimal("0.015"))] == [
        (row["provider"], row["uncached_input_tokens"], row["cost"]) for row in found.rows("usage")
    ]
    assert found.rejects == {}
    assert plain.answer.fingerprint == found.answer.fingerprint


@pytest.mark.parametrize(("encoding", "letter"), [("latin-1", "É"), ("cp1252", "€")], ids=["6", "7"])
def test_6_7_other_encodings_are_read_when_said(encoding: str, letter: str, read: Callable[..., Reading]) -> None:
    found = read(usage(GOOD.replace("openai", letter)).decode().encode(encoding), encoding=encoding)

    assert [letter] == found.column("usage", "provider")


REJECTED = {
    "10 a thousand or one": ("uncached_input_tokens", "1.000", ";", "--decimal"),
    "10 decimal comma": ("cost", "0,015", ";", "--decimal"),
    "11 decimal comma among points": ("cost", '"0,015"', ",", "--decimal"),
    "12 blank between thousands": ("uncached_input_tokens", "1 000", ",", "--decimal"),
    "12 hard blank between thousands": ("uncached_input_tokens", "1\u00a0000", ",", "--decimal"),
    "12 apostrophe between thousands": ("uncached_input_tokens", "1'000", ",", "--decimal"),
    "12 underscore between thousands": ("uncached_input_tokens", "1_000", ",", "--decimal"),
    "12 comma between thousands": ("uncached_input_tokens", '"1,000"', ",", "--decimal"),
    "13 a part of a token": ("uncached_input_tokens", "1.25E+01", ",", "whole number"),
    "14 another currency": ("cost", "€0.10", ",", "currency"),
    "15 negative tokens": ("uncached_input_tokens", "-5", ",", "less than 0"),
    "16 nan": ("cost", "NaN", ",", "finite"),
    "16 inf": ("cost", "-inf", ",", "finite"),
    "16 1e308": ("cost", "1e308", ",", "cost"),
    "16 1e309": ("cost", "1e309", ",", "cost"),
    "17 too many tokens": ("uncached_input_tokens", "9223372036854775808", ",", "1e15"),
    "17 just over 1e15 tokens": ("uncached_input_tokens", "1000000000000001", ",", "1e15"),
    "17 over 1e9 of money": ("cost", "1000000000.01", ",", "1e9"),
    "20 text for a number": ("uncached_input_tokens", "ABC", ",", "not a number"),
    "20 hexadecimal": ("uncached_input_tokens", "0x10", ",", "not a number"),
    "49 day or month": ("started_at", "03/04/2026", ",", "--dates"),
    "50 year 9999": ("started_at", "9999-12-31", ",", "two days ahead"),
    "50 year 1970": ("started_at", "1970-01-01T00:00:00Z", ",", "before 2020"),
    "50 zero date": ("started_at", "0000-00-00", ",", "exists"),
    "50 30 February": ("started_at", "2026-02-30", ",", "exists"),
    "51 two digits": ("started_at", "26-11-01", ",", "two digits"),
    "52 Excel": ("started_at", "46327", ",", "Excel"),
    "53 epoch": ("started_at", "1788220800", ",", "seconds"),
    "53 epoch in milliseconds": ("started_at", "1788220800000", ",", "seconds"),
    "54 second 60": ("started_at", "2026-09-01T10:00:60Z", ",", "exists"),
    "54 hour 24": ("started_at", "2026-09-01T24:00:00Z", ",", "exists"),
    "54 offset of 25 hours": ("started_at", "2026-09-01T10:00:00-25:00", ",", "exists"),
    "unknown currency": ("currency", "ZZZ", ",", "ISO 4217"),
    "required blank": ("model", "", ",", "model is blank"),
}


@pytest.mark.parametrize(("column", "cell", "delimiter", "why"), REJECTED.values(), ids=REJECTED)
def test_a_cell_that_can_be_wrong_rejects_its_row_and_no_other(
    column: str, cell: str, delimiter: str, why: str, read: Callable[..., Reading]
) -> None:
    bad = ",".join(
        "\1" if name == column else value for name, value in zip(HEAD.split(","), GOOD.split(","), strict=True)
    )
    text = "\n".join([HEAD, GOOD, bad, GOOD, ""]).replace(",", delimiter).replace("\1", cell)

    found = read(text.encode())

    assert list(found.rejects) == [3]
    assert why in found.rejects[3]
    assert (found.answer.rows_read, found.answer.rows_rejected, found.answer.rows_skipped) == (3, 1, 0)
    assert found.column("usage", "line") == [2, 4]


NUMBERS = {
    "10 comma said": ({"decimal": "comma"}, "1.000", '"0,015"', 1000, "0.015"),
    "12 point said": ({"decimal": "point"}, '"1,000"', '"1,234.56"', 1000, "1234.56"),
    "12 hard blank, point said": ({"decimal": "point"}, "1\u00a0000", "1'234.5", 1000, "1234.5"),
    "11 both marks": ({}, "1", '"1,234.56"', 1, "1234.56"),
    "13 whole in powers of ten": ({}, "1.2E+09", "1.5e-7", 1_200_000_000, "0.00000015"),
    "13 whole with a point": ({}, "31422.0", "0.10", 31422, "0.10"),
    "14 sign of the row's currency": ({}, "1", "$0.10", 1, "0.10"),
    "14 name of the row's currency": ({}, "1", "0.10 USD", 1, "0.10"),
    "15 minus": ({}, "1", "-12.50", 1, "-12.50"),
    "15 brackets": ({}, "1", "(12.50)", 1, "-12.50"),
    "15 minus behind": ({}, "1", "12.50-", 1, "-12.50"),
    "15 true minus": ({}, "1", "\u221212.50", 1, "-12.50"),
    "more than twelve places": ({}, "1", "0.000750000000000000000000000000000000", 1, "0.00075"),
    "rounded at the twelfth": ({}, "1", "0.0000000000016", 1, "0.000000000002"),
}


@pytest.mark.parametrize(("options", "tokens", "cost", "count", "amount"), NUMBERS.values(), ids=NUMBERS)
def test_a_number_that_can_be_read_in_one_way_is_read_exactly(
    options: dict[str, str], tokens: str, cost: str, count: int, amount: str, read: Callable[..., Reading]
) -> None:
    found = read(usage(with_cell(uncached_input_tokens=tokens, cost=cost)), **options)

    assert found.rejects == {}
    assert [count] == found.column("usage", "uncached_input_tokens")
    assert [Decimal(amount)] == found.column("usage", "cost")


MOMENTS = {
    "49 day first": ({"dates": "dmy"}, "03/04/2026 10:00", "2026-04-03 10:00:00"),
    "49 month first": ({"dates": "mdy"}, "03/04/2026", "2026-03-04 00:00:00"),
    "54 summer's 01:30": ({}, "2025-10-26T01:30:00+02:00", "2025-10-25 23:30:00"),
    "54 winter's 01:30": ({}, "2025-10-26T01:30:00+01:00", "2025-10-26 00:30:00"),
    "54 a zone is said": ({"timezone": "Europe/Paris"}, "2026-07-01T01:30:00", "2026-06-30 23:30:00"),
    "55 offset": ({}, "2026-09-02T00:00:00+14:00", "2026-09-01 10:00:00"),
    "55 offset without colon": ({}, "2026-09-02 00:00:00 +1400", "2026-09-01 10:00:00"),
    "a day": ({}, "2026-09-02", "2026-09-02 00:00:00"),
    "a part of a second": ({}, "2026-09-02T00:00:00.123456Z", "2026-09-02 00:00:00.123456"),
    "without seconds": ({}, "2026-09-02 08:15", "2026-09-02 08:15:00"),
    "UTC in words": ({}, "2026-09-02 08:15:00 UTC", "2026-09-02 08:15:00"),
}


@pytest.mark.parametrize(("options", "cell", "moment"), MOMENTS.values(), ids=MOMENTS)
def test_a_time_lands_on_its_moment_in_utc(
    options: dict[str, str], cell: str, moment: str, read: Callable[..., Reading]
) -> None:
    found = read(usage(with_cell(started_at=cell)), **options)

    assert found.rejects == {}
    assert [moment] == [str(each) for each in found.column("usage", "started_at")]


def test_18_19_what_comes_late_in_a_file_is_read_like_what_comes_early(read: Callable[..., Reading]) -> None:
    late = with_cell(started_at="2026-09-01T23:59:59.5Z", cost="1.49")

    found = read(
        usage(*[with_cell(started_at="2026-09-01", cost="1")] * 25_000, late, "ABC," + GOOD[GOOD.index(",") + 1 :])
    )

    assert Decimal("25001.49") == sum(found.column("usage", "cost"))
    assert str(found.column("usage", "started_at")[-1]) == "2026-09-01 23:59:59.500000"
    assert list(found.rejects) == [25_003]


@pytest.mark.parametrize("extra", [1, 100, 2046, 2047])
def test_21_rows_before_a_change_of_width_are_not_lost(extra: int, read: Callable[..., Reading]) -> None:
    found = read(usage(*[GOOD] * extra, GOOD + ",7"))

    assert extra == found.answer.tables["usage"]
    assert [extra + 2] == list(found.rejects)


def test_23_24_a_line_with_too_few_or_too_many_fields_is_rejected_alone(read: Callable[..., Reading]) -> None:
    found = read(usage(GOOD, "2026-09-01,openai,gpt", GOOD, GOOD + ",7,8", GOOD))

    assert list(found.rejects) == [3, 5]
    assert found.column("usage", "line") == [2, 4, 6]
    assert found.text(3) == "2026-09-01,openai,gpt"


def test_26_a_quote_inside_a_field_is_text(read: Callable[..., Reading]) -> None:
    found = read(usage(with_cell(provider='sea"rch'), GOOD))

    assert found.column("usage", "provider") == ['sea"rch', "openai"]


def test_27_a_line_break_inside_quotes_is_one_record_and_shows_as_a_space(read: Callable[..., Reading]) -> None:
    found = read(usage(GOOD, with_cell(provider='"open\nai"'), with_cell(cost="x"), GOOD))

    assert found.column("usage", "provider") == ["openai", "open ai", "openai"]
    assert found.column("usage", "line") == [2, 3, 6]
    assert list(found.rejects) == [5]


def test_37_a_total_at_the_end_is_skipped(read: Callable[..., Reading]) -> None:
    found = read(usage(GOOD, GOOD, 'Total,,,200,"0.030",'))

    assert found.skips == {4: "a total row"}
    assert (found.answer.rows_read, found.answer.rows_rejected, found.answer.rows_skipped) == (3, 0, 1)


def test_38_the_header_again_is_rejected(read: Callable[..., Reading]) -> None:
    found = read(usage(GOOD, HEAD, GOOD))

    assert "header again" in found.rejects[3]


def test_38_the_header_again_is_rejected_where_every_column_is_text(read: Callable[..., Reading]) -> None:
    found = read(b"team,owner\nsearch,ann\nTeam,Owner\n")

    assert "header again" in found.rejects[3]
    assert found.column("teams", "team") == ["search"]


def test_56_57_58_59_text_stays_as_it_is_written(read: Callable[..., Reading]) -> None:
    names = ["00123", "123", "NA", "null", "\\N", "=HYPERLINK(1)", "+cmd|x", "<script>alert(1)</script>", "1e5"]

    found = read(usage(*[with_cell(provider=name) for name in names]))

    assert names == found.column("usage", "provider")


def test_57_an_empty_text_is_no_text_quoted_or_not(read: Callable[..., Reading]) -> None:
    found = read(usage(GOOD + ",", GOOD + ',""', GOOD + ",  ", head=HEAD + ",team"))

    assert found.column("usage", "team") == [None, None, None]


def test_60_hidden_characters_and_outer_spaces_make_no_second_team(read: Callable[..., Reading]) -> None:
    spellings = ["Search", " Search ", "Sea\u200brch", "\u202eSearch", "Search\u00a0", "\tSearch"]

    found = read(usage(*[GOOD + "," + name for name in spellings], head=HEAD + ",team"))

    assert found.column("usage", "team") == ["Search"] * 6


def test_60_composed_and_decomposed_letters_are_the_same(read: Callable[..., Reading]) -> None:
    found = read(usage(GOOD + ",\u00c9quipe", GOOD + ",E\u0301quipe", head=HEAD + ",team"))

    assert found.column("usage", "team") == ["\u00c9quipe"] * 2


def test_61_equal_lines_are_all_real(read: Callable[..., Reading]) -> None:
    found = read(usage(GOOD, GOOD, GOOD))

    assert Decimal("0.045") == sum(found.column("usage", "cost"))
    assert len(set(found.column("usage", "row_key"))) == 3


def test_62_the_same_rows_have_the_same_fingerprint_and_other_rows_another(tmp_path: Path) -> None:
    files = [usage(GOOD), gzip.compress(usage(GOOD)), b"\xef\xbb\xbf" + usage(GOOD), usage(GOOD, GOOD)]
    marks = []
    for at, data in enumerate(files):
        (tmp_path / str(at)).mkdir()
        marks.append(read_one(tmp_path / str(at), f"{at}.csv", data).answer.fingerprint)

    assert marks[0] == marks[1] == marks[2] != marks[3]


def test_66_a_damaged_gzip_is_refused(tmp_path: Path) -> None:
    packed = gzip.compress(usage(*[with_cell(cost=str(at)) for at in range(1000)]))
    for at, data in enumerate([packed[:-20], packed + b"garbage"]):
        (tmp_path / str(at)).mkdir()

        assert "damaged" in read_one(tmp_path / str(at), "march.csv.gz", data).error


def test_68_a_gzip_bomb_is_refused(read: Callable[..., Reading]) -> None:
    bomb = gzip.compress(usage(*[GOOD] * 600_000))

    assert "grows more than" in read(bomb).error


def test_69_a_gzip_bomb_of_one_line_is_refused_at_once(read: Callable[..., Reading]) -> None:
    started = time.monotonic()

    assert "longer than" in read(gzip.compress(b"a" * 100_000_000)).error
    assert time.monotonic() - started < 2


def zipped(files: dict[str, bytes], **info: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            for field, value in info.items():
                setattr(entry, field, value)
            archive.writestr(entry, data)
    return out.getvalue()


def encrypted() -> bytes:
    data = bytearray(zipped({"a.csv": usage(GOOD)}))
    data[6] |= 1
    at = data.index(b"PK\x01\x02")
    data[at + 8] |= 1
    return bytes(data)


def overlapping() -> bytes:
    """Two entries of the directory that share the bytes of one member."""
    data = zipped({"a.csv": usage(GOOD), "b.csv": usage(GOOD)})
    first, second = data.index(b"PK\x01\x02"), data.rindex(b"PK\x01\x02")
    changed = bytearray(data)
    changed[second + 42 : second + 46] = changed[first + 42 : first + 46]
    return bytes(changed)


def lying() -> bytes:
    """A directory that says a member is smaller than it is."""
    data = bytearray(zipped({"a.csv": usage(*[GOOD] * 100)}))
    at = data.index(b"PK\x01\x02")
    struct.pack_into("<I", data, at + 24, 10)
    return bytes(data)


def twice_named() -> bytes:
    return zipped({"a.csv": usage(GOOD), "b.csv": usage(GOOD)}).replace(b"b.csv", b"a.csv")


ARCHIVES = {
    "70 slip": (zipped({"../../evil.csv": usage(GOOD)}), "outside its place"),
    "70 absolute": (zipped({"/tmp/evil.csv": usage(GOOD)}), "outside its place"),
    "70 backslash": (zipped({"..\\evil.csv": usage(GOOD)}), "outside its place"),
    "70 drive": (zipped({"C:\\evil.csv": usage(GOOD)}), "outside its place"),
    "71 link": (zipped({"link": b"/etc/passwd"}, create_system=3, external_attr=(stat.S_IFLNK | 0o777) << 16), "link"),
    "72 bomb": (zipped({"a.csv": usage(*[GOOD] * 600_000)}), "grows more than"),
    "72 nested": (zipped({"inner.zip": zipped({"a.csv": usage(GOOD)})}), "another archive"),
    "72 overlap": (overlapping(), "lie over one another"),
    "72 lying size": (lying(), "damaged"),
    "72 many": (zipped({f"{at}.csv": b"" for at in range(201)}), "201 files"),
    "72 one name twice": (twice_named(), "one name"),
    "72 encrypted": (encrypted(), "encrypted"),
    "72 empty": (zipped({}), "no files"),
    "72 cut off": (zipped({"a.csv": usage(GOOD)})[:-30], "damaged"),
}


@pytest.mark.parametrize(("data", "why"), ARCHIVES.values(), ids=ARCHIVES)
def test_70_71_72_an_archive_made_to_do_harm_is_refused_and_writes_nothing(
    data: bytes, why: str, tmp_path: Path
) -> None:
    (found,) = read_all(tmp_path, "march.zip", data)

    assert why in found.error
    assert [path for path in tmp_path.rglob("*") if "evil" in path.name] == []


def test_72_a_nested_archive_under_another_name_is_refused(tmp_path: Path) -> None:
    (found,) = read_all(tmp_path, "march.zip", zipped({"inner.csv": zipped({"a.csv": usage(GOOD)})}))

    assert "inside a packed file" in found.error


def test_each_member_of_an_archive_is_a_file_of_its_own(tmp_path: Path) -> None:
    found = read_all(
        tmp_path, "march.zip", zipped({"a.csv": usage(GOOD), "b/c.csv": usage("x"), "d.csv": b"a,b\n1,2\n"})
    )

    assert [each.answer.file for each in found] == ["march.zip/a.csv", "march.zip/b/c.csv", "march.zip/d.csv"]
    assert found[0].answer.tables == {"usage": 1}
    assert list(found[1].rejects) == [2]
    assert "no format we know" in found[2].error


RECORD = '{"started_at":"2026-09-01","provider":"openai","model":"m","cost":1}'

BAD_JSON = {
    "78 deep list": (b"[" * 100_000 + b"]" * 100_000, "No record can be read"),
    "78 deep objects": (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "nested deeper"),
    "79 one key twice": (f'[{RECORD[:-1]},"COST":2}}]'.encode(), "names a key twice"),
    "83 cut off": (f"[{RECORD},{RECORD[:20]}".encode(), "no whole JSON document"),
    "83 an object cut off": (b'{"data":[{"start_time":1', "no whole JSON document"),
    "85 long text": (f"{RECORD}\n".encode() + b'{"a":"' + b"x" * 20_000_000 + b'"}\n', "longer than"),
    "85 many keys": (b"{" + b",".join(b'"k%d":1' % at for at in range(50_000)) + b"}", "50,000 columns"),
}


@pytest.mark.parametrize(("data", "why"), BAD_JSON.values(), ids=BAD_JSON)
def test_json_that_cannot_be_taken_is_refused(data: bytes, why: str, read: Callable[..., Reading]) -> None:
    assert why in read(data).error


def test_85_a_record_that_holds_a_picture_is_a_record(read: Callable[..., Reading]) -> None:
    found = read(f'{RECORD[:-1]},"shot":"{"x" * 5_000_000}"}}\n{RECORD}'.encode())

    assert found.column("usage", "line") == [1, 2]


def test_81_82_83_84_a_bad_record_among_json_lines_is_rejected_alone(read: Callable[..., Reading]) -> None:
    lines = [RECORD, "{", RECORD.replace("openai", "\\ud800"), RECORD.replace("openai", "a\\u0000b"), "", "[1]", RECORD]

    found = read("\n".join(lines).encode())

    assert list(found.rejects) == [2, 3, 4, 6]
    assert found.column("usage", "line") == [1, 7]
    assert found.answer.rows_read == 6


def parquet(table: pyarrow.Table) -> bytes:
    out = io.BytesIO()
    pyarrow.parquet.write_table(table, out, compression="zstd")
    return out.getvalue()


def test_73_74_a_parquet_bomb_is_refused_at_once(tmp_path: Path) -> None:
    few = pyarrow.array([0] * 1_000_000, pyarrow.int32())
    long = pyarrow.DictionaryArray.from_arrays(few, pyarrow.array(["y" * 1_000_000]))
    wide = pyarrow.DictionaryArray.from_arrays(few[:1000], pyarrow.array(["y" * 2_000_000]))
    for at, (table, why) in enumerate([({"a": long}, "1,000,000 rows"), ({"a": wide}, "2,000,000 bytes")]):
        (tmp_path / str(at)).mkdir()
        started = time.monotonic()

        assert why in read_one(tmp_path / str(at), "march.parquet", parquet(pyarrow.table(table))).error
        assert time.monotonic() - started < 3


def test_75_a_parquet_file_with_a_changed_bit_is_an_answer(tmp_path: Path) -> None:
    whole = parquet(
        pyarrow.table({name: [cell] * 50 for name, cell in zip(HEAD.split(","), GOOD.split(","), strict=True)})
    )
    chance = random.Random(3)
    for at in range(20):
        (tmp_path / str(at)).mkdir()
        place = chance.randrange(len(whole))
        damaged = whole[:place] + bytes([whole[place] ^ 1 << chance.randrange(8)]) + whole[place + 1 :]

        found = read_one(tmp_path / str(at), "march.parquet", damaged).answer

        assert found.error or found.rows_read == found.rows_rejected + sum(found.tables.values())
