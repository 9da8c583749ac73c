/* SPDX-License-Identifier: GPL-2.0 */
/* What /proc says of a process. */
#ifndef KPCTL_PROCESS_H
#define KPCTL_PROCESS_H

#include <stddef.h>

/*
 * What stands behind the name in /proc/PID/stat, as " STATE PPID ..." (proc(5), fields
 * 3 and on); in @text, of @size bytes.  The name itself may hold anything.
 * Return: NULL if the process is gone.
 */
const char *process_stat(unsigned int pid, char *text, size_t size);
#define PROCESS_STAT_MAX 1024

#endif
