#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Maps of every kind hold what was put into them, edges of buckets included.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

load_module
exec "$HERE/raw/maps"
