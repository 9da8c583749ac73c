# SPDX-License-Identifier: GPL-2.0
#
# What this kernel's headers have, found by looking.  Stable kernels backport
# interfaces, so a version says little.  compat.h turns the answers into one
# interface for all kernels; nothing else may use them.

kps-has = $(if $(shell grep -s -E '$(2)' $(srctree)/include/linux/$(1)),-D$(3))

# What modules may call.
kps-exports = $(shell grep -s -w $(1) $(objtree)/Module.symvers)

# A kretprobe_instance has no pointer to its kretprobe any more.
ccflags-y += $(call kps-has,kprobes.h,\*get_kretprobe\>,KPS_HAS_GET_KRETPROBE)

# A timer's function is given when it is made, and in no other way.
ccflags-y += $(call kps-has,hrtimer.h,\<hrtimer_setup\>,KPS_HAS_HRTIMER_SETUP)

# What is added to an eventfd's count is said.
ccflags-y += $(call kps-has,eventfd.h,eventfd_signal.struct eventfd_ctx .ctx. __u64,KPS_EVENTFD_SIGNAL_TAKES_NUMBER)

# ring_buffer_unlock_commit() takes the event, too.
kps-grep-next = $(if $(shell grep -s -A1 -E '$(2)' $(srctree)/include/linux/$(1) | grep -E '$(3)'),-D$(4))
ccflags-y += $(call kps-grep-next,ring_buffer.h,ring_buffer_unlock_commit.struct trace_buffer,ring_buffer_event,KPS_RING_BUFFER_COMMITS_EVENT)

# A clock of TAI that can be read anywhere.
ccflags-y += $(call kps-has,timekeeping.h,ktime_get_tai_fast_ns,KPS_HAS_TAI_FAST)

# A task's state comes to sched_switch as an argument.
ccflags-y += $(if $(shell grep -s -A1 '__trace_sched_switch_state.bool preempt,$$' $(srctree)/include/trace/events/sched.h),-DKPS_SCHED_SWITCH_HAS_STATE)

# Their records tell the kind of a request in letters.
ccflags-y += $(if $(call kps-exports,blk_fill_rwbs),-DKPS_HAS_BLOCK_EVENTS)

# Who is called by a tracepoint may be preempted.
ccflags-y += $(if $(shell grep -s preempt_disable_notrace $(srctree)/include/linux/tracepoint.h),,-DKPS_TRACEPOINTS_PREEMPTIBLE)

# What tracing says of an event.
ccflags-y += $(if $(call kps-exports,trace_get_event_file),-DKPS_HAS_EVENT_FILE)

# Who may join a multicast group: flags, or a bit of its own before.
ccflags-y += $(if $(shell grep -s GENL_MCAST_CAP_SYS_ADMIN $(srctree)/include/net/genetlink.h),-DKPS_HAS_MCAST_FLAGS)
ccflags-y += $(if $(shell grep -s cap_sys_admin:1 $(srctree)/include/net/genetlink.h),-DKPS_HAS_MCAST_CAP_SYS_ADMIN)

# arm64's exceptions leave a record of their own on the stack.
ccflags-y += $(if $(shell grep -s FRAME_META_TYPE_PT_REGS $(srctree)/arch/$(SRCARCH)/include/asm/stacktrace/frame.h),-DKPS_HAS_FRAME_RECORD_META)

# A consumer of uprobes is registered with one call, and goes in two; it can keep a word
# of each call until its return.
ccflags-y += $(call kps-has,uprobes.h,uprobe_unregister_nosync,KPS_UPROBES_GO_IN_TWO)
ccflags-y += $(call kps-has,uprobes.h,struct pt_regs .regs. __u64 .data,KPS_UPROBES_KEEP_WORDS)

# Areas of memory are in a tree that is gone through by an iterator.
ccflags-y += $(call kps-has,mm_types.h,define VMA_ITERATOR,KPS_HAS_VMA_ITERATOR)

# ftrace serves kprobes at the entries of functions, and may be switched off.
ifeq ($(CONFIG_KPROBES_ON_FTRACE)$(CONFIG_DYNAMIC_FTRACE),yy)
ifneq ($(and $(call kps-exports,ftrace_set_filter_ip),$(call kps-exports,register_ftrace_function)),)
ccflags-y += -DKPS_KPROBES_ON_FTRACE
endif
endif
ccflags-y += $(call kps-has,ftrace.h,struct ftrace_regs\>,KPS_HAS_FTRACE_REGS)

# ftrace saves the arguments for whoever asks, and exports what an ops of our own
# needs; the processor's port can use it.  It saves all registers on demand, or else fills
# a struct with those that it has.
kps-ftrace-saves-all := $(CONFIG_DYNAMIC_FTRACE_WITH_REGS)
kps-ftrace-fills := $(if $(shell grep -s ftrace_partial_regs $(srctree)/arch/$(SRCARCH)/include/asm/ftrace.h),y)
ifeq ($(kps-arch-ftrace)$(or $(kps-ftrace-saves-all),$(kps-ftrace-fills)),yy)
ifneq ($(and $(call kps-exports,ftrace_set_filter_ips),$(call kps-exports,ftrace_free_filter)),)
kps-ftrace := y
ccflags-y += -DKPS_HAS_FTRACE
ccflags-y += $(call kps-has,ftrace_regs.h,arch_ftrace_regs,KPS_FTRACE_REGS_ARE_OPAQUE)
ccflags-y += $(if $(kps-ftrace-saves-all),,-DKPS_FTRACE_SAVES_ARGUMENTS_ONLY)
endif
endif
