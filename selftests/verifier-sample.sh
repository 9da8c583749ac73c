#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What the verifier accepts in user space, under the fuzzer, it accepts in the
# kernel too, which runs it and lives.
# timeout=300
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

load_module
exec "$HERE/raw/sample" "$HERE/raw/sample.bin"
