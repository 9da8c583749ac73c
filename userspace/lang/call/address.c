// SPDX-License-Identifier: GPL-2.0
/* Addresses: of the network, of symbols, of memory. */
#include <arpa/inet.h>
#include <stddef.h>
#include <string.h>

#include "call.h"
#include "lang/provider/user_file.h"

#define INET_FAMILY_SIZE 8
#define INET_SIZE 24

/*
 * Of the network
 */

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

static void emit_address_at(struct emitter *em, const struct expr *address,
			    int off, unsigned int depth)
{
	int reg;

	if (expr_is_in_record(address)) {
		emit_record_bytes(em, address->field, off);
		store_zeros(em, off + round_up8(address->type.size), off + 16);
		return;
	}
	store_zeros(em, off, off + 16);
	reg = emit_any(em, address, BPF_REG_0, depth);
	code_store(&em->code, BPF_W, FRAME_SCRATCH + off, reg);
}

static void emit_ntop_at(struct emitter *em, const struct expr *expr, int off,
			 unsigned int depth)
{
	const struct expr *family = expr->list->next ? expr->list : NULL;
	const struct expr *address = family ? family->next : expr->list;
	bool is_v6 = type_is_bytes(&address->type) && address->type.size == 16;
	bool in_memory = expr_is_place(address);

	/* The family takes the place of the length. */
	if (expr_is_copy(address)) {
		store_zeros(em, off + INET_SIZE - 8, off + INET_SIZE);
		emit_at(em, address, off, &address->type, depth);
	}
	if (in_memory)
		emit_memory_bytes(em, address, address->type.size, off,
				  INET_SIZE, depth);
	if (family)
		store_scratch(em, off,
			      emit_any(em, family, BPF_REG_0, depth));
	else
		code_store_imm(&em->code, BPF_DW, FRAME_SCRATCH + off,
			       is_v6 ? 10 : 2);
	if (!in_memory && !expr_is_copy(address))
		emit_address_at(em, address, off + INET_FAMILY_SIZE, depth);
}

static void emit_ntop(struct emitter *em, const struct expr *expr, int off,
		      const struct type *to, unsigned int depth)
{
	const struct expr *last = expr->list->next ? expr->list->next :
						     expr->list;

	if (last->type.kind == TYPE_INET)
		emit_at(em, last, off, to, depth);
	else
		emit_ntop_at(em, expr, off, depth);
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

/* Six bytes, wherever they are, in a word: each read by itself. */
static void emit_mac(struct emitter *em, const struct expr *expr, int dst,
		     unsigned int depth)
{
	const struct expr *address = expr->list;
	int spill = take(em, 8);

	emit_to(em, address, dst, depth);
	store_scratch(em, spill, dst);
	code_mov(&em->code, BPF_REG_2, dst);
	code_mov_imm(&em->code, BPF_REG_3, 4 | line_of(expr));
	code_call(&em->code, KPS_FN_READ);
	code_mov(&em->code, dst, BPF_REG_0);
	load_scratch(em, BPF_REG_2, spill);
	code_alu_imm(&em->code, BPF_ADD, BPF_REG_2, 4);
	code_mov_imm(&em->code, BPF_REG_3, 2 | line_of(expr));
	code_call(&em->code, KPS_FN_READ);
	code_alu_imm(&em->code, BPF_LSH, BPF_REG_0, 32);
	code_alu(&em->code, BPF_OR, dst, BPF_REG_0);
}

static void emit_mac_at(struct emitter *em, const struct expr *expr, int off,
			const struct type *to, unsigned int depth)
{
	(void)to;
	if (expr_is_in_record(expr->list)) {
		code_mov_imm(&em->code, BPF_REG_2, expr->list->field->offset);
		code_mov_imm(&em->code, BPF_REG_3, 6);
		code_mov_imm(&em->code, BPF_REG_4, off);
		code_call(&em->code, KPS_FN_RECORD_BYTES);
		return;
	}
	store_scratch(em, off, emit_any(em, expr, BPF_REG_0, depth));
}

/* 4 or 16 bytes, in the order in which they are sent. */
static int check_pton(struct checker *checker, struct expr *expr)
{
	const char *text = expr->list->text;
	unsigned char *address = arena_alloc(checker->arena, 16);

	if (require_literal(expr->list, "pton()'s address"))
		return -1;
	if (inet_pton(AF_INET, text, address) == 1)
		expr->len = 4;
	else if (inet_pton(AF_INET6, text, address) == 1)
		expr->len = 16;
	else {
		diag_error(&expr->list->at, "write it as 192.0.2.1 or 2001:db8::1",
			   "'%s' is not an address", text);
		return -1;
	}
	set_kind(expr, TYPE_ARRAY);
	expr->type.size = expr->len;
	expr->type.to = ctype_array(checker->ctypes,
				    ctype_find(checker->ctypes, &expr->at, "uint8"),
				    expr->len);
	expr->type.is_copy = true;
	expr->value = (uintptr_t)address;
	return 0;
}

static void emit_pton(struct emitter *em, const struct expr *expr, int off,
		      const struct type *to, unsigned int depth)
{
	const struct expr bytes = { .text = (const char *)(uintptr_t)expr->value,
				    .len = expr->len,
				    .type.size = round_up8(expr->len) };

	(void)to;
	(void)depth;
	code_store_imm(&em->code, BPF_DW, FRAME_SCRATCH + off, expr->len);
	emit_literal_at(em, &bytes, off + COPY_HEAD);
}

/*
 * Of symbols
 */

static int check_symbol(struct checker *checker, struct expr *expr)
{
	if (check_expr(checker, expr->list))
		return -1;
	set_kind(expr, expr->function->type);
	return require_int(expr->list,
			   arena_printf(checker->arena, "%s()'s address",
					expr->function->name));
}

static void emit_usym(struct emitter *em, const struct expr *expr, int off,
		      const struct type *to, unsigned int depth)
{
	(void)to;
	store_scratch(em, off, emit_any(em, expr->list, BPF_REG_0, depth));
	code_call(&em->code, KPS_FN_PID_TGID);
	code_alu_imm(&em->code, BPF_RSH, BPF_REG_0, 32);
	store_scratch(em, off + 8, BPF_REG_0);
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
 * How far a symbol is from where the probe is: the same in memory as in the file, wherever
 * that is loaded.
 */
static int find_distance(const struct expr *expr, const struct place *place,
			 int64_t *distance, unsigned long long *size)
{
	const char *name = expr->list->text;
	unsigned long long address, here;

	if (!elf_symbol_address(place->file->fd, name, &address, size)) {
		diag_error(&expr->list->at, "symbols are those of the file that is probed",
			   "'%s' has no symbol '%s'", place->file->path, name);
		return -1;
	}
	/* A probe is at code that the file loads. */
	if (elf_to_address(&place->file->elf, place->offset, &here))
		*distance = address - here;
	if (code_is_imm(*distance))
		return 0;
	diag_error(&expr->list->at, NULL, "'%s' is more than 2 GiB away from the probe", name);
	return -1;
}

/* What may be there, by its size, where no debug information says what it is. */
static const char *word_of(unsigned long long size)
{
	return size == 1 ? "uint8" : size == 2 ? "uint16" : size == 4 ? "uint32" : "uint64";
}

static const struct ctype *variable_type(struct checker *checker, const struct expr *expr,
					 unsigned long long size)
{
	const struct event *event = checker->event;
	const struct ktypes *kt = event->places ?
		ktypes_of_program(event->places[0].file->fd, "variable", expr->list->text) :
		NULL;

	return kt ? ctype_of_kernel(checker->ctypes, kt,
				    ktypes_find(kt, KTYPE_TYPEDEF, "variable")) :
		    ctype_find(checker->ctypes, &expr->at, word_of(size));
}

static int check_uaddr(struct checker *checker, struct expr *expr)
{
	const struct event *event = checker->event;
	int64_t distance = 0, other = 0;
	unsigned long long size = 0;
	size_t i;

	if (require_literal(expr->list, "uaddr()'s symbol"))
		return -1;
	if (!(event->provider->gives & GIVES_PLACE)) {
		diag_error(&expr->at, "use it in a uprobe, or kaddr() for the kernel's symbols",
			   "uaddr() is not available in %s", event->provider->name);
		return -1;
	}
	for (i = 0; event->places && i < event->nr_targets; i++) {
		if (find_distance(expr, &event->places[i], &other, &size))
			return -1;
		if (i && other != distance) {
			diag_error(&expr->at, "name one function",
				   "uaddr() is of one place, and '%s' is several",
				   event->point->text);
			return -1;
		}
		distance = other;
	}
	set_kind(expr, TYPE_INT);
	expr->type.to = variable_type(checker, expr, size);
	expr->value = distance;
	return 0;
}

static void emit_uaddr(struct emitter *em, const struct expr *expr, int dst,
		       unsigned int depth)
{
	(void)depth;
	code_load(&em->code, BPF_DW, dst, offsetof(struct kps_frame, ip));
	code_alu_imm(&em->code, BPF_ADD, dst, (int32_t)expr->value);
}

/* The kernel has no functions that a clause may call by their names. */
static int check_kfunc(struct checker *checker, struct expr *expr)
{
	if (require_literal(expr->list, "the function's name"))
		return -1;
	become_bool(expr, expr->function->type == TYPE_KSYM &&
			  kallsyms_address(&checker->resolver->kallsyms, expr->list->text));
	return 0;
}

/* Where each CPU has its own begins as far from the symbol as an array says. */
static struct expr *percpu_offset(struct checker *checker, struct expr *expr)
{
	struct expr *offsets = expr_named(checker->arena, EXPR_CALL, &expr->at, "kaddr");
	struct expr *pointer = expr_named(checker->arena, EXPR_CAST, &expr->at, "uint64 *");
	struct expr *offset = expr_new(checker->arena, EXPR_INDEX, &expr->at);

	offsets->list = expr_named(checker->arena, EXPR_STRING, &expr->at,
				   "__per_cpu_offset");
	pointer->a = offsets;
	offset->a = pointer;
	offset->list = expr->list->next;
	if (!offset->list)
		offset->list = expr_named(checker->arena, EXPR_NAME, &expr->at, "cpu");
	return offset;
}

static int check_percpu_kaddr(struct checker *checker, struct expr *expr)
{
	struct expr *base = expr_named(checker->arena, EXPR_CALL, &expr->at, "kaddr");
	struct expr *offset = percpu_offset(checker, expr);

	base->list = expr->list;
	base->list->next = NULL;
	expr->kind = EXPR_CAST;
	expr->text = "uint64 *";
	/* In this order it needs no register but one, however deep it stands. */
	expr->a = expr_op(checker->arena, EXPR_BINARY, &expr->at, OP_ADD, offset, base);
	expr->list = NULL;
	return check_expr(checker, expr);
}

/* Its tree has become another one. */
static void emit_nothing(struct emitter *em, const struct expr *expr, int dst,
			 unsigned int depth)
{
	emit_to(em, expr->a, dst, depth);
}

/*
 * Of memory
 */

static int check_same(struct checker *checker, struct expr *expr)
{
	if (check_expr(checker, expr->list) ||
	    require_int(expr->list, "an address"))
		return -1;
	expr->type = expr->list->type;
	return 0;
}

const struct function address_functions[] = {
	{
		.name = "ntop", .usage = "ntop(address) or ntop(family, address)",
		.min_args = 1, .max_args = 2,
		.check = check_ntop, .emit_at = emit_ntop,
	}, {
		.name = "pton", .usage = "pton(\"address\")",
		.min_args = 1, .max_args = 1,
		.check = check_pton, .emit_at = emit_pton,
	}, {
		.name = "macaddr", .usage = "macaddr(address)",
		.min_args = 1, .max_args = 1,
		.check = check_macaddr, .emit = emit_mac, .emit_at = emit_mac_at,
	}, {
		.name = "ksym", .usage = "ksym(address)",
		.min_args = 1, .max_args = 1, .type = TYPE_KSYM,
		.check = check_symbol, .emit = emit_argument,
		.is_simple = true,
	}, {
		.name = "usym", .usage = "usym(address)",
		.min_args = 1, .max_args = 1, .type = TYPE_USYM,
		.check = check_symbol, .emit = emit_argument,
		.emit_at = emit_usym,
	}, {
		.name = "kaddr", .usage = "kaddr(\"symbol\")",
		.min_args = 1, .max_args = 1,
		.check = check_kaddr, .is_constant = true,
	}, {
		.name = "uaddr", .usage = "uaddr(\"symbol\")",
		.min_args = 1, .max_args = 1,
		.check = check_uaddr, .emit = emit_uaddr,
	}, {
		.name = "percpu_kaddr",
		.usage = "percpu_kaddr(\"symbol\") or percpu_kaddr(\"symbol\", cpu)",
		.min_args = 1, .max_args = 2,
		.check = check_percpu_kaddr, .emit = emit_nothing,
	}, {
		.name = "kfunc_exist", .usage = "kfunc_exist(\"function\")",
		.min_args = 1, .max_args = 1, .type = TYPE_KSYM,
		.check = check_kfunc, .is_constant = true,
	}, {
		.name = "kfunc_allowed", .usage = "kfunc_allowed(\"function\")",
		.min_args = 1, .max_args = 1,
		.check = check_kfunc, .is_constant = true,
	}, {
		.name = "kptr", .usage = "kptr(address)",
		.min_args = 1, .max_args = 1,
		.check = check_same, .emit = emit_argument,
		.is_simple = true,
	}, {
		.name = "uptr", .usage = "uptr(address)",
		.min_args = 1, .max_args = 1,
		.check = check_same, .emit = emit_argument,
		.is_simple = true,
	},
	{ }
};
