#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The tools that come with kpstat: what kpctl says of them, and what they show of a load
# whose numbers are known from elsewhere. They run all at once.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"
# timeout=300

TOOLS=$(dirname "$(command -v kpctl)")/../share/kpstat/programs

described() {
	is "each file is a tool, and is listed" "$(kpctl tools -j | jq -r '.tools[].name' | sort | paste -sd' ')" \
		"$(basename -s .bt "$TOOLS"/*.bt | sort | paste -sd' ')"
	is "none has no subject" "$(kpctl tools | sed -n '/^others:/,/^$/p')" ""
	yes "a subject's" grep -q '^  fork  *who starts tasks?' <(kpctl tools processes)
	no "and no others" grep -q drops <(kpctl tools processes)
	is "tools -v is run --help" "$(kpctl tools -v fork)" "$(kpctl run fork --help)"
	yes "it says how to read it" grep -q '^Forks by the command' <(kpctl run fork --help)
	is "a file beside them is found by its name" \
		"$(cd "$WORK" && echo 'BEGIN { print("mine"); exit(); }' >fork.bt && kpctl run -q fork.bt | head -n1)" mine
}

load_module
described
must rmmod kpstat
finish
