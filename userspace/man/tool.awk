# SPDX-License-Identifier: GPL-2.0
#
# A tool's manual page, from the comment that it begins with and its getopt()s:
# awk -f tool.awk NAME.bt.  With -v check=1: nothing but what is missing there.

function roff(text)
{
	gsub(/\\/, "\\e", text)
	gsub(/-/, "\\-", text)
	return text ~ /^[.']/ ? "\\&" text : text
}

function complain(what) { print FILENAME ": " what }

BEGIN {
	nr_wanted = split("Usage Output Cost", wanted, " ")
}

FNR == 1 {
	name = FILENAME
	sub(/.*\//, "", name)
	sub(/[.]bt$/, "", name)
}

/^\/\*$/ && !state { state = 1; next }
/^ \*\/$/ && state == 1 { state = 2; next }

state == 1 {
	sub(/^ [*] ?/, "")
	if (!title && /./)
		title = $0
	else if (/^Subject: [a-z]+$/)
		subject = $2
	else if (/^[A-Z][a-z]+:$/)
		section = substr($0, 1, length($0) - 1)
	else if (section)
		text[section] = text[section] $0 "\n"
}

state == 2 && match($0, /getopt\("[a-z0-9-]+"(, *("[^"]*"|[^,")]+))?(, *"[^"]*")?\)/) {
	call = substr($0, RSTART + 8, RLENGTH - 9)
	split(call, part, /, */)
	gsub(/"/, "", part[1])
	if (!(part[1] in seen)) {
		seen[part[1]]
		order[++nr] = part[1]
		value[nr] = part[2]
		gsub(/"/, "", value[nr])
		what[nr] = call
		if (!sub(/^[^,]*, *("[^"]*"|[^,"]+), *"/, "", what[nr]))
			what[nr] = ""
		sub(/"$/, "", what[nr])
	}
}

END {
	if (check) {
		if (index(title, name ": ") != 1 || title !~ /[?]$/)
			complain("the first line is not \"" name ": question?\"")
		if (!subject)
			complain("it has no line \"Subject: word\"")
		for (i = 1; i <= nr_wanted; i++)
			if (text[wanted[i]] !~ /[^ \t\n]/)
				complain("it has no part \"" wanted[i] ":\"")
		for (i = 1; i <= nr; i++)
			if (!what[i])
				complain("parameter --" order[i] " has no description")
		if (FNR > 100)
			complain("it is longer than two screens")
		exit
	}
	print ".\\\" Made by man/tool.awk of " name ".bt."
	print ".TH KPCTL\\-" toupper(roff(name)) " 8 \"\" kpstat \"System Administration\""
	sub(/^[^:]*: /, "", title)
	print ".SH NAME\nkpctl\\-" roff(name) " \\- " roff(title)
	print ".SH SYNOPSIS\n.nf" roff_lines("Usage") ".fi"
	if (nr)
		print ".SH PARAMETERS"
	for (i = 1; i <= nr; i++) {
		is_flag = value[i] == "" || value[i] ~ /^(true|false)$/
		print ".TP\n.B \\-\\-" roff(order[i]) (is_flag ? "" : "=" roff(value[i])) "\n" roff(what[i])
	}
	print ".SH OUTPUT" roff_lines("Output")
	print ".SH COST" roff_lines("Cost")
	if ("Kernels" in text)
		print ".SH KERNELS" roff_lines("Kernels")
	print ".SH SEE ALSO\n.BR kpctl (8)"
}

# What is indented keeps its lines.
function roff_lines(section,    lines, n, i, out, kept)
{
	n = split(text[section], lines, "\n")
	out = "\n"
	for (i = 1; i <= n; i++) {
		if (section != "Usage" && (lines[i] ~ /^[ \t]/) != kept) {
			kept = !kept
			out = out (kept ? ".nf\n" : ".fi\n")
		}
		if (lines[i] != "")
			out = out roff(lines[i]) "\n"
		else if (i > 1 && i < n - 1 && !kept)
			out = out (section == "Usage" ? "\n" : ".PP\n")
	}
	return out (kept ? ".fi\n" : "")
}
