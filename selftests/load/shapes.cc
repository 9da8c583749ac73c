// SPDX-License-Identifier: GPL-2.0
/*
 * shapes WHAT [N]: code of C++, and code that is gone when somebody asks for its name.
 *
 *	calls	N calls of each function; prints how many that were, of all
 *	chain	one call of outer(), which calls middle(), which calls inner()
 *	become	the same, and then another program
 *	unload	calls a function of shapes.so, and unloads that
 *	stay	calls it for ever
 *	compile	calls code that it has written itself, which asks for its parent
 */
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include <dlfcn.h>
#include <sys/mman.h>
#include <unistd.h>

#define PROBED __attribute__((noipa, used))

static long calls;

namespace lab {

struct Shape {
	long n;

	PROBED long area(int a, const std::string &name) const
	{
		calls++;
		return n * a + name.size();
	}
	PROBED long area(long a) const
	{
		calls++;
		return n * a;
	}
	PROBED bool operator==(const Shape &other) const
	{
		calls++;
		return n == other.n;
	}
};

template <typename T> PROBED T twice(T value)
{
	calls++;
	return value + value;
}

}

extern "C" PROBED long plain(long n)
{
	calls++;
	return n;
}

static PROBED long inner(long n)
{
	calls++;
	return n + 1;
}

static PROBED long middle(long n)
{
	return inner(n) + 1;
}

static PROBED long outer(long n)
{
	return middle(n) + 1;
}

static void call_all(long n)
{
	lab::Shape shape = { 3 };

	while (n--) {
		shape.area(2, "xx");
		shape.area(4L);
		if (!(shape == shape) || lab::twice(4) != 8 || lab::twice(2.5) != 5)
			exit(1);
		plain(n);
	}
}

static void unload(const char *self, bool stay)
{
	void *library = dlopen((std::string(self) + ".so").c_str(), RTLD_NOW);
	auto function = library ? reinterpret_cast<long (*)()>(dlsym(library, "in_library")) :
				  nullptr;

	do {
		if (!function || !function())
			exit(1);
	} while (stay);
	if (dlclose(library))
		exit(1);
}

/* push %rbp; mov %rsp, %rbp; mov $110, %eax (getppid); syscall; pop %rbp; ret */
static const unsigned char code[] = {
	0x55, 0x48, 0x89, 0xe5, 0xb8, 0x6e, 0, 0, 0, 0x0f, 0x05, 0x5d, 0xc3,
};

static void compile()
{
	void *memory = mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	std::string path = "/tmp/perf-" + std::to_string(getpid()) + ".map";
	FILE *names = fopen(path.c_str(), "w");

	if (memory == MAP_FAILED || !names)
		exit(1);
	memcpy(memory, code, sizeof(code));
	fprintf(names, "%lx %zx written_by(itself)\n", reinterpret_cast<unsigned long>(memory),
		sizeof(code));
	fclose(names);
	if (reinterpret_cast<long (*)()>(memory)() != getppid())
		exit(1);
}

int main(int argc, char **argv)
{
	const std::string what = argc > 1 ? argv[1] : "";

	if (what == "calls" && argc > 2)
		call_all(atol(argv[2]));
	else if (what == "chain" || what == "become")
		outer(1);
	else if (what == "unload" || what == "stay")
		unload(argv[0], what == "stay");
	else if (what == "compile")
		compile();
	else
		return 2;
	if (what == "become")
		execl("/bin/true", "true", nullptr);
	printf("%ld\n", calls);
	return 0;
}
