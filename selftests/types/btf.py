#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""btf.py FIELDS: where the kernel's BTF has the fields of that list.

A reader of its own, to hold kpctl's to.  A line for each field that there is:
"STRUCT FIELD offset N size N signed N" or "STRUCT FIELD bit N of N signed N".

btf.py --tracepoints: a line "NAME N" for each that has N arguments.
btf.py --functions NAME...: a line "NAME ARGUMENT..." for each that there is.
"""
import struct
import sys

(INT, PTR, ARRAY, STRUCT, UNION, ENUM, FWD, TYPEDEF, VOLATILE, CONST, RESTRICT,
 FUNC, FUNC_PROTO, VAR, DATASEC, FLOAT, DECL_TAG, TYPE_TAG, ENUM64) = range(1, 20)
EACH = {ENUM: 8, ENUM64: 12, STRUCT: 12, UNION: 12, FUNC_PROTO: 8, DATASEC: 12}
MORE = {INT: 4, ARRAY: 12, VAR: 4, DECL_TAG: 4}


class Btf:
    def __init__(self, path):
        self.data = open(path, "rb").read()
        magic, _, _, header, types, length, strings, _ = struct.unpack_from(
            "<HBBIIIII", self.data)
        assert magic == 0xeb9f
        self.strings = header + strings
        self.types = [(0, 0, 0, 0)]
        self.enum_signs = False
        at = header + types
        end = at + length
        while at < end:
            name, info, size = struct.unpack_from("<III", self.data, at)
            kind, count, at = info >> 24 & 31, info & 0xffff, at + 12
            if kind == ENUM64 or kind == ENUM and info >> 31:
                self.enum_signs = True
            self.types.append((name, info, size, at))
            at += EACH.get(kind, 0) * count + MORE.get(kind, 0)

    def string(self, offset):
        start = self.strings + offset
        return self.data[start:self.data.index(b"\0", start)].decode()

    def named_structs(self, wanted):
        found = {}
        for i, (name, info, size, _) in enumerate(self.types):
            if info >> 24 & 31 == STRUCT and name:
                text = self.string(name)
                if text in wanted and text not in found:
                    found[text] = i
        return found

    def plain(self, i):
        while self.types[i][1] >> 24 & 31 in (TYPEDEF, VOLATILE, CONST, RESTRICT, TYPE_TAG):
            i = self.types[i][2]
        return i

    def size(self, i):
        _, info, size, at = self.types[self.plain(i)]
        kind = info >> 24 & 31
        if kind == PTR:
            return 8
        if kind == ARRAY:
            of, _, count = struct.unpack_from("<III", self.data, at)
            return self.size(of) * count
        return size

    def signed(self, i):
        _, info, _, at = self.types[self.plain(i)]
        kind = info >> 24 & 31
        if kind == INT:
            return struct.unpack_from("<I", self.data, at)[0] >> 24 & 1
        if kind == ENUM and not self.enum_signs:
            return int(any(struct.unpack_from("<i", self.data, at + 8 * n + 4)[0] < 0
                           for n in range(info & 0xffff)))
        return info >> 31 if kind in (ENUM, ENUM64) else 0

    def members(self, i, base=0):
        """(name, type, bit offset, bits), anonymous ones' too"""
        _, info, _, at = self.types[i]
        for n in range(info & 0xffff):
            name, kind, offset = struct.unpack_from("<III", self.data, at + 12 * n)
            bits = offset >> 24 if info >> 31 else 0
            offset = offset & 0xffffff if info >> 31 else offset
            inner = self.plain(kind)
            if name:
                yield self.string(name), kind, base + offset, bits
            elif self.types[inner][1] >> 24 & 31 in (STRUCT, UNION):
                yield from self.members(inner, base + offset)

    def tracepoints(self):
        """(name, arguments): typedefs of pointers to what a program is called with"""
        for name, info, i, _ in self.types:
            text = self.string(name) if info >> 24 & 31 == TYPEDEF else ""
            if text.startswith("btf_trace_"):
                function = self.types[self.types[i][2]]
                assert function[1] >> 24 & 31 == FUNC_PROTO
                yield text[len("btf_trace_"):], (function[1] & 0xffff) - 1

    def functions(self, wanted):
        """(name, names of its arguments), each once"""
        for name, info, i, _ in self.types:
            text = self.string(name) if info >> 24 & 31 == FUNC else ""
            if text in wanted:
                wanted.remove(text)
                _, info, _, at = self.types[i]
                yield text, [self.string(struct.unpack_from("<I", self.data, at + 8 * n)[0])
                             for n in range(info & 0xffff)]


def main():
    if sys.argv[1] == "--tracepoints":
        for pair in Btf("/sys/kernel/btf/vmlinux").tracepoints():
            print(*pair)
        return
    if sys.argv[1] == "--functions":
        for name, arguments in Btf("/sys/kernel/btf/vmlinux").functions(set(sys.argv[2:])):
            print(name, *arguments)
        return
    pairs = [line.split() for line in open(sys.argv[1]) if line[0] not in "#\n"]
    btf = Btf("/sys/kernel/btf/vmlinux")
    structs = btf.named_structs({s for s, _ in pairs})
    places = {}
    for name, i in structs.items():
        for field, kind, offset, bits in btf.members(i):
            signed = btf.signed(kind)
            places.setdefault((name, field), f"bit {offset} of {bits} signed {signed}" if bits else
                              f"offset {offset // 8} size {btf.size(kind)} signed {signed}")
    for pair in pairs:
        if tuple(pair) in places:
            print(*pair, places[tuple(pair)])


main()
