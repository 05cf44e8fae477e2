/*
 * text.markdown_to_text, over cmark, which has no plain text of its own. What
 * it made is freed before anything of Lua's is called that could fail.
 */
#include "script/sandbox_lib.h"

#include <string.h>

#include <cmark.h>
#include <lauxlib.h>
#include <lua.h>

#include "script/sandbox_inside.h"
#include "script/text_writer.h"

/* Links cannot lie within links; images can, one level. */
#define LINKS_MAX 8

struct page {
    struct text_writer w;
    size_t link_from[LINKS_MAX]; /* where the open links' texts began */
    unsigned links;
};

/* A paragraph in a tight list follows its "- " at once. */
static unsigned
lines_around(cmark_node *block)
{
    cmark_node *item = cmark_node_parent(block), *list;

    if (item == NULL || cmark_node_get_type(item) != CMARK_NODE_ITEM)
        return 2;
    list = cmark_node_parent(item);
    if (cmark_node_previous(block) == NULL)
        return 0;
    return cmark_node_get_list_tight(list) ? 1 : 2;
}

static void
write_code_block(struct page *page, cmark_node *node)
{
    const char *text = cmark_node_get_literal(node);
    size_t n = strlen(text);

    while (n > 0 && text[n - 1] == '\n')
        n--;
    text_writer_lines(&page->w, 2);
    text_writer_raw(&page->w, text, n);
    text_writer_lines(&page->w, 2);
}

static void
link_event(struct page *page, cmark_node *node, bool enter)
{
    if (enter) {
        if (page->links < LINKS_MAX)
            page->link_from[page->links] = page->w.out->len;
        page->links++;
        return;
    }
    page->links--;
    if (page->links < LINKS_MAX)
        text_writer_address(&page->w, cmark_node_get_url(node),
                            page->link_from[page->links]);
}

static void
enter_node(struct page *page, cmark_node *node)
{
    switch ((unsigned)cmark_node_get_type(node)) {
    case CMARK_NODE_ITEM:
        text_writer_item(&page->w);
        return;
    case CMARK_NODE_CODE_BLOCK:
        write_code_block(page, node);
        return;
    case CMARK_NODE_TEXT:
        text_writer_raw(&page->w, cmark_node_get_literal(node),
                        strlen(cmark_node_get_literal(node)));
        return;
    case CMARK_NODE_CODE:
        text_writer_words(&page->w, cmark_node_get_literal(node));
        return;
    case CMARK_NODE_SOFTBREAK:
    case CMARK_NODE_LINEBREAK:
        text_writer_lines(&page->w, 1);
        return;
    case CMARK_NODE_PARAGRAPH:
    case CMARK_NODE_HEADING:
    case CMARK_NODE_BLOCK_QUOTE:
        text_writer_lines(&page->w, lines_around(node));
        return;
    case CMARK_NODE_LINK:
        link_event(page, node, true);
        return;
    default: /* tags and rules leave nothing */
        return;
    }
}

static void
leave_node(struct page *page, cmark_node *node)
{
    switch ((unsigned)cmark_node_get_type(node)) {
    case CMARK_NODE_LINK:
        link_event(page, node, false);
        return;
    case CMARK_NODE_PARAGRAPH:
    case CMARK_NODE_HEADING:
    case CMARK_NODE_BLOCK_QUOTE:
        text_writer_lines(&page->w, lines_around(node));
        return;
    case CMARK_NODE_LIST:
        text_writer_lines(&page->w, 2);
        return;
    default:
        return;
    }
}

static void
convert(struct buf *out, const char *p, size_t n)
{
    struct page page = {.w = {.out = out}};
    cmark_node *root = cmark_parse_document(p, n, CMARK_OPT_DEFAULT);
    cmark_iter *walk = cmark_iter_new(root);
    cmark_event_type event;

    while ((event = cmark_iter_next(walk)) != CMARK_EVENT_DONE) {
        if (event == CMARK_EVENT_ENTER)
            enter_node(&page, cmark_iter_get_node(walk));
        else
            leave_node(&page, cmark_iter_get_node(walk));
    }
    cmark_iter_free(walk);
    cmark_node_free(root);
}

int
sandbox_word_markdown_to_text(lua_State *L)
{
    size_t n;
    const char *p = sandbox_document_argument(L, &n);

    convert(sandbox_scratch(L), p, n);
    sandbox_push_scratch(L);
    return 1;
}
