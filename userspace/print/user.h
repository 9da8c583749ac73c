/* SPDX-License-Identifier: GPL-2.0 */
#ifndef KPCTL_USER_H
#define KPCTL_USER_H

#include "base/text.h"

/* A user's name, or the number if it has none here. */
void user_write(struct text *out, unsigned long long uid);

#endif
