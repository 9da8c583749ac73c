/* SPDX-License-Identifier: GPL-2.0 */
/* What a user should know right after a program was loaded. */
#ifndef KPCTL_SITES_H
#define KPCTL_SITES_H

struct client;

/* Warn of probes that wait for their module, and of those that failed. */
void warn_unattached(struct client *client, const char *name);

#endif
