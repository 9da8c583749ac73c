#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The verifier: each rule has a clause that is accepted and one that is refused,
# sent as raw netlink.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

load_module
exec "$HERE/raw/verifier"
