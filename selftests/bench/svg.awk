# SPDX-License-Identifier: GPL-2.0
#
# The first view as a picture: bars, one colour for each tool, for the docs.

function escaped(s) { gsub(/&/, "\\&amp;", s); gsub(/</, "\\&lt;", s); return s }
function bar(label, value, color, w) {
	if (value == "-" || value == "") return
	# What is far behind all others is cut off, with its number.
	w = (value > 3000 ? 3000 : value) * scale
	printf "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>\n", left, y, w < 1 ? 1 : w, height, color
	printf "<text x=\"%.1f\" y=\"%d\" class=\"n\">%s %s</text>\n", left + w + 5, y + height - 2, value, label
	y += height + 1
}

$1 == "about" && !($2 in about) { about[$2] = $3 }
$1 == "instructions" { row[++n] = $0 }
END {
	left = 190; height = 11; width = 760; scale = (width - left - 110) / 3000
	size = 60
	for (i = 1; i <= n; i++) {
		split(row[i], f, "\t")
		for (j = 3; j <= 10; j++) if (j != 4 && f[j] != "-" && f[j] != "") size += height + 1
		size += 12
	}
	printf "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\">\n", width, size
	print "<style>text { font-size: 12px; fill: #222 } .n { font-size: 10px; fill: #555 }</style>"
	printf "<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n", width, size
	printf "<text x=\"10\" y=\"22\" style=\"font-size: 14px\">Instructions per event above the bare call, Linux %s</text>\n", escaped(about["kernel"])
	y = 40
	for (i = 1; i <= n; i++) {
		split(row[i], f, "\t")
		printf "<text x=\"10\" y=\"%d\">%s</text>\n", y + height - 1, escaped(f[2])
		bar("kpstat", f[3], "#1f77b4")
		bar("bpftrace " about["bpftrace"], f[5], "#ff9f40")
		bar("bpftrace " about["newest bpftrace"], f[6], "#ffc78f")
		bar("ftrace hist", f[7], "#b9a1d6")
		bar("perf stat", f[8], "#8fbf8f")
		bar("drop monitor", f[9], "#c9b18f")
		bar("bare handler", f[10], "#bbbbbb")
		y += 12
	}
	print "</svg>"
}
