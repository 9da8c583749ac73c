// SPDX-License-Identifier: GPL-2.0
#include <pwd.h>
#include <string.h>

#include "user.h"

void user_write(struct text *out, unsigned long long uid)
{
	const struct passwd *user = getpwuid(uid);

	if (user)
		text_name(out, user->pw_name, strlen(user->pw_name));
	else
		text_printf(out, "%llu", uid);
}
