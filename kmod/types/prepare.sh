#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# prepare.sh RELEASE: DKMS has installed the types object; kpctl, if it is there,
# makes its index.  It would do so when it is first asked, so all is well without.
! command -v kpctl >/dev/null || kpctl types --prepare "$1"
exit 0
