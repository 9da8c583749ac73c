// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cache_file.h"
#include "base/host.h"
#include "source.h"

#define DIRECTORY	"/var/cache/kpstat"
#define BTF		"/sys/kernel/btf/vmlinux"
#define SAID_MAX	400

/* Where DKMS installs modules, and where others may. */
static const char * const directories[] = {
	"updates/dkms", "updates", "extra"
};
static const char * const suffixes[] = { "", ".xz", ".zst", ".gz" };

static bool look_at(struct source *source, const char *path, struct stat *st)
{
	char *full = host_path(path);
	bool there = !stat(full, st);

	if (there)
		snprintf(source->path, sizeof(source->path), "%s", full);
	free(full);
	return there;
}

static bool find_object(struct source *source, struct stat *st)
{
	char path[PATH_MAX];
	size_t d, s;

	for (d = 0; d < sizeof(directories) / sizeof(directories[0]); d++) {
		for (s = 0; s < sizeof(suffixes) / sizeof(suffixes[0]); s++) {
			snprintf(path, sizeof(path), "/lib/modules/%s/%s/kpstat_types.ko%s",
				 source->release, directories[d], suffixes[s]);
			if (look_at(source, path, st))
				return true;
		}
	}
	return false;
}

/* It has a time that changes, and a kernel of a name may have been built anew. */
void source_find_btf(struct source *source)
{
	struct utsname name;
	struct stat st;

	memset(source, 0, sizeof(*source));
	uname(&name);
	snprintf(source->release, sizeof(source->release), "%s", name.release);
	if (look_at(source, BTF, &st))
		snprintf(source->key, sizeof(source->key), "%s %s %s %" PRIu64,
			 source->path, name.release, name.version,
			 (uint64_t)st.st_size);
}

void source_find(struct source *source, const char *release)
{
	struct utsname name;
	struct stat st;

	memset(source, 0, sizeof(*source));
	uname(&name);
	snprintf(source->release, sizeof(source->release), "%s",
		 release ? release : name.release);
	if (find_object(source, &st)) {
		source->is_object = true;
		snprintf(source->key, sizeof(source->key),
			 "%s %s %" PRIu64 " %" PRIu64 " %" PRIu64 ".%09lu %" PRIu64 ".%09lu",
			 source->path, source->release, (uint64_t)st.st_ino,
			 (uint64_t)st.st_size,
			 (uint64_t)st.st_mtim.tv_sec, st.st_mtim.tv_nsec,
			 (uint64_t)st.st_ctim.tv_sec, st.st_ctim.tv_nsec);
	} else if (!strcmp(source->release, name.release)) {
		source_find_btf(source);
	}
}

static char *cache_path(const struct source *source)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), DIRECTORY "/%s-%s",
		 source->is_object ? "types" : "btf", source->release);
	return host_path(path);
}

/* All that must hold of an index before it is mapped. */
static bool is_index(const struct source *source, int fd)
{
	struct index_header header;
	off_t size = lseek(fd, 0, SEEK_END);
	char last;

	return pread(fd, &header, sizeof(header), 0) == sizeof(header) &&
	       !memcmp(header.magic, INDEX_MAGIC, sizeof(header.magic)) &&
	       !strncmp(header.key, source->key, sizeof(header.key)) &&
	       header.nr_types && header.strings_size &&
	       index_size(&header) == (uint64_t)size &&
	       pread(fd, &last, 1, size - 1) == 1 && !last;
}

int source_cached(const struct source *source)
{
	char *path = cache_path(source);
	int fd = cache_open(path);

	free(path);
	if (fd >= 0 && is_index(source, fd))
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

/* In the directory of this binary, as in a build tree, or where it is installed. */
static void builder_path(char path[PATH_MAX])
{
	char self[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (len > 0) {
		self[len] = '\0';
		if (snprintf(path, PATH_MAX, "%s/kpctl-types", dirname(self)) < PATH_MAX &&
		    !access(path, X_OK))
			return;
	}
	snprintf(path, PATH_MAX, "%s", LIBEXEC_DIR "/kpctl-types");
}

static void read_said(int fd, char said[SAID_MAX])
{
	size_t used = 0;
	ssize_t got;
	char rest[64];

	/* All of it, or the other side would wait. */
	while ((got = used < SAID_MAX - 1 ?
		      read(fd, said + used, SAID_MAX - 1 - used) :
		      read(fd, rest, sizeof(rest))) > 0)
		if (used < SAID_MAX - 1)
			used += got;
	said[used] = '\0';
	said[strcspn(said, "\n")] = '\0';
}

static int spawn(const char *path, char *const *argv, int out, int err, pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	int error;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, out, 1);
	posix_spawn_file_actions_adddup2(&actions, err, 2);
	error = posix_spawn(pid, path, &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	return error;
}

static const char *what_it_is(const struct source *source)
{
	if (source->part)
		return source->part;
	return source->is_object ? "object" : "btf";
}

/* Return: whether there is an index in @out; else a sentence is in @said. */
static bool run_builder(const struct source *source, int out, char said[SAID_MAX])
{
	char builder[PATH_MAX];
	char *const argv[] = {
		builder, (char *)what_it_is(source),
		(char *)source->path, (char *)source->release,
		(char *)source->key, NULL
	};
	int pipes[2], status = -1, error;
	pid_t pid;

	builder_path(builder);
	if (pipe2(pipes, O_CLOEXEC)) {
		snprintf(said, SAID_MAX, "no pipe: %s", strerror(errno));
		return false;
	}
	error = spawn(builder, argv, out, pipes[1], &pid);
	close(pipes[1]);
	if (error) {
		snprintf(said, SAID_MAX, "for lack of %.300s: %s", builder,
			 strerror(error));
	} else {
		read_said(pipes[0], said);
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
	}
	close(pipes[0]);
	if (!error && !status && is_index(source, out))
		return true;
	if (!*said)
		snprintf(said, SAID_MAX, "it is damaged");
	return false;
}

static void explain(const struct source *source, const char *said, char *why,
		    size_t size)
{
	if (source->is_object)
		snprintf(why, size,
			 "%s cannot be used, %s; \"dkms install --force kpstat/%s -k %s\" makes it anew",
			 source->path, said, KPSTAT_VERSION, source->release);
	else
		snprintf(why, size, "%s cannot be used, %s", source->path, said);
}

static int build_cached(const struct source *source, char said[SAID_MAX])
{
	char *directory = host_path(DIRECTORY), *path = cache_path(source);
	struct cache_file file = { .fd = -1 };

	mkdir(directory, 0755);
	if (cache_create(&file, path) &&
	    !cache_commit(&file, path, run_builder(source, file.fd, said) &&
				       !fchmod(file.fd, 0644))) {
		close(file.fd);
		file.fd = -1;
	}
	free(directory);
	free(path);
	return file.fd;
}

static int build_in_memory(const struct source *source, char said[SAID_MAX])
{
	int fd = memfd_create("kpctl-types", MFD_CLOEXEC);

	if (fd >= 0 && !run_builder(source, fd, said)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

int source_part(const struct source *source)
{
	char said[SAID_MAX];

	return build_in_memory(source, said);
}

int source_index(const struct source *source, char *why, size_t size)
{
	char said[SAID_MAX] = "there is no memory";
	int fd;

	if (!*source->path) {
		snprintf(why, size,
			 "there are no types of this kernel: neither its types object, "
			 "/lib/modules/%s/updates/dkms/kpstat_types.ko, nor " BTF
			 "; with the kernel's headers installed, "
			 "\"dkms install kpstat/%s -k %s\" makes the first",
			 source->release, KPSTAT_VERSION, source->release);
		return -1;
	}
	fd = source_cached(source);
	if (fd < 0)
		fd = build_cached(source, said);
	/* There may be no place for it, or no right to write there. */
	if (fd < 0)
		fd = build_in_memory(source, said);
	if (fd < 0)
		explain(source, said, why, size);
	return fd;
}
