/* SPDX-License-Identifier: GPL-2.0 */
/* To whoever has started us and waits for it: systemd, of a Type=notify service. */
#ifndef KPCTL_NOTIFY_H
#define KPCTL_NOTIFY_H

/**
 * notify() - say what has become of us, as sd_notify(3) does
 * @state: "READY=1", "STOPPING=1"
 *
 * Nobody who asks for it, or is gone meanwhile, is no error.
 */
void notify(const char *state);

#endif
