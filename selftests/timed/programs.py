#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""programs.py SEED COUNT FOLDER TRACE: programs that time calls, and what they must print.

Writes FOLDER/N.bt and FOLDER/N.want. TRACE has what happened under the load, in lines
"NSECS e|r FUNCTION TID COMM"; the model below runs each program on that. Every part is
made as a pair: its text, and what it does.
"""
import random
import sys

COMMS = ("nest_a", "nest_b", "nest_c")


class Return(Exception):
    pass


class Event:
    def __init__(self, line):
        nsecs, kind, self.function, self.tid, self.comm = line.split()
        self.nsecs = int(nsecs)
        self.kind = "kprobe" if kind == "e" else "kretprobe"
        self.probe = self.kind + ":" + self.function


class State:
    """Maps by task, and results: all that is printed has the task's name in its key."""

    def __init__(self):
        self.maps = {}
        self.results = {}

    def get(self, name, event):
        return self.maps.get((name, event.tid), 0)

    def add(self, name, key, n):
        key = "@%s[%s]" % (name, ", ".join(key))
        self.results[key] = self.results.get(key, 0) + n


def assign(name, text, value):
    def run(state, event):
        state.maps[name, event.tid] = value(state, event)
    return "@%s[tid] = %s;" % (name, text), run


def delete(random_, name):
    def run(state, event):
        state.maps.pop((name, event.tid), None)
    return random_.choice(["delete(@%s[tid]);", "delete(@%s, tid);"]) % name, run


def increment(name):
    def run(state, event):
        state.maps[name, event.tid] = state.get(name, event) + 1
    return "@%s[tid]++;" % name, run


def count(name):
    def run(state, event):
        state.add(name, (event.comm, event.probe), 1)
    return "@%s[comm, probe] = count();" % name, run


def count_by(name, of):
    def run(state, event):
        state.add(name, (event.comm, str(state.get(of, event))), 1)
    return "@%s[comm, @%s[tid]] = count();" % (name, of), run


def total(name, of):
    def run(state, event):
        state.add(name, (event.comm,), state.get(of, event))
    return "@%s[comm] = sum(@%s[tid]);" % (name, of), run


def timed(name):
    def run(state, event):
        start = state.get("start", event)
        state.add(name, (event.comm,), 1 if 0 < start <= event.nsecs else 0)
    return ("$s = @start[tid]; $d = nsecs - $s; @%s[comm] = sum($s > 0 && $d >= 0 ? 1 : 0);"
            % name, run)


def returns():
    def run(state, event):
        raise Return
    return "return;", run


def block(parts):
    def run(state, event):
        for part in parts:
            part[1](state, event)
    return " ".join(part[0] for part in parts), run


def when(condition, yes, no=None):
    def run(state, event):
        if condition[1](state, event):
            yes[1](state, event)
        elif no:
            no[1](state, event)
    return ("if (%s) { %s }%s" % (condition[0], yes[0],
                                  " else { %s }" % no[0] if no else ""), run)


def repeat(random_, body):
    """Twice, by unroll or by a loop."""
    def run(state, event):
        body[1](state, event)
        body[1](state, event)
    return random_.choice(["unroll (2) { %s }",
                           "$i = 0; while ($i < 2) { %s $i++; }"]) % body[0], run


def is_comm(random_):
    comm, same = random_.choice(COMMS), random_.random() < 0.5
    return ('comm %s "%s"' % ("==" if same else "!=", comm),
            lambda state, event: (event.comm == comm) == same)


def is_set(name):
    return "@%s[tid]" % name, lambda state, event: state.get(name, event) != 0


def is_not_set(name):
    return "@%s[tid] == 0" % name, lambda state, event: state.get(name, event) == 0


def both(a, b):
    return ("%s && %s" % (a[0], b[0]),
            lambda state, event: a[1](state, event) and b[1](state, event))


class Maker:
    """One program."""

    def __init__(self, seed, functions):
        self.random = random.Random(seed)
        self.functions = functions
        self.clauses = []
        nr = self.random.randint(1, min(3, len(functions)))
        entered = self.random.sample(functions, nr)
        left = entered if self.odds(0.8) else self.random.sample(functions, nr)
        self.companion = self.odds(0.5)
        self.numbered = self.odds(0.5)
        self.entries(entered)
        self.clause("kretprobe", left, self.return_filter(), self.return_body())
        if self.odds(0.3):
            self.random.shuffle(self.clauses)

    def odds(self, part):
        return self.random.random() < part

    def clause(self, kind, functions, condition, parts):
        probes = [kind + ":" + function for function in functions]
        self.clauses.append((probes, condition, block(parts)))

    def entries(self, functions):
        """One clause for all, or one each."""
        groups = [functions] if self.odds(0.5) else [[f] for f in functions]
        for i, group in enumerate(groups):
            condition = None
            if self.odds(0.25):
                condition = is_comm(self.random) if self.odds(0.5) else is_not_set("start")
            self.clause("kprobe", group, condition, self.entry_body(i + 1))

    def entry_body(self, number):
        start = assign("start", "nsecs", lambda state, event: event.nsecs)
        parts = []
        if self.odds(0.2):
            start = when(is_comm(self.random), start)
        elif self.odds(0.1):
            start = repeat(self.random, start)
        if self.odds(0.25):
            parts.append(when(is_comm(self.random), returns()))
        if self.odds(0.1):
            parts.append(when(is_set("start"), count("again")))
        if self.odds(0.1):
            parts.append(assign("start", "0", lambda state, event: 0))
        if self.numbered:
            parts.append(increment("i"))
        parts.append(start)
        if self.companion:
            parts.append(assign("name", str(number), lambda state, event: number))
        if self.numbered:
            parts.append(assign("at", "@i[tid]", lambda state, event: state.get("i", event)))
        if self.odds(0.3):
            self.random.shuffle(parts)
        if self.odds(0.2):
            parts.append(count("entered"))
        return parts

    def return_filter(self):
        if self.odds(0.1):
            return None
        if self.odds(0.2):
            return both(is_set("start"), is_comm(self.random))
        return is_set("start")

    def return_body(self):
        parts = [count("n"), timed("timed")]
        if self.companion:
            parts.append(count_by("named", "name"))
        if self.numbered:
            parts.append(total("which", "at"))
        if self.odds(0.2):
            parts.insert(self.random.randint(0, len(parts)),
                         when(is_comm(self.random), returns()))
        if self.odds(0.2):
            parts.append(when(is_set("start"), count("set"), count("unset")))
        self.deletes(parts)
        if self.odds(0.1):
            parts.append(count_by("left", "at" if self.numbered else "start")
                         if self.odds(0.5) and self.numbered else count("behind"))
        return parts

    def deletes(self, parts):
        gone = delete(self.random, "start")
        if self.odds(0.1):
            return
        if self.odds(0.1):
            gone = assign("start", "0", lambda state, event: 0)
        if self.odds(0.15):
            gone = when(is_comm(self.random), gone)
        if self.odds(0.1):
            gone = repeat(self.random, gone)
        if self.odds(0.1):
            parts.insert(0, gone)
        else:
            parts.append(gone)
        if self.companion and self.odds(0.8):
            parts.append(delete(self.random, "name"))

    def text(self):
        return "".join("%s%s\n{ %s }\n" % (", ".join(probes),
                                          "\n/%s/" % condition[0] if condition else "", body[0])
                       for probes, condition, body in self.clauses)

    def run(self, events):
        state = State()
        for event in events:
            for probes, condition, body in self.clauses:
                if event.probe not in probes:
                    continue
                if condition and not condition[1](state, event):
                    continue
                try:
                    body[1](state, event)
                except Return:
                    pass
        return state.results


def main():
    seed, number, folder, trace = sys.argv[1:]
    with open(trace, encoding="ascii") as lines:
        events = sorted(map(Event, lines), key=lambda event: event.nsecs)
    functions = sorted({event.function for event in events})
    for i in range(int(number)):
        maker = Maker("%s.%d" % (seed, i), functions)
        results = maker.run(events)
        with open("%s/%d.bt" % (folder, i), "w", encoding="ascii") as out:
            out.write(maker.text())
        with open("%s/%d.want" % (folder, i), "w", encoding="ascii") as out:
            for key in sorted(results):
                out.write("%s: %d\n" % (key, results[key]))


main()
