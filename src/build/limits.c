/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "build/limits.h"

#include <errno.h>
#include <sys/sysinfo.h>

/*
 * The limits are generous: the largest known builds take several gigabytes and an hour, a fraction
 * of them. dkms-framework.conf(5) describes each limit.
 */
static const struct build_limits defaults = {
	.limits[OF_MEMORY] = {LIMIT_PERCENT, 90},
	.limits[OF_PROCESSES] = {LIMIT_AMOUNT, 8192},
	.limits[OF_TMP] = {LIMIT_PERCENT, 25},
	.limits[OF_DISK] = {LIMIT_AMOUNT, 64ULL << 30},
	.limits[OF_TIME] = {LIMIT_AMOUNT, 12ULL * 3600},
};

static uint64_t machine_memory(void)
{
	struct sysinfo info;

	return sysinfo(&info) < 0 ? 0 : (uint64_t)info.totalram * info.mem_unit;
}

static uint64_t amount_of(const struct build_limits *limits, enum build_limit_of what)
{
	const struct build_limit *limit = &limits->limits[what];

	if (limit->kind == LIMIT_DEFAULT)
		limit = &defaults.limits[what];

	if (limit->kind == LIMIT_NONE)
		return 0;
	return limit->kind == LIMIT_PERCENT ? machine_memory() / 100 * limit->value : limit->value;
}

struct cage_limits limits_of(const struct build_limits *limits)
{
	enum build_limit_kind memory = limits->limits[OF_MEMORY].kind;

	return (struct cage_limits){
		.memory = amount_of(limits, OF_MEMORY),
		.memory_is_chosen = memory == LIMIT_AMOUNT || memory == LIMIT_PERCENT,
		.processes = amount_of(limits, OF_PROCESSES),
		.temporary = amount_of(limits, OF_TMP),
		.disk = amount_of(limits, OF_DISK),
		.seconds = (unsigned int)amount_of(limits, OF_TIME),
	};
}

static void name_setting(const struct builder *builder, const char *word, struct error *error)
{
	(void)error_hint(error,
			 "If it needs more, raise %s= in build_limits, in %s/etc/dkms/%s.conf.",
			 word, builder->request->settings->root, builder->request->id->name);
}

void limits_explain(const struct builder *builder, struct error *error)
{
	const struct cage_limits limits = limits_of(
		&builder->request->package->policy.build_limits);

	if (!builder->cage)
		return;
	if (error->code == -ETIME || error->code == -EDQUOT) {
		name_setting(builder, error->code == -ETIME ? "time" : "disk", error);
		return;
	}
	switch (cage_limit_hit(builder->cage)) {
	case CAGE_LIMIT_NONE:
		break;
	case CAGE_LIMIT_MEMORY:
		(void)error_hint(error, "The build used up the memory that it may have (%llu MiB).",
				 (unsigned long long)(limits.memory >> 20));
		name_setting(builder, "memory", error);
		break;
	case CAGE_LIMIT_PROCESSES:
		(void)error_hint(error, "The build had as many processes as it may (%llu).",
				 (unsigned long long)limits.processes);
		name_setting(builder, "processes", error);
		break;
	case CAGE_LIMIT_TEMPORARY:
		(void)error_hint(error, "The build filled its private /tmp (%llu MiB).",
				 (unsigned long long)(limits.temporary >> 20));
		name_setting(builder, "tmp", error);
		break;
	}
}
