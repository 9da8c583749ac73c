// SPDX-License-Identifier: GPL-2.0
/*
 * Fields of keys, plain values and records, as attributes: numbers, or text.
 */
#include <linux/slab.h>
#include <linux/string.h>
#include <net/netlink.h>

#include "kpstat.h"
#include "netlink/netlink.h"
#include "text.h"

/* What an entry's fields have of a message together. */
#define FIELDS_ROOM (KPS_READ_ROOM - 2048)

/**
 * kps_share_of() - bytes of a message that the text of one field may take
 * @nr_fields: of an entry
 * @numbers: bytes of what is no field
 *
 * A stack may take KPS_TEXT_MAX: of more than three each has its share, and its
 * outermost frames are left out.
 */
u32 kps_share_of(u32 nr_fields, u32 numbers)
{
	return min_t(u32, KPS_TEXT_MAX,
		     (FIELDS_ROOM - numbers) / max(nr_fields, 1U) - 16);
}

/* Whole lines that fit, and a last one that says that there are more. */
static void say_if_cut(char *text, u32 size)
{
	static const char more[] = "...";
	char *line;

	if (strlen(text) < size - 1)
		return;
	text[size - sizeof(more) - 1] = '\0';
	line = strrchr(text, '\n');
	strscpy(line ? line + 1 : text, more, sizeof(more));
}

/** kps_put_text() - a string of @len bytes that need not end with a NUL */
int kps_put_text(struct sk_buff *msg, const char *text, u32 len)
{
	struct nlattr *attr = nla_reserve(msg, KPS_ENTRY_A_STR, len + 1);

	if (!attr)
		return -EMSGSIZE;
	memcpy(nla_data(attr), text, len);
	((char *)nla_data(attr))[len] = '\0';
	return 0;
}

/* The longest that bits have: all names of one enum. */
#define NAMED_MAX 512

static int put_named(struct sk_buff *msg, const struct kps_program *program,
		     const struct kps_field *field, const u64 *data)
{
	struct {
		u64 value;
		char name[NAMED_MAX];
	} *named = kmalloc(sizeof(*named), GFP_KERNEL);
	size_t len;
	int err;

	if (!named)
		return -ENOMEM;
	named->value = *data;
	len = kps_field_text(program, field, data, named->name, sizeof(named->name));
	err = nla_put(msg, KPS_ENTRY_A_NAMED, sizeof(u64) + len + 1, named);
	kfree(named);
	return err;
}

static int put_field(struct sk_buff *msg, const struct kps_program *program,
		     const struct kps_field *field, const u64 *data, u32 share)
{
	char *text;
	int err;

	if (field->type == KPS_T_BUF)
		return nla_put(msg, KPS_ENTRY_A_BYTES,
			       min_t(u64, *data, field->size - sizeof(u64)), data + 1);
	if (field->type == KPS_T_ENUM)
		return put_named(msg, program, field, data);
	if (kps_field_is_int(field))
		return nla_put_u64_64bit(msg, KPS_ENTRY_A_INT, *data,
					 KPS_ENTRY_A_PAD);
	if (field->type == KPS_T_STR)
		return kps_put_text(msg, (const char *)data,
				strnlen((const char *)data, field->size));
	text = kmalloc(share, GFP_KERNEL);
	if (!text)
		return -ENOMEM;
	kps_field_text(program, field, data, text, share);
	say_if_cut(text, share);
	err = nla_put_string(msg, KPS_ENTRY_A_STR, text);
	kfree(text);
	return err;
}

/**
 * kps_put_fields() - of a key, a plain value or a record
 * @msg: to be put into
 * @program: whose they are
 * @fields: what they are
 * @nr: of @fields
 * @data: theirs, one behind the other
 * @share: see kps_share_of()
 *
 * Context: may sleep. Return: 0 or -EMSGSIZE.
 */
int kps_put_fields(struct sk_buff *msg, const struct kps_program *program,
		      const struct kps_field *fields, u32 nr, const u64 *data,
		      u32 share)
{
	u32 i;

	for (i = 0; i < nr; i++) {
		if (put_field(msg, program, &fields[i], data, share))
			return -EMSGSIZE;
		data += fields[i].size / sizeof(u64);
	}
	return 0;
}

static int put_joined(struct sk_buff *msg, const struct kps_output *output,
		      const struct kps_record *record, const void *text)
{
	return output->joins ? kps_put_text(msg, text, record->joined) : 0;
}

/** kps_put_record() - the fields of a record. Context: may sleep. Return: 0 or -EMSGSIZE. */
int kps_put_record(struct sk_buff *msg, const struct kps_program *program,
		   const struct kps_record *record)
{
	const struct kps_output *output = &program->outputs[record->output];
	u32 share = kps_share_of(output->nr_fields, output->joins ? record->joined : 0);
	const struct kps_field *field = output->fields;
	const u64 *data = record->data;
	u32 i;

	for (i = 0; i + output->joins < output->nr_fields; i++, field++) {
		if (put_field(msg, program, field, data, share))
			return -EMSGSIZE;
		data += kps_field_bytes(field, data) / sizeof(u64);
	}
	return put_joined(msg, output, record, data);
}
