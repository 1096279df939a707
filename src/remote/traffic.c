/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "remote/traffic.h"

#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/text.h"

enum { TELL_MS = 200 };

void traffic_begin(struct traffic *traffic, struct glimpse *glimpse, uint64_t total,
		   uint64_t earlier)
{
	*traffic = (struct traffic){
		.glimpse = glimpse,
		.total = total,
		.before = earlier,
		.earlier = earlier,
		.begun = deadline_now(),
	};
}

static void tell(const struct traffic *traffic, uint64_t done, int64_t elapsed)
{
	uint64_t rate = (done - traffic->earlier) * 1000 / (uint64_t)(elapsed > 0 ? elapsed : 1);
	cleanup(free_string) char *come = text_size(done);
	cleanup(free_string) char *total = text_size(traffic->total);
	cleanup(free_string) char *speed = text_size(rate);
	cleanup(free_string) char *text = text_format("%s of %s, %s/s", come, total, speed);

	glimpse_tell(traffic->glimpse, text);
	if (traffic->reporter && elapsed >= TELL_MS)
		report(traffic->reporter, REPORT_PROGRESS, "[%s]", text);
}

void traffic_now(struct traffic *traffic, uint64_t bytes)
{
	if (!traffic || !traffic->glimpse)
		return;
	int64_t now = deadline_now();
	uint64_t done = traffic->before + bytes;

	if (traffic->told && now - traffic->told < TELL_MS && done < traffic->total)
		return;
	traffic->told = now;
	tell(traffic, done, now - traffic->begun);
}

void traffic_next(struct traffic *traffic, uint64_t size)
{
	if (traffic)
		traffic->before += size;
}

void traffic_skip(struct traffic *traffic, uint64_t size)
{
	if (traffic)
		traffic->total -= size < traffic->total ? size : traffic->total;
}
