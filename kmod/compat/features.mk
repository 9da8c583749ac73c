# SPDX-License-Identifier: GPL-2.0
#
# What this kernel's headers have, found by looking.  Stable kernels backport
# interfaces, so a version says little.  compat.h turns the answers into one
# interface for all kernels; nothing else may use them.

kps-has = $(if $(shell grep -s -E '$(2)' $(srctree)/include/linux/$(1)),-D$(3))

# A kretprobe_instance has no pointer to its kretprobe any more.
ccflags-y += $(call kps-has,kprobes.h,\*get_kretprobe\>,KPS_HAS_GET_KRETPROBE)
