#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Boots a Debian kernel under QEMU with the built tree in it, runs one command
# there and returns its exit status.
set -eu -o pipefail
# shellcheck source=selftests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

usage() {
	cat <<END
usage: run.sh [options] [--] COMMAND...
       run.sh [options] --shell
       run.sh [options] --save FILE

  --kernel NAME   kernel from fetch-kernel.sh's table ($DEFAULT_KERNEL)
  --timeout SECS  a command that takes longer has hung (120); a line "lap SECS" that it
                  writes to /dev/kps-status begins anew with that many
  --start SECS    a guest that has not begun its command by then is started again (120)
  --smp N         virtual CPUs (2)
  --mem MB        memory (1024)
  --icount        one CPU whose clock counts instructions, for measuring
  --disk FILE     one more, an ext4 image, at /peers
  --append TEXT   more for the kernel's command line
  --expect REGEX  what the kernel may complain of, by its lines
  --log FILE      keep the kernel's console there
  --no-build      ship what is there
  --stage DIR     ship that, as check.sh laid it out
  --save FILE     boot, and keep the guest there as it is before it gets the tree
  --from FILE     go on from there; --kernel, --smp, --mem and --append as they were
  --keep-going    ship what builds, even if some of it does not
  --shell         a shell in the guest instead of a command

COMMAND is run by bash in the guest's /kpstat/selftests; its output comes to
stdout as it is written.  The module is /kpstat/kpstat.ko (\$KPSTAT_KO), kpctl
is in the PATH.  Exit status: the command's; 124 the guest hung, 125 it
crashed, or the kernel complained in its log, or the lab itself failed.
END
}

KERNEL=$DEFAULT_KERNEL TIMEOUT=120 START=$((120 * ${KPSTAT_SLOW:-1})) SMP=2 MEM=1024 ICOUNT=0 SHELL_MODE=0
APPEND='' LOG='' EXPECT='^$' BUILD=1 KEEP_GOING=0 STAGE='' SAVE='' FROM='' DISKS=()

parse() {
	while [ $# -gt 0 ]; do
		case $1 in
		--kernel) KERNEL=$2; shift ;;
		--timeout) TIMEOUT=$2; shift ;;
		--start) START=$2; shift ;;
		--smp) SMP=$2; shift ;;
		--mem) MEM=$2; shift ;;
		--disk) DISKS+=("$2"); shift ;;
		--append) APPEND=$2; shift ;;
		--log) LOG=$2; shift ;;
		--expect) EXPECT=$2; shift ;;
		--icount) ICOUNT=1 SMP=1 ;;
		--no-build) BUILD=0 ;;
		--stage) STAGE=$2 BUILD=0; shift ;;
		--save) SAVE=$2 BUILD=0; shift ;;
		--from) FROM=$2; shift ;;
		--keep-going) KEEP_GOING=1 ;;
		--shell) SHELL_MODE=1 ;;
		-h|--help) usage; exit 0 ;;
		--) shift; break ;;
		-*) usage >&2; exit 2 ;;
		*) break ;;
		esac
		shift
	done
	COMMAND=$*
	if [ -z "$COMMAND$SAVE" ] && [ $SHELL_MODE = 0 ]; then
		usage >&2
		exit 2
	fi
}

# A guest and its copies see disks of the same size.
PAYLOAD_MB=64

# The tree as the guest gets it, a tar archive that is a disk.
payload() {
	local root=$WORK/root rows=24 columns=80
	if [ -t 0 ]; then
		read -r rows columns < <(stty size)
	fi
	if [ -n "$STAGE" ]; then
		mkdir -p "$root/kpstat"
	else
		STAGE=$root
		stage_tree "$(cat "$CACHE/kernels/$KERNEL/release")" "$root" >"$WORK/stage.log" 2>&1 ||
			{ cat "$WORK/stage.log" >&2; die "cannot lay out the tree"; }
		cat "$WORK/stage.log" >&2
	fi
	{
		printf 'kps_shell=%q kps_rows=%q kps_columns=%q\n' $SHELL_MODE "$rows" "$columns"
		printf 'kps_command=%q kps_timeout=%q\n' "$COMMAND" "$TIMEOUT"
		[ -z "$FROM" ] || printf 'kps_now=%s\n' "$EPOCHREALTIME"
		# What a test may be told from outside.
		env | sed -n 's/^\(KPSTAT_TEST_[A-Z_]*\)=/\1 /p' | while read -r name value; do
			printf 'export %s=%q\n' "$name" "$value"
		done
	} >"$root/kpstat/command"
	tar -cf "$WORK/payload.tar" --owner=0 --group=0 -b 128 -C "$STAGE" . -C "$root" ./kpstat/command
	[ "$(stat -c %s "$WORK/payload.tar")" -le $((PAYLOAD_MB << 20)) ] ||
		die "the tree has more than $PAYLOAD_MB MB"
	truncate -s ${PAYLOAD_MB}M "$WORK/payload.tar"
}

# Kills a guest that is overdue: its last line "lap SECS" says how long it may take from
# there on, and before the first it has START seconds.
watch() {
	local laps=0 seen since=$SECONDS limit=$START
	while sleep 0.5; do
		seen=$(grep -c '^lap ' "$WORK/status")
		if [ "$seen" != $laps ]; then
			laps=$seen since=$SECONDS
			limit=$(sed -n 's/^lap \([0-9]*\).*/\1/p' "$WORK/status" | tail -n1)
		fi
		[ $((SECONDS - since)) -gt "$limit" ] || continue
		echo "$laps $limit" >"$WORK/overdue"
		kill "$(cat "$WORK/pid")"
		sleep 5
		kill -KILL "$(cat "$WORK/pid")"
		return
	done
}

# save QEMU...: has the guest's monitor keep it, once the guest is ready.
save() {
	local monitor=$WORK/monitor in out
	mkfifo "$monitor.in" "$monitor.out"
	exec {in}<>"$monitor.in" {out}<>"$monitor.out"
	"$@" -chardev "pipe,id=monitor,path=$monitor" -mon monitor,mode=readline &
	while ! grep -q ready "$WORK/status" && kill -0 $!; do sleep 0.1; done 2>/dev/null
	printf '%s\n' 'migrate_set_parameter max-bandwidth 10G' "migrate file:$SAVE.new" \
		'info status' quit >&"$in"
	wait $!
	grep -q '(postmigrate)' < <(timeout 0.5 cat <&"$out") && mv "$SAVE.new" "$SAVE"
}

# Sets MACHINE, PORTS, which carry the output and the status, and MACHINE_APPEND, which
# names the console and them.
machine() {
	case $ARCH in
	amd64)
		# tsc=reliable: two virtual CPUs would fall back to the slow hpet.  Without
		# erms and fsrm memory is copied and cleared eight bytes at a time: emulated,
		# "rep movsb" takes one step for each byte.
		# shellcheck disable=SC2054
		MACHINE=(-machine q35 -cpu 'max,-erms,-fsrm')
		PORTS=(-serial chardev:io -serial chardev:status)
		MACHINE_APPEND='console=ttyS0 tsc=reliable kps_ports=ttyS1,ttyS2'
		;;
	arm64)
		# A pointer's authentication that QEMU makes up costs a tenth of the real one.
		# shellcheck disable=SC2054
		MACHINE=(-machine virt -cpu 'max,pauth-impdef=on')
		PORTS=(-device virtio-serial-pci -device 'virtconsole,chardev=io'
			-device 'virtconsole,chardev=status')
		MACHINE_APPEND='console=ttyAMA0 kps_ports=hvc0,hvc1'
		;;
	esac
}

boot() {
	local accel='tcg,thread=multi' extra=() drive io
	if [ $ICOUNT = 1 ]; then
		accel='tcg,thread=single'
		extra=(-icount 'shift=0,sleep=off')
	fi
	[ -z "$FROM" ] || extra+=(-incoming "file:$FROM")
	if [ $SHELL_MODE = 1 ]; then
		io='stdio,id=io,signal=off'
	else
		# Opened as a file, the port waits for a slow reader where a
		# stdio device would drop characters; a pipe to cat makes that
		# work whatever our own stdout is.
		io='file,id=io,path=/dev/stdout'
	fi
	for image in "$ROOTFS" "$CACHE/kernels/$KERNEL/modules.img" "$WORK/payload.tar" "${DISKS[@]}"; do
		drive="file=$image,format=raw,if=virtio,snapshot=on,cache=unsafe"
		extra+=(-drive "$drive")
	done
	: >"$WORK/status"
	rm -f "$WORK/overdue"
	machine
	# shellcheck disable=SC2054
	local vm=(
		"$QEMU" -pidfile "$WORK/pid" -nodefaults -no-user-config -no-reboot
		-display none "${MACHINE[@]}" -accel "$accel" -smp "$SMP" -m "$MEM"
		-kernel "$CACHE/kernels/$KERNEL/vmlinuz"
		-initrd "$CACHE/kernels/$KERNEL/initrd"
		-append "$MACHINE_APPEND loglevel=5 panic=-1 oops=panic softlockup_panic=1 nmi_watchdog=0 random.trust_cpu=on mitigations=off apparmor=0 net.ifnames=0 pty.legacy_count=0 $(cat "$CACHE/kernels/$KERNEL/append" 2>/dev/null) $APPEND"
		-chardev "file,id=console,path=$LOG" -serial chardev:console
		-chardev "$io" -chardev "file,id=status,path=$WORK/status" "${PORTS[@]}"
		-device virtio-rng-pci
		"${extra[@]}"
	)
	export TMPDIR=$WORK
	if [ $SHELL_MODE = 1 ]; then
		"${vm[@]}" 2>"$WORK/qemu.log"
		return
	fi
	local status=0 watcher
	watch &
	watcher=$!
	if [ -n "$SAVE" ]; then
		save "${vm[@]}" >"$WORK/qemu.log" 2>&1 || status=$?
	else
		"${vm[@]}" 2>"$WORK/qemu.log" </dev/null | cat || status=$?
	fi
	kill $watcher 2>/dev/null || true
	wait $watcher 2>/dev/null || true
	return $status
}

MAX_TRIES=4

TROUBLE='WARNING: |BUG: |Oops|Kernel panic|general protection fault|INFO: (task|rcu)|rcu: INFO|UBSAN:|refcount_t:|possible circular|suspicious RCU|unreferenced object|Unable to handle|stack guard page|list_(add|del) corruption'

console_tail() {
	say "the last lines of the kernel's console ($LOG):"
	tail -n 60 "$LOG" | tr -d '\r' | sed 's/^/    /' >&2
}

complaints() { tr -d '\r' <"$LOG" | grep -E "$TROUBLE" | grep -vE "$EXPECT"; }

# Sets RESULT: the guest's exit status, or 124 and 125; and AGAIN, why it is worth another
# try.
judge() {
	local qemu=$1 laps limit
	AGAIN=''
	RESULT=$(sed -n 's/^exit \([0-9]*\).*/\1/p' "$WORK/status")
	if [ $SHELL_MODE = 1 ]; then
		RESULT=${RESULT:-0}
	elif [ -e "$WORK/overdue" ]; then
		read -r laps limit <"$WORK/overdue"
		if [ "$laps" = 0 ]; then
			say "the guest has not started within $limit s"
			AGAIN='did not start'
		else
			say "the guest did not end within $limit s"
		fi
		console_tail
		RESULT=124
	elif [ -z "$RESULT" ]; then
		say "the guest died (qemu: $qemu)"
		sed 's/^/    /' "$WORK/qemu.log" >&2
		console_tail
		RESULT=125
		grep -qE '\[kpstat\]|kps_' "$LOG" || AGAIN='crashed outside of kpstat'
	elif complaints | grep -q .; then
		say "the kernel complained:"
		grep -F -A 25 "$(complaints)" "$LOG" | tr -d '\r' | head -60 | sed 's/^/    /' >&2
		RESULT=125
	fi
}

main() {
	parse "$@"
	"$LAB/setup.sh"
	"$LAB/fetch-kernel.sh" "$KERNEL"
	QEMU=$("$LAB/fetch-qemu.sh")
	ROOTFS=$("$LAB/build-rootfs.sh")
	if [ $BUILD = 1 ]; then
		"$LAB/build.sh" "$KERNEL" || [ $KEEP_GOING = 1 ] || exit 125
	fi

	WORK=$(mktemp -d "${TMPDIR:-/tmp}/kpstat-vm.XXXXXX")
	trap 'rm -rf "$WORK"' EXIT
	if [ -z "$LOG" ]; then
		mkdir -p "$TOP/build"
		LOG=$TOP/build/console.$$.log
	fi
	: >"$LOG"
	if [ -n "$SAVE" ]; then
		truncate -s ${PAYLOAD_MB}M "$WORK/payload.tar"
		boot || { cat "$WORK/qemu.log" >&2; die "the guest cannot be saved"; }
		exit 0
	fi
	payload

	# Emulated text patching on several CPUs is known to crash a guest once
	# in a while: a CPU runs an int3 that is no longer there, and the kernel
	# jumps to 0.  Such a crash has no code of ours on its stack.
	local qemu tries
	for ((tries = 1; ; tries++)); do
		qemu=0
		boot || qemu=$?
		judge $qemu
		if [ -z "$AGAIN" ] || [ $tries = $MAX_TRIES ]; then break; fi
		echo "# lab: the guest $AGAIN; trying once more"
		say "the guest $AGAIN; trying once more"
	done
	if [ "$RESULT" = 0 ] && [ "$LOG" = "$TOP/build/console.$$.log" ]; then
		mv -f "$LOG" "$TOP/build/console.log"
	fi
	exit "$RESULT"
}

main "$@"
