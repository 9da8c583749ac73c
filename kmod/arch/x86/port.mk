# SPDX-License-Identifier: GPL-2.0
#
# An ops of our own is tried here only.
kps-arch-ftrace := $(CONFIG_X86_64)
