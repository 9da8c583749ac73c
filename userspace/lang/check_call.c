// SPDX-License-Identifier: GPL-2.0
/* Functions: how many arguments, of what type, and what comes of it. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "check_parts.h"
#include "registers.h"

static int check_args(struct checker *checker, struct expr *expr)
{
	unsigned int nr = expr_list_len(expr->list);
	const struct function *function = expr->function;

	if (nr < function->min_args || nr > function->max_args) {
		diag_error(&expr->at,
			   arena_printf(checker->arena, "write %s",
					function->usage),
			   "%s() does not take %u argument%s", function->name,
			   nr, nr == 1 ? "" : "s");
		return -1;
	}
	return 0;
}

static int require_literal(const struct expr *expr, const char *what)
{
	if (expr->kind == EXPR_STRING)
		return 0;
	diag_error(&expr->at, "write it between double quotes",
		   "%s must be a string literal", what);
	return -1;
}

/*
 * Aggregations
 */

static int check_lhist(const struct expr *expr)
{
	const struct expr *min = expr->list->next;
	const struct expr *max = min->next;
	const struct expr *step = max->next;
	struct kps_lhist lhist;
	uint64_t steps;

	if (require_const(min, "lhist()'s min") ||
	    require_const(max, "lhist()'s max") ||
	    require_const(step, "lhist()'s step"))
		return -1;
	lhist = (struct kps_lhist){ min->value, max->value, step->value };
	if (lhist.step < 1) {
		diag_error(&step->at, NULL,
			   "lhist()'s step must be at least 1, not %lld",
			   (long long)lhist.step);
		return -1;
	}
	if (lhist.max <= lhist.min) {
		diag_error(&max->at, "write lhist(n, min, max, step)",
			   "lhist()'s max must be greater than its min");
		return -1;
	}
	steps = kps_lhist_steps(&lhist);
	if (steps > KPS_MAX_LHIST_BUCKETS) {
		diag_error(&step->at, "make the step larger or the range smaller",
			   "lhist() has at most %u buckets, this would be %llu",
			   KPS_MAX_LHIST_BUCKETS, (unsigned long long)steps);
		return -1;
	}
	return 0;
}

static int check_aggregate(struct checker *checker, struct expr *expr)
{
	set_kind(expr, TYPE_AGGREGATE);
	if (check_list(checker, expr->list))
		return -1;
	if (expr->list &&
	    require_int(expr->list, "what is aggregated"))
		return -1;
	return expr->function->kind == KPS_MAP_LHIST ? check_lhist(expr) : 0;
}

/*
 * Strings and addresses
 */

/* A parameter of the command line, as text. */
static int check_str_positional(struct checker *checker, struct expr *expr)
{
	const struct compile_options *options = checker->options;
	size_t number = strtoul(expr->list->text + 1, NULL, 10);
	const char *text = "";

	if (!strcmp(expr->list->text, "$#"))
		text = arena_printf(checker->arena, "%zu", options->nr_params);
	else if (number && number <= options->nr_params)
		text = options->params[number - 1];
	if (strlen(text) >= KPS_MAX_STR) {
		diag_error(&expr->at, NULL,
			   "a string has at most %u bytes, this parameter %zu",
			   KPS_MAX_STR - 1, strlen(text));
		return -1;
	}
	become_str(expr, text);
	return 0;
}

static int check_str_length(const struct expr *len, unsigned int *size)
{
	if (require_const(len, "str()'s length"))
		return -1;
	if (len->value < 1 || len->value >= KPS_MAX_STR) {
		diag_error(&len->at, NULL,
			   "str()'s length is 1 to %u, not %lld",
			   KPS_MAX_STR - 1, (long long)len->value);
		return -1;
	}
	*size = round_up8(len->value + 1);
	return 0;
}

/* As many as the whole program's setting says: str(x) becomes str(x, n). */
static void add_length(struct checker *checker, struct expr *address)
{
	struct expr *len;

	if (address->next || !checker->options->max_strlen)
		return;
	len = arena_alloc(checker->arena, sizeof(*len));
	*len = (struct expr){ .at = address->at };
	become_int(len, checker->options->max_strlen - 1, true);
	address->next = len;
}

static int check_str(struct checker *checker, struct expr *expr)
{
	struct expr *address = expr->list;
	unsigned int size = DEFAULT_STR;
	struct expr *len;

	if (address->kind == EXPR_POSITIONAL)
		return check_str_positional(checker, expr);
	if (check_list(checker, expr->list))
		return -1;
	if (address->type.kind == TYPE_STR)
		size = address->type.size;
	else if (address->type.kind == TYPE_ARRAY && expr_is_place(address))
		size = string_size(address->type.to);
	else if (require_int(address, "what str() reads"))
		return -1;
	if (type_is_int(&address->type))
		add_length(checker, address);
	len = address->next;
	if (len && check_str_length(len, &size))
		return -1;
	if (address->kind == EXPR_STRING || address->type.kind != TYPE_STR ||
	    address->field || address->in_memory) {
		set_str(expr, size);
		return 0;
	}
	diag_error(&address->at, "leave str() out", "this is a string already");
	return -1;
}

static int check_address_size(const struct expr *address)
{
	if (address->type.size == 4 || address->type.size == 16)
		return 0;
	diag_error(&address->at, NULL,
		   "ntop()'s address has 4 or 16 bytes, this has %u",
		   address->type.size);
	return -1;
}

static int check_ntop(struct checker *checker, struct expr *expr)
{
	struct expr *address = expr->list;

	if (check_list(checker, expr->list))
		return -1;
	if (address->next) {
		if (require_int(address, "ntop()'s family"))
			return -1;
		address = address->next;
	}
	set_kind(expr, TYPE_INET);
	if (address->type.kind == TYPE_INET)
		return 0;
	if (type_is_bytes(&address->type))
		return check_address_size(address);
	return require_int(address, "ntop()'s address");
}

static int check_symbol(struct checker *checker, struct expr *expr)
{
	if (check_expr(checker, expr->list))
		return -1;
	set_kind(expr, expr->function->id == FN_KSYM ? TYPE_KSYM : TYPE_USYM);
	return require_int(expr->list,
			   arena_printf(checker->arena, "%s()'s address",
					expr->function->name));
}

static int check_macaddr(struct checker *checker, struct expr *expr)
{
	const struct expr *address = expr->list;

	if (check_expr(checker, expr->list))
		return -1;
	set_kind(expr, TYPE_MAC);
	if (type_is_bytes(&address->type) && address->type.size >= 6)
		return 0;
	return require_int(address, "macaddr()'s address");
}

static unsigned int buf_length(const struct expr *expr)
{
	const struct expr *data = expr->list, *len = data->next;

	if (len && expr_is_const(len))
		return len->value < KPS_MAX_STR ? len->value : KPS_MAX_STR;
	return type_is_bytes(&data->type) ? data->type.size : DEFAULT_STR;
}

/* A length that is not known until then may take as much as a string. */
static int check_buf(struct checker *checker, struct expr *expr)
{
	struct expr *data = expr->list, *len = data->next;
	unsigned int bytes;

	if (check_list(checker, expr->list))
		return -1;
	if (data->type.kind == TYPE_STR && data->in_memory)
		become_array(data);
	if (!type_is_bytes(&data->type) && require_int(data, "what buf() reads"))
		return -1;
	if (len && require_int(len, "buf()'s length"))
		return -1;
	if (!len && !type_is_bytes(&data->type)) {
		diag_error(&expr->at, "write buf(address, length)",
			   "buf() needs a length here");
		return -1;
	}
	bytes = buf_length(expr);
	if (bytes > KPS_MAX_STR - 8) {
		diag_error(len ? &len->at : &data->at,
			   "say how many: buf(data, 16)",
			   "buf()'s length is at most %u", KPS_MAX_STR - 8);
		return -1;
	}
	set_kind(expr, TYPE_BUF);
	expr->type.size = 8 + round_up8(bytes ? bytes : 1);
	return 0;
}

static int check_pton(struct checker *checker, struct expr *expr)
{
	unsigned char address[16];

	(void)checker;
	if (require_literal(expr->list, "pton()'s address"))
		return -1;
	if (inet_pton(AF_INET, expr->list->text, address) == 1) {
		uint32_t number;

		memcpy(&number, address, sizeof(number));
		become_int(expr, number, false);
		return 0;
	}
	if (inet_pton(AF_INET6, expr->list->text, address) == 1)
		return refuse(expr, "compare ntop()'s text in the output",
			      "pton() of an IPv6 address is");
	diag_error(&expr->list->at, "write it as 192.0.2.1",
		   "'%s' is not an address", expr->list->text);
	return -1;
}

/* What is compared of the text is no longer than the length says. */
static void warn_strncmp(const struct checker *checker, const struct expr *expr,
			 const struct expr *a, const struct expr *b,
			 uint64_t len)
{
	struct expr part;

	if (a->kind != EXPR_STRING) {
		const struct expr *other = a;

		a = b;
		b = other;
	}
	if (a->kind != EXPR_STRING || b->kind == EXPR_STRING)
		return;
	part = *a;
	if (part.len > len)
		part.len = len;
	warn_too_long(checker, expr, &part, b, "strncmp() is never 0");
}

static int check_strncmp(struct checker *checker, struct expr *expr)
{
	struct expr *a = expr->list, *b = a->next, *len = b->next;

	if (check_list(checker, expr->list))
		return -1;
	if (require_const(len, "strncmp()'s length"))
		return -1;
	if (a->type.kind == TYPE_NONE || b->type.kind == TYPE_NONE) {
		set_int(expr, false);
		return 0;
	}
	if (a->type.kind != TYPE_STR || b->type.kind != TYPE_STR) {
		diag_error(&expr->at, "read a string from an address with str()",
			   "strncmp() compares strings, not %s and %s",
			   type_name(&a->type), type_name(&b->type));
		return -1;
	}
	set_int(expr, false);
	warn_strncmp(checker, expr, a, b, len->value);
	return 0;
}

static int check_strerror(struct checker *checker, struct expr *expr)
{
	if (check_expr(checker, expr->list) ||
	    require_int(expr->list, "strerror()'s number"))
		return -1;
	set_kind(expr, TYPE_ENUM);
	expr->type.names = errno_texts();
	return 0;
}

/*
 * Stacks, registers, symbols
 */

static int check_stack_mode(struct checker *checker, const struct expr *mode)
{
	(void)checker;
	if (mode->kind == EXPR_NAME && !strcmp(mode->text, "bpftrace"))
		return 0;
	diag_error(&mode->at, "leave it out",
		   "the only format of stacks is bpftrace's");
	return -1;
}

static int check_stack(struct checker *checker, struct expr *expr)
{
	struct expr *depth = expr->list;

	expr->value = KPS_MAX_STACK_DEPTH;
	set_kind(expr, expr->function->id == FN_KSTACK ? TYPE_KSTACK :
							 TYPE_USTACK);
	if (depth && depth->kind == EXPR_NAME && !constant_find(depth->text)) {
		if (check_stack_mode(checker, depth))
			return -1;
		depth = depth->next;
	}
	if (!depth)
		return 0;
	if (check_expr(checker, depth) ||
	    require_const(depth, "the number of frames"))
		return -1;
	if (depth->value < 1 || depth->value > KPS_MAX_STACK_DEPTH) {
		diag_error(&depth->at, NULL,
			   "%s() takes 1 to %u frames, not %lld",
			   expr->function->name, KPS_MAX_STACK_DEPTH,
			   (long long)depth->value);
		return -1;
	}
	expr->value = depth->value;
	return 0;
}

static int check_reg(struct checker *checker, struct expr *expr)
{
	int offset;

	if (require_literal(expr->list, "reg()'s name"))
		return -1;
	offset = register_offset(expr->list->text);
	if (offset < 0) {
		diag_error(&expr->list->at,
			   arena_printf(checker->arena, "there are %s",
					register_names()),
			   "there is no register '%s'", expr->list->text);
		return -1;
	}
	expr->value = offset;
	set_int(expr, false);
	return 0;
}

static int check_kaddr(struct checker *checker, struct expr *expr)
{
	const char *name = expr->list->text;
	unsigned long long address;

	if (require_literal(expr->list, "kaddr()'s symbol"))
		return -1;
	address = kallsyms_address(&checker->resolver->kallsyms, name);
	if (!address) {
		diag_error(&expr->list->at, "see /proc/kallsyms, as root",
			   "this kernel has no symbol '%s', or hides its address",
			   name);
		return -1;
	}
	become_int(expr, address, false);
	return 0;
}

/*
 * The rest
 */

static int check_strftime(struct checker *checker, struct expr *expr)
{
	struct expr *format = expr->list;

	if (require_literal(format, "strftime()'s format") ||
	    check_expr(checker, format->next) ||
	    require_int(format->next, "strftime()'s time"))
		return -1;
	set_kind(expr, TYPE_TIME);
	expr->type.format = format->text;
	return 0;
}

static int check_cgroupid(struct checker *checker, struct expr *expr)
{
	const char *path = expr->list->text;
	struct stat st;

	(void)checker;
	if (require_literal(expr->list, "cgroupid()'s path"))
		return -1;
	/* A cgroup's id is the number of its inode, where that has 64 bits. */
	if (stat(path, &st)) {
		diag_error(&expr->list->at, NULL, "cannot find the cgroup '%s': %s",
			   path, strerror(errno));
		return -1;
	}
	become_int(expr, st.st_ino, false);
	return 0;
}

static int check_cgroup_path(struct checker *checker, struct expr *expr)
{
	if (check_expr(checker, expr->list) ||
	    require_int(expr->list, "cgroup_path()'s cgroup"))
		return -1;
	set_kind(expr, TYPE_CGROUP);
	return 0;
}

static int check_bswap(struct checker *checker, struct expr *expr)
{
	unsigned int size;

	if (check_expr(checker, expr->list) ||
	    require_int(expr->list, "what bswap() swaps"))
		return -1;
	size = expr->list->type.size ? expr->list->type.size : 8;
	set_int(expr, false);
	expr->type.size = size;
	return 0;
}

/* As it is in memory, or else as it is kept. */
static uint64_t bytes_of(const struct type *type)
{
	if (type->kind != TYPE_INT && type->to)
		return type->to->size;
	if (type->size)
		return type->size;
	return type_is_value(type) ? type_size(type) : 0;
}

static int check_sizeof(struct checker *checker, struct expr *expr)
{
	uint64_t size;

	if (check_expr(checker, expr->list))
		return -1;
	size = expr->list->kind == EXPR_TYPE ? expr->list->value :
					       bytes_of(&expr->list->type);
	become_int(expr, size, false);
	return 0;
}

static int check_same(struct checker *checker, struct expr *expr)
{
	if (check_expr(checker, expr->list) ||
	    require_int(expr->list, "an address"))
		return -1;
	expr->type = expr->list->type;
	return 0;
}

/* Clocks by bpftrace's names; fn 0: KPS_FN_NSECS. */
static const struct {
	const char *name;
	int clock;
} clocks[] = {
	{ "monotonic", -1 },
	{ "boot", KPS_CLOCK_BOOT },
	{ "tai", KPS_CLOCK_TAI },
	{ "sw_tai", KPS_CLOCK_TAI },
};

static int check_nsecs(struct checker *checker, struct expr *expr)
{
	const struct expr *clock = expr->list;
	size_t i;

	(void)checker;
	set_int(expr, false);
	for (i = 0; i < sizeof(clocks) / sizeof(clocks[0]); i++) {
		if (clock->kind != EXPR_NAME ||
		    strcmp(clock->text, clocks[i].name))
			continue;
		expr->value = clocks[i].clock;
		return 0;
	}
	diag_error(&clock->at, "write nsecs(monotonic), nsecs(boot), nsecs(tai) or nsecs(sw_tai)",
		   "there is no such clock");
	return -1;
}

/*
 * Maps and actions
 */

static int require_map(const struct expr *expr, const struct function *function)
{
	if (expr->kind == EXPR_MAP)
		return 0;
	diag_error(&expr->at, NULL, "%s takes a map: write %s", function->name,
		   function->usage);
	return -1;
}

/* The keys of delete(@map, key) stand where those of delete(@map[key]) do. */
static void move_keys(struct expr *map, struct expr *keys)
{
	if (keys->kind == EXPR_TUPLE)
		keys = keys->list;
	map->list = keys;
	map->next = NULL;
}

static int check_keyed(struct checker *checker, struct expr *expr)
{
	struct expr *map = expr->list;
	struct map_decl *decl;

	if (require_map(map, expr->function))
		return -1;
	if (map->next && !map->list)
		move_keys(map, map->next);
	if (check_map_target(checker, map, &decl))
		return -1;
	if (!decl || decl->kind == KPS_MAP_VALUE || checker->learning)
		return 0;
	diag_error(&expr->at, "clear(@map) empties it",
		   "%s() does not work on %s, which holds %s",
		   expr->function->name, decl->name, map_kind_name(decl->kind));
	return -1;
}

static int check_has_key(struct checker *checker, struct expr *expr)
{
	if (check_keyed(checker, expr))
		return -1;
	set_int(expr, false);
	return 0;
}

static int check_map_len(struct checker *checker, struct expr *expr)
{
	const struct map_decl *decl;

	if (check_map_name(checker, expr->list))
		return -1;
	decl = &checker->maps[expr->list->map];
	if (decl->kind == KPS_MAP_VALUE || checker->learning)
		return 0;
	diag_error(&expr->at, "print(@map) shows what it holds",
		   "len() does not work on %s, which holds %s", decl->name,
		   map_kind_name(decl->kind));
	return -1;
}

static int check_len(struct checker *checker, struct expr *expr)
{
	struct expr *what = expr->list;

	set_int(expr, false);
	if (what->kind == EXPR_MAP && !what->list)
		return check_map_len(checker, expr);
	if (check_expr(checker, what))
		return -1;
	if (what->type.kind == TYPE_KSTACK || what->type.kind == TYPE_USTACK ||
	    what->type.kind == TYPE_NONE)
		return 0;
	diag_error(&what->at, "write len(@map) or len(kstack)",
		   "%s has no length", type_name(&what->type));
	return -1;
}

static int check_delete(struct checker *checker, struct expr *expr)
{
	set_kind(expr, TYPE_ACTION);
	return check_keyed(checker, expr);
}

static int check_whole_map(struct checker *checker, struct expr *expr)
{
	set_kind(expr, TYPE_ACTION);
	if (require_map(expr->list, expr->function))
		return -1;
	if (expr->list->list) {
		diag_error(&expr->list->at, "delete(@map[key]) forgets one key",
			   "%s() takes a map without a key",
			   expr->function->name);
		return -1;
	}
	return check_map_name(checker, expr->list);
}

static int check_print_limits(struct checker *checker, struct expr *list)
{
	for (; list; list = list->next) {
		if (check_expr(checker, list) ||
		    require_const(list, "print()'s top and divisor"))
			return -1;
		if ((int64_t)list->value >= 0)
			continue;
		diag_error(&list->at, NULL,
			   "print()'s top and divisor cannot be negative");
		return -1;
	}
	return 0;
}

static int check_print(struct checker *checker, struct expr *expr)
{
	struct expr *what = expr->list;
	struct map_decl *decl = NULL;

	set_kind(expr, TYPE_ACTION);
	if (check_print_limits(checker, what->next))
		return -1;
	if (what->kind == EXPR_MAP && !what->list) {
		/* Without a key it is the map, unless that is one value. */
		return check_map_name(checker, what);
	}
	if (what->next) {
		diag_error(&what->next->at, "print(@map, top, divisor)",
			   "only a map is printed with top and divisor");
		return -1;
	}
	if (what->kind == EXPR_MAP) {
		decl = map_of(checker, what->text);
		if (decl && decl->kind != KPS_MAP_VALUE && !checker->learning)
			return refuse(what, "print the whole map",
				      "printing one key of an aggregation is");
	}
	return check_expr(checker, what) ? -1 : require_value(what, "printed");
}

static int check_printf(struct checker *checker, struct expr *expr)
{
	set_kind(expr, TYPE_ACTION);
	if (expr->function->id == FN_SYSTEM && !checker->options->allow_unsafe) {
		diag_error(&expr->at, "kpctl run --unsafe allows it",
			   "system() runs commands");
		return -1;
	}
	if (require_literal(expr->list,
			    arena_printf(checker->arena, "%s()'s format",
					 expr->function->name)) ||
	    check_list(checker, expr->list))
		return -1;
	return check_format(checker, expr);
}

static int check_join(struct checker *checker, struct expr *expr)
{
	struct expr *separator = expr->list->next;

	set_kind(expr, TYPE_ACTION);
	if (check_expr(checker, expr->list) ||
	    require_int(expr->list, "join()'s address"))
		return -1;
	if (!separator)
		return 0;
	if (require_literal(separator, "join()'s separator") ||
	    check_expr(checker, separator))
		return -1;
	if (separator->len <= 8)
		return 0;
	diag_error(&separator->at, NULL,
		   "join()'s separator has at most 8 bytes");
	return -1;
}

static int check_time(struct checker *checker, struct expr *expr)
{
	(void)checker;
	set_kind(expr, TYPE_ACTION);
	return expr->list ? require_literal(expr->list, "time()'s format") : 0;
}

static int check_exit(struct checker *checker, struct expr *expr)
{
	(void)checker;
	set_kind(expr, TYPE_ACTION);
	return 0;
}

int check_call(struct checker *checker, struct expr *expr)
{
	static int (* const checks[FN_NR])(struct checker *, struct expr *) = {
		[FN_AGGREGATE] = check_aggregate,
		[FN_STR] = check_str,
		[FN_NTOP] = check_ntop,
		[FN_KSYM] = check_symbol,
		[FN_USYM] = check_symbol,
		[FN_KSTACK] = check_stack,
		[FN_USTACK] = check_stack,
		[FN_KADDR] = check_kaddr,
		[FN_REG] = check_reg,
		[FN_BUF] = check_buf,
		[FN_MACADDR] = check_macaddr,
		[FN_PTON] = check_pton,
		[FN_STRFTIME] = check_strftime,
		[FN_STRNCMP] = check_strncmp,
		[FN_STRERROR] = check_strerror,
		[FN_CGROUPID] = check_cgroupid,
		[FN_CGROUP_PATH] = check_cgroup_path,
		[FN_BSWAP] = check_bswap,
		[FN_SIZEOF] = check_sizeof,
		[FN_OFFSETOF] = check_offsetof,
		[FN_SAME] = check_same,
		[FN_NSECS] = check_nsecs,
		[FN_HAS_KEY] = check_has_key,
		[FN_LEN] = check_len,
		[FN_PRINTF] = check_printf,
		[FN_CAT] = check_printf,
		[FN_SYSTEM] = check_printf,
		[FN_JOIN] = check_join,
		[FN_TIME] = check_time,
		[FN_PRINT] = check_print,
		[FN_CLEAR] = check_whole_map,
		[FN_ZERO] = check_whole_map,
		[FN_DELETE] = check_delete,
		[FN_EXIT] = check_exit,
	};

	expr->function = function_find(expr->text);
	if (!expr->function) {
		if (builtin_find(expr->text) && !refused_name(expr->text)) {
			diag_error(&expr->at,
				   arena_printf(checker->arena, "write %s",
						expr->text),
				   "'%s' is not a function", expr->text);
			return -1;
		}
		return refuse_name(checker, expr, "function");
	}
	if (!checks[expr->function->id]) {
		diag_error(&expr->at, NULL,
			   "nothing checks %s(): a fault of kpctl's",
			   expr->text);
		return -1;
	}
	if (check_args(checker, expr))
		return -1;
	return checks[expr->function->id](checker, expr);
}
