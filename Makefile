# SPDX-License-Identifier: GPL-2.0
#
# The front door: make help.  The module itself is described in Kbuild, which
# the kernel's build prefers to this file.

VERSION := $(shell sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' dkms.conf)
PREFIX  ?= /usr/local
DESTDIR ?=
srcdir  ?= /usr/src/kpstat-$(VERSION)

# The running kernel's headers, or else those that the lab fetched.
CACHE := $(or $(KPSTAT_CACHE),$(if $(XDG_CACHE_HOME),$(XDG_CACHE_HOME)/kpstat),$(HOME)/.cache/kpstat)
KDIR  ?= $(firstword $(wildcard /lib/modules/$(shell uname -r)/build) \
			 $(wildcard $(CACHE)/kernels/6.1/build))

LAB := selftests/vm

.PHONY: all module kpctl install dkms-source dkms demo check check-kernels \
	check-boots check-debug check-long bench shell lint clean help

all: module kpctl

help:
	@echo 'Try it, on Debian 12 as root; both install what they need:'
	@echo '  make demo          boot a VM, make traffic, show what kpstat sees'
	@echo '  make check         every test; T="NAME..." for some of them'
	@echo
	@echo 'Build and install:'
	@echo '  make               the modules (KDIR=headers) and kpctl'
	@echo '  make install       kpctl, its programs and pages (PREFIX, DESTDIR)'
	@echo '  make dkms          the modules, by DKMS, for the running kernel'
	@echo
	@echo 'Work on it:'
	@echo '  make shell         a shell in a VM that has the built tree'
	@echo '  make check-kernels every kernel of the matrix; K="NAME..." for some'
	@echo '  make check-boots   PREEMPT_RT, nohz_full, no JIT; K="NAME..." for some'
	@echo '  make check-debug   KASAN, lockdep, kmemleak, fault injection; T= as above'
	@echo '                     K=kcsan: data races'
	@echo '  make check-long    two hours: at full length, and an hour under load'
	@echo '  make bench         cost per event, beside bpftrace and ftrace'
	@echo '  make lint          checkpatch, sparse, cppcheck, shellcheck'
	@echo '  make clean'

module:
	@test -n "$(KDIR)" || { echo 'no kernel headers: install those of $(shell uname -r), give KDIR=, or run $(LAB)/fetch-kernel.sh' >&2; exit 1; }
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules

kpctl:
	$(MAKE) -C userspace all

install:
	$(MAKE) -C userspace install PREFIX=$(PREFIX) DESTDIR=$(DESTDIR)

# What DKMS needs of this tree, where it looks for it.
dkms-source:
	install -d $(DESTDIR)$(srcdir)
	find Kbuild dkms.conf COPYING kmod uapi -type f ! -name '*.o' ! -name '.*' \
		! -name '*.mod' ! -name '*.mod.c' ! -name '*.ko' ! -name '*.inc' \
		-exec cp --parents -t $(DESTDIR)$(srcdir) {} +

dkms: dkms-source
	dkms add -m kpstat -v $(VERSION)
	dkms build -m kpstat -v $(VERSION)
	dkms install -m kpstat -v $(VERSION)

demo:
	@$(LAB)/demo.sh

check:
	@$(LAB)/check.sh $(T)

check-kernels:
	@$(LAB)/check-kernels.sh $(K)

# What hosts are like and the matrix is not.
check-boots:
	@$(LAB)/check-kernels.sh $(or $(K),$(shell $(LAB)/fetch-kernel.sh --boots))

check-debug:
	@KPSTAT_KERNEL=$(or $(K),debug) $(LAB)/check-debug.sh $(T)

# The adversarial tests at full length, and an hour under load.
check-long:
	@KPSTAT_TEST_LONG=1 KPSTAT_SLOW=8 $(LAB)/check.sh fire idle long

bench:
	@selftests/bench/bench.sh

shell:
	@$(LAB)/run.sh --timeout 86400 --shell

lint:
	@$(LAB)/setup.sh
	@selftests/host/lint.sh

clean:
	-$(MAKE) -C userspace clean
	@test ! -e selftests/Makefile || $(MAKE) -C selftests clean
	find Kbuild kmod -name '*.o' -delete -o -name '.*.cmd' -delete
	rm -rf build kpstat*.ko kpstat*.o kpstat*.mod* kmod/types/*.inc .kpstat* modules.order Module.symvers .modules.order.cmd .Module.symvers.cmd
