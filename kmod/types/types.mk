# SPDX-License-Identifier: GPL-2.0
#
# The types object is nothing but debug information, whatever the kernel's own
# configuration says of that: all types, and not in another file.  Strings where they
# are used: each reference to one elsewhere would be a relocation.  The macros are in a
# section of their own for the same reason: -g3 makes it twice as large.

kpstat_types-y := kmod/types/types.o

CFLAGS_kmod/types/types.o := -g -gdwarf-4 -fno-eliminate-unused-debug-types \
			     $(call cc-option,-fno-merge-debug-strings) -w \
			     -I$(obj)/kmod/types \
			     -DKPS_MACROS='"$(obj)/kmod/types/macros.inc"'
CFLAGS_REMOVE_kmod/types/types.o := -gsplit-dwarf -gdwarf-5 -g0 \
	-femit-struct-debug-baseonly -fdebug-types-section $(CC_FLAGS_LTO)

# As types.c is going to be compiled, but for where that says what it read.
kps-types-flags = $(filter-out -Wp$(comma)-M% -DKBUILD_MODNAME% -Werror%,$(c_flags)) \
		  -DKBUILD_MODNAME='"kpstat_types"' -DMODULE

quiet_cmd_types_headers = HEADERS $@
      cmd_types_headers = $(SHELL) $(src)/kmod/types/headers.sh \
		$(CC) $(kps-types-flags) <$(src)/kmod/types/headers >$@

targets += kmod/types/headers.inc
$(obj)/kmod/types/headers.inc: $(src)/kmod/types/headers \
		$(src)/kmod/types/headers.sh \
		$(wildcard /etc/kpstat/types.d /etc/kpstat/types.d/*.h) FORCE
	$(call if_changed,types_headers)

# Each as "NAME TEXT" or "NAME(PARAMETERS) TEXT", by name.  What has statements in it is
# left out, for it is no constant, and so is what only this module is compiled with.
quiet_cmd_types_macros = MACROS  $@
      cmd_types_macros = $(CC) $(kps-types-flags) -w -E -dM -x c $< | \
		sed -n '/[{};]/d; /^\#define \(KPS_\|KBUILD_\|MODULE \)/d; s/^\#define //p' | LC_ALL=C sort >$@

targets += kmod/types/macros.inc
$(obj)/kmod/types/macros.inc: $(obj)/kmod/types/headers.inc FORCE
	$(call if_changed,types_macros)

$(obj)/kmod/types/types.o: $(obj)/kmod/types/headers.inc $(obj)/kmod/types/macros.inc
