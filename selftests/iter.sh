#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Iterators: tasks, their files and their memory, compared with what /proc says, and seen
# once each while others come and go.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

load_module
install_types

run() { kpctl run -q -e "$1" 2>&1 | grep .; }

# Some tasks, files and areas that stay as they are.
# shellcheck disable=SC2016
python3 -c 'import threading, time, sys
files = [open("/dev/null") for i in range(100)]
for i in range(20): threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
print("ready", flush=True)
time.sleep(1000)' >"$WORK/ready" &
PID=$!
until grep -q ready "$WORK/ready"; do sleep 0.1; done

threads() { find /proc/[0-9]*/task -mindepth 1 -maxdepth 1 2>/dev/null | wc -l; }

before=$(threads)
seen=$(run 'iter:task { @n = count(); }' | awk '{ print $2 }')
# kpctl itself, its pipe and what find needs come and go.
between "as many tasks as /proc has" "$seen" $((before - 6)) $((before + 6))
is "each thread of a process" "$(run "iter:task { if (ctx->task->tgid == $PID) { @n = count(); } }")" "@n: 21"
is "each once" "$(run 'iter:task { @[ctx->task->pid] = count(); }' | grep -cv ': 1$')" 0
is "the first is init" "$(run 'iter:task { printf("%d\n", ctx->task->pid); exit(); }' | head -1)" 1
is "comm and pid of a task" "$(run "iter:task { if (ctx->task->pid == $PID) { printf(\"%s %d\n\", ctx->task->comm, ctx.task.tgid); } }")" "python3 $PID"

files() { run "iter:task_file { if (ctx->task->pid == $PID) { $1 } }"; }
is "all files of a process, once for all its threads" "$(files '@n = count();')" "@n: $(ls /proc/$PID/fd | wc -l)"
is "and their numbers" "$(files 'printf("%d\n", ctx->fd);' | sort -n | paste -sd' ')" "$(ls /proc/$PID/fd | sort -n | paste -sd' ')"
is "with their names" "$(files '@[str(ctx->file->f_path.dentry->d_name.name)] = count();' | grep null)" \
	"@[null]: $(find /proc/$PID/fd -lname /dev/null | wc -l)"

is "all areas of its memory, as /proc has them" \
	"$(run "iter:task_vma { if (ctx->task->pid == $PID) { printf(\"%llx-%llx\n\", ctx->vma->vm_start, ctx->vma->vm_end); } }" | sort)" \
	"$(awk '!/vsyscall/ { print $1 }' /proc/$PID/maps | sed 's/\b0*//g' | sort)"

is "BEGIN, the iterators, END; and it ends" \
	"$(run "BEGIN { printf(\"b\n\"); } iter:task { if (ctx->task->pid == $PID) { printf(\"i\n\"); } } END { printf(\"e\n\"); }" | paste -sd' ')" "b i e"
is "beside other probes it goes on" \
	"$(run "iter:task { @n = count(); } interval:ms:100 { printf(\"i %d\n\", @n > 10); exit(); }" | head -1)" "i 1"
is "two tables" "$(run 'iter:task { @t = count(); } iter:task_file { @f = count(); }' | wc -l)" 2
is "what is not there" "$(kpctl run -e 'iter:nothing { }' 2>&1 | grep hint)" "  hint: the iterators are iter:task, iter:task_file and iter:task_vma"
is "they are listed" "$(kpctl probes 'iter:*' | paste -sd' ')" "iter:task iter:task_file iter:task_vma"

load_text kept 'iter:task { @n = count(); }'
is "the ledger counts elements" "$(ledger kept hits)" "$(value kept @n '')"
is "and show says how" "$(kpctl show -j kept | jq -r '.probes[0].sites[0].how')" walk
done_with kept

# Tasks that come and go, and files that are opened and closed, meanwhile.
for i in 1 2; do
	while :; do (: </dev/null); done &
done
storm=$(jobs -p | tail -2 | paste -sd' ')
bad=0
for i in $(seq 15); do
	[ "$(run "iter:task { @[ctx->task->pid] = count(); } iter:task_file { if (ctx->task->pid == $PID) { @f = count(); } } iter:task_vma { @v = count(); }" |
		grep -E '^@f|^@\[.*: ([2-9]|1[0-9])' | paste -sd' ')" = "@f: $(ls /proc/$PID/fd | wc -l)" ] || bad=$((bad + 1))
done
# shellcheck disable=SC2086
kill $storm
is "while tasks come and go each is seen once, and who stays is seen" $bad 0
kill $PID
is "no program is left" "$(status programs)" 0
must rmmod kpstat
finish
