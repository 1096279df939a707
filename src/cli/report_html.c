/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dkms report as a page: one file, no script, nothing loaded from elsewhere. All texts are others'
 * and escaped; classes and tags are ours alone.
 */
#include <string.h>

#include "base/cleanup.h"
#include "base/strv.h"
#include "base/utf8.h"
#include "base/text.h"
#include "cli/report_facts.h"

static const char head[] =
	"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
	"style-src 'unsafe-inline'; img-src data:\">\n"
	"<title>dkms report</title>\n<style>\n"
	":root{color-scheme:light dark;--back:#fff;--text:#1b1f24;--soft:#59636e;--line:#d1d9e0;"
	"--panel:#f6f8fa;--good:#1a7f37;--bad:#cf222e;--warn:#9a6700}\n"
	"@media (prefers-color-scheme:dark){:root{--back:#0d1117;--text:#e6edf3;--soft:#9198a1;"
	"--line:#3d444d;--panel:#151b23;--good:#3fb950;--bad:#f85149;--warn:#d29922}}\n"
	"*{box-sizing:border-box}\n"
	"body{margin:0 auto;max-width:75rem;padding:1rem;background:var(--back);color:var(--text);"
	"font:1rem/1.5 system-ui,sans-serif;overflow-wrap:anywhere}\n"
	"h1{font-size:1.5rem;margin:0}h2{font-size:1.15rem;margin:2rem 0 .5rem}"
	"h3{font-size:1rem;margin:1rem 0 .25rem}p{margin:.25rem 0}.soft{color:var(--soft)}\n"
	".wide{overflow-x:auto}table{border-collapse:collapse;min-width:100%}"
	"th,td{text-align:left;vertical-align:top;padding:.35rem .6rem;"
	"border-bottom:1px solid var(--line)}th{font-weight:600;white-space:nowrap}thead th{background:var(--panel)}"
	"td{min-width:7rem}td.path{min-width:16rem}\n"
	".good{color:var(--good)}.bad{color:var(--bad);font-weight:600}.warn{color:var(--warn)}\n"
	"pre{background:var(--panel);border:1px solid var(--line);border-radius:.4rem;"
	"padding:.6rem;margin:.4rem 0;overflow-x:auto;white-space:pre-wrap;font-size:.85rem}"
	"code{font-size:.9em}\n"
	"img{background:#fff;border-radius:.4rem}img.timeline{width:100%;min-width:44rem}\n"
	"@media print{:root{--back:#fff;--text:#000;--soft:#444;--line:#999;--panel:#f3f3f3;"
	"--good:#060;--bad:#900;--warn:#640}body{padding:0;max-width:none;font-size:.8rem}"
	"h2{break-after:avoid}tr,pre,img{break-inside:avoid}.wide{overflow:visible}"
	"img,img.timeline{min-width:0;max-width:100%}}\n"
	"</style>\n</head>\n<body>\n";

/* A stranger's text: no character of it is markup, and none reorders the line. */
static void add_text(struct buffer *out, const char *text)
{
	cleanup(free_string) char *plain = terminal_text(text);

	for (const char *at = plain; *at; at++) {
		switch (*at) {
		case '<':
			buffer_add_text(out, "&lt;");
			break;
		case '>':
			buffer_add_text(out, "&gt;");
			break;
		case '&':
			buffer_add_text(out, "&amp;");
			break;
		case '"':
			buffer_add_text(out, "&quot;");
			break;
		case '\'':
			buffer_add_text(out, "&#39;");
			break;
		default:
			buffer_add_char(out, *at);
		}
	}
}

static void add_element(struct buffer *out, const char *tag, const char *class, const char *text)
{
	buffer_add_format(out, *class ? "<%s class=\"%s\">" : "<%s>", tag, class);
	add_text(out, text);
	buffer_add_format(out, "</%s>", tag);
}

/* A picture that is no part of the page: no style or link of it means anything here. */
static void add_picture(struct buffer *out, const char *svg, const char *class, const char *what)
{
	static const char digits[] = "0123456789ABCDEF";

	buffer_add_format(out,
			  "<div class=\"wide\"><img class=\"%s\" alt=\"%s\" "
			  "src=\"data:image/svg+xml,",
			  class, what);
	for (const char *at = svg; *at; at++) {
		unsigned char byte = (unsigned char)*at;

		if ((byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
		    (byte >= '0' && byte <= '9') || strchr("-._~/:=,; ", byte)) {
			buffer_add_char(out, *at);
			continue;
		}
		buffer_add_char(out, '%');
		buffer_add_char(out, digits[byte >> 4]);
		buffer_add_char(out, digits[byte & 15]);
	}
	buffer_add_text(out, "\"></div>\n");
}

static bool is_of(struct json_object *object, const char *module, const char *version,
		  const char *kernel)
{
	return text_equal(fact_text(object, "module"), module) &&
	       text_equal(fact_text(object, "version"), version) &&
	       (!kernel || text_equal(fact_text(object, "kernel"), kernel));
}

static struct json_object *find(struct json_object *facts, const char *key, const char *module,
				const char *version, const char *kernel)
{
	for (size_t i = 0; i < fact_count(facts, key); i++)
		if (is_of(fact_item(facts, key, i), module, version, kernel))
			return fact_item(facts, key, i);
	return NULL;
}

/* The worst answer on the files that a module has installed; "" where it has none. */
static const char *worst_verdict(struct json_object *module)
{
	const char *worst = "";

	for (size_t i = 0; i < fact_count(module, "installed_files"); i++) {
		const char *verdict = fact_text(fact_item(module, "installed_files", i), "verdict");

		if (!*worst || text_equal(verdict, "will-not-load") ||
		    (text_equal(verdict, "unknown") && text_equal(worst, "will-load")))
			worst = verdict;
	}
	return worst;
}

static const char *class_of(const char *word)
{
	static const char *const good[] = {"installed", "installed-weak", "will-load", "trusted"};
	static const char *const bad[] = {"broken",         "will-not-load", "build-failed",
					  "install-failed", "altered",       "damaged"};

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		if (text_equal(word, good[i]))
			return "good";
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (text_equal(word, bad[i]))
			return "bad";
	return "warn";
}

static void add_cell(struct buffer *out, struct json_object *facts, struct json_object *module,
		     const char *kernel)
{
	const char *name = fact_text(module, "module"), *version = fact_text(module, "version");
	struct json_object *here = find(facts, "modules", name, version, kernel);
	struct json_object *missing = find(facts, "missing", name, version, kernel);
	const char *verdict = worst_verdict(here);
	const char *word = here      ? fact_text(here, "state")
			   : missing ? fact_text(missing, "cause")
				     : "";

	buffer_add_text(out, "<td>");
	if (*word)
		add_element(out, "span", class_of(word), word);
	else
		buffer_add_text(out, "<span class=\"soft\">–</span>");
	if (*verdict && !text_equal(verdict, "will-load")) {
		buffer_add_text(out, "<br>");
		add_element(out, "span", class_of(verdict), verdict);
	}
	if (here && text_equal(fact_text(here, "class"), "critical"))
		buffer_add_text(out, "<br><span class=\"warn\">critical</span>");
	buffer_add_text(out, "</td>");
}

/* A row for each version, a column for each kernel. */
static void add_matrix(struct buffer *out, struct json_object *facts)
{
	const char *module = "", *version = "";

	buffer_add_text(out, "<h2>Modules and kernels</h2>\n");
	if (!fact_count(facts, "modules")) {
		buffer_add_text(out, "<p>No module is registered.</p>\n");
		return;
	}
	buffer_add_text(out, "<div class=\"wide\"><table><thead><tr><th>Module</th>");
	for (size_t i = 0; i < fact_count(facts, "kernels"); i++)
		add_element(out, "th", "", json_object_get_string(fact_item(facts, "kernels", i)));
	buffer_add_text(out, "</tr></thead><tbody>\n");
	for (size_t i = 0; i < fact_count(facts, "modules"); i++) {
		struct json_object *item = fact_item(facts, "modules", i);

		if (i && is_of(item, module, version, NULL))
			continue;
		module = fact_text(item, "module");
		version = fact_text(item, "version");
		buffer_add_text(out, "<tr><th>");
		add_text(out, module);
		buffer_add_char(out, '/');
		add_text(out, version);
		buffer_add_text(out, "</th>");
		for (size_t j = 0; j < fact_count(facts, "kernels"); j++)
			add_cell(out, facts, item,
				 json_object_get_string(fact_item(facts, "kernels", j)));
		buffer_add_text(out, "</tr>\n");
	}
	buffer_add_text(out, "</tbody></table></div>\n");
}

static void add_missing(struct buffer *out, struct json_object *facts)
{
	if (fact_count(facts, "missing"))
		buffer_add_text(out, "<h2>Not installed, though AUTOINSTALL is set</h2>\n");
	for (size_t i = 0; i < fact_count(facts, "missing"); i++) {
		struct json_object *item = fact_item(facts, "missing", i);
		cleanup(free_string) char *title = text_format(
			"%s/%s on %s", fact_text(item, "module"), fact_text(item, "version"),
			fact_text(item, "kernel"));

		add_element(out, "h3", "", title);
		add_element(out, "p", class_of(fact_text(item, "cause")),
			    fact_text(item, "reason"));
		if (*fact_text(item, "message"))
			add_element(out, "pre", "", fact_text(item, "message"));
		if (*fact_text(item, "next")) {
			buffer_add_text(out, "<p>Next: ");
			add_element(out, "code", "", fact_text(item, "next"));
			buffer_add_text(out, "</p>\n");
		}
	}
}

static void add_findings(struct buffer *out, struct json_object *facts)
{
	if (!fact_count(facts, "findings"))
		return;
	buffer_add_text(out, "<h2>Wrong</h2>\n<ul>\n");
	for (size_t i = 0; i < fact_count(facts, "findings"); i++) {
		struct json_object *item = fact_item(facts, "findings", i);

		buffer_add_text(out, "<li>");
		add_element(out, "code", "", fact_text(item, "path"));
		buffer_add_text(out, ": ");
		add_element(out, "span", "bad", fact_text(item, "message"));
		buffer_add_text(out, "</li>\n");
	}
	buffer_add_text(out, "</ul>\n");
}

static void add_file(struct buffer *out, struct json_object *module, size_t index)
{
	struct json_object *file = fact_item(module, "installed_files", index);
	struct json_object *built = fact_item(module, "files", index);
	cleanup(free_string) char *size = text_size((uint64_t)fact_number(file, "bytes"));
	const char *signer = *fact_text(built, "signer") ? fact_text(built, "signer")
							 : fact_text(built, "signed_by");

	buffer_add_text(out, "<tr><td class=\"path\">");
	add_element(out, "code", "", fact_text(file, "path"));
	buffer_add_text(out, "</td>");
	add_element(out, "td", "", size);
	add_element(out, "td", "", signer);
	buffer_add_text(out, "<td>");
	add_element(out, "span", class_of(fact_text(file, "verdict")), fact_text(file, "verdict"));
	if (*fact_text(file, "reason")) {
		buffer_add_text(out, "<br>");
		add_element(out, "span", "soft", fact_text(file, "reason"));
	}
	buffer_add_text(out, "</td>");
	add_element(out, "td", "",
		    *fact_text(module, "class_reason") ? fact_text(module, "class_reason")
						       : fact_text(module, "class"));
	buffer_add_text(out, "</tr>\n");
}

static void add_files(struct buffer *out, struct json_object *facts)
{
	size_t count = 0;

	for (size_t i = 0; i < fact_count(facts, "modules"); i++)
		count += fact_count(fact_item(facts, "modules", i), "installed_files");
	if (!count)
		return;
	buffer_add_text(out, "<h2>Installed files</h2>\n<div class=\"wide\"><table><thead><tr>"
			     "<th>File</th><th>Size</th><th>Signed by</th><th>Verdict</th>"
			     "<th>Next boot</th></tr></thead><tbody>\n");
	for (size_t i = 0; i < fact_count(facts, "modules"); i++) {
		struct json_object *module = fact_item(facts, "modules", i);

		for (size_t j = 0; j < fact_count(module, "installed_files"); j++)
			add_file(out, module, j);
	}
	buffer_add_text(out, "</tbody></table></div>\n");
}

static void add_pair(struct buffer *out, const char *name, const char *value)
{
	buffer_add_format(out, "<tr><th>%s</th>", name);
	add_element(out, "td", "", value);
	buffer_add_text(out, "</tr>\n");
}

static void add_machine_table(struct buffer *out, struct json_object *facts)
{
	struct json_object *signing = fact_object(facts, "signing");
	struct json_object *disk = fact_object(facts, "disk");
	cleanup(free_string) char *tree = text_size((uint64_t)fact_number(disk, "tree_bytes"));
	cleanup(free_string) char *cache = text_size((uint64_t)fact_number(disk, "cache_bytes"));

	buffer_add_text(out, "<h2>Signing and disk</h2>\n<div class=\"wide\"><table><tbody>\n");
	add_pair(out, "Signatures enforced",
		 *fact_text(signing, "enforced_by") ? fact_text(signing, "enforced_by") : "no");
	add_pair(out, "Certificate", fact_text(signing, "certificate"));
	add_pair(out, "Subject", fact_text(signing, "subject"));
	add_pair(out, "Enrolled", fact_text(signing, "enrolled"));
	add_pair(out, "Tree", fact_text(disk, "tree"));
	add_pair(out, "Size of the tree", tree);
	if (fact_object(disk, "cache_bytes"))
		add_pair(out, "Builds kept for later", cache);
	buffer_add_text(out, "</tbody></table></div>\n");
}

static void add_pictures(struct buffer *out, struct json_object *facts)
{
	struct json_object *run = fact_object(facts, "last_run");
	const char *timeline = fact_text(facts, "timeline_svg");
	const char *graph = fact_text(facts, "graph_svg");

	if (*timeline) {
		cleanup(free_string) char *date = report_date(fact_number(run, "when"));

		buffer_add_text(out, "<h2>Last run</h2>\n<p>");
		add_element(out, "code", "", fact_text(run, "action"));
		buffer_add_text(out, ", ");
		add_text(out, date);
		buffer_add_text(out, "</p>\n");
		add_picture(out, timeline, "timeline", "Timeline of the last run");
	}
	if (*graph) {
		buffer_add_text(out, "<h2>Which modules need which</h2>\n");
		add_picture(out, graph, "graph", "Graph of dependencies");
	}
}

char *report_page(struct json_object *facts)
{
	struct json_object *machine = fact_object(facts, "machine");
	cleanup(free_string) char *date = report_date(fact_number(machine, "when"));
	struct buffer out = {0};

	buffer_add_text(&out, head);
	buffer_add_text(&out, "<h1>");
	add_text(&out, fact_text(machine, "host"));
	buffer_add_text(&out, ": kernel modules by dkms</h1>\n<p class=\"soft\">");
	add_text(&out, fact_text(machine, "system"));
	buffer_add_text(&out, ", running kernel ");
	add_text(&out, fact_text(machine, "running_kernel"));
	buffer_add_text(&out, ". dkms ");
	add_text(&out, fact_text(machine, "dkms"));
	buffer_add_text(&out, ", ");
	add_text(&out, date);
	buffer_add_text(&out, "</p>\n");
	add_matrix(&out, facts);
	add_missing(&out, facts);
	add_findings(&out, facts);
	add_files(&out, facts);
	add_pictures(&out, facts);
	add_machine_table(&out, facts);
	buffer_add_text(&out, "</body>\n</html>\n");
	return buffer_take(&out);
}
