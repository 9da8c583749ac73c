#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Messages that are wrong, hostile, mutated or cut off: an error each, nothing
# is left behind, the machine lives.
# timeout=300
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

# What a mutation may have loaded under another name, or not owned.
unload_all() {
	kpctl list -j | jq -r '.programs[].name' |
		while read -r name; do kpctl unload "$name"; done
}

load_module
yes "what is wrong is refused with a sentence" "$HERE/raw/hostile"
yes "mutated and truncated messages are survived" "$HERE/raw/hostile" mutate
unload_all
is "no program is left" "$(status programs)" 0
is "no memory is left" "$(status memory)" 0
is "debugfs is empty" "$(ls "$DEBUGFS/programs")" ""
is "no kprobe is left" "$(armed)" 0
must rmmod kpstat
finish
