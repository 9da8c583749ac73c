# SPDX-License-Identifier: GPL-2.0
#
# An ops of our own is tried here only.
kps-arch-ftrace := $(and $(CONFIG_X86_64),$(CONFIG_DYNAMIC_FTRACE_WITH_ARGS))
