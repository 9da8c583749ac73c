#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The kernel's structs and those that a program declares: bpftrace and kpctl run
# the programs of language/fields, and must print the same.
# timeout=900
PROGRAMS=(language/fields)
# shellcheck source=selftests/language.sh
. "$(dirname "$0")/language.sh"
