// SPDX-License-Identifier: GPL-2.0
/*
 * How long an instruction is, and no more of what it means: a breakpoint that is put into
 * the middle of one makes another one of it, and the program goes astray.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "instruction.h"

#if defined(__x86_64__)

/*
 * What follows an opcode, by the tables in the appendix of Intel's manual, one letter for
 * each:
 *	.  nothing
 *	m  a byte ModRM with what it says
 *	b  a byte	B  a byte behind ModRM
 *	w  two bytes	e  three
 *	z  four bytes, two with the prefix 66	Z  those behind ModRM
 *	d  four bytes
 *	v  as z, but eight with REX.W
 *	a  an address, eight bytes, four with the prefix 67
 *	t  ModRM, and as B or Z (u) where it says "test"
 *	x  there is no such instruction, or it is a prefix
 */
static const char one_byte[256 + 1] =
	"mmmmbzxxmmmmbzxxmmmmbzxxmmmmbzxx"	/* 00 */
	"mmmmbzxxmmmmbzxxmmmmbzxxmmmmbzxx"	/* 20 */
	"xxxxxxxxxxxxxxxx................"	/* 40 */
	"xxxmxxxxzZbB....bbbbbbbbbbbbbbbb"	/* 60 */
	"BZxBmmmmmmmmmmmm..........x....."	/* 80 */
	"aaaa....bz......bbbbbbbbvvvvvvvv"	/* a0 */
	"BBw.xxBZe.w..bx.mmmmxxx.mmmmmmmm"	/* c0 */
	"bbbbbbbbddxb....x.xx..tu......mm";	/* e0 */

/* Behind 0f. */
static const char two_bytes[256 + 1] =
	"mmmmx.....x.xm.Bmmmmmmmmmmmmmmmm"	/* 00 */
	"mmmmxxxxmmmmmmmm......x.xxxxxxxx"	/* 20 */
	"mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm"	/* 40 */
	"mmmmmmmmmmmmmmmmBBBBmmm.mmxxmmmm"	/* 60 */
	"ddddddddddddddddmmmmmmmmmmmmmmmm"	/* 80 */
	"...mBmmm...mBmmmmmmmmmmmmmBmmmmm"	/* a0 */
	"mmBmBBBm........mmmmmmmmmmmmmmmm"	/* c0 */
	"mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm";	/* e0 */

/* An instruction as far as it has been read. */
struct reader {
	const unsigned char *code;
	size_t nr;
	size_t at;
	bool is_short;		/* 66 */
	bool is_narrow;		/* 67 */
	bool is_wide;		/* REX.W */
};

/* Behind the end there are zeros; who reads there is told at the end. */
static unsigned char next(struct reader *reader)
{
	size_t at = reader->at++;

	return at < reader->nr ? reader->code[at] : 0;
}

static unsigned char peek(const struct reader *reader)
{
	return reader->at < reader->nr ? reader->code[reader->at] : 0;
}

static void read_prefixes(struct reader *reader)
{
	while (reader->at < INSTRUCTION_MAX) {
		unsigned char c = peek(reader);

		if (!c || !strchr("\x66\x67\xf0\xf2\xf3\x2e\x36\x3e\x26\x64\x65", c))
			break;
		reader->is_short |= c == 0x66;
		reader->is_narrow |= c == 0x67;
		reader->at++;
	}
	if ((peek(reader) & 0xf0) == 0x40)
		reader->is_wide = next(reader) & 8;
}

/* Return: the ModRM byte. */
static unsigned char read_modrm(struct reader *reader)
{
	unsigned char modrm = next(reader);
	unsigned int mod = modrm >> 6, rm = modrm & 7, base = rm;

	if (mod == 3)
		return modrm;
	if (rm == 4)
		base = next(reader) & 7;
	if (mod == 1)
		reader->at += 1;
	else if (mod == 2 || base == 5)
		reader->at += 4;
	return modrm;
}

static size_t z_size(const struct reader *reader)
{
	return reader->is_short && !reader->is_wide ? 2 : 4;
}

/* Of "not", "neg" and the like no number follows. */
static bool is_test(unsigned char modrm)
{
	return (modrm >> 3 & 7) < 2;
}

/* Return: false: there is no such instruction. */
static bool read_operands(struct reader *reader, char kind)
{
	switch (kind) {
	case 'x':
		return false;
	case 'm':
		read_modrm(reader);
		break;
	case 'B':
		read_modrm(reader);
		reader->at += 1;
		break;
	case 'Z':
		read_modrm(reader);
		reader->at += z_size(reader);
		break;
	case 't':
		reader->at += is_test(read_modrm(reader)) ? 1 : 0;
		break;
	case 'u':
		reader->at += is_test(read_modrm(reader)) ? z_size(reader) : 0;
		break;
	case 'b':
		reader->at += 1;
		break;
	case 'w':
		reader->at += 2;
		break;
	case 'e':
		reader->at += 3;
		break;
	case 'd':
		reader->at += 4;
		break;
	case 'z':
		reader->at += z_size(reader);
		break;
	case 'v':
		reader->at += reader->is_wide ? 8 : z_size(reader);
		break;
	case 'a':
		reader->at += reader->is_narrow ? 4 : 8;
		break;
	}
	return true;
}

/* Vector instructions: all have a ModRM byte, but vzeroupper. */
static bool read_vector(struct reader *reader, unsigned int map)
{
	unsigned char opcode = next(reader);

	if (map == 1 && opcode == 0x77)
		return true;
	if (map == 1)
		return read_operands(reader, two_bytes[opcode] == 'B' ? 'B' : 'm');
	return map && map < 7 && read_operands(reader, map == 3 ? 'B' : 'm');
}

static bool read_opcode(struct reader *reader)
{
	unsigned char opcode = next(reader);
	unsigned int map;

	switch (opcode) {
	case 0x62:			/* EVEX */
		map = next(reader) & 7;
		reader->at += 2;
		return read_vector(reader, map);
	case 0xc4:			/* VEX of three bytes */
		map = next(reader) & 31;
		reader->at += 1;
		return read_vector(reader, map);
	case 0xc5:			/* VEX of two */
		reader->at += 1;
		return read_vector(reader, 1);
	case 0x0f:
		break;
	default:
		return read_operands(reader, one_byte[opcode]);
	}
	opcode = next(reader);
	if (opcode == 0x38 || opcode == 0x3a) {
		reader->at++;
		return read_operands(reader, opcode == 0x3a ? 'B' : 'm');
	}
	return read_operands(reader, two_bytes[opcode]);
}

size_t instruction_length(const unsigned char *code, size_t nr)
{
	struct reader reader = { .code = code, .nr = nr };

	read_prefixes(&reader);
	if (!read_opcode(&reader) || reader.at > nr || reader.at > INSTRUCTION_MAX)
		return 0;
	return reader.at;
}

static bool is_among(unsigned char c, const char *set)
{
	return c && strchr(set, c);
}

/* As in arch/x86/kernel/uprobes.c, what no kernel has learnt so far. */
const char *instruction_refuses_probe(const unsigned char *code, size_t nr)
{
	struct reader reader = { .code = code, .nr = nr };
	unsigned char opcode;
	size_t i;

	read_prefixes(&reader);
	for (i = 0; i < reader.at && i < nr; i++) {
		if (code[i] == 0xf0)
			return "the kernel cannot probe an instruction with the prefix lock";
		if (is_among(code[i], "\x26\x2e\x36\x3e"))
			return "the kernel cannot probe an instruction with a segment's prefix";
	}
	opcode = next(&reader);
	if (is_among(opcode, "\x6c\x6d\x6e\x6f\xcc\xcd\xcf\xe4\xe5\xe6\xe7\xec\xed\xee\xef\xf1\xf4\xfa\xfb") ||
	    (opcode == 0x0f && is_among(peek(&reader), "\x05\x06\x07\x08\x09\x34\x35")))
		return "the kernel cannot probe an instruction that enters it, or is its own";
	return NULL;
}

#else

/* All of one length, as far as there are any. */
size_t instruction_length(const unsigned char *code, size_t nr)
{
	(void)code;
	return nr < 4 ? 0 : 4;
}

const char *instruction_refuses_probe(const unsigned char *code, size_t nr)
{
	(void)code;
	(void)nr;
	return NULL;
}

#endif
