// SPDX-License-Identifier: GPL-2.0
/*
 * Numbers that the kernel's and the C library's headers have names for: what
 * bpftrace's scripts get from #include.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>

#include "base/array.h"
#include "base/xalloc.h"
#include "builtins.h"

#define E(name) { #name, (uint64_t)(int64_t)(name), NULL }

/* include/net/tcp_states.h: an enum, and so its values print by name. */
enum {
	FROM_ESTABLISHED = 1, FROM_SYN_SENT, FROM_SYN_RECV, FROM_FIN_WAIT1,
	FROM_FIN_WAIT2, FROM_TIME_WAIT, FROM_CLOSE, FROM_CLOSE_WAIT, FROM_LAST_ACK,
	FROM_LISTEN, FROM_CLOSING, FROM_NEW_SYN_RECV,
};

#define STATE(name) { FROM_##name, (char *)"TCP_" #name }
static struct enum_name tcp_names[] = {
	STATE(ESTABLISHED), STATE(SYN_SENT), STATE(SYN_RECV), STATE(FIN_WAIT1),
	STATE(FIN_WAIT2), STATE(TIME_WAIT), STATE(CLOSE), STATE(CLOSE_WAIT),
	STATE(LAST_ACK), STATE(LISTEN), STATE(CLOSING), STATE(NEW_SYN_RECV),
};

static const struct enum_table tcp_states = {
	.nr = ARRAY_SIZE(tcp_names), .names = tcp_names,
};

#define TCP(name) { "TCP_" #name, FROM_##name, &tcp_states }

static const struct constant constants[] = {
	E(AF_UNSPEC), E(AF_UNIX), E(AF_LOCAL), E(AF_INET), E(AF_INET6),
	E(AF_NETLINK), E(AF_PACKET), E(AF_VSOCK), E(AF_ALG),
	E(SOCK_STREAM), E(SOCK_DGRAM), E(SOCK_RAW), E(SOCK_SEQPACKET),
	E(IPPROTO_IP), E(IPPROTO_ICMP), E(IPPROTO_IGMP), E(IPPROTO_TCP),
	E(IPPROTO_UDP), E(IPPROTO_IPV6), E(IPPROTO_ICMPV6),
	E(IPPROTO_SCTP), E(IPPROTO_UDPLITE), E(IPPROTO_RAW),

	TCP(ESTABLISHED), TCP(SYN_SENT), TCP(SYN_RECV), TCP(FIN_WAIT1), TCP(FIN_WAIT2),
	TCP(TIME_WAIT), TCP(CLOSE), TCP(CLOSE_WAIT), TCP(LAST_ACK), TCP(LISTEN),
	TCP(CLOSING), TCP(NEW_SYN_RECV),

	/* include/linux/sched.h */
	{ "TASK_RUNNING", 0, NULL }, { "TASK_INTERRUPTIBLE", 1, NULL },
	{ "TASK_UNINTERRUPTIBLE", 2, NULL },

	E(O_RDONLY), E(O_WRONLY), E(O_RDWR), E(O_ACCMODE), E(O_CREAT),
	E(O_EXCL), E(O_TRUNC), E(O_APPEND), E(O_NONBLOCK), E(O_CLOEXEC),
	E(O_DIRECTORY), E(O_DIRECT), E(O_SYNC), E(O_PATH),

	E(EPERM), E(ENOENT), E(ESRCH), E(EINTR), E(EIO), E(ENXIO),
	E(E2BIG), E(ENOEXEC), E(EBADF), E(ECHILD), E(EAGAIN),
	E(EWOULDBLOCK), E(ENOMEM), E(EACCES), E(EFAULT), E(ENOTBLK),
	E(EBUSY), E(EEXIST), E(EXDEV), E(ENODEV), E(ENOTDIR), E(EISDIR),
	E(EINVAL), E(ENFILE), E(EMFILE), E(ENOTTY), E(ETXTBSY),
	E(EFBIG), E(ENOSPC), E(ESPIPE), E(EROFS), E(EMLINK), E(EPIPE),
	E(EDOM), E(ERANGE), E(EDEADLK), E(EDEADLOCK), E(ENAMETOOLONG),
	E(ENOLCK), { "ENOSYS", 38, NULL }, E(ENOTEMPTY), E(ELOOP), E(ENOMSG),
	E(EIDRM), E(ECHRNG), E(EL2NSYNC), E(EL3HLT), E(EL3RST),
	E(ELNRNG), E(EUNATCH), E(ENOCSI), E(EL2HLT), E(EBADE), E(EBADR),
	E(EXFULL), E(ENOANO), E(EBADRQC), E(EBADSLT), E(EBFONT),
	E(ENOSTR), E(ENODATA), E(ETIME), E(ENOSR), E(ENONET), E(ENOPKG),
	E(EREMOTE), E(ENOLINK), E(EADV), E(ESRMNT), E(ECOMM), E(EPROTO),
	E(EMULTIHOP), E(EDOTDOT), E(EBADMSG), E(EOVERFLOW), E(ENOTUNIQ),
	E(EBADFD), E(EREMCHG), E(ELIBACC), E(ELIBBAD), E(ELIBSCN),
	E(ELIBMAX), E(ELIBEXEC), E(EILSEQ), E(ERESTART), E(ESTRPIPE),
	E(EUSERS), E(ENOTSOCK), E(EDESTADDRREQ), E(EMSGSIZE),
	E(EPROTOTYPE), E(ENOPROTOOPT), E(EPROTONOSUPPORT),
	E(ESOCKTNOSUPPORT), E(ENOTSUP), E(EOPNOTSUPP), E(EPFNOSUPPORT),
	E(EAFNOSUPPORT), E(EADDRINUSE), E(EADDRNOTAVAIL), E(ENETDOWN),
	E(ENETUNREACH), E(ENETRESET), E(ECONNABORTED), E(ECONNRESET),
	E(ENOBUFS), E(EISCONN), E(ENOTCONN), E(ESHUTDOWN),
	E(ETOOMANYREFS), E(ETIMEDOUT), E(ECONNREFUSED), E(EHOSTDOWN),
	E(EHOSTUNREACH), E(EALREADY), E(EINPROGRESS), E(ESTALE),
	E(EUCLEAN), E(ENOTNAM), E(ENAVAIL), E(EISNAM), E(EREMOTEIO),
	E(EDQUOT), E(ENOMEDIUM), E(EMEDIUMTYPE), E(ECANCELED),
	E(ENOKEY), E(EKEYEXPIRED), E(EKEYREVOKED), E(EKEYREJECTED),
	E(EOWNERDEAD), E(ENOTRECOVERABLE), E(ERFKILL),

	E(SIGABRT), E(SIGALRM), E(SIGBUS), E(SIGCHLD), E(SIGCLD),
	E(SIGCONT), E(SIGFPE), E(SIGHUP), E(SIGILL), E(SIGINT),
	E(SIGIO), E(SIGIOT), E(SIGKILL), E(SIGPIPE), E(SIGPOLL),
	E(SIGPROF), E(SIGPWR), E(SIGQUIT), E(SIGSEGV), E(SIGSTKFLT),
	E(SIGSTOP), E(SIGSYS), E(SIGTERM), E(SIGTRAP), E(SIGTSTP),
	E(SIGTTIN), E(SIGTTOU), E(SIGURG), E(SIGUSR1), E(SIGUSR2),
	E(SIGVTALRM), E(SIGWINCH), E(SIGXCPU), E(SIGXFSZ),
};

const struct constant *constant_find(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(constants); i++)
		if (!strcmp(name, constants[i].name))
			return &constants[i];
	return NULL;
}

#define MAX_ERRNO 133

const struct enum_table *errno_texts(void)
{
	static struct enum_name names[MAX_ERRNO + 1];
	static struct enum_table table = { .names = names };
	int i;

	for (i = 0; !table.nr && i <= MAX_ERRNO; i++) {
		names[i].value = i;
		names[i].name = xstrdup(strerror(i));
	}
	table.nr = MAX_ERRNO + 1;
	return &table;
}
