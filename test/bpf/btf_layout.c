/* SPDX-License-Identifier: MIT */
/* Types with every way to lay out a structure, for `oriel btf dump`. */
typedef unsigned int u32;
typedef struct node node_t;
typedef int (*handler_fn)(node_t *node, const char *text, ...);
enum color { RED, GREEN = 5, BLUE = 0x7fffffff };
enum sign { MINUS = -1, PLUS = 1 };
enum small { SMALL_A, SMALL_B } __attribute__((packed));
enum { ANON_A = 3, ANON_B };
typedef enum { MODE_X, MODE_Y } mode_t_;
struct unknown;
struct node {
	struct node *next;
	node_t *previous;
	handler_fn handler;
	struct unknown *unknown;
	const volatile int *const ptr;
	int (*table[3])(void);
	int (*matrix)[4];
	u32 grid[2][3];
};
struct bits {
	unsigned int a : 3;
	unsigned int : 4;
	unsigned int b : 9;
	int c : 17;
	unsigned long long d : 40;
	_Bool e : 1;
	enum color f : 31;
};
struct __attribute__((packed)) packed {
	char a;
	int b;
	unsigned int c : 5, d : 30;
	long long e;
};
struct aligned {
	char a;
	int b __attribute__((aligned(32)));
	char c;
};
union mixed {
	char bytes[5];
	struct {
		u32 low, high;
	};
	struct bits bits;
} __attribute__((aligned(64)));
struct outer {
	char tag;
	struct packed packed;
	struct {
		union {
			int x;
			struct node node;
		};
		char tail;
	} inner;
	struct aligned aligned;
	union mixed mixed;
	enum small small;
	enum sign sign;
	mode_t_ mode;
	double real;
};
struct outer everything;

/* Declared like this it needs all of the declarator rules. */
void (*choose(int which, mode_t_ mode))(node_t *)
{
	everything.mode = mode;
	return (void (*)(node_t *))(long)(which + everything.tag);
}
