// SPDX-License-Identifier: GPL-2.0
#include "fixture.h"
#include "kernel/event_fields.h"

struct kept_diag diags[MAX_DIAGS];
size_t nr_diags;

static void keep_diag(const struct diag *diag, void *data)
{
	struct kept_diag *kept = &diags[nr_diags];

	(void)data;
	if (nr_diags == MAX_DIAGS)
		return;
	nr_diags++;
	kept->level = diag->level;
	kept->at = diag->at;
	snprintf(kept->message, sizeof(kept->message), "%s", diag->message);
	snprintf(kept->hint, sizeof(kept->hint), "%s",
		 diag->hint ? diag->hint : "");
	snprintf(kept->line, sizeof(kept->line), "%s",
		 diag->line ? diag->line : "");
}

const char *fixture_path(const char *name)
{
	static char path[4096];
	const char *slash = strrchr(__FILE__, '/');
	int len = slash ? (int)(slash - __FILE__) : 0;

	snprintf(path, sizeof(path), "%.*s%s%s", len, __FILE__,
		 len ? "/" : "./", name);
	return path;
}

int use_fixture_host(void **state)
{
	static char root[4096];

	(void)state;
	snprintf(root, sizeof(root), "%s", fixture_path("host"));
	host_set_root(root);
	diag_set_sink(keep_diag, NULL);
	return 0;
}

int compile_with(const char *text, const struct compile_options *options,
		 struct object *object)
{
	nr_diags = 0;
	return compile(text, options, object);
}

int try_compile(const char *text, struct object *object)
{
	const struct compile_options options = { .file = "test.bt" };

	return compile_with(text, &options, object);
}

void must_compile(const char *text, struct object *object)
{
	int err = try_compile(text, object);

	if (err && nr_diags)
		fail_msg("%s\n%d:%d: %s", text, diags[0].at.first_line,
			 diags[0].at.first_column, diags[0].message);
	assert_int_equal(err, 0);
}

/* NULL if it fails as it should, else what is wrong. */
static const char *fails_wrongly(const struct bad_program *bad)
{
	struct object object;

	if (!try_compile(bad->text, &object)) {
		object_free(&object);
		return "it is accepted";
	}
	if (!nr_diags || !strstr(diags[0].message, bad->message))
		return "another message";
	if (bad->hint && !strstr(diags[0].hint, bad->hint))
		return "another hint";
	if (diags[0].at.first_line != bad->line ||
	    diags[0].at.first_column != bad->column)
		return "another place";
	return NULL;
}

void must_fail_all(const struct bad_program *bad, size_t nr)
{
	unsigned int wrong = 0;
	size_t i;

	for (i = 0; i < nr; i++) {
		const char *why = fails_wrongly(&bad[i]);

		if (!why)
			continue;
		wrong++;
		print_error("%s:\n%s\n%d:%d: %s\nhint: %s\n", why, bad[i].text,
			    diags[0].at.first_line, diags[0].at.first_column,
			    diags[0].message, diags[0].hint);
	}
	assert_int_equal(wrong, 0);
}

void must_fail(const struct bad_program *bad)
{
	must_fail_all(bad, 1);
}

/*
 * The module's side: what conntrack's events have.
 */

bool module_is_missing;

static struct event_field plain_field(const char *name, unsigned int offset,
				      unsigned int size, enum kps_type type)
{
	return (struct event_field){
		.name = strdup(name), .offset = offset, .size = size,
		.type = type,
	};
}

int provider_event_fields(const char *event, struct event_fields *out)
{
	struct event_field *fields;

	if (module_is_missing)
		return -ENODEV;
	if (strncmp(event, "conntrack:", 10))
		return -ENOENT;
	fields = calloc(11, sizeof(*fields));
	fields[0] = plain_field("family", 0, 2, KPS_T_INT);
	fields[1] = plain_field("protocol", 2, 1, KPS_T_ENUM);
	enum_table_add(&fields[1].names, 6, strdup("tcp"));
	enum_table_add(&fields[1].names, 17, strdup("udp"));
	fields[2] = plain_field("saddr", 8, 24, KPS_T_INET);
	fields[3] = plain_field("daddr", 32, 24, KPS_T_INET);
	fields[4] = plain_field("sport", 56, 2, KPS_T_INT);
	fields[5] = plain_field("dport", 58, 2, KPS_T_INT);
	fields[6] = plain_field("mark", 60, 4, KPS_T_INT);
	fields[7] = plain_field("zone", 64, 2, KPS_T_INT);
	fields[8] = plain_field("status", 72, 8, KPS_T_INT);
	fields[9] = plain_field("tcp_state", 80, 1, KPS_T_ENUM);
	enum_table_add(&fields[9].names, 3, strdup("ESTABLISHED"));
	fields[10] = plain_field("lifetime", 88, 8, KPS_T_INT);
	*out = (struct event_fields){ fields, 11 };
	return 0;
}
