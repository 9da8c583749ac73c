// SPDX-License-Identifier: GPL-2.0
/*
 * Handlers for events that come often, called by their tracepoints, with
 * arguments of the right types.
 *
 * The kernel's headers describe an event so that they can be read again and
 * again, each time making something else of the same lines: the kernel makes
 * declarations of them, records, perf's handlers (include/trace/trace_events.h).
 * Here they become records of ours, and handlers that fill these in by the
 * event's own code. So a record has the fields that the event's format file
 * has, at the same offsets, on every kernel; that is looked at once more when an
 * event is attached.
 */
#include <linux/err.h>
#include <linux/perf_event.h>
#include <linux/preempt.h>
#include <linux/string.h>
#include <linux/trace_events.h>

#include "compat/tracepoints.h"
#include "dispatch.h"
#include "providers/tracepoint.h"
#include "providers/typed.h"

/* Step 1, what everybody else makes of them: tracepoints are declared. */
#include "providers/typed_events.h"

/*
 * What handlers share.
 */

/*
 * Bytes for each string or array in a record that has no length of its own. No
 * clause sees more of one.
 */
#define ROOM 264

static noinline bool __kprobes is_done(const struct kps_site *site,
				       struct kps_at at)
{
	return kps_event_is_done(site->probe, at, kps_no_word, NULL);
}

/* Return: whether there is a clause to run. */
static noinline bool __kprobes begin(struct kps_ctx *ctx,
				     const struct kps_site *site,
				     struct kps_at at, struct pt_regs *regs)
{
	if (kps_event_is_timed(site->probe, at, kps_no_word, NULL))
		return false;
	kps_event_begin(ctx, site->probe, at, KPS_FILLS_SITE);
	ctx->frame.site = site->id;
	ctx->regs = regs;
	return true;
}

static noinline void __kprobes run(struct kps_ctx *ctx, const void *record,
				   u32 size, const struct kps_site *site)
{
	ctx->record = record;
	ctx->record_size = size;
	kps_event_run(ctx, site->probe);
}

/* Take room behind the record for @len bytes. Return: a __data_loc. */
static __always_inline u32 take(u32 *size, size_t len)
{
	u32 offset = *size;

	len = min_t(size_t, len, ROOM);
	*size += len;
	return offset | len << 16;
}

static __always_inline const char *take_string(u32 *size, u32 *loc,
					       const char *text)
{
	text = text ?: "(null)";
	*loc = take(size, strlen(text) + 1);
	return text;
}

/* What was taken is as long as the text, or shorter. */
static __always_inline void put_string(void *record, u32 loc, const char *text)
{
	char *out = record + (loc & 0xffff);
	u32 len = loc >> 16;

	memcpy(out, text, len - 1);
	out[len - 1] = '\0';
}

/*
 * Only classes of the list.
 */
#define OF_CLASS_0(...)
#define OF_CLASS__(is_wanted) OF_CLASS_##is_wanted
#define OF_CLASS_(is_wanted) OF_CLASS__(is_wanted)
#define OF_CLASS(call) OF_CLASS_(__is_defined(KPS_CLASS_OF_##call))

#undef TRACE_EVENT
#undef TRACE_EVENT_FN
#undef TRACE_EVENT_FN_COND
#undef TRACE_EVENT_CONDITION
#undef TRACE_EVENT_SYSCALL
#undef TRACE_EVENT_NOP
#undef TRACE_EVENT_FLAGS
#undef TRACE_EVENT_PERF_PERM
#undef DECLARE_EVENT_CLASS
#undef DECLARE_EVENT_CLASS_NOP
#undef DECLARE_EVENT_NOP
#undef DECLARE_TRACE
#undef DECLARE_TRACE_CONDITION
#undef DECLARE_TRACE_EVENT
#undef DECLARE_TRACE_EVENT_CONDITION
#undef DECLARE_TRACE_SYSCALL
#undef DEFINE_EVENT
#undef DEFINE_EVENT_FN
#undef DEFINE_EVENT_PRINT
#undef DEFINE_EVENT_CONDITION
#undef DEFINE_EVENT_NOP

#define TRACE_EVENT_NOP(...)
#define TRACE_EVENT_FLAGS(...)
#define TRACE_EVENT_PERF_PERM(...)
#define DECLARE_EVENT_CLASS_NOP(...)
#define DECLARE_EVENT_NOP(...)
#define DECLARE_TRACE(...)
#define DECLARE_TRACE_CONDITION(...)
#define DECLARE_TRACE_EVENT(...)
#define DECLARE_TRACE_EVENT_CONDITION(...)
#define DECLARE_TRACE_SYSCALL(...)
#define DEFINE_EVENT_NOP(...)

/* How an event is printed must not even be looked at: it needs macros, too. */
#define EVENT_CLASS(call, proto, args, fields, assign)			\
	OF_CLASS(call)(call, PARAMS(proto), PARAMS(args),		\
		       PARAMS(fields), PARAMS(assign))
#define EVENT_AND_CLASS(name, proto, args, fields, assign)		\
	EVENT_CLASS(name, PARAMS(proto), PARAMS(args), PARAMS(fields),	\
	      PARAMS(assign))						\
	DEFINE_EVENT(name, name, PARAMS(proto), PARAMS(args))

#define DECLARE_EVENT_CLASS(call, proto, args, fields, assign, print)	\
	EVENT_CLASS(call, PARAMS(proto), PARAMS(args), PARAMS(fields),	\
	      PARAMS(assign))
#define TRACE_EVENT(name, proto, args, fields, assign, print)		\
	EVENT_AND_CLASS(name, PARAMS(proto), PARAMS(args),		\
			PARAMS(fields), PARAMS(assign))
#define TRACE_EVENT_FN(name, proto, args, fields, assign, print, reg, unreg) \
	EVENT_AND_CLASS(name, PARAMS(proto), PARAMS(args),		\
			PARAMS(fields), PARAMS(assign))
#define TRACE_EVENT_SYSCALL(name, proto, args, fields, assign, print, reg, \
			    unreg)					\
	EVENT_AND_CLASS(name, PARAMS(proto), PARAMS(args),		\
			PARAMS(fields), PARAMS(assign))
#define TRACE_EVENT_FN_COND(name, proto, args, cond, fields, assign, print, \
			    reg, unreg)					\
	EVENT_AND_CLASS(name, PARAMS(proto), PARAMS(args),		\
			PARAMS(fields), PARAMS(assign))
#define TRACE_EVENT_CONDITION(name, proto, args, cond, fields, assign, print) \
	EVENT_AND_CLASS(name, PARAMS(proto), PARAMS(args),		\
			PARAMS(fields), PARAMS(assign))
#define DEFINE_EVENT_FN(template, name, proto, args, reg, unreg)	\
	DEFINE_EVENT(template, name, PARAMS(proto), PARAMS(args))
#define DEFINE_EVENT_PRINT(template, name, proto, args, print)		\
	DEFINE_EVENT(template, name, PARAMS(proto), PARAMS(args))
#define DEFINE_EVENT_CONDITION(template, name, proto, args, cond)	\
	DEFINE_EVENT(template, name, PARAMS(proto), PARAMS(args))

#define TRACE_HEADER_MULTI_READ

/*
 * Step 2: records.
 */
#undef __field
#define __field(type, item) type item;
#undef __field_ext
#define __field_ext(type, item, filter) type item;
#undef __field_struct
#define __field_struct(type, item) type item;
#undef __array
#define __array(type, item, len) type item[len];
#undef __dynamic_array
#define __dynamic_array(type, item, len) u32 __data_loc_##item;
#undef __string
#define __string(item, text) u32 __data_loc_##item;
#undef TP_STRUCT__entry
#define TP_STRUCT__entry(fields...) fields

#define OF_CLASS_1(call, proto, args, fields, assign)			\
	struct kps_record_##call {					\
		struct trace_entry common;				\
		fields							\
	};
#define DEFINE_EVENT(template, name, proto, args)

#include "providers/typed_events.h"

/*
 * Step 3: where the fields are, to be compared with what the kernel says.
 */
#define FIELD_AT(item, member)						\
	{ #item, offsetof(typeof(*record), member), sizeof(record->member) },
#undef __field
#define __field(type, item) FIELD_AT(item, item)
#undef __field_ext
#define __field_ext(type, item, filter) FIELD_AT(item, item)
#undef __field_struct
#define __field_struct(type, item) FIELD_AT(item, item)
#undef __array
#define __array(type, item, len) FIELD_AT(item, item)
#undef __dynamic_array
#define __dynamic_array(type, item, len) FIELD_AT(item, __data_loc_##item)
#undef __string
#define __string(item, text) FIELD_AT(item, __data_loc_##item)

#undef OF_CLASS_1
#define OF_CLASS_1(call, proto, args, fields, assign)			\
static const struct kps_typed_field * __maybe_unused fields_##call(void) \
{									\
	struct kps_record_##call *record __maybe_unused;		\
	static const struct kps_typed_field all[] = { fields {} };	\
									\
	return all;							\
}

#include "providers/typed_events.h"

/*
 * Step 4: how many fields without a length there are.
 */
#undef __field
#define __field(type, item)
#undef __field_ext
#define __field_ext(type, item, filter)
#undef __field_struct
#define __field_struct(type, item)
#undef __array
#define __array(type, item, len)
#undef __dynamic_array
#define __dynamic_array(type, item, len) + 1
#undef __string
#define __string(item, text) + 1

#undef OF_CLASS_1
#define OF_CLASS_1(call, proto, args, fields, assign)			\
	enum { ROOMS_##call = 0 fields };

#include "providers/typed_events.h"

/*
 * Step 5: handlers, and a struct kps_typed for each event. A string is looked at
 * once, where its length is taken; that it is put in later is up to the event.
 *
 * Of the fixed part the event's code writes its fields, and of an array what it has
 * for it. What lies between and behind is cleared: a clause can read there, and the
 * kernel's stack is nobody's business.
 */
#undef __dynamic_array
#define __dynamic_array(type, item, len)				\
	u32 __maybe_unused item##_at = __entry->__data_loc_##item =	\
		take(&__size, sizeof(type) * (len) +			\
		     BUILD_BUG_ON_ZERO(sizeof(type) * (len) > ROOM));
#undef __string
#define __string(item, text)						\
	const char *item##_text =					\
		take_string(&__size, &__entry->__data_loc_##item, text);
#undef __assign_str
#define __assign_str(item, ...)						\
	put_string(__entry, __entry->__data_loc_##item, item##_text)
#undef __get_dynamic_array
#define __get_dynamic_array(item)					\
	((void *)__entry + (__entry->__data_loc_##item & 0xffff))
#undef __get_str
#define __get_str(item) ((char *)__get_dynamic_array(item))
#undef TP_fast_assign
#define TP_fast_assign(statements...) statements
#undef __perf_count
#define __perf_count(count) (count)
#undef __perf_task
#define __perf_task(task) (task)

#undef OF_CLASS_1
#define OF_CLASS_1(call, proto, args, fields, assign)			\
static noinline void __kprobes						\
run_##call(const struct kps_site *__site, struct kps_at __at,		\
	   struct pt_regs *__regs, proto)				\
{									\
	u8 __record[sizeof(struct kps_record_##call) +			\
		    ROOMS_##call * ROOM] __aligned(8) KPS_UNINITIALISED; \
	struct kps_record_##call *__entry = (void *)__record;		\
	struct kps_ctx __ctx KPS_UNINITIALISED;				\
	u32 __size = sizeof(*__entry);					\
									\
	if (!begin(&__ctx, __site, __at, __regs))			\
		return;							\
	if (__site->probe->code->reads_record) {			\
		/* What follows declares, so this must, too. */		\
		void *__cleared __maybe_unused =			\
			memset(__entry, 0, sizeof(*__entry));		\
		fields							\
		{ assign; }						\
	}								\
	run(&__ctx, __record, __size, __site);				\
}									\
									\
static void __kprobes fired_##call(void *__data, proto)			\
{									\
	const struct kps_site *__site = __data;				\
	struct kps_at __at;						\
									\
	kps_tracepoint_enter();						\
	if (kps_tracepoint_comes(__site->probe)) {				\
		__at = kps_event_hit(__site->probe);			\
		if (!kps_event_is_done(__site->probe, __at,		\
				       kps_no_word, NULL))		\
			run_##call(__site, __at, NULL, args);		\
	}								\
	kps_tracepoint_leave();						\
}									\
									\
/* The registers are those of whoever called this very function. */	\
static void __kprobes fired_with_regs_##call(void *__data, proto)	\
{									\
	const struct kps_site *__site = __data;				\
	struct pt_regs __regs = {};					\
	struct kps_at __at;						\
									\
	kps_tracepoint_enter();						\
	perf_fetch_caller_regs(&__regs);				\
	if (kps_tracepoint_comes(__site->probe)) {				\
		__at = kps_event_hit(__site->probe);			\
		if (!is_done(__site, __at))				\
			run_##call(__site, __at, &__regs, args);	\
	}								\
	kps_tracepoint_leave();						\
}

/* That the types are right is known when this compiles. */
#define EVENT_OF_0(...)
#define EVENT_OF_1(template, event)					\
static __always_inline void __maybe_unused check_##event(void)		\
{									\
	check_trace_callback_type_##event(fired_##template);		\
	check_trace_callback_type_##event(fired_with_regs_##template);	\
}									\
									\
static const struct kps_typed __maybe_unused kps_typed_##event = {	\
	.system = __stringify(TRACE_SYSTEM),				\
	.name = #event,							\
	.fields = fields_##template,					\
	.fired = fired_##template,					\
	.fired_with_regs = fired_with_regs_##template,			\
};
#define EVENT_OF__(is_wanted) EVENT_OF_##is_wanted
#define EVENT_OF_(is_wanted) EVENT_OF__(is_wanted)
#undef DEFINE_EVENT
#define DEFINE_EVENT(template, event, proto, args)			\
	EVENT_OF_(__is_defined(KPS_CLASS_OF_##template))(template, event)

/* Some kernel has it, or this one: an empty one stays empty in others. */
#define DECLARE_TYPED(event) static const struct kps_typed kps_typed_##event;
KPS_TYPED_EVENTS(DECLARE_TYPED)

#include "providers/typed_events.h"

#define POINTER_TO_TYPED(event) &kps_typed_##event,
static const struct kps_typed * const all[] = {
	KPS_TYPED_EVENTS(POINTER_TO_TYPED)
};

/** kps_typed_find() - the handlers of the event "system:name", or NULL */
const struct kps_typed *kps_typed_find(const char *target)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(all); i++)
		if (all[i]->name &&
		    kps_is_event(target, all[i]->system, all[i]->name))
			return all[i];
	return NULL;
}

#ifdef KPS_HAS_EVENT_FILE
/* As the kernel lays out its own record, and tells of it in the format file. */
static bool fits(const struct kps_typed_field *mine,
		 const struct trace_event_fields *theirs)
{
	size_t at = sizeof(struct trace_entry);

	for (; theirs->type; theirs++, mine++) {
		if (theirs->type == TRACE_FUNCTION_TYPE || !mine->name)
			return false;
		at = ALIGN(at, theirs->align);
		if (strcmp(mine->name, theirs->name) || mine->offset != at ||
		    mine->size != theirs->size)
			return false;
		at += theirs->size;
	}
	return !mine->name;
}

/**
 * kps_typed_fits() - whether records of ours are as the event's format file says
 * @typed: an event that this kernel has
 *
 * Context: may sleep.
 */
bool kps_typed_fits(const struct kps_typed *typed)
{
	struct trace_event_file *file =
		trace_get_event_file(NULL, typed->system, typed->name);
	bool good;

	if (IS_ERR_OR_NULL(file))
		return false;
	good = fits(typed->fields(), file->event_call->class->fields_array);
	trace_put_event_file(file);
	return good;
}
#else
/* A kernel without tracing has no format files, and no events of perf's. */
bool kps_typed_fits(const struct kps_typed *typed)
{
	return true;
}
#endif
