#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What is done without running a clause is what the clause would have done: the
# same question, asked in words that are recognised and in words that are not,
# has the same answer; and filters let through what arithmetic says.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

grep -q ' vfs_fallocate$' /proc/kallsyms || skip_all "this kernel has no fallocate"
WORDS="0 1 2 6 7 8 127 128 2147483647 2147483648 4294967295 4294967296
	9223372036854775807 9223372036854775808 18446744071562067967
	18446744071562067968 18446744073709551608 18446744073709551609
	18446744073709551614 18446744073709551615"

# programs DIRECTORY: a file for each operator: the text, and what each map must
# count. @sN is the short way, @lN the long one.
programs() {
	python3 - "$1" $WORDS <<'END'
import operator, sys
words = [int(w) for w in sys.argv[2:]]
numbers = [0, 1, 7, -1, -7, 127, 2147483647, -2147483648]
compare = { "==": operator.eq, "!=": operator.ne, "<": operator.lt,
            "<=": operator.le, ">": operator.gt, ">=": operator.ge }
signed = lambda n: n - 2**64 if n >= 2**63 else n
for name, (op, fn) in zip(["eq", "ne", "lt", "le", "gt", "ge"], compare.items()):
    text, want, i = "", "", 0
    for number in numbers:
        for cast in ["(uint64)", "(int64)"]:
            filter = f"{cast}arg2 {op} {cast}{number}"
            text += f"kprobe:vfs_fallocate /{filter}/ {{ @s{i} = count(); }}\n"
            text += f"kprobe:vfs_fallocate {{ if ({filter}) {{ @l{i} = count(); }} }}\n"
            as_meant = signed if cast == "(int64)" else lambda n: n % 2**64
            n = sum(3 for w in words if fn(as_meant(w), as_meant(number)))
            if n:
                want += f"@l{i}: {n}\n@s{i}: {n}\n"
            i += 1
    open(f"{sys.argv[1]}/{name}.bt", "w").write(text)
    open(f"{sys.argv[1]}/{name}.want", "w").write(want)
END
}

filters() {
	local program name
	mkdir "$WORK/filters"
	must programs "$WORK/filters"
	for program in "$WORK"/filters/*.bt; do
		name=$(basename "$program" .bt)
		must kpctl load --name filter "$program"
		# shellcheck disable=SC2086
		must "$LOAD/words" words 3 $WORDS
		kpctl read filter | grep . | sort >"$WORK/got"
		sort "${program%.bt}.want" >"$WORK/want"
		yes "filters: $name, on $(wc -l <"$WORK/want") maps" diff "$WORK/want" "$WORK/got"
		done_with filter
	done
}

# aggregation NAME TEXT: @ is the map's name in TEXT
aggregation() {
	local short=${2//@/@short} long=${2//@/@long}
	load_text same "kprobe:vfs_fallocate { $short; } kprobe:vfs_fallocate { $long; @also = count(); }"
	# Of each length that differs: within a word, at its end, as long as can be.
	for comm in words words_ab words_of_15_let; do
		# shellcheck disable=SC2086
		must "$LOAD/words" $comm 2 $WORDS
	done
	kpctl read same @short | sed s/@short/@/ >"$WORK/short"
	kpctl read same @long | sed s/@long/@/ >"$WORK/long"
	yes "$1: $(grep -c . "$WORK/short") lines" diff "$WORK/long" "$WORK/short"
	yes "$1: there are some" grep -q @ "$WORK/short"
	done_with same
}

# A map that is too small loses the same, and says so.
full() {
	local nr
	load_text full 'kprobe:vfs_fallocate { @short[arg2] = count(); } kprobe:vfs_fallocate { @long[arg2] = count(); @also = count(); }' --max-keys 8
	# shellcheck disable=SC2086
	must taskset -c 0 "$LOAD/words" words 3 $WORDS
	nr=$(wc -w <<<"$WORDS")
	is "a full map: entries, and what was lost" \
		"$(kpctl show full -j | jq -c '[.probes[].ledger | .recorded, .overflow]' | tr -d '\n')" \
		"[24,$(((nr - 8) * 3)),24,$(((nr - 8) * 3))]"
	yes "a full map: the same in both" diff <(kpctl read full @short | sed s/@short//) \
		<(kpctl read full @long | sed s/@long//)
	must kpctl unload full
}

load_module
filters
aggregation "count" '@ = count()'
aggregation "sum of a word" '@ = sum(arg3)'
aggregation "avg of a number" '@ = avg(5)'
aggregation "min, signed" '@ = min((int64)arg2)'
aggregation "max" '@ = max(arg2)'
aggregation "stats" '@ = stats(arg3)'
aggregation "hist" '@ = hist(arg2)'
aggregation "lhist" '@ = lhist(arg3, 0, 20, 3)'
aggregation "by comm" '@[comm] = count()'
aggregation "by pid" '@[pid] = count()'
aggregation "by tid" '@[tid] = sum(arg3)'
aggregation "by cpu" '@[cpu] = count()'
aggregation "by a word" '@[arg2] = count()'
aggregation "by comm, a word, pid, tid" '@[comm, arg3, pid, tid] = count()'
aggregation "by five" '@[comm, arg3, pid, tid, cpu] = count()'
aggregation "hist by comm" '@[comm] = hist(arg2)'
full
must rmmod kpstat
finish
