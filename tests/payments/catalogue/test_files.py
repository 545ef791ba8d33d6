"""Catalogue files: read whole, or refused with every row that is at fault."""

import json

import pytest

from payments.catalogue.files import read_csv, read_json
from payments.errors import FeeCatalogueUnsound

HEADING = "procedure_code,fee_code,kind,name,chapter,sub_item,credited_unit,formula,legal_basis,valid_from,valid_until"
ROW = "1.001,COPY,phi,Phí sao chép,805,2716,,per-page 2000,TT 226/2016,2026-01-01,"
CSV = f"{HEADING}\n{ROW}\n"
ENTRY = dict(zip(HEADING.split(","), ROW.split(","), strict=True))
REDUCTION = {"code": "NCC", "percent": 50, "legal_ground": "Khoản 2 Điều 5", "valid_from": "2026-01-01"}


def test_csv_and_json_say_the_same(tmp_path):
    told = read_csv(CSV.encode())

    assert told == read_json(json.dumps({"entries": [ENTRY]}).encode())
    assert told == read_csv(("\ufeff" + CSV.replace(",", ";")).encode())
    assert str(told[0][0].formula) == "per-page 2000"
    assert told[0][0].valid_until is None


def test_reductions_come_in_json_or_in_a_csv_of_their_own():
    csv = "code,percent,amount_minor,legal_ground,valid_from\nNCC,50,,Khoản 2 Điều 5,2026-01-01\n"

    assert read_csv(csv.encode()) == read_json(json.dumps({"reductions": [REDUCTION]}).encode())


def test_every_row_at_fault_is_named():
    rows = [
        ROW,
        ROW.replace("phi,", "thue,"),
        ROW,
        ROW.replace("per-page 2000", "per-page"),
        ROW.replace("2026-01-01", "1/1/2026"),
    ]

    with pytest.raises(FeeCatalogueUnsound) as refused:
        read_csv("\n".join([HEADING, *rows]).encode())

    assert [f"entry {number}" in str(refused.value) for number in range(1, 6)] == [False, True, False, True, True]


@pytest.mark.parametrize(
    "data",
    [
        *(b"", b"[]", b"{}", b"\xff\xfe", b'{"entries": {}}', b'{"fees": []}', b'{"entries": [1]}', b"[" * 100_000),
        json.dumps({"entries": [{**ENTRY, "price": "5"}]}).encode(),
        json.dumps({"entries": [{**ENTRY, "legal_basis": ""}]}).encode(),
        json.dumps({"entries": [{**ENTRY, "procedure_code": ""}]}).encode(),
        json.dumps({"entries": [{**ENTRY, "chapter": "80"}]}).encode(),
        json.dumps({"entries": [{**ENTRY, "valid_until": "2026-01-01"}]}).encode(),
        json.dumps({"entries": [{**ENTRY, "fee_code": "a b"}]}).encode(),
        json.dumps({"entries": [{**ENTRY, "name": 5}]}).encode(),
        json.dumps({"reductions": [{**REDUCTION, "amount_minor": 5}]}).encode(),
        json.dumps({"reductions": [{**REDUCTION, "percent": 101}]}).encode(),
        json.dumps({"reductions": [{**REDUCTION, "percent": 1.5}]}).encode(),
        json.dumps({"reductions": [{**REDUCTION, "legal_ground": " "}]}).encode(),
    ],
)
def test_what_is_no_catalogue_is_refused_as_json(data):
    with pytest.raises(FeeCatalogueUnsound):
        read_json(data)


@pytest.mark.parametrize(
    "text", ["", f"{HEADING},price\n{ROW},5\n", f"{HEADING}\n{ROW},5\n", f"{HEADING}\n1.001\n", f'{HEADING}\n"1.001']
)
def test_what_is_no_catalogue_is_refused_as_csv(text):
    with pytest.raises(FeeCatalogueUnsound):
        if not read_csv(text.encode())[0]:
            raise FeeCatalogueUnsound("nothing in it")
