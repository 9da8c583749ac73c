// SPDX-License-Identifier: GPL-2.0
/*
 * Errors: a sentence is written where the fault is seen, each layer above may
 * put the place before it, and netlink hands it out.
 */
#include <linux/atomic.h>
#include <linux/kernel.h>
#include <linux/netlink.h>
#include <linux/string.h>

#include "error.h"

/**
 * kps_error() - note what was wrong
 * @error: where
 * @errno: negative errno
 * @fmt: the sentence, without a full stop
 *
 * Return: @errno, so that it can end the caller.
 */
int kps_error(struct kps_error *error, int errno, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vscnprintf(error->text, sizeof(error->text), fmt, args);
	va_end(args);
	return errno;
}

/**
 * kps_error_prefix() - say where, before what was said already
 * @error: with its sentence
 * @fmt: the place; ": " is added
 */
void kps_error_prefix(struct kps_error *error, const char *fmt, ...)
{
	struct kps_error inner = *error;
	va_list args;
	size_t used;

	va_start(args, fmt);
	used = vscnprintf(error->text, sizeof(error->text), fmt, args);
	va_end(args);
	scnprintf(error->text + used, sizeof(error->text) - used, ": %s",
		  inner.text);
}

/*
 * An extended ack keeps a pointer, and is sent after the command's function
 * has returned and its locks are free; copying into it came with 6.2 only.
 * So the text stays in memory that is never freed while the family is
 * registered: a ring, large enough that no text is overwritten before it is
 * sent unless this many commands fail within one acknowledgement.
 */
#define KPS_ERROR_RING 64
static struct kps_error kps_error_ring[KPS_ERROR_RING];
static atomic_t kps_error_next;

/**
 * kps_error_report() - hand the sentence to the extended ack
 * @error: with its sentence, or empty
 * @ack: may be NULL
 */
void kps_error_report(const struct kps_error *error, struct netlink_ext_ack *ack)
{
	unsigned int slot = atomic_inc_return(&kps_error_next);
	struct kps_error *kept = &kps_error_ring[slot % KPS_ERROR_RING];

	if (!ack || !error->text[0])
		return;
	*kept = *error;
	ack->_msg = kept->text;
}
