#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""bad_elf.py WHAT FILE: writes a program's file that is made to hurt who looks into it.

    count        a table that says it has 2^32 symbols
    overlapping  20,000 tables of symbols, all of them the same one
    names        40,000 symbols, each of which has the same name, of a megabyte
    notes        notes that say they have 4 GB, and a megabyte of those that have nothing
"""
import struct
import sys

SYMTAB, STRTAB, NOTE = 2, 3, 7
HEAD = 64 + 56                  # the file's header, and one segment's
SYMBOL, SECTION = 24, 64


def symbols(number, name):
    """As many functions of one name."""
    return struct.pack("<IBBHQQ", name, 0x12, 0, 1, HEAD, 16) * number


def header(sections, table):
    """Of a file for x86-64, all of which is code; .shstrtab is section 1."""
    head = struct.pack("<4sBBB9xHHIQQQIHHHHHH", b"\x7fELF", 2, 1, 1, 2, 62, 1, 0, 64, table,
                       0, 64, 56, 1, SECTION, sections, 1)
    return head + struct.pack("<IIQQQQQQ", 1, 5, 0, 0, 0, table, table, 4096)


def write(path, strings, contents, tables):
    """Two sections, and @tables: (name, type, size, bytes of an entry), all of @contents."""
    place = HEAD + len(strings)
    all_sections = [(0, 0, 0, 0, 0, 0), (0, STRTAB, HEAD, len(strings), 0, 0)]
    all_sections += [(name, kind, place, size, 1, entry) for name, kind, size, entry in tables]
    with open(path, "wb") as file:
        file.write(header(len(all_sections), place + len(contents)))
        file.write(strings + contents)
        for name, kind, offset, size, link, entry in all_sections:
            file.write(struct.pack("<IIQQQQIIQQ", name, kind, 0, 0, offset, size, link, 0, 1,
                                   entry))


def main(what, path):
    """Write one of them."""
    strings, contents = b"\0function\0", symbols(1000, 1)
    tables = [(0, SYMTAB, len(contents), SYMBOL)]
    if what == "count":
        tables = [(0, SYMTAB, SYMBOL << 32, SYMBOL)]
    elif what == "overlapping":
        tables *= 20000
    elif what == "names":
        strings, contents = b"\0" + b"x" * (1 << 20) + b"\0", symbols(40000, 1)
        tables = [(0, SYMTAB, len(contents), SYMBOL)]
    elif what == "notes":
        strings = b"\0.note.stapsdt\0"
        contents = struct.pack("<III8s", 8, 0xfffffff0, 3, b"stapsdt") + bytes(1 << 20)
        contents = bytes(1 << 20) + contents
        tables = [(1, NOTE, len(contents), 0)]
    else:
        sys.exit(__doc__)
    write(path, strings, contents, tables)


main(*sys.argv[1:])
