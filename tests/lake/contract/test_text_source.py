"""What a contract says of the form of its text, and how each mistake in it is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from lake.contract.load import load_contract
from lake.contract.model import TextForm
from lake.errors import ContractError
from tests.lake.contract.orders import ORDERS, bent, line_of, write_contract

FORMAT = "      - property: sourceFormat\n        value: json\n"
PATTERN = r"(?P<order_id>\S+) (?P<amountPaid>\S+) (?P<state>\S+) (?P<ordered_at>\S+)"


def written(form: str, **properties: str) -> str:
    """The contract of orders in another format; values are YAML."""
    more = "".join(f"      - property: {name}\n        value: {value}\n" for name, value in properties.items())
    return bent((FORMAT, f"      - property: sourceFormat\n        value: {form}\n{more}"))


def text_of(tmp_path: Path, contract: str) -> TextForm:
    source = load_contract(write_contract(tmp_path, contract)).source
    assert source is not None
    return source.text


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({}, TextForm()),
        ({"delimiter": "tab"}, TextForm(delimiter="\t")),
        ({"delimiter": '"\\t"'}, TextForm(delimiter="\t")),
        ({"delimiter": '"\\u0001"'}, TextForm(delimiter="\x01")),
        ({"delimiter": "pipe", "quote": "none"}, TextForm(delimiter="|", quote=None)),
        ({"delimiter": "';'", "quote": '"\'"', "escape": "'\\'"}, TextForm(delimiter=";", quote="'", escape="\\")),
        ({"header": "false", "commentPrefix": "'#'"}, TextForm(has_header=False, comment="#")),
    ],
)
def test_forms_of_csv(tmp_path: Path, properties: dict[str, str], expected: TextForm) -> None:
    assert text_of(tmp_path, written("csv", **properties)) == expected


def test_forms_of_lines(tmp_path: Path) -> None:
    given = written("lines", linePattern=f"'{PATTERN}'", recordStart="'[A-Z]'")
    assert text_of(tmp_path, given) == TextForm(pattern=PATTERN, record_start="[A-Z]")


def test_a_contract_of_json_has_no_form_and_the_digest_that_it_had(tmp_path: Path) -> None:
    table = load_contract(write_contract(tmp_path, ORDERS))
    assert table.reading_digest() == "30c9e107b58013ea"


@pytest.mark.parametrize(
    ("form", "properties", "snippet", "message"),
    [
        ("csv", {"delimiter": "'||'"}, "||", "expected one ASCII character, no letter or digit, or comma, tab"),
        ("csv", {"delimiter": "'||'"}, "||", "; a longer one is for sourceFormat lines"),
        ("csv", {"delimiter": "x"}, "value: x", "delimiter is 'x'; expected one ASCII character"),
        ("csv", {"delimiter": "9"}, "value: 9", "delimiter is 9; expected one ASCII character"),
        ("csv", {"delimiter": "§"}, "§", "delimiter is '§'; expected one ASCII character"),
        ("csv", {"delimiter": '"\\n"'}, '"\\n"', "expected one ASCII character"),
        ("csv", {"quote": "''''''"}, "''''''", "expected one ASCII character, no letter or digit, none"),
        ("csv", {"quote": "','"}, "','", "quote is ',', as delimiter is; expected another character"),
        ("csv", {"escape": "'\"'"}, "'\"'", "escape is '\"', as quote is: doubled quotes are read without it"),
        ("csv", {"delimiter": "'#'", "commentPrefix": "'#x'"}, "#x", "commentPrefix is '#', as delimiter is"),
        ("csv", {"commentPrefix": "7"}, "value: 7", "commentPrefix is 7; expected the text"),
        ("csv", {"header": "0"}, "value: 0", "header is 0; expected true or false"),
        ("csv", {"delimitter": "tab"}, "delimitter", "unknown customProperty 'delimitter'; did you mean 'delimiter'?"),
        ("csv", {"linePattern": "abc"}, "value: abc",
         "linePattern with sourceFormat csv; expected it with sourceFormat lines"),
        ("json", {"delimiter": "tab"}, "value: tab",
         "delimiter with sourceFormat json; expected it with sourceFormat csv"),
        ("json", {"commentPrefix": "'#'"}, "'#'",
         "commentPrefix with sourceFormat json; expected it with sourceFormat csv"),
        ("lines", {"header": "false", "linePattern": f"'{PATTERN}'"}, "value: false",
         "expected it with sourceFormat csv"),
        ("lines", {}, "value: lines",
         "sourceFormat lines without linePattern; expected a regular expression with a group"),
        ("lines", {"linePattern": "'(?P<order_id>'"}, "(?P", "linePattern: missing ): "),
        ("lines", {"linePattern": "'(\\d+)'"}, "(\\d+)", "linePattern: contains unnamed groups; expected RE2's syntax"),
        ("lines", {"linePattern": "'(?P<state>a)(?=b)'"}, "(?P", "linePattern: invalid perl operator: (?="),
        ("lines", {"linePattern": "'(?P<state>a)|(?P<state>b)'"}, "(?P", "has the group state twice"),
        ("lines", {"linePattern": "7"}, "value: 7", "linePattern is 7; expected a regular expression, as text"),
        ("lines", {"linePattern": "abc"}, "value: abc", "linePattern has no group; expected one for each column"),
        ("lines", {"linePattern": f"'{PATTERN.replace('state', 'sate')}'"}, "(?P",
         "linePattern's group 'sate' is no column's field; did you mean 'state'?; expected a column, or (?:…)"),
        ("lines", {"linePattern": f"'{PATTERN.replace('state', 'sate')}'"}, "(?P",
         "linePattern has no group 'state' for the column 'state'; expected (?P<state>…)"),
        ("lines", {"linePattern": f"'{PATTERN}'", "recordStart": "'(?P<a>b)'"}, "'(?P<a>b)'", "recordStart has groups"),
        ("lines", {"linePattern": f"'{PATTERN}'", "recordStart": "é"}, "é", "expected ASCII"),
        ("lines", {"linePattern": f"'{PATTERN}'", "recordStart": "a", "commentPrefix": "'#'"}, "'#'",
         "commentPrefix with recordStart; expected one of them"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_line(
    tmp_path: Path, form: str, properties: dict[str, str], snippet: str, message: str
) -> None:
    contract = written(form, **properties)
    with pytest.raises(ContractError) as refused:
        load_contract(write_contract(tmp_path, contract))
    problems = [line.partition(".yaml:")[2] for line in str(refused.value).splitlines()[1:]]
    line = line_of(contract, snippet)
    assert any(problem.startswith(f"{line}: ") and message in problem for problem in problems), problems


def test_a_form_without_a_format_is_refused(tmp_path: Path) -> None:
    contract = bent(("sourceFormat\n        value: json", "delimiter\n        value: tab"))
    with pytest.raises(ContractError, match="delimiter without sourceFormat; expected sourceFormat json, csv or lines"):
        load_contract(write_contract(tmp_path, contract))


def test_a_column_with_parts_is_refused_in_lines(tmp_path: Path) -> None:
    contract = written("lines", linePattern=f"'{PATTERN}'").replace("decimal(10,2)", "array<int>")
    with pytest.raises(ContractError, match=r"a group of linePattern holds no array<int>"):
        load_contract(write_contract(tmp_path, contract))
