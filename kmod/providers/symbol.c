// SPDX-License-Identifier: GPL-2.0
/*
 * [MODULE:]SYMBOL[#N][+OFFSET]: places in the kernel's code, by name.
 */
#include <linux/kallsyms.h>
#include <linux/kprobes.h>
#include <linux/string.h>

#include "providers/symbol.h"

/**
 * kps_symbol_parse() - take a target apart
 * @site: whose target it is; its module is filled in
 * @symbol: filled in
 * @error: gets the reason
 *
 * Return: 0 or -EINVAL.
 */
int kps_symbol_parse(struct kps_site *site, struct kps_symbol *symbol,
		     struct kps_error *error)
{
	const char *colon = strchr(site->target, ':');
	char *plus, *number;

	strscpy(symbol->name, site->target, sizeof(symbol->name));
	symbol->offset = 0;
	plus = strchr(symbol->name, '+');
	if (plus) {
		*plus++ = '\0';
		if (kstrtouint(plus, 0, &symbol->offset))
			return kps_error(error, -EINVAL,
					 "%s: \"%s\" is not an offset",
					 site->target, plus);
	}
	number = strchr(symbol->name, '#');
	symbol->is_one_of_several = number;
	if (number)
		*number = '\0';
	if (!symbol->name[0])
		return kps_error(error, -EINVAL, "the target has no symbol");
	if (colon)
		strscpy(site->module, site->target,
			min_t(size_t, sizeof(site->module),
			      colon - site->target + 1));
	if (!strcmp(site->module, KBUILD_MODNAME))
		return kps_error(error, -EINVAL,
				 "%s: kpstat's own functions cannot be probed: its handlers run them",
				 site->target);
	return 0;
}

/**
 * kps_symbol_attached() - note which module the probed address is in
 * @site: just attached
 * @kp: its kprobe
 *
 * If the module goes, we are told of that after the kernel has marked the kprobe, or
 * else from now on.
 *
 * Return: 0, or -EINVAL for our own code, which must not be probed: handlers
 * run it; or -ENOENT: the module goes.
 */
int kps_symbol_attached(struct kps_site *site, struct kprobe *kp)
{
	char text[KSYM_SYMBOL_LEN];
	char *module;

	sprint_symbol(text, (unsigned long)kp->addr);
	module = strchr(text, '[');
	if (module)
		kps_site_is_in(site, module + 1, strcspn(module + 1, " ]"));
	if (!strcmp(site->module, KBUILD_MODNAME))
		return -EINVAL;
	return kprobe_gone(kp) ? -ENOENT : 0;
}

/**
 * kps_symbol_is_at() - whether the symbol is where user space saw it
 * @symbol: to be looked for
 * @address: where it may be, or 0
 *
 * Looking that up is quick; before 6.2 the kernel finds a name by going through all
 * that there are.
 */
bool kps_symbol_is_at(const struct kps_symbol *symbol, unsigned long address)
{
	const char *colon = strchr(symbol->name, ':');
	const char *name = colon ? colon + 1 : symbol->name;
	size_t module_len = colon ? colon - symbol->name : 0;
	char text[KSYM_SYMBOL_LEN];	/* NAME+0xOFFSET/0xSIZE [MODULE] */
	const char *module;

	if (!address)
		return false;
	sprint_symbol(text, address);
	if (strncmp(text, name, strlen(name)) ||
	    !strstarts(text + strlen(name), "+0x0/"))
		return false;
	module = strchr(text, '[');
	if (!module || !colon)
		return !module && !colon;
	return !strncmp(module + 1, symbol->name, module_len) &&
	       strchr(" ]", module[1 + module_len]);
}

/**
 * kps_symbol_place() - tell a kprobe where to be, by address if that is known
 * @symbol: that it is for
 * @address: where the symbol may be, or 0
 * @kp: not registered
 *
 * Return: 0, or -ENOENT for one of several functions of a name that is not at
 * @address any more: by the name the kernel would take the first.
 */
int kps_symbol_place(const struct kps_symbol *symbol, unsigned long address,
		     struct kprobe *kp)
{
	bool known = kps_symbol_is_at(symbol, address);

	if (!known && symbol->is_one_of_several)
		return -ENOENT;
	kp->symbol_name = known ? NULL : symbol->name;
	kp->addr = known ? (kprobe_opcode_t *)address : NULL;
	kp->offset = symbol->offset;
	return 0;
}

/**
 * kps_symbol_error() - what it means that a kprobe was refused
 * @symbol: that it was placed for
 * @address: likewise
 * @kp: refused
 * @err: what the kernel said
 *
 * A module may go between our look at the address and the kernel's: to it that is
 * a place where no probe may be.
 *
 * Return: -ENOENT then, or else @err.
 */
int kps_symbol_error(const struct kps_symbol *symbol, unsigned long address,
		     const struct kprobe *kp, int err)
{
	bool gone = err == -EINVAL && !kp->symbol_name &&
		    !kps_symbol_is_at(symbol, address);

	return gone ? -ENOENT : err;
}
