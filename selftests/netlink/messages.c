// SPDX-License-Identifier: GPL-2.0
/*
 * Messages of all kinds, from several sockets at once: what the contract
 * allows, what is near to it, and what is not a message.  Nothing is waited
 * for: the kernel has answered when send() returns, and an answer that is long
 * comes on as it is read.  Where the kernel tells which ways through kpstat were
 * taken, those that went where none had been are sent again, with changes.
 *
 * messages [NUMBER [SEED]]
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "coverage.h"
#include "grammar.h"

#define SOCKETS 8
#define MAX_ERRNO 140
#define BATCH 3			/* messages in one datagram, at most */
#define DRAIN 20000		/* datagrams of one answer, at most */
#define STALLED_S 120

#define EVENT_ID "/sys/kernel/tracing/events/sched/sched_switch/id"

enum outcome { ACCEPTED, QUIET, LEFT, DROPPED, UNANSWERED, NR_OUTCOMES };

static const char * const outcome_names[] = {
	[ACCEPTED]	= "accepted",	/* and said so */
	[QUIET]		= "quiet",	/* no error, none was to be said */
	[LEFT]		= "left",	/* by a reader, within a dump */
	[DROPPED]	= "dropped",	/* it was no message */
	[UNANSWERED]	= "unanswered",	/* it was, and got no answer */
};

/* Of one worker; the parent adds up. */
struct counts {
	unsigned long sent;
	unsigned long overruns;	/* answers that found no room */
	unsigned long good;	/* reached kpstat, and were accepted */
	unsigned long found;	/* went where none had been */
	unsigned long of[KPS_CMD_MAX + 1][NR_OUTCOMES];
	unsigned long refused[KPS_CMD_MAX + 1][MAX_ERRNO];
	/* Of those that reached kpstat, and of the others. */
	unsigned long mute[2][MAX_ERRNO];
	unsigned long told[2][MAX_ERRNO];
};

struct pending {
	struct message message;
	unsigned int seq;
	bool ended;
};

struct worker {
	int fd;
	struct grammar grammar;
	struct coverage coverage;
	struct counts *counts;
	struct pending pending[BATCH];
	unsigned int nr;
	size_t len;		/* of the datagram */
	unsigned char bytes[WIRE_MAX * 2];
};

static int family;

static void give_up(const char *what)
{
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(1);
}

/*
 * One answer
 */

static struct pending *find_pending(struct worker *worker, unsigned int seq)
{
	unsigned int i;

	for (i = 0; i < worker->nr; i++)
		if (worker->pending[i].seq == seq && !worker->pending[i].ended)
			return &worker->pending[i];
	return NULL;
}

static void show_mute(const struct pending *pending, int err)
{
	const struct message *message = &pending->message;
	size_t i;

	fprintf(stderr, "# %s, %zu bytes: error %d without a sentence:",
		wire_command_name(message->command), message->len, err);
	for (i = NLMSG_HDRLEN; i < message->len && i < 96; i++)
		fprintf(stderr, " %02x", message->bytes[i]);
	fputc('\n', stderr);
}

static void count_refusal(struct worker *worker, const struct pending *pending,
			  const struct wire_end *end)
{
	unsigned int code = -end->err < MAX_ERRNO ? -end->err : 0;
	struct counts *counts = worker->counts;
	bool framed = pending->message.framed;

	counts->refused[pending->message.command][code]++;
	if (end->why && end->why[0])
		counts->told[framed][code]++;
	else if (!counts->mute[framed][code]++ && framed)
		show_mute(pending, end->err);
}

static void on_end(const struct wire_end *end, void *data)
{
	struct worker *worker = data;
	struct pending *pending = find_pending(worker, end->seq);

	if (!pending)
		return;
	pending->ended = true;
	if (end->err) {
		count_refusal(worker, pending, end);
		return;
	}
	worker->counts->of[pending->message.command][ACCEPTED]++;
	worker->counts->good += pending->message.framed;
}

/* What is to be said of those whose end did not come. */
static void count_rest(struct worker *worker, bool left, bool overrun)
{
	unsigned int i;

	for (i = 0; i < worker->nr; i++) {
		const struct message *message = &worker->pending[i].message;
		enum outcome outcome = UNANSWERED;

		if (worker->pending[i].ended)
			continue;
		if (left)
			outcome = LEFT;
		else if (!message->framed || overrun)
			outcome = DROPPED;
		else if (!message->answered)
			outcome = QUIET;
		worker->counts->of[message->command][outcome]++;
		worker->counts->good += outcome == QUIET;
	}
}

/*
 * One socket
 */

/* What it owned goes with it. */
static void renew_socket(struct worker *worker)
{
	if (worker->fd >= 0)
		close(worker->fd);
	worker->fd = wire_open();
	if (worker->fd < 0)
		give_up("a socket");
}

static bool has_dump(const struct worker *worker)
{
	unsigned int i;

	for (i = 0; i < worker->nr; i++)
		if (wire_is_dump(worker->pending[i].message.command))
			return true;
	return false;
}

static void add_message(struct worker *worker)
{
	struct pending *pending = &worker->pending[worker->nr++];

	grammar_next(&worker->grammar, worker->bytes + worker->len,
		     &pending->message);
	pending->seq = worker->grammar.seq;
	pending->ended = false;
	worker->len += NLMSG_ALIGN(pending->message.len);
}

/*
 * A second dump would find the first one under way, and behind what is not
 * framed nothing is seen.
 */
static bool may_add(struct worker *worker)
{
	return worker->nr < BATCH && worker->len < WIRE_MAX / 2 &&
	       !has_dump(worker) &&
	       worker->pending[worker->nr - 1].message.framed &&
	       !grammar_any(&worker->grammar, 8);
}

static void fill(struct worker *worker)
{
	worker->nr = 0;
	worker->len = 0;
	do {
		add_message(worker);
	} while (may_add(worker));
	/* The last one ends where it ends. */
	worker->len -= NLMSG_ALIGN(worker->pending[worker->nr - 1].message.len) -
		       worker->pending[worker->nr - 1].message.len;
}

/* Whichever of them it was. */
static void follow(struct worker *worker)
{
	unsigned int i;

	for (i = 0; i < worker->nr; i++)
		grammar_more_like(&worker->grammar, &worker->pending[i].message);
	worker->counts->found += worker->nr;
}

static bool transact(struct worker *worker)
{
	bool leave = !grammar_any(&worker->grammar, 12) && has_dump(worker);
	int taken, most = leave ? 1 : DRAIN;

	coverage_begin(&worker->coverage);
	if (send(worker->fd, worker->bytes, worker->len, MSG_DONTWAIT) < 0) {
		if (errno != ENOBUFS && errno != EAGAIN && errno != EMSGSIZE)
			give_up("send");
		worker->counts->overruns++;
		count_rest(worker, false, true);
		return true;
	}
	taken = wire_drain(worker->fd, most, on_end, worker);
	count_rest(worker, leave || taken == most, false);
	if (coverage_is_new(&worker->coverage))
		follow(worker);
	return !leave && taken < most;
}

/* What some of the probes are on. */
static void make_events(void)
{
	int fd = open("/dev/null", O_RDONLY);

	if (fd >= 0)
		close(fd);
}

static void work(struct worker *worker, unsigned long number)
{
	worker->fd = -1;
	renew_socket(worker);
	while (worker->counts->sent < number) {
		fill(worker);
		if (!transact(worker) || !grammar_any(&worker->grammar, 200))
			renew_socket(worker);
		if (!grammar_any(&worker->grammar, 4))
			make_events();
		worker->counts->sent += worker->nr;
	}
	/* Its programs are left to the end of the process. */
}

/*
 * All of them
 */

static unsigned int event_id(void)
{
	FILE *file = fopen(EVENT_ID, "r");
	unsigned int id = 0;

	if (file && fscanf(file, "%u", &id) != 1)
		id = 0;
	if (file)
		fclose(file);
	return id;
}

/* A page that a probe may be put into: nobody has it in memory as code. */
static int code_file(void)
{
	int fd = memfd_create("code", 0);
	unsigned char nops[4096];

	memset(nops, 0x90, sizeof(nops));
	if (fd < 0 || write(fd, nops, sizeof(nops)) != sizeof(nops))
		give_up("memfd_create");
	return fd;
}

static pid_t start(struct counts *counts, uint8_t *edges, unsigned long number,
		   unsigned long long seed)
{
	static struct worker worker;
	pid_t pid = fork();

	if (pid < 0)
		give_up("fork");
	if (pid)
		return pid;
	worker.counts = counts;
	worker.grammar.state = seed * 0x9e3779b97f4a7c15ULL | 1;
	worker.grammar.family = family;
	worker.grammar.event_id = event_id();
	worker.grammar.file = code_file();
	coverage_open(&worker.coverage, edges);
	work(&worker, number);
	exit(0);
}

static unsigned long sum_sent(const struct counts *counts)
{
	unsigned long sum = 0;
	int i;

	for (i = 0; i < SOCKETS; i++)
		sum += __atomic_load_n(&counts[i].sent, __ATOMIC_RELAXED);
	return sum;
}

/* Return: how many workers have ended otherwise than they should. */
static int reap(const pid_t *pids, int *running)
{
	int i, status, bad = 0;

	for (i = 0; i < SOCKETS; i++) {
		if (waitpid(pids[i], &status, WNOHANG) != pids[i])
			continue;
		--*running;
		if (status)
			fprintf(stderr, "# a sender ended with status 0x%x\n",
				status);
		bad += status != 0;
	}
	return bad;
}

static void kill_all(const pid_t *pids)
{
	int i;

	for (i = 0; i < SOCKETS; i++)
		kill(pids[i], SIGKILL);
}

/* Return: how many workers did not do their work. */
static int watch(const struct counts *counts, const pid_t *pids,
		 unsigned long number)
{
	unsigned long sent, last = 0;
	int running = SOCKETS, bad = 0, quiet_s = 0;
	time_t since = time(NULL);

	while (running && quiet_s < STALLED_S) {
		sleep(1);
		bad += reap(pids, &running);
		sent = sum_sent(counts);
		quiet_s = sent == last ? quiet_s + 1 : 0;
		if (sent / (number / 10 + 1) != last / (number / 10 + 1))
			fprintf(stderr, "# %lu of %lu messages, %ld s\n", sent,
				number, (long)(time(NULL) - since));
		last = sent;
	}
	if (running)
		fprintf(stderr, "# no message for %d s: %d senders hang\n",
			quiet_s, running);
	kill_all(pids);
	return bad + running;
}

static void add_up(struct counts *sum, const struct counts *counts)
{
	unsigned long *into = (void *)sum;
	const unsigned long *from = (const void *)counts;
	size_t i;

	for (i = 0; i < sizeof(*sum) / sizeof(*into); i++)
		into[i] += from[i];
}

static void print_command(const struct counts *sum, int command)
{
	int i;

	printf("%-8s:", wire_command_name(command));
	for (i = 0; i < NR_OUTCOMES; i++)
		if (sum->of[command][i])
			printf(" %s %lu", outcome_names[i], sum->of[command][i]);
	for (i = 0; i < MAX_ERRNO; i++)
		if (sum->refused[command][i])
			printf(" %s %lu", strerrorname_np(i) ?: "E?",
			       sum->refused[command][i]);
	putchar('\n');
}

static unsigned long print_mute(const struct counts *sum, bool framed)
{
	unsigned long told = 0, mute = 0;
	int i;

	printf("refused %s:", framed ? "by kpstat, or for attributes" :
	       "for headers");
	for (i = 0; i < MAX_ERRNO; i++) {
		told += sum->told[framed][i];
		mute += sum->mute[framed][i];
		if (sum->mute[framed][i])
			printf(" %s %lu", strerrorname_np(i) ?: "E?",
			       sum->mute[framed][i]);
	}
	printf(" without a sentence, %lu with one\n", told);
	return mute;
}

/* The last lines are for the script. */
static void print(const struct counts *sum, const uint8_t *edges)
{
	unsigned long mute, unanswered = 0;
	int i;

	for (i = 0; i <= KPS_CMD_MAX; i++) {
		print_command(sum, i);
		unanswered += sum->of[i][UNANSWERED];
	}
	print_mute(sum, false);
	mute = print_mute(sum, true);
	printf("overruns=%lu\n", sum->overruns);
	printf("edges=%u\n", coverage_count(edges));
	printf("found=%lu\n", sum->found);
	printf("sent=%lu\n", sum->sent);
	printf("accepted=%lu%%\n", sum->good * 100 / (sum->sent ?: 1));
	printf("unanswered=%lu\n", unanswered);
	printf("mute=%lu\n", mute);
}

int main(int argc, char **argv)
{
	unsigned long number = argc > 1 ? strtoul(argv[1], NULL, 0) : 40000;
	unsigned long long seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
	uint8_t *edges = coverage_edges();
	struct counts *counts, sum = {};
	pid_t pids[SOCKETS];
	int i, bad, fd;

	setvbuf(stderr, NULL, _IOLBF, 0);
	fd = wire_open();
	family = fd < 0 ? -errno : wire_family(fd);
	errno = -family;
	if (family < 0)
		give_up("kpstat");
	close(fd);
	counts = mmap(NULL, SOCKETS * sizeof(*counts), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (counts == MAP_FAILED || !edges)
		give_up("mmap");

	fprintf(stderr, "# %lu messages, seed %llu\n", number, seed);
	for (i = 0; i < SOCKETS; i++)
		pids[i] = start(&counts[i], edges, number / SOCKETS + 1,
				seed * SOCKETS + i);
	bad = watch(counts, pids, number);
	for (i = 0; i < SOCKETS; i++)
		add_up(&sum, &counts[i]);
	print(&sum, edges);
	return bad ? 1 : 0;
}
