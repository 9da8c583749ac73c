#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Records that clauses write, sent as raw netlink: they come out once, in order
# and in full, or are counted; and the probes and helpers that came with them.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

load_module
exec "$HERE/raw/records"
