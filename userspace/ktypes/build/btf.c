// SPDX-License-Identifier: GPL-2.0
/* The kernel's own BTF.  Reading the file needs no bpf(). */
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "build.h"

static const char *name_at(const struct btf *btf, __u32 offset)
{
	const char *name = btf__name_by_offset(btf, offset);

	return name && *name ? name : NULL;
}

/* Whether whoever wrote this says of enums that they have a sign. */
static bool tells_signs(const struct btf *btf)
{
	const struct btf_type *type;
	__u32 id;

	for (id = 1; (type = btf__type_by_id(btf, id)); id++)
		if (btf_is_enum64(type) || (btf_is_enum(type) && btf_kflag(type)))
			return true;
	return false;
}

static bool is_negative(const struct btf_type *type)
{
	const struct btf_enum *value = btf_enum(type);
	int i;

	for (i = 0; i < btf_vlen(type); i++)
		if (value[i].val < 0)
			return true;
	return false;
}

static void add_enumerators(struct build *build, const struct btf *btf,
			    const struct btf_type *type, uint32_t of,
			    bool is_signed)
{
	const struct btf_enum *value = btf_enum(type);
	int i;

	for (i = 0; i < btf_vlen(type); i++)
		build_enumerator(build, of, name_at(btf, value[i].name_off),
				 is_signed ? value[i].val :
					     (int64_t)(__u32)value[i].val);
}

static void add_enumerators64(struct build *build, const struct btf *btf,
			      const struct btf_type *type, uint32_t of)
{
	const struct btf_enum64 *value = btf_enum64(type);
	int i;

	for (i = 0; i < btf_vlen(type); i++)
		build_enumerator(build, of, name_at(btf, value[i].name_off),
				 btf_enum64_value(&value[i]));
}

static void add_members(struct build *build, const struct btf *btf,
			const struct btf_type *type, uint32_t of)
{
	const struct btf_member *member = btf_members(type);
	int i;

	for (i = 0; i < btf_vlen(type); i++)
		build_member(build, of, name_at(btf, member[i].name_off),
			     member[i].type, btf_member_bit_offset(type, i),
			     btf_member_bitfield_size(type, i));
}

static void add_parameters(struct build *build, const struct btf *btf,
			   const struct btf_type *type, uint32_t of)
{
	const struct btf_param *param = btf_params(type);
	int i;

	for (i = 0; i < btf_vlen(type); i++)
		build_member(build, of, name_at(btf, param[i].name_off),
			     param[i].type, 0, 0);
}

static const enum ktype_kind kinds[] = {
	[BTF_KIND_INT]		= KTYPE_INT,
	[BTF_KIND_PTR]		= KTYPE_POINTER,
	[BTF_KIND_ARRAY]	= KTYPE_ARRAY,
	[BTF_KIND_STRUCT]	= KTYPE_STRUCT,
	[BTF_KIND_UNION]	= KTYPE_UNION,
	[BTF_KIND_ENUM]		= KTYPE_ENUM,
	[BTF_KIND_FWD]		= KTYPE_STRUCT,
	[BTF_KIND_TYPEDEF]	= KTYPE_TYPEDEF,
	[BTF_KIND_VOLATILE]	= BUILD_QUALIFIER,
	[BTF_KIND_CONST]	= BUILD_QUALIFIER,
	[BTF_KIND_RESTRICT]	= BUILD_QUALIFIER,
	[BTF_KIND_FUNC_PROTO]	= KTYPE_FUNCTION,
	[BTF_KIND_FUNC]		= KTYPE_PROTOTYPE,
	[BTF_KIND_FLOAT]	= KTYPE_OTHER,
	[BTF_KIND_TYPE_TAG]	= BUILD_QUALIFIER,
	[BTF_KIND_ENUM64]	= KTYPE_ENUM,
};

static void fill_in(struct build_type *to, const struct btf_type *type, bool signs)
{
	switch (btf_kind(type)) {
	case BTF_KIND_INT:
		to->is_signed = btf_int_encoding(type) & BTF_INT_SIGNED;
		to->size = type->size;
		return;
	case BTF_KIND_ENUM:
		to->is_signed = signs ? btf_kflag(type) : is_negative(type);
		to->size = type->size;
		return;
	case BTF_KIND_ENUM64:
		to->is_signed = btf_kflag(type);
		to->size = type->size;
		return;
	case BTF_KIND_ARRAY:
		to->of = btf_array(type)->type;
		to->nr = btf_array(type)->nelems;
		return;
	case BTF_KIND_FWD:
		to->kind = btf_kflag(type) ? KTYPE_UNION : KTYPE_STRUCT;
		return;
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
	case BTF_KIND_FLOAT:
		to->size = type->size;
		return;
	default:
		to->of = type->type;
	}
}

static void add(struct build *build, const struct btf *btf, __u32 id, bool signs)
{
	const struct btf_type *type = btf__type_by_id(btf, id);
	unsigned int kind = btf_kind(type);
	struct build_type to = { .key = id, .name = name_at(btf, type->name_off) };
	uint32_t of;

	if (kind >= sizeof(kinds) / sizeof(kinds[0]) || !kinds[kind])
		return;
	to.kind = kinds[kind];
	fill_in(&to, type, signs);
	of = build_type(build, &to);
	if (kind == BTF_KIND_ENUM)
		add_enumerators(build, btf, type, of, to.is_signed);
	else if (kind == BTF_KIND_ENUM64)
		add_enumerators64(build, btf, type, of);
	else if (kind == BTF_KIND_FUNC_PROTO)
		add_parameters(build, btf, type, of);
	else if (btf_is_composite(type))
		add_members(build, btf, type, of);
}

static int stay_silent(enum libbpf_print_level level, const char *format,
		       va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

const char *read_btf(struct build *build, const char *path)
{
	struct btf *btf;
	bool signs;
	__u32 id, nr;

	libbpf_set_print(stay_silent);
	/* Never freed: names point into it. */
	btf = btf__parse_raw(path);
	if (!btf)
		return "cannot be read as BTF";
	nr = btf__type_cnt(btf);
	signs = tells_signs(btf);
	for (id = 1; id < nr; id++)
		add(build, btf, id, signs);
	return NULL;
}
