// SPDX-License-Identifier: GPL-2.0
/* Places in files of user space: this test's own file is one. */
#include <fcntl.h>
#include <unistd.h>

#include "base/host.h"
#include "elf/demangle.h"
#include "elf/elf_file.h"
#include "elf/instruction.h"
#include "elf/library.h"
#include "fixture.h"
#include "lang/provider/operand.h"
#include "lang/resolve.h"

#define SELF "/proc/self/exe"

/* What is looked for in this file. */
#define PROBED static __attribute__((noipa, used))

PROBED int probed_here(int n)
{
	return n * 3;
}

PROBED int probed_too(int n)
{
	return n * 5;
}

static struct object object;

static int release(void **state)
{
	(void)state;
	object_free(&object);
	return 0;
}

/* The code of a function, as it is in memory. */
static bool is_code_of(const struct object_place *place, int (*function)(int n))
{
	unsigned char code[16];

	return pread(object.files[place->file], code, sizeof(code), place->offset) ==
		       sizeof(code) && !memcmp(code, (void *)function, sizeof(code));
}

static void test_exact(void **state)
{
	(void)state;
	must_compile("u:" SELF ":probed_here, uretprobe:" SELF ":probed_too { @ = count(); }",
		     &object);
	assert_int_equal(object.nr_probes, 2);
	assert_string_equal(object.probes[0].provider, "uprobe");
	assert_string_equal(object.probes[1].provider, "uretprobe");
	assert_string_equal(object.probes[0].targets[0], SELF ":probed_here");
	assert_int_equal(object.nr_files, 1);
	assert_true(is_code_of(&object.probes[0].places[0], probed_here));
	assert_true(is_code_of(&object.probes[1].places[0], probed_too));
}

static void test_pattern(void **state)
{
	(void)state;
	must_compile("uprobe:" SELF ":probed_* { @[func, probe] = count(); }", &object);
	assert_int_equal(object.nr_probes, 1);
	assert_int_equal(object.probes[0].nr_targets, 2);
	assert_true(object.probes[0].lenient);
	assert_int_equal(object.maps[0].key[0].type, KPS_T_FUNCTION);
	assert_int_equal(object.maps[0].key[1].type, KPS_T_PROBE);
}

static void test_quotes(void **state)
{
	(void)state;
	must_compile("uprobe:\"" SELF "\":\"probed_here\" /arg0/ { @ = count(); }", &object);
	assert_true(is_code_of(&object.probes[0].places[0], probed_here));
}

static void test_address(void **state)
{
	struct elf_file file;
	const struct elf_symbol *symbol;
	unsigned long long offset;
	int fd = open(SELF, O_RDONLY);
	char text[128];
	size_t i;

	(void)state;
	assert_true(elf_file_read(fd, &file));
	for (i = 0; i < file.nr_symbols; i++)
		if (!strcmp(file.symbols[i].name, "probed_too"))
			break;
	assert_true(i < file.nr_symbols);
	symbol = &file.symbols[i];
	assert_ptr_equal(elf_symbol_at(&file, symbol->start), symbol);
	assert_true(elf_to_offset(&file, symbol->start, &offset));
	snprintf(text, sizeof(text), "uprobe:" SELF ":0x%llx { @ = count(); }", symbol->start);
	must_compile(text, &object);
	assert_string_equal(object.probes[0].targets[0], SELF ":probed_too");
	assert_int_equal(object.probes[0].places[0].offset, offset);
	elf_file_free(&file);
	close(fd);
}

static void test_demangle(void **state)
{
	char text[1024] = "_Z1f1pIiiE", *name = demangle("_ZNK3lab5Shape4areaEi");
	int i;

	(void)state;
	assert_string_equal(name, "lab::Shape::area(int) const");
	assert_int_equal(demangled_stem(name), strlen("lab::Shape::area"));
	assert_int_equal(demangled_stem("(anonymous namespace)::f(int)"),
			 strlen("(anonymous namespace)::f"));
	assert_int_equal(demangled_stem("A::operator()(int) const"), strlen("A::operator()"));
	assert_int_equal(demangled_stem("plain"), 5);
	free(name);
	assert_null(demangle("plain"));
	assert_null(demangle("_Z"));
	/* Each pair is two of the one before. */
	for (i = 0; i < 3; i++)
		sprintf(text + strlen(text), "1pIS%d_S%d_E", 2 * i, 2 * i);
	name = demangle(text);
	assert_non_null(name);
	free(name);
	for (; i < 18; i++)
		sprintf(text + strlen(text), "1pIS%c_S%c_E", "02468ACEGIKMOQSUWY"[i],
			"02468ACEGIKMOQSUWY"[i]);
	assert_null(demangle(text));
}

/* With -p the clause begins with a look at whose event it is. */
static void test_process(void **state)
{
	struct compile_options options = { .file = "test", .pid = 77 };

	(void)state;
	assert_int_equal(compile_with("uprobe:" SELF ":probed_here { @ = count(); }", &options,
				 &object), 0);
	assert_int_equal(object.probes[0].insns[1].code, BPF_JMP | BPF_CALL);
	assert_int_equal(object.probes[0].insns[1].imm, KPS_FN_PID_TGID);
	assert_int_equal(object.probes[0].insns[3].imm, 77);
}

/* And so does every other that a task causes, if the program does not ask for the process. */
static void test_process_everywhere(void **state)
{
	static const struct {
		const char *text;
		bool asks;
		bool looks;
	} cases[] = {
		{ "profile:hz:99 { @ = count(); }", false, true },
		{ "profile:hz:99 { @ = count(); }", true, false },
		{ "interval:s:1 { @ = count(); }", false, false },
		{ "BEGIN { @ = count(); }", false, false },
		{ "uprobe:" SELF ":probed_here { @ = count(); }", true, true },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct compile_options options = {
			.file = "test", .pid = 77, .process = getpid(),
			.asks_process = &cases[i].asks,
		};
		const struct bpf_insn *second;

		assert_int_equal(compile_with(cases[i].text, &options, &object), 0);
		second = &object.probes[0].insns[1];
		assert_int_equal(second->code == (BPF_JMP | BPF_CALL) &&
				 second->imm == KPS_FN_PID_TGID, cases[i].looks);
		object_free(&object);
	}
}

#if defined(__x86_64__)
#define NONE (-1)
#define REG_BX 40
#define REG_AX 80
#define REG_CX 88
#define REG_SP 152

static void test_operands(void **state)
{
	static const struct {
		const char *text;
		struct operand operand;
	} cases[] = {
		{ "-4@$-5", { NULL, OPERAND_NUMBER, 4, true, -5, NONE, NONE, 0 } },
		{ "8@$0x10", { NULL, OPERAND_NUMBER, 8, false, 16, NONE, NONE, 0 } },
		{ "8@%rax", { NULL, OPERAND_REGISTER, 8, false, 0, REG_AX, NONE, 0 } },
		{ "-1@%ah", { NULL, OPERAND_REGISTER, 1, true, 0, REG_AX, NONE, 8 } },
		{ "-4@-20(%rsp)", { NULL, OPERAND_MEMORY, 4, true, -20, REG_SP, NONE, 0 } },
		{ "8@(%rbx,%rcx,8)", { NULL, OPERAND_MEMORY, 8, false, 0, REG_BX, REG_CX, 3 } },
		{ "2@(%rbx,%rcx)", { NULL, OPERAND_MEMORY, 2, false, 0, REG_BX, REG_CX, 0 } },
		{ "4@16(,%rcx,4)", { NULL, OPERAND_MEMORY, 4, false, 16, NONE, REG_CX, 2 } },
	};
	static const char * const unknown[] = {
		"8f@%xmm0", "3@%rax", "16@%rax", "4@", "@%rax", "4@%nax", "4@(%rax",
		"4@(%rax,)", "4@(%rax,%rcx,3)", "4@8(%rax)x", "4@$5x", "4@%fs:8(%rax)",
		"4@no_such_symbol(%rip)", "4@()", "4@(%ah)", "99999999999999999999@%rax",
	};
	struct arena arena = { 0 };
	const struct user_file file = { .fd = -1 };
	struct operand operands[MAX_OPERANDS];
	struct elf_mark mark = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct operand *wanted = &cases[i].operand;

		mark.arguments = (char *)cases[i].text;
		assert_int_equal(operands_parse(&arena, &file, &mark, operands), 1);
		assert_int_equal(operands[0].kind, wanted->kind);
		assert_int_equal(operands[0].size, wanted->size);
		assert_int_equal(operands[0].is_signed, wanted->is_signed);
		assert_int_equal(operands[0].number, wanted->number);
		assert_int_equal(operands[0].base, wanted->base);
		assert_int_equal(operands[0].index, wanted->index);
		assert_int_equal(operands[0].shift, wanted->shift);
	}
	for (i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
		mark.arguments = (char *)unknown[i];
		assert_int_equal(operands_parse(&arena, &file, &mark, operands), 1);
		assert_int_equal(operands[0].kind, OPERAND_UNKNOWN);
	}
	mark.arguments = (char *)"  4@%eax   8f@%xmm0 1@$1 ";
	assert_int_equal(operands_parse(&arena, &file, &mark, operands), 3);
	assert_int_equal(operands[1].kind, OPERAND_UNKNOWN);
	assert_int_equal(operands[2].number, 1);
	mark.arguments = (char *)"1@$1 1@$1 1@$1 1@$1 1@$1 1@$1 1@$1 1@$1 1@$1 1@$1 1@$1 1@$1 1@$1";
	assert_int_equal(operands_parse(&arena, &file, &mark, operands), MAX_OPERANDS);
	arena_free(&arena);
}

static void test_instructions(void **state)
{
	static const struct {
		unsigned char code[INSTRUCTION_MAX];
		size_t length;
	} cases[] = {
		{ { 0x90 }, 1 }, { { 0x55 }, 1 }, { { 0xc3 }, 1 },
		{ { 0x48, 0x89, 0xe5 }, 3 },			/* mov %rsp,%rbp */
		{ { 0xf3, 0x0f, 0x1e, 0xfa }, 4 },		/* endbr64 */
		{ { 0x48, 0x8b, 0x44, 0x24, 0x08 }, 5 },	/* mov 8(%rsp),%rax */
		{ { 0x48, 0x8b, 0x05, 1, 2, 3, 4 }, 7 },	/* mov x(%rip),%rax */
		{ { 0x48, 0xb8, 1, 2, 3, 4, 5, 6, 7, 8 }, 10 },	/* movabs */
		{ { 0x66, 0xb8, 1, 2 }, 4 },			/* mov $x,%ax */
		{ { 0xf6, 0xc1, 1 }, 3 },			/* test $1,%cl */
		{ { 0xf6, 0xd1 }, 2 },				/* not %cl */
		{ { 0xe8, 1, 2, 3, 4 }, 5 },			/* call */
		{ { 0x0f, 0x84, 1, 2, 3, 4 }, 6 },		/* je */
		{ { 0xc5, 0xf8, 0x77 }, 3 },			/* vzeroupper */
		{ { 0xc4, 0xe3, 0x7d, 0x39, 0xc1, 1 }, 6 },	/* vextracti128 */
		{ { 0x62, 0xf1, 0xfe, 0x48, 0x6f, 0x46, 1 }, 7 }, /* vmovdqu64 */
		{ { 0x06 }, 0 },				/* none of 64 bits */
	};
	size_t i, cut;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(instruction_length(cases[i].code, INSTRUCTION_MAX),
				 cases[i].length);
		for (cut = 0; cut < cases[i].length; cut++)
			assert_int_equal(instruction_length(cases[i].code, cut), 0);
	}
	assert_null(instruction_refuses_probe((unsigned char *)"\x55", 1));
	assert_non_null(instruction_refuses_probe((unsigned char *)"\xf0\x48\x83", 3));
	assert_non_null(instruction_refuses_probe((unsigned char *)"\xcc", 1));
	assert_non_null(instruction_refuses_probe((unsigned char *)"\x0f\x05", 2));
}
#endif

/* This machine's own cache, since the fixture has none. */
static void test_library(void **state)
{
	char *path;

	(void)state;
	host_set_root(NULL);
	path = library_find("libc");
	assert_non_null(path);
	assert_non_null(strstr(path, "libc.so"));
	free(path);
	assert_null(library_find("libno_such_library"));
	path = program_find("sh");
	assert_non_null(path);
	free(path);
	assert_null(program_find("no_such_program"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_exact, release),
		cmocka_unit_test_teardown(test_pattern, release),
		cmocka_unit_test_teardown(test_quotes, release),
		cmocka_unit_test_teardown(test_address, release),
		cmocka_unit_test(test_demangle),
		cmocka_unit_test_teardown(test_process, release),
		cmocka_unit_test_teardown(test_process_everywhere, release),
#if defined(__x86_64__)
		cmocka_unit_test(test_operands),
		cmocka_unit_test(test_instructions),
#endif
		cmocka_unit_test(test_library),
	};

	return cmocka_run_group_tests(tests, use_fixture_host, NULL);
}
