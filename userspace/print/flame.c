// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/fnv.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "flame.h"

/* Pixels. */
#define WIDTH 1200.0
#define MARGIN 10.0
#define FRAME 17
#define HEAD 60
#define FOOT 34
/* Of the font, on the average; it is fixed. */
#define CHARACTER 7.2
/* What is narrower cannot be seen, and is left to the frame below. */
#define NARROWEST 0.1

#define KERNEL_SUFFIX "_[k]"

struct frame {
	const char *name;	/* without the suffix */
	bool is_kernel;
	unsigned long long samples[FLAME_SIDES];
	struct frame *callees;	/* sorted by name once it is written */
	struct frame *next;
};

struct flame {
	struct arena arena;
	struct frame root;
	bool compares;
};

struct flame *flame_new(void)
{
	struct flame *flame = xcalloc(1, sizeof(*flame));

	flame->root.name = "all";
	return flame;
}

void flame_free(struct flame *flame)
{
	if (!flame)
		return;
	arena_free(&flame->arena);
	free(flame);
}

static bool take_suffix(char *name)
{
	size_t len = strlen(name), suffix = strlen(KERNEL_SUFFIX);

	if (len <= suffix || strcmp(name + len - suffix, KERNEL_SUFFIX))
		return false;
	name[len - suffix] = '\0';
	return true;
}

static struct frame *callee_of(struct flame *flame, struct frame *frame, char *name)
{
	bool is_kernel = take_suffix(name);
	struct frame *callee;

	for (callee = frame->callees; callee; callee = callee->next)
		if (callee->is_kernel == is_kernel && !strcmp(callee->name, name))
			return callee;
	callee = arena_alloc(&flame->arena, sizeof(*callee));
	callee->name = arena_strdup(&flame->arena, name);
	callee->is_kernel = is_kernel;
	callee->next = frame->callees;
	frame->callees = callee;
	return callee;
}

bool flame_add(struct flame *flame, char *line, enum flame_side side)
{
	char *number = strrchr(line, ' '), *end, *name;
	struct frame *frame = &flame->root;
	unsigned long long samples;

	if (!number || number[1] < '0' || number[1] > '9')
		return false;
	samples = strtoull(number + 1, &end, 10);
	if (*end)
		return false;
	*number = '\0';
	flame->compares |= side == FLAME_BEFORE;
	frame->samples[side] += samples;
	for (name = strtok_r(line, ";", &end); name; name = strtok_r(NULL, ";", &end)) {
		frame = callee_of(flame, frame, name);
		frame->samples[side] += samples;
	}
	return true;
}

unsigned long long flame_total(const struct flame *flame, enum flame_side side)
{
	return flame->root.samples[side];
}

static int by_name(const void *left, const void *right)
{
	const struct frame *a = *(struct frame * const *)left, *b = *(struct frame * const *)right;
	int order = strcmp(a->name, b->name);

	return order ? order : (int)a->is_kernel - (int)b->is_kernel;
}

static void sort_callees(struct frame *frame)
{
	struct frame **list, *callee;
	size_t nr = 0, i = 0;

	for (callee = frame->callees; callee; callee = callee->next)
		nr++;
	if (!nr)
		return;
	list = xcalloc(nr, sizeof(struct frame *));
	for (callee = frame->callees; callee; callee = callee->next)
		list[i++] = callee;
	qsort(list, nr, sizeof(struct frame *), by_name);
	for (i = 0; i < nr; i++) {
		list[i]->next = i + 1 < nr ? list[i + 1] : NULL;
		sort_callees(list[i]);
	}
	frame->callees = list[0];
	free(list);
}

struct drawing {
	FILE *out;
	const struct flame *flame;
	const char *unit;
	unsigned int depth;	/* the deepest frame that is seen */
	struct text text;
};

static double width_of(const struct drawing *drawing, unsigned long long samples)
{
	unsigned long long all = flame_total(drawing->flame, FLAME_AFTER);

	return all ? samples * (WIDTH - 2 * MARGIN) / all : 0;
}

static unsigned int depth_of(const struct drawing *drawing, const struct frame *frame)
{
	const struct frame *callee;
	unsigned int deepest = 0;

	for (callee = frame->callees; callee; callee = callee->next) {
		unsigned int depth = 1 + depth_of(drawing, callee);

		if (width_of(drawing, callee->samples[FLAME_AFTER]) >= NARROWEST &&
		    depth > deepest)
			deepest = depth;
	}
	return deepest;
}

/* A name is anybody's: of XML, and of terminals, nothing in it means anything. */
static void put_name(struct drawing *drawing, const char *name, size_t len)
{
	struct text *text = &drawing->text;
	size_t i;

	text_clear(text);
	text_show(text, name, len, false);
	for (i = 0; i < text->len; i++)
		switch (text->data[i]) {
		case '&':
			fputs("&amp;", drawing->out);
			break;
		case '<':
			fputs("&lt;", drawing->out);
			break;
		case '>':
			fputs("&gt;", drawing->out);
			break;
		case '"':
			fputs("&quot;", drawing->out);
			break;
		default:
			fputc(text->data[i], drawing->out);
		}
}

/* The kernel's are orange, those of user space green, and what is no function grey. */
static void put_colour(FILE *out, const struct frame *frame, unsigned int depth)
{
	unsigned int hash = fnv1a(FNV1A_START, frame->name);
	unsigned int shade = hash % 40, other = hash / 40 % 50;

	if (depth < 2)
		fprintf(out, "rgb(%u,%u,%u)", 190 + shade / 2, 190 + shade / 2, 195 + shade / 2);
	else if (frame->is_kernel)
		fprintf(out, "rgb(%u,%u,%u)", 215 + shade, 110 + other, 40 + shade / 2);
	else
		fprintf(out, "rgb(%u,%u,%u)", 90 + other, 175 + shade, 80 + shade);
}

static double share_of(const struct flame *flame, const struct frame *frame,
		       enum flame_side side)
{
	unsigned long long all = flame_total(flame, side);

	return all ? (double)frame->samples[side] / all : 0;
}

/* From white, as it was, to red at twice the share, and to blue at none. */
static void put_change(FILE *out, double before, double after)
{
	double most = before > 0.01 ? before : 0.01;
	double change = (after - before) / most;
	int strength = 200 * (change > 1 ? 1 : change < -1 ? -1 : change);

	if (!strength)
		fputs("rgb(245,245,245)", out);
	else if (strength > 0)
		fprintf(out, "rgb(255,%d,%d)", 245 - strength, 245 - strength);
	else
		fprintf(out, "rgb(%d,%d,255)", 245 + strength, 245 + strength);
}

static void put_fill(const struct drawing *drawing, const struct frame *frame,
		     unsigned int depth)
{
	const struct flame *flame = drawing->flame;

	if (flame->compares)
		put_change(drawing->out, share_of(flame, frame, FLAME_BEFORE),
			   share_of(flame, frame, FLAME_AFTER));
	else
		put_colour(drawing->out, frame, depth);
}

static void put_title(struct drawing *drawing, const struct frame *frame)
{
	const struct flame *flame = drawing->flame;
	double after = 100 * share_of(flame, frame, FLAME_AFTER);

	fputs("<title>", drawing->out);
	put_name(drawing, frame->name, strlen(frame->name));
	fprintf(drawing->out, " (%llu %s, %.2f%%", frame->samples[FLAME_AFTER],
		drawing->unit, after);
	if (flame->compares)
		fprintf(drawing->out, ", %+.2f",
			after - 100 * share_of(flame, frame, FLAME_BEFORE));
	fputs(")</title>", drawing->out);
}

/* What fits; the script makes the rest of it when it zooms. */
static void put_label(struct drawing *drawing, const struct frame *frame, double x,
		      double y, double width)
{
	size_t room = width < 3 * CHARACTER ? 0 : (width - 6) / CHARACTER;
	size_t len = strlen(frame->name);

	fprintf(drawing->out, "<text x=\"%.2f\" y=\"%.0f\">", x + 3, y + 12.5);
	if (room >= 3 && len <= room) {
		put_name(drawing, frame->name, len);
	} else if (room >= 3) {
		put_name(drawing, frame->name, room - 2);
		fputs("..", drawing->out);
	}
	fputs("</text>", drawing->out);
}

static void put_frame(struct drawing *drawing, const struct frame *frame, double x,
		      unsigned int depth)
{
	double width = width_of(drawing, frame->samples[FLAME_AFTER]);
	double y = HEAD + (double)(drawing->depth - depth) * FRAME;
	const struct frame *callee;

	if (width < NARROWEST)
		return;
	fprintf(drawing->out, "<g class=\"f\" data-n=\"");
	put_name(drawing, frame->name, strlen(frame->name));
	fprintf(drawing->out, "\" data-s=\"%llu\">", frame->samples[FLAME_AFTER]);
	put_title(drawing, frame);
	fprintf(drawing->out, "<rect x=\"%.2f\" y=\"%.0f\" width=\"%.2f\" height=\"%d\" fill=\"",
		x, y, width, FRAME - 1);
	put_fill(drawing, frame, depth);
	fputs("\"/>", drawing->out);
	put_label(drawing, frame, x, y, width);
	fputs("</g>\n", drawing->out);
	for (callee = frame->callees; callee; callee = callee->next) {
		put_frame(drawing, callee, x, depth + 1);
		x += width_of(drawing, callee->samples[FLAME_AFTER]);
	}
}

/*
 * A click widens a frame to the whole width, and those below it with it. What is searched
 * is a regular expression, or plain text if it is none.
 */
static const char script[] =
"const W=1180,M=10,C=7.2,fs=[...document.querySelectorAll('g.f')].map(g=>{const r=g.querySelector('rect');"
"return{g,r,t:g.querySelector('text'),n:g.dataset.n,s:+g.dataset.s,x:+r.getAttribute('x'),w:+r.getAttribute('width'),"
"y:+r.getAttribute('y'),c:r.getAttribute('fill')}}),say=document.getElementById('say'),match=document.getElementById('match');\n"
"let found=null;\n"
"function label(f,w){const n=Math.floor((w-6)/C);f.t.textContent=w<3*C||n<3?'':f.n.length<=n?f.n:f.n.slice(0,n-2)+'..';}\n"
"function zoom(z){const s=W/z.w;for(const f of fs){const below=f.y>z.y&&f.x<=z.x+.01&&f.x+f.w>=z.x+z.w-.01,"
"above=f.y<=z.y&&f.x>=z.x-.01&&f.x+f.w<=z.x+z.w+.01,x=below?M:M+(f.x-z.x)*s,w=below?W:f.w*s;"
"f.g.style.display=below||above?'':'none';if(!(below||above))continue;f.g.classList.toggle('below',below);"
"f.r.setAttribute('x',x);f.r.setAttribute('width',w);f.t.setAttribute('x',x+3);label(f,w);}"
"document.getElementById('reset').style.display=z===fs[0]?'none':'';}\n"
"function search(q){let e;try{e=new RegExp(q)}catch(x){e=null}const spans=[];let sum=0;"
"for(const f of fs){const hit=q&&(e?e.test(f.n):f.n.includes(q));f.r.setAttribute('fill',hit?'rgb(230,0,230)':f.c);"
"if(hit)spans.push([f.x,f.x+f.w,f.s]);}"
"spans.sort((a,b)=>a[0]-b[0]||b[1]-a[1]);let end=-1;for(const[a,b,n]of spans)if(a>=end-.01){sum+=n;end=b;}"
"found=q||null;match.textContent=q?'matched: '+(100*sum/(fs[0].s||1)).toFixed(2)+'%':'';"
"document.getElementById('search').textContent=q?'forget':'search';}\n"
"function ask(){if(found)return search('');const q=prompt('A regular expression:','');if(q)search(q);}\n"
"for(const f of fs){f.g.onclick=()=>zoom(f);f.g.onmouseover=()=>{say.textContent=f.g.querySelector('title').textContent};"
"f.g.onmouseout=()=>{say.textContent=''};}\n"
"document.getElementById('reset').onclick=()=>zoom(fs[0]);document.getElementById('search').onclick=ask;\n"
"addEventListener('keydown',e=>{if(e.key==='Escape'){zoom(fs[0]);search('');}"
"else if((e.ctrlKey&&e.key==='f')||e.key==='/'){e.preventDefault();ask();}});\n";

static void put_head(struct drawing *drawing, const char *title, unsigned int height)
{
	FILE *out = drawing->out;

	fprintf(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %u\" width=\"%.0f\">\n"
		"<style>text{font:12px monospace;fill:#111}g.f{cursor:pointer}g.f text{pointer-events:none}"
		"g.f:hover rect{stroke:#111}g.below{opacity:.5}.b{cursor:pointer;fill:#06c}"
		"#title{font-size:17px;text-anchor:middle}</style>\n"
		"<rect width=\"100%%\" height=\"100%%\" fill=\"#fbfaf5\"/>\n",
		WIDTH, height, WIDTH);
	fprintf(out, "<text id=\"title\" x=\"%.0f\" y=\"26\">", WIDTH / 2);
	put_name(drawing, title, strlen(title));
	fprintf(out, "</text>\n"
		"<text id=\"reset\" class=\"b\" x=\"10\" y=\"26\" style=\"display:none\">reset</text>\n"
		"<text id=\"search\" class=\"b\" x=\"%.0f\" y=\"26\">search</text>\n"
		"<text id=\"match\" x=\"%.0f\" y=\"%u\"></text>\n"
		"<text id=\"say\" x=\"10\" y=\"%u\"></text>\n",
		WIDTH - 60, WIDTH - 140, height - 12, height - 12);
}

void flame_write(struct flame *flame, FILE *out, const char *title, const char *unit)
{
	struct drawing drawing = { .out = out, .flame = flame, .unit = unit };

	sort_callees(&flame->root);
	drawing.depth = depth_of(&drawing, &flame->root);
	put_head(&drawing, title, HEAD + (drawing.depth + 1) * FRAME + FOOT);
	put_frame(&drawing, &flame->root, MARGIN, 0);
	fprintf(out, "<script><![CDATA[\n%s]]></script>\n</svg>\n", script);
	text_free(&drawing.text);
}
