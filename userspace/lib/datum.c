// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include <linux/kpstat.h>
#include <netlink/attr.h>

#include "base/xalloc.h"
#include "datum.h"

bool datum_get(struct nlattr *attr, struct datum *datum)
{
	char *data = nla_data(attr);
	size_t len = nla_len(attr);

	*datum = (struct datum){ 0 };
	switch (nla_type(attr)) {
	case KPS_ENTRY_A_INT:
		datum->number = nla_get_u64(attr);
		return true;
	case KPS_ENTRY_A_BYTES:
		datum->is_text = datum->is_bytes = true;
		datum->text = data;
		datum->len = len;
		return true;
	case KPS_ENTRY_A_NAMED:
		if (len < sizeof(datum->number))
			return false;
		memcpy(&datum->number, data, sizeof(datum->number));
		datum->is_named = true;
		data += sizeof(datum->number);
		len -= sizeof(datum->number);
		break;
	case KPS_ENTRY_A_STR:
		break;
	default:
		return false;
	}
	/* A text without its end is none: it is printed as it stands. */
	datum->is_text = true;
	datum->text = len && !data[len - 1] ? data : "";
	datum->len = strlen(datum->text);
	return true;
}

void datum_own(struct datum *datum)
{
	if (!datum->is_text)
		return;
	datum->text = memcpy(xcalloc(1, datum->len + 1), datum->text, datum->len);
}
