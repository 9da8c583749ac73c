#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Lockdown for confidentiality, with the exception that root made when the
# module was loaded: all of it works, and who may use it stays the same.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"
# a guest of its own: no one can unlock it again
needs_lockdown

PARAMETER=/sys/module/kpstat/parameters/allow_confidential

must insmod "$KPSTAT_KO" allow_confidential=1
is "the parameter is set" "$(cat $PARAMETER)" Y
is "only root sees it, nobody changes it" "$(stat -c %a $PARAMETER)" 400
lock confidentiality
yes "load" kpctl load --name runs -e 'kprobe:vfs_read /comm == "locked"/ { @[arg2] = count(); }'
must "$LOAD/reads" locked 7x10
is "read" "$(value runs @ 7)" 10
yes "disable, enable" eval "kpctl disable runs && kpctl enable runs"
no "nobody else reads" setpriv --reuid 65534 --regid 65534 --clear-groups kpctl read runs
done_with runs
must rmmod kpstat
finish
