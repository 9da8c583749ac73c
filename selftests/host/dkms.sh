#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Runs on the host: a real dkms add, build and install of this tree for the
# installed kernel headers, in directories of its own.
#
# shellcheck disable=SC2317
set -u
TOP=$(cd "$(dirname "$0")/../.." && pwd)
WORK=$(mktemp -d "${TMPDIR:-/tmp}/kpstat-dkms.XXXXXX")
# DKMS makes itself a key to sign with, outside of its tree, if there is none.
NEW_KEY=
[ -e /var/lib/dkms/mok.key ] || NEW_KEY=/var/lib/dkms/mok
trap 'rm -rf "$WORK" ${NEW_KEY:+"$NEW_KEY.key" "$NEW_KEY.pub"}' EXIT
N=0 FAILED=0

ok() { N=$((N + 1)); echo "ok $N - dkms: $1"; }
not_ok() {
	N=$((N + 1)) FAILED=1
	echo "not ok $N - dkms: $1"
	[ ! -s "$WORK/log" ] || tail -n 40 "$WORK/log" | sed 's/^/# /'
	find "$WORK/dkms" -name make.log -exec tail -n 40 {} \; 2>/dev/null | sed 's/^/# /'
}
check() {
	local what=$1
	shift
	if "$@" >"$WORK/log" 2>&1; then ok "$what"; else not_ok "$what"; fi
}
skip_all() { echo "1..0 # SKIP $1"; exit 4; }

# With directories of our own, the machine's DKMS state stays as it is.
run_dkms() {
	dkms "$1" -m kpstat -v "$VERSION" -k "$RELEASE" --kernelsourcedir "$KDIR" \
		--dkmstree "$WORK/dkms" --sourcetree "$WORK/src" \
		--installtree "$WORK/lib/modules" --no-depmod
}

# The newest headers of the cloud kernel that are installed.
newest_headers() {
	find /usr/src -maxdepth 1 -name 'linux-headers-*-cloud-amd64' | sort -V | tail -n1
}

vermagic_is() { [ "$(modinfo -F vermagic "$1" | cut -d' ' -f1)" = "$2" ]; }
installed() { find "$WORK/lib/modules/$RELEASE" -name "$1.ko*"; }
one_of_each() { [ "$(installed kpstat | wc -l) $(installed kpstat_types | wc -l)" = "1 1" ]; }
# Nothing but its debug information makes it what it is.
has_types() {
	readelf --debug-dump=info "$1" >"$WORK/info"
	grep -q ': sk_buff$' "$WORK/info" && grep -q ': TCP_LISTEN$' "$WORK/info"
}

command -v dkms >/dev/null || skip_all "dkms is not installed"
KDIR=$(newest_headers)
[ -n "$KDIR" ] || skip_all "no cloud kernel headers are installed"
RELEASE=${KDIR#/usr/src/linux-headers-}
VERSION=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' "$TOP/dkms.conf")

echo "TAP version 13"
echo "1..10"
mkdir -p "$WORK/dkms" "$WORK/src" "$WORK/lib/modules/$RELEASE" "$WORK/types.d"
# The site's own headers, of which one is broken: nothing else must fail for it.
export KPSTAT_TYPES_D=$WORK/types.d
echo 'struct site_thing { int field; };' >"$WORK/types.d/good.h"
echo 'struct site_broken { nonsense field; };' >"$WORK/types.d/bad.h"
check "the source tree is laid out" \
	make -s -C "$TOP" dkms-source DESTDIR="$WORK" srcdir="/src/kpstat-$VERSION"
check "add" run_dkms add
check "build for $RELEASE" run_dkms build
check "install" run_dkms install
check "the module and the types object are installed, each once" one_of_each
for name in kpstat kpstat_types; do
	check "$name: its vermagic is $RELEASE" vermagic_is "$(installed $name)" "$RELEASE"
done
check "kpstat_types: it has its debug information" has_types "$(installed kpstat_types)"
check "kpstat_types: the site's own types are in it" grep -q ': site_thing$' "$WORK/info"
check "kpstat_types: what does not compile is named" \
	grep -rq 'without .*/bad.h, which does not compile' "$WORK/dkms" --include=make.log
exit $FAILED
