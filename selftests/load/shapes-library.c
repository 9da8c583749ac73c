// SPDX-License-Identifier: GPL-2.0
/* shapes.so: a library that comes and goes. */
long in_library(void);

__attribute__((noipa)) long in_library(void)
{
	return 1;
}
