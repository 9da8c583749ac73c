# SPDX-License-Identifier: GPL-2.0
#
# What the guests say, as JSON; a figure that there is not is null.

function text(s) { gsub(/[\\"]/, "\\\\&", s); return "\"" s "\"" }
function number(s) { return s == "-" || s == "" ? "null" : s + 0 }

BEGIN { split("kpstat mark bpftrace bpftrace_newest hist perf drop_monitor floor", column, " ") }
$1 == "about" && !($2 in about) { about[$2] = $3 }
$1 ~ /^(instructions|time|nobpf)$/ {
	line = sprintf("{\"view\": %s, \"question\": %s", text($1), text($2))
	for (i = 1; i in column; i++) line = line sprintf(", \"%s\": %s", column[i], number($(i + 2)))
	row[++n] = line "}"
}
END {
	print "{"
	for (name in about) printf "  %s: %s,\n", text(name), text(about[name])
	print "  \"rows\": ["
	for (i = 1; i <= n; i++) printf "    %s%s\n", row[i], i < n ? "," : ""
	print "  ]\n}"
}
