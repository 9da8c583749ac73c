# SPDX-License-Identifier: GPL-2.0
#
# What the guests say, as JSON; a figure that there is not is null.

function text(s) { gsub(/[\\"]/, "\\\\&", s); return "\"" s "\"" }
function number(s) { return s == "-" || s == "" ? "null" : s + 0 }

$1 == "about" && !($2 in about) { about[$2] = $3 }
$1 ~ /^(instructions|time|nobpf)$/ {
	row[++n] = sprintf("{\"view\": %s, \"question\": %s, \"kpstat\": %s, \"mark\": %s, \"bpftrace\": %s, \"hist\": %s, \"floor\": %s}",
		text($1), text($2), number($3), number($4), number($5), number($6), number($7))
}
END {
	print "{"
	for (name in about) printf "  %s: %s,\n", text(name), text(about[name])
	print "  \"rows\": ["
	for (i = 1; i <= n; i++) printf "    %s%s\n", row[i], i < n ? "," : ""
	print "  ]\n}"
}
