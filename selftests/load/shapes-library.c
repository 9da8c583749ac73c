// SPDX-License-Identifier: GPL-2.0
/* shapes.so: a library that comes and goes. */
__attribute__((noipa)) long in_library(void)
{
	return 1;
}
