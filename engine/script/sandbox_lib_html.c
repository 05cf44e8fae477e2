/*
 * text.html_to_text, over gumbo. Gumbo allocates for itself: what it made is
 * freed before anything of Lua's is called that could fail.
 */
#include "script/sandbox_lib.h"

#include <string.h>
#include <strings.h>

#include <gumbo.h>
#include <lauxlib.h>
#include <lua.h>

#include "script/sandbox_inside.h"
#include "script/text_writer.h"

/*
 * What gumbo is spared, counted roughly beforehand: it puts every formatting
 * element that is still open into each new block again, so that a page of 256
 * KiB can become a tree of gigabytes.
 */
#define TAGS_MAX  20000
#define NODES_MAX 2000000 /* tags times the most that are open at one time */

/* How the text under an element is set. */
enum layout {
    INLINE,
    BLOCK,     /* on lines of its own */
    PARAGRAPH, /* with an empty line around it */
    HIDDEN,
};

struct tag_layout {
    GumboTag tag;
    enum layout layout;
};

static const struct tag_layout layouts[] = {
    {GUMBO_TAG_ADDRESS, BLOCK},     {GUMBO_TAG_ARTICLE, PARAGRAPH},
    {GUMBO_TAG_ASIDE, PARAGRAPH},   {GUMBO_TAG_BLOCKQUOTE, PARAGRAPH},
    {GUMBO_TAG_DD, BLOCK},          {GUMBO_TAG_DIV, BLOCK},
    {GUMBO_TAG_DL, PARAGRAPH},      {GUMBO_TAG_DT, BLOCK},
    {GUMBO_TAG_FIGURE, PARAGRAPH},  {GUMBO_TAG_FOOTER, BLOCK},
    {GUMBO_TAG_FORM, BLOCK},        {GUMBO_TAG_H1, PARAGRAPH},
    {GUMBO_TAG_H2, PARAGRAPH},      {GUMBO_TAG_H3, PARAGRAPH},
    {GUMBO_TAG_H4, PARAGRAPH},      {GUMBO_TAG_H5, PARAGRAPH},
    {GUMBO_TAG_H6, PARAGRAPH},      {GUMBO_TAG_HEAD, HIDDEN},
    {GUMBO_TAG_HEADER, BLOCK},      {GUMBO_TAG_HR, BLOCK},
    {GUMBO_TAG_LI, BLOCK},          {GUMBO_TAG_NOSCRIPT, HIDDEN},
    {GUMBO_TAG_OL, PARAGRAPH},      {GUMBO_TAG_P, PARAGRAPH},
    {GUMBO_TAG_PRE, PARAGRAPH},     {GUMBO_TAG_SCRIPT, HIDDEN},
    {GUMBO_TAG_SECTION, PARAGRAPH}, {GUMBO_TAG_STYLE, HIDDEN},
    {GUMBO_TAG_TABLE, PARAGRAPH},   {GUMBO_TAG_TEMPLATE, HIDDEN},
    {GUMBO_TAG_TITLE, HIDDEN},      {GUMBO_TAG_TR, BLOCK},
    {GUMBO_TAG_UL, PARAGRAPH},
};

/* A page on its way into text. */
struct page {
    struct text_writer w;
    unsigned pre; /* inside so many <pre>: white space is kept */
};

static enum layout
layout_of(GumboTag tag)
{
    for (size_t i = 0; i < sizeof layouts / sizeof layouts[0]; i++) {
        if (layouts[i].tag == tag)
            return layouts[i].layout;
    }
    return INLINE;
}

static const char *
attribute(const GumboElement *element, const char *name)
{
    const GumboAttribute *a = gumbo_get_attribute(&element->attributes, name);

    return a ? a->value : NULL;
}

static void render(struct page *page, const GumboNode *node);

static void
render_all(struct page *page, const GumboVector *children)
{
    for (unsigned i = 0; i < children->length; i++)
        render(page, children->data[i]);
}

static void
render_link(struct page *page, const GumboElement *link)
{
    size_t from = page->w.out->len;

    render_all(page, &link->children);
    text_writer_address(&page->w, attribute(link, "href"), from);
}

static void
render_inline(struct page *page, const GumboElement *element)
{
    const char *alt = attribute(element, "alt");

    switch ((unsigned)element->tag) {
    case GUMBO_TAG_A:
        render_link(page, element);
        return;
    case GUMBO_TAG_BR:
        text_writer_break(&page->w);
        return;
    case GUMBO_TAG_IMG:
        if (alt)
            text_writer_words(&page->w, alt);
        return;
    case GUMBO_TAG_TD:
    case GUMBO_TAG_TH:
        page->w.space = true;
        render_all(page, &element->children);
        return;
    default:
        render_all(page, &element->children);
    }
}

static void
render_block(struct page *page, const GumboElement *element, unsigned lines)
{
    bool pre = element->tag == GUMBO_TAG_PRE;

    text_writer_lines(&page->w, lines);
    if (element->tag == GUMBO_TAG_LI)
        text_writer_item(&page->w);
    page->pre += pre;
    render_all(page, &element->children);
    page->pre -= pre;
    text_writer_lines(&page->w, lines);
}

static void
render_element(struct page *page, const GumboElement *element)
{
    switch (layout_of(element->tag)) {
    case HIDDEN:
        return;
    case BLOCK:
        render_block(page, element, 1);
        return;
    case PARAGRAPH:
        render_block(page, element, 2);
        return;
    case INLINE:
        render_inline(page, element);
        return;
    }
}

static void
render(struct page *page, const GumboNode *node)
{
    const char *text = node->v.text.text;

    if (node->type == GUMBO_NODE_ELEMENT)
        render_element(page, &node->v.element);
    else if (node->type != GUMBO_NODE_TEXT && node->type != GUMBO_NODE_CDATA &&
             node->type != GUMBO_NODE_WHITESPACE)
        return;
    else if (page->pre)
        text_writer_raw(&page->w, text, strlen(text));
    else
        text_writer_words(&page->w, text);
}

/* --- what gumbo is not given --- */

/* All but tags that are never closed, or often left open without harm. */
static bool
stays_open(const char *p, size_t n)
{
    static const char *const names[] = {"br",   "hr", "img", "input", "meta",
                                        "p",    "li", "td",  "tr",    "th",
                                        "link", "dd", "dt",  "col",   "wbr"};
    size_t len = 0;

    while (len < n && ((p[len] | 32) >= 'a' && (p[len] | 32) <= 'z'))
        len++;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strlen(names[i]) == len && strncasecmp(p, names[i], len) == 0)
            return false;
    }
    return true;
}

static bool
is_bomb(const char *p, size_t n)
{
    size_t tags = 0, open = 0, most = 1;
    const char *end = p + n;

    while ((p = memchr(p, '<', (size_t)(end - p))) != NULL && ++p < end) {
        tags++;
        if (*p == '/')
            open -= open > 0;
        else if (stays_open(p, (size_t)(end - p)))
            open++;
        if (open > most)
            most = open;
    }
    return tags > TAGS_MAX || tags * most > NODES_MAX;
}

/* Everything between < and > left out: better than no text at all. */
static void
strip_tags(struct buf *out, const char *p, size_t n)
{
    const char *end = p + n, *tag, *close;

    while (p < end) {
        tag = memchr(p, '<', (size_t)(end - p));
        if (tag == NULL)
            tag = end;
        buf_add(out, p, (size_t)(tag - p));
        close = tag < end ? memchr(tag, '>', (size_t)(end - tag)) : NULL;
        p = close ? close + 1 : end;
    }
}

static void
convert(struct buf *out, const char *p, size_t n)
{
    struct page page = {.w = {.out = out}};
    GumboOptions options = kGumboDefaultOptions;
    GumboOutput *tree;

    if (is_bomb(p, n)) {
        strip_tags(out, p, n);
        return;
    }
    options.max_errors = 0;
    tree = gumbo_parse_with_options(&options, p, n);
    render(&page, tree->root);
    gumbo_destroy_output(&options, tree);
}

int
sandbox_word_html_to_text(lua_State *L)
{
    size_t n;
    const char *p = sandbox_document_argument(L, &n);

    convert(sandbox_scratch(L), p, n);
    sandbox_push_scratch(L);
    return 1;
}
