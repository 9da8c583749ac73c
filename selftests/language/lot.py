#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Programs by lot: expressions of integers of all widths and signs, printed.

	lot.py SEED PROGRAMS EXPRESSIONS DEPTH

The same arguments give the same programs. What bpftrace refuses is not written (true and
numbers as branches of one ?:), and what it gets wrong neither: -x and ~x of narrow signed
numbers, quotients below 0, branches of different width. today/lot.programs are those of
"1 24 24 3".
"""
import random
import sys

TYPES = [(f"{sign}int{bits}", bits, not sign) for bits in (8, 16, 32, 64) for sign in ("", "u")]
NUMBERS = [0, 1, 2, 3, 5, 7, 8, 100, 127, 128, 255, 256, 1000, 65535, 65536, 2**31 - 1, 2**31,
           2**32 - 1, 2**32]
COUNTS = [0, 1, 3, 7, 8, 15, 16, 31, 32, 33, 63]


class Lot:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.names = []

    def value(self, bits, is_signed):
        least = -2**(bits - 1) + 1 if is_signed else 0
        most = 2**(bits - 1) - 1 if is_signed else 2**bits - 1
        edges = [0, 1, 2, 3, 7, least, least + 1, most - 1, most, most // 2,
                 self.random.randrange(least, most + 1), self.random.randrange(100)]
        return self.random.choice(edges + [-1, -2, -7] * is_signed)

    def declare(self):
        """A variable of each type; some have their value from a map, which is unknown."""
        for name, bits, is_signed in TYPES:
            word = f"{name[0]}{bits}"
            value = f"({name}){self.value(bits, is_signed)}"
            if self.random.random() < .5:
                yield f"@{word} = {value}; ${word} = @{word};"
                self.names.append(f"@{word}")
            else:
                yield f"${word} = {value};"
            self.names.append(f"${word}")

    def name(self):
        return self.random.choice(self.names)

    def type(self):
        return self.random.choice(TYPES)[0]

    def leaf(self):
        kind = self.random.random()
        if kind < .6:
            return self.name()
        if kind < .75:
            return f"({self.type()}){self.name()}"
        if kind < .9:
            return str(self.random.choice(NUMBERS))
        return f"-{self.random.choice(NUMBERS[1:])}"

    def number(self, depth):
        if depth <= 0:
            return self.leaf()
        kind = self.random.random()
        left = self.number(depth - 1) if self.random.random() < .7 else self.name()
        # Numbers alone may not fit.
        left = self.name() if left.lstrip("-").isdigit() else left
        if kind < .5:
            return f"({left} {self.random.choice('+-*&|^')} {self.number(depth - 1)})"
        if kind < .6:
            return f"({left} {self.random.choice(['<<', '>>'])} {self.random.choice(COUNTS)})"
        if kind < .68:
            return f"((uint64){left} {self.random.choice('/%')} ((uint64){self.name()} | 1))"
        if kind < .78:
            return f"({self.type()}){left}"
        if kind < .86:
            return f"{self.random.choice('-~')}${self.random.choice(['u8', 'u16', 'u32', 'u64', 'i64'])}"
        to = self.type()
        return f"({self.truth(depth - 1)} ? ({to}){left} : ({to}){self.number(depth - 1)})"

    def truth(self, depth):
        kind = self.random.random()
        if depth <= 0 or kind < .7:
            operator = self.random.choice(["<", "<=", ">", ">=", "==", "!="])
            return f"({self.name()} {operator} {self.number(depth - 1)})"
        if kind < .9:
            return f"({self.truth(depth - 1)} {self.random.choice(['&&', '||'])} {self.truth(depth - 1)})"
        return f"!{self.truth(depth - 1)}"

    def expression(self, depth):
        return self.number(depth) if self.random.random() < .75 else self.truth(depth)


def main():
    seed, programs, expressions, depth = map(int, sys.argv[1:])
    for number in range(programs):
        lot = Lot(seed * 1000 + number)
        print(f"== lot {number}")
        print("begin {", " ".join(lot.declare()))
        for _ in range(expressions):
            print(f"print({lot.expression(depth)});")
        print("exit(); }")


main()
