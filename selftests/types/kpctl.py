#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""kpctl.py FIELDS: what kpctl types says of them, in btf.py's words."""
import json
import subprocess
import sys


def members(given, base=0):
    for member in given:
        if member["name"]:
            yield member
        else:
            yield from members(member.get("members", []))


def ask(name):
    said = subprocess.run(["kpctl", "types", "-j", "struct " + name],
                          stdout=subprocess.PIPE)
    document = json.loads(said.stdout)
    assert said.returncode == (1 if "error" in document else 0), said
    return document


def main():
    pairs = [line.split() for line in open(sys.argv[1]) if line[0] not in "#\n"]
    known = {}
    for name, field in pairs:
        if name not in known:
            known[name] = {}
            for m in members(ask(name).get("members", [])):
                known[name].setdefault(m["name"], m)
        m = known[name].get(field)
        if not m:
            continue
        signed = int(m["signed"])
        if "bits" in m:
            print(name, field, "bit", m["offset"] * 8 + m["bit"], "of", m["bits"],
                  "signed", signed)
        else:
            print(name, field, "offset", m["offset"], "size", m["size"],
                  "signed", signed)


main()
