# SPDX-License-Identifier: GPL-2.0
#
# A table for people of what the guests say, line by line; exit status 1 if
# kpstat is above a mark (below one that ends in +), or not below bpftrace.

# The better of the two bpftraces, or "-".
function theirs() {
	if ($5 == "-" || $6 == "-") return $5 == "-" ? $6 : $5
	return $5 + 0 < $6 + 0 ? $5 : $6
}

function times() { return theirs() == "-" || $3 == "-" || $3 <= 0 ? "-" : sprintf("%.1f", theirs() / $3) }

function verdict(mark) {
	if ($3 == "-") return "no figure"
	if ($4 ~ /\+$/) { mark = $4 + 0; return $3 < mark ? "BELOW its mark" : "" }
	if ($4 != "-" && $3 + 0 > $4 + 0) return "ABOVE its mark"
	if ($1 == "instructions" && theirs() != "-" && $3 + 0 >= theirs() + 0) return "NOT below bpftrace"
	return ""
}

function head(view) {
	print ""
	if (view != "time") {
		print "Instructions per event above the bare call, read(2) of /dev/zero if nothing else is said"
		print ""
		printf "%-30s %7s %6s %9s %9s %7s %6s %9s %6s %10s\n", "", "kpstat", "mark",
			"bpftrace", "newest", "hist", "perf", "dropmon", "floor", "bpftrace/"
	} else {
		print "Time, two CPUs, medians"
		print ""
		printf "%-52s %8s %8s %9s %9s %10s\n", "", "kpstat", "mark", "bpftrace", "newest", "bpftrace/"
	}
	shown = view
}

$1 == "about" { print $2 ": " $3; next }
$1 !~ /^(instructions|time|nobpf)$/ { print; next }
{
	if (shown != $1) head($1)
	if ($1 != "time")
		printf "%-30s %7s %6s %9s %9s %7s %6s %9s %6s %10s", $2, $3, $4, $5, $6, $7, $8, $9, $10, times()
	else
		printf "%-52s %8s %8s %9s %9s %10s", $2, $3, $4, $5, $6, times()
	wrong = verdict()
	print wrong == "" ? "" : "  " wrong
	if (wrong != "") bad = 1
	fflush()
}
END { exit bad }
