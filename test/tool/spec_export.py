# SPDX-License-Identifier: MIT
"""spec_export.py ALL WINDOWS ONE: whether these are `oriel spec export`'s, the same for one dialect and that of one
helper in both, as oriel-spec(1) describes them."""
import json
import sys

KEYS = {
    "prog_types": "name dialect number guid flags context result verdicts",
    "attach_types": "name dialect number guid context result",
    "sections": "prefix dialect type attach_type",
    "map_types": "name windows linux flags",
    "helpers": "name dialect id type offered returns arguments flags programs about why maps prototype",
    "kfuncs": "name dialect offered returns arguments flags programs about why prototype",
    "functions": "name dialect module offered returns arguments flags programs about why prototype",
}
ARGUMENTS = "anything size size_or_zero ctx map prog_map map_key map_value read_mem read_mem_or_null write_mem".split()
RETURNS = "integer map_value_or_null integer_or_no_return void".split()
FLAGS = "tail_call moves_packet acquires releases borrows may_sleep callback".split()
KINDS = "scalar data data_end data_meta pointer packet_len".split()


def check_context(context):
    assert list(context) == "name size data data_end data_meta flags fields".split()
    end = 0
    for field in context["fields"]:
        assert list(field) == "name offset size kind writable unit flags gives struct".split()
        assert field["kind"] in KINDS and isinstance(field["writable"], bool)
        assert end <= field["offset"] and field["offset"] + field["size"] <= context["size"]
        if field["kind"].startswith("data"):
            assert context[field["kind"]] == field["offset"]


def check(document, whole=True):
    types = [row["name"] for row in document["prog_types"]]
    maps = [row["name"] for row in document["map_types"]]
    assert list(document) == ["version", *KEYS] and document["version"] == 1
    for kind, keys in KEYS.items():
        for row in document[kind]:
            assert list(row) == keys.split(), row
            assert row.get("dialect", "both") in ("windows", "linux", "both")
    for row in document["prog_types"]:
        assert len(row["guid"]) == 36
        if row["context"] is not None:
            check_context(row["context"])
    for row in document["helpers"] if whole else ():
        if row["dialect"] == "windows":  # whose classes the contract fixes
            assert row["returns"] in RETURNS
            assert all(a in ARGUMENTS + ["map_value_out"] for a in row["arguments"])
        assert "unsupported" != row["returns"] and all(f in FLAGS for f in row["flags"])
        assert all(p in types for p in row["programs"] or ())
        assert all(m in maps for m in row["maps"])
    for row in document["helpers"]:
        assert row["about"] or not row["offered"]
        assert (row["why"] is None) == row["offered"]
        assert row["prototype"].endswith(")")


def main():
    whole, windows, one = (json.load(open(path, encoding="utf-8")) for path in sys.argv[1:])
    for document in whole, windows, one:
        check(document, document is not one)
    types = {(row["dialect"], row["name"]) for row in whole["prog_types"]}
    for row in whole["sections"]:
        assert (row["dialect"], row["type"]) in types
    for kind in KEYS:
        mine = [row for row in whole[kind]
                if (row["windows"] is not None if kind == "map_types" else row["dialect"] != "linux")]
        assert windows[kind] == mine and (mine or kind in ("kfuncs", "functions")), kind
    assert [row["id"] for row in one["helpers"]] == [10, 28]
    assert one["helpers"][0]["arguments"] == "read_mem_or_null size_or_zero read_mem_or_null size_or_zero anything".split()
    assert not any(one[kind] for kind in KEYS if kind != "helpers")
    verdicts = {v["name"]: v["value"] for t in whole["prog_types"] if t["name"] == "sched_cls" for v in t["verdicts"]}
    assert verdicts["UNSPEC"] == -1 and verdicts["SHOT"] == 2
    offered = {(h["dialect"], h["name"]): h["offered"] for h in whole["helpers"]}
    assert offered["windows", "bpf_map_lookup_elem"] and not offered["linux", "bpf_kptr_xchg"]


main()
