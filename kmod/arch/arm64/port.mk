# SPDX-License-Identifier: GPL-2.0
#
# ftrace's older entry saves a struct pt_regs for everybody, too.
kps-arch-ftrace := $(or $(CONFIG_DYNAMIC_FTRACE_WITH_ARGS),$(CONFIG_DYNAMIC_FTRACE_WITH_REGS))
