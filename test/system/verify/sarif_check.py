# SPDX-License-Identifier: MIT
"""sarif_check FILE: what SARIF 2.1.0 asks of a log with findings, as far as `oriel verify` writes it."""
import json
import re
import sys

URI = re.compile(r"[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]+")


def check_place(place):
    assert URI.fullmatch(place["artifactLocation"]["uri"])
    region = place.get("region")
    if region is not None:
        assert region["startLine"] >= 1 and region.get("startColumn", 1) >= 1
        assert isinstance(region.get("snippet", {"text": ""})["text"], str)


def check_result(result, rules):
    assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    assert result["level"] == "error" and result["message"]["text"]
    for location in result["locations"]:
        check_place(location["physicalLocation"])
        assert location["logicalLocations"][0]["name"]
    for flow in result.get("codeFlows", []):
        for thread in flow["threadFlows"]:
            assert len(thread["locations"]) == 2
            for step in thread["locations"]:
                check_place(step["location"]["physicalLocation"])
                assert step["location"]["message"]["text"]


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        log = json.load(file)
    assert log["version"] == "2.1.0" and log["$schema"].startswith("https://")
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    assert driver["name"] == "oriel" and driver["version"]
    rules = driver["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules) > 50
    for rule in rules:
        assert rule["shortDescription"]["text"] and rule["help"]["text"]
        assert "{" not in rule["shortDescription"]["text"]
    for result in run["results"]:
        check_result(result, rules)
    print(len(run["results"]), sum(len(r.get("codeFlows", [])) for r in run["results"]))


main()
