/* SPDX-License-Identifier: GPL-2.0 */
/* Types that readers trip over. */
#include <stddef.h>
#include <stdint.h>

struct odd_later;
typedef struct odd_self *odd_self_t;
typedef int (*odd_call)(struct odd_later *);

/* Of itself, by pointers, typedefs, arrays and functions. */
struct odd_self {
	odd_self_t next, all[2];
	struct odd_self *(*clone)(struct odd_self *self);
	struct { struct odd_self *left, *right; } tree[3];
	struct odd_later *later;
	odd_call call;
};

struct odd_later {
	struct odd_self by_value;
	int tail;
};

struct odd_never;		/* declared only */

enum odd_sign { ODD_MINUS = -1, ODD_PLUS = 200 };
enum odd_plain { ODD_ZERO, ODD_TOP = 0xffffffff };
enum odd_wide { ODD_WIDE = 0x123456789abcdefll };
enum { ODD_NAMELESS = 4711 };

struct odd_bits {
	unsigned int a:1, b:3;
	int c:28;
	uint64_t d:33, e:31;
	unsigned char f:7;
	unsigned short :0, g:9;
	_Bool h:1;
	union {
		struct { uint32_t lo:16, hi:16; };
		uint32_t both;
	};
	enum odd_sign i:9;
} __attribute__((packed));

struct odd_arrays {
	int matrix[2][3];
	char name[16];
	const char *const names[4];
	char (*pointer)[8];
	volatile short deep[1][2][3];
	struct { union { struct { long inside; }; int other; }; } nest;
	struct odd_never *never;
	long int none[0];
	unsigned long long huge_at_end[];
};

/* Larger than memory, and never made. */
struct odd_huge {
	char before;
	char room[1ul << 27];
	char after;
};

#define TEN(m, n) m(n##0) m(n##1) m(n##2) m(n##3) m(n##4) m(n##5) m(n##6) m(n##7) m(n##8) m(n##9)
#define HUNDRED(m, n) TEN(m, n##0) TEN(m, n##1) TEN(m, n##2) TEN(m, n##3) TEN(m, n##4) \
		      TEN(m, n##5) TEN(m, n##6) TEN(m, n##7) TEN(m, n##8) TEN(m, n##9)
#define THOUSAND(m, n) HUNDRED(m, n##0) HUNDRED(m, n##1) HUNDRED(m, n##2) HUNDRED(m, n##3) \
		       HUNDRED(m, n##4) HUNDRED(m, n##5) HUNDRED(m, n##6) HUNDRED(m, n##7) \
		       HUNDRED(m, n##8) HUNDRED(m, n##9)

/* A thousand fields, and anonymous structs a dozen deep. */
#define FIELD(n) short f##n;
struct odd_many {
	THOUSAND(FIELD, x)
};

#define DEEPER(n) struct { char c##n; union {
struct odd_deep {
	DEEPER(1) DEEPER(2) DEEPER(3) DEEPER(4) DEEPER(5) DEEPER(6)
	int bottom;
	}; }; }; }; }; }; }; }; }; }; }; };
};
