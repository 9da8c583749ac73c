#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# /sys/kernel/debug/kpstat says all that kpctl says, to root and nobody else,
# and nobody can write there.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

TEXT='kprobe:vfs_read /comm == "some_reads"/ { @c[comm, arg2] = count(); @h[comm] = hist(arg2); @l = lhist(arg2, 0, 100, 10);
	@s = stats(arg2); @k[kstack(2)] = count(); @f[func, probe] = count();
	@lk = lhist(arg2, 0, 10240, 1024); @lm = lhist(arg2 * 1024, -1048576, 8388608, 524288);
	@n = -1; @t = (-1, ((int64)1) << 63); }
kretprobe:vfs_read /comm == "some_reads"/ { @ = sum(retval); }
tracepoint:syscalls:sys_enter_openat /comm == "some_opens"/ { @o[str(args.filename)] = count(); }'
MAPS=(@ @c @f @h @k @l @lk @lm @n @o @s @t)

wrong_modes() { find "$DEBUGFS" -type f ! -perm 0400; find "$DEBUGFS" -name '*' ! -uid 0; }

# Blanks at a line's end and empty lines are how, not what.
bare() { sed 's/[ \t]*$//' | grep . ; }

# Two maps that are asked for by name, and drawn alike.
agrees() {
	local file=${1#@}
	diff -u <(kpctl read p "$1" | bare) <(bare <"$DEBUGFS/programs/p/maps/${file:-@}")
}

as_nobody() { setpriv --reuid 65534 --clear-groups "$@"; }

# "probe hits recorded" of each probe, as both sides have it.
ledger_of_kpctl() {
	kpctl show p -j | jq -r '.probes[] | "\(.name) \(.ledger.hits) \(.ledger.recorded)"' | sort
}
ledger_of_debugfs() { awk 'NR > 1 && $NF != "all" { print $12, $1, $2 }' "$DEBUGFS/programs/p/ledger" | sort; }

load_module
load_text p "$TEXT"
must "$LOAD/reads" some_reads 0x1 5x3 20x4 5000x2
must "$LOAD/opens" some_opens 3 /etc/hosts
must kpctl disable p

is "every file is 0400 and root's" "$(wrong_modes)" ""
no "nobody else may read status" as_nobody cat "$DEBUGFS/status"
no "root may not write" sh -c "echo x >$DEBUGFS/programs/p/source"
yes "status: version, engine" grep -qE '^kpstat [0-9.]+, engine: jit' "$DEBUGFS/status"
yes "status: the program, disabled, with 3 probes and 12 maps" \
	grep -qE '^ +p +disabled +3 probes +12 maps' "$DEBUGFS/status"
is "source: the text that was loaded" "$(cat "$DEBUGFS/programs/p/source")" "$TEXT"
is "maps: one file each" "$(find "$DEBUGFS/programs/p/maps" -type f -printf '%f\n' | sort | paste -sd' ')" \
	"@ c f h k l lk lm n o s t"
for map in "${MAPS[@]}"; do
	yes "map $map: as kpctl prints it" agrees "$map"
done
yes "ledger: there is something in it" test "$(ledger p recorded)" -gt 0
is "ledger: as kpctl has it" "$(ledger_of_kpctl)" "$(ledger_of_debugfs)"
must kpctl enable p
is "probes: three sites, attached" \
	"$(awk 'NR > 1 { print $1, $NF }' "$DEBUGFS/programs/p/probes" | sort)" \
	"attached kprobe:vfs_read
attached kretprobe:vfs_read
attached tracepoint:syscalls:sys_enter_openat"
ledger_adds_up p
# One who reads into memory that never comes holds up nobody.
"$LOAD/stalls" "$DEBUGFS/programs/p/ledger" >"$WORK/stalls" &
stalls=$!
for ((i = 0; i < 100; i++)); do [ -s "$WORK/stalls" ] && break; sleep 0.1; done
if grep -q stalled "$WORK/stalls"; then
	yes "a program can be disabled while its file is being read" timeout 60 kpctl disable p
	yes "and unloaded" timeout 60 kpctl unload p
	no "then its file cannot be opened" cat "$DEBUGFS/programs/p/ledger"
else
	skip "a program can be unloaded while its file is being read" "no userfaultfd"
	must kpctl unload p
fi
kill -KILL $stalls 2>/dev/null
wait $stalls 2>/dev/null
is "an unloaded program leaves no directory" "$(ls "$DEBUGFS/programs")" ""
must rmmod kpstat
no "an unloaded module leaves none either" test -e "$DEBUGFS"
finish
