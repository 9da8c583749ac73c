// SPDX-License-Identifier: GPL-2.0
/*
 * Messages that nobody should send: each gets an error, and nothing is left.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/genetlink.h>

#include "raw.h"

#define MUTATIONS 4000

static const struct bpf_insn nothing[] = { MOV_IMM(0, 1), EXIT };

#define NR(array) (sizeof(array) / sizeof((array)[0]))

static void refused(const char *name, struct nl_msg *msg, int want,
		    const char *sentence)
{
	char why[WHY_MAX];
	int err = raw_send(msg, why);

	check(err == want && strstr(why, sentence), "%s", name);
	if (err != want || !strstr(why, sentence))
		printf("# %d \"%s\", want %d \"%s\"\n", err, why, want, sentence);
	if (!err)
		raw_command(KPS_CMD_UNLOAD, PROGRAM);
}

/* A program with a count and one probe, under another name. */
static struct nl_msg *named(const char *name)
{
	struct nl_msg *msg = raw_begin_load(name, 4096);

	raw_put_map(msg, "@m", KPS_MAP_COUNT, 1, 16);
	raw_put_probe(msg, "kprobe", "vfs_read", nothing, NR(nothing));
	return msg;
}

static struct nl_msg *with_map(const char *name, enum kps_map_kind kind,
			       unsigned int keys, unsigned int entries)
{
	struct nl_msg *msg = raw_begin_load(PROGRAM, 4096);

	raw_put_map(msg, name, kind, keys, entries);
	raw_put_probe(msg, "kprobe", "vfs_read", nothing, NR(nothing));
	return msg;
}

static struct nl_msg *with_target(const char *provider, const char *target)
{
	struct nl_msg *msg = raw_begin_load(PROGRAM, 4096);

	raw_put_probe(msg, provider, target, nothing, NR(nothing));
	return msg;
}

static void check_names(void)
{
	static const char * const bad[] = {
		"", ".", "..", "a/b", "a b", "a\nb", "\xff", "../x"
	};
	size_t i;

	for (i = 0; i < NR(bad); i++)
		refused("a name that is no name", named(bad[i]), -EINVAL,
			"is not a name for a program");
	refused("a name of 64 bytes",
		named("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
		-EINVAL, "");
	refused("a map without @", with_map("m", KPS_MAP_COUNT, 1, 16),
		-EINVAL, "not a name for a map");
	refused("a map with a slash", with_map("@a/b", KPS_MAP_COUNT, 1, 16),
		-EINVAL, "not a name for a map");
}

static void check_limits(void)
{
	struct nl_msg *msg;
	char name[16];
	int i;

	refused("a map without keys to hold", with_map("@m", KPS_MAP_COUNT, 1, 0),
		-E2BIG, "0 keys: a map has 1 to");
	refused("too many keys", with_map("@m", KPS_MAP_COUNT, 1, 1 << 21),
		-E2BIG, "2097152 keys: a map has 1 to");
	refused("more memory than there may be",
		with_map("@m", KPS_MAP_HIST, 1, 1 << 20), -E2BIG,
		"max_memory_mb");
	refused("an unknown kind of map", with_map("@m", 99, 1, 16), -EINVAL,
		"unknown kind 99");
	refused("an lhist without limits", with_map("@m", KPS_MAP_LHIST, 1, 16),
		-EINVAL, "lhist(");

	msg = raw_begin_load(PROGRAM, 65536);
	for (i = 0; i <= KPS_MAX_MAPS; i++) {
		snprintf(name, sizeof(name), "@m%d", i);
		raw_put_map(msg, name, KPS_MAP_COUNT, 0, 1);
	}
	raw_put_probe(msg, "kprobe", "vfs_read", nothing, NR(nothing));
	refused("too many maps", msg, -E2BIG, "65 maps");

	msg = with_map("@m", KPS_MAP_COUNT, 0, 1);
	raw_put_map(msg, "@m", KPS_MAP_SUM, 0, 1);
	refused("a map twice", msg, -EINVAL, "is declared twice");

	msg = raw_begin_load(PROGRAM, 4096);
	nla_put_u32(msg, KPS_A_STACK_ENTRIES, KPS_MAX_STACK_ENTRIES + 1);
	raw_put_probe(msg, "kprobe", "vfs_read", nothing, NR(nothing));
	refused("too many stacks", msg, -E2BIG, "65537 stacks");
}

static void check_targets(void)
{
	refused("an unknown provider", with_target("nobody", "x"), -EINVAL,
		"there is no provider \"nobody\"");
	refused("an unknown function", with_target("kprobe", "no_such_fn"),
		-ENOENT, "kprobe:no_such_fn: this kernel has no such name");
	refused("one of several, and nobody says where",
		with_target("kprobe", "vfs_read#1"), -ENOENT, "no such name");
	refused("no function", with_target("kprobe", "+4"), -EINVAL,
		"the target has no symbol");
	refused("an offset that is none", with_target("kprobe", "vfs_read+x"),
		-EINVAL, "is not an offset");
	refused("an offset inside of an instruction",
		with_target("kprobe", "vfs_read+1"), -EILSEQ,
		"not the start of an instruction");
	refused("what the kernel forbids",
		with_target("kprobe", "exc_int3"), -EINVAL, "blacklisted");
	refused("kpstat itself", with_target("kprobe", "kps_hash"), -EINVAL,
		"does not allow");
	refused("kpstat itself, by module", with_target("kretprobe", "kpstat:no"),
		-EINVAL, "own functions cannot be probed");
	refused("a return with an offset",
		with_target("kretprobe", "vfs_read+4"), -EINVAL,
		"a return has no offset");
	refused("a tracepoint without id", with_target("tracepoint", "a:b"),
		-EINVAL, "the event's id is missing");
	refused("an unknown event of conntrack",
		with_target("conntrack", "old"), -EINVAL,
		"the events are new, destroy and full");
}

static struct nl_msg *with_place(const char *provider, const struct kps_place *place,
				 size_t size)
{
	struct nl_msg *msg = raw_begin_load(PROGRAM, 4096);
	struct nlattr *nest = nla_nest_start(msg, KPS_A_PROBE);

	nla_put_string(msg, KPS_PROBE_A_NAME, provider);
	nla_put_string(msg, KPS_PROBE_A_PROVIDER, provider);
	nla_put_string(msg, KPS_PROBE_A_TARGET, "/a/file:function");
	nla_put(msg, KPS_PROBE_A_PLACES, size, place);
	nla_put(msg, KPS_PROBE_A_INSNS, sizeof(nothing), nothing);
	nla_nest_end(msg, nest);
	return msg;
}

static void check_places(const char *provider)
{
	int here = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	int only_path = open("/proc/self/exe", O_PATH | O_CLOEXEC);
	int device = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int directory = open("/", O_RDONLY | O_CLOEXEC);
	struct kps_place place = { .fd = here };

	refused("no place", with_target(provider, "/a/file:function"), -EINVAL,
		"the places of its 1 targets are missing");
	refused("no file", with_target(provider, "x"), -EINVAL, "not FILE:SYMBOL");
	refused("half a place", with_place(provider, &place, sizeof(place) - 1), -EINVAL,
		"cut off");
	place.pad = 1;
	refused("a place with something in the gap",
		with_place(provider, &place, sizeof(place)), -EINVAL, "no such place");
	place = (struct kps_place){ .fd = here, .offset = 1ULL << 63 };
	refused("behind all files", with_place(provider, &place, sizeof(place)), -EINVAL,
		"no such place");
	place = (struct kps_place){ .fd = here, .counter = ~0ULL };
	refused("a counter behind all files", with_place(provider, &place, sizeof(place)),
		-EINVAL, "no such place");
	place = (struct kps_place){ .fd = here, .offset = 1ULL << 40 };
	refused("behind the file's end", with_place(provider, &place, sizeof(place)),
		-EINVAL, "/a/file:function");
	place = (struct kps_place){ .fd = -1 };
	refused("no descriptor", with_place(provider, &place, sizeof(place)), -EBADF,
		"is not open");
	place.fd = only_path;
	refused("a descriptor for the path alone", with_place(provider, &place, sizeof(place)),
		-EBADF, "is not open");
	place.fd = device;
	refused("a device", with_place(provider, &place, sizeof(place)), -EINVAL,
		"not a regular file");
	place.fd = directory;
	refused("a directory", with_place(provider, &place, sizeof(place)), -EINVAL,
		"not a regular file");
	close(here);
	close(only_path);
	close(device);
	close(directory);
}

static void check_missing(void)
{
	struct nl_msg *msg;

	refused("LOAD without anything", raw_begin(KPS_CMD_LOAD, 0, 64),
		-EINVAL, "name or source is missing");
	refused("a program without a probe", raw_begin_load(PROGRAM, 64),
		-EINVAL, "without a probe");
	refused("UNLOAD of nothing", raw_begin(KPS_CMD_UNLOAD, 0, 64), -EINVAL,
		"name is missing");
	msg = raw_begin(KPS_CMD_UNLOAD, 0, 64);
	nla_put_string(msg, KPS_A_NAME, "nobody");
	refused("UNLOAD of what is not there", msg, -ENOENT,
		"no program \"nobody\" is loaded");
	msg = raw_begin(KPS_CMD_READ, NLM_F_DUMP, 64);
	nla_put_string(msg, KPS_A_NAME, "nobody");
	refused("READ of what is not there", msg, -ENOENT,
		"no program \"nobody\"");
	refused("an unknown command", raw_begin(99, 0, 64), -EOPNOTSUPP, "");
}

/* xorshift32: the same messages every time. */
static unsigned int state = 20221121;

static unsigned int any(unsigned int below)
{
	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state % below;
}

static struct nl_msg *complete_load(void)
{
	const struct bpf_insn insns[] = {
		MOV_REG(6, 1), ST(BPF_DW, 1, SCRATCH(0), 1), MOV_IMM(2, 0),
		MOV_IMM(3, 0), MOV_IMM(4, 1), CALL(KPS_FN_MAP_UPDATE),
		MOV_IMM(0, 1), EXIT
	};
	struct nl_msg *msg = raw_begin_load(PROGRAM, 4096);
	struct nlattr *nest;

	nla_put_u32(msg, KPS_A_FLAGS, KPS_F_OWNED | KPS_F_DISABLED);
	nla_put_u32(msg, KPS_A_STACK_ENTRIES, 8);
	nest = nla_nest_start(msg, KPS_A_ENUM);
	nla_put_s64(msg, KPS_ENUM_A_VALUE, 1);
	nla_put_string(msg, KPS_ENUM_A_NAME, "ONE");
	nla_nest_end(msg, nest);
	raw_put_map(msg, "@m", KPS_MAP_COUNT, 1, 16);
	raw_put_map(msg, "@v", KPS_MAP_VALUE, 1, 16);
	raw_put_probe(msg, "kprobe", "vfs_read", insns, NR(insns));
	raw_put_probe(msg, "kretprobe", "vfs_write", nothing, NR(nothing));
	return msg;
}

static void drain(void)
{
	struct pollfd fd = { .fd = raw_fd(), .events = POLLIN };
	static char buffer[1 << 17];

	while (poll(&fd, 1, 0) > 0 &&
	       recv(fd.fd, buffer, sizeof(buffer), MSG_DONTWAIT) > 0)
		;
}

static void send_bytes(const char *bytes, size_t len)
{
	if (send(raw_fd(), bytes, len, 0) < 0 && errno != ENOBUFS)
		printf("# send: %s\n", strerror(errno));
	drain();
	raw_command(KPS_CMD_UNLOAD, PROGRAM);
	drain();
}

static void check_mutations(void)
{
	struct nl_msg *msg = complete_load();
	struct nlmsghdr *header = nlmsg_hdr(msg);
	size_t first = NLMSG_HDRLEN + GENL_HDRLEN;
	size_t len = header->nlmsg_len;
	char *bytes = malloc(len);
	int i, j, flips;

	header->nlmsg_seq = 1;
	header->nlmsg_pid = 0;
	for (i = 0; i < MUTATIONS; i++) {
		memcpy(bytes, header, len);
		flips = 1 + any(6);
		for (j = 0; j < flips; j++)
			bytes[first + any(len - first)] = any(256);
		send_bytes(bytes, len);
	}
	check(true, "%d mutated messages later the machine is there", i);

	for (i = 0; (size_t)i < len - first; i++) {
		memcpy(bytes, header, len);
		((struct nlmsghdr *)bytes)->nlmsg_len = len - i;
		send_bytes(bytes, len - i);
	}
	check(true, "and after one cut off at each of its bytes");
	free(bytes);
	nlmsg_free(msg);
}

static void check_nothing_left(const char *after)
{
	unsigned long long memory;
	unsigned int programs;

	raw_status(&programs, &memory);
	check(!programs && !memory, "nothing is left after %s: %u programs, %llu bytes",
	      after, programs, memory);
}

int main(int argc, char **argv)
{
	plan();
	raw_open();
	if (argc > 1 && !strcmp(argv[1], "mutate")) {
		check_mutations();
		return finish();
	}
	check_names();
	check_limits();
	check_targets();
	check_places("uprobe");
	check_places("uretprobe");
	check_missing();
	check_nothing_left("what was refused");
	return finish();
}
