#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "flow/config.h"
#include "flow/engine.h"
#include "flow/folder_watch.h"
#include "flow/reload_inside.h"
#include "http/loop.h"

/* Editors write, rename and delete within some milliseconds; a copy of many
 * files takes longer, and its burst goes on. */
#define QUIET_MS 200

const char *
reload_word_name(enum reload_word word)
{
    static const char *const names[] = {
        [RELOAD_NONE] = "none",           [RELOAD_IN_FORCE] = "in force",
        [RELOAD_UNCHANGED] = "unchanged", [RELOAD_REJECTED] = "rejected",
        [RELOAD_DRAFT] = "draft",         [RELOAD_STOPPED] = "stopped",
    };

    return names[word];
}

static struct wish *
wish_new(enum aim aim, const char *actor, const char *what)
{
    struct wish *w = mem_zero(sizeof *w);

    w->aim = aim;
    snprintf(w->actor, sizeof w->actor, "%s", actor);
    w->what = strdup(what != NULL ? what : "");
    return w;
}

static void
add_asker(struct wish *w, reload_done *done, void *arg)
{
    struct asker *one, **end = &w->askers;

    if (done == NULL)
        return;
    one = mem_zero(sizeof *one);
    one->done = done;
    one->arg = arg;
    while (*end != NULL)
        end = &(*end)->next;
    *end = one;
}

void
wish_tell(struct wish *w, const struct reload_outcome *o)
{
    struct asker *one = w->askers;

    w->askers = NULL;
    while (one != NULL) {
        struct asker *next = one->next;

        one->done(one->arg, o);
        free(one);
        one = next;
    }
}

void
wish_free(struct wish *w)
{
    free(w->what);
    free(w);
}

/* --- asking --- */

/* Whoever asks while a round is under way gets the answer of the next one,
 * which sees all that was there when he asked. */
static void
ask(struct reload *r, struct wish *wish, reload_done *done, void *arg)
{
    struct wish **end = &r->wishes;

    add_asker(wish, done, arg);
    if (r->round == NULL) {
        reload_begin(r, wish);
        return;
    }
    while (*end != NULL)
        end = &(*end)->next;
    *end = wish;
}

/* Those who want the folder to be read are many at times, and one reading is
 * enough for all. */
static struct wish *
waiting_for_folder(const struct reload *r)
{
    struct wish *w = r->wishes;

    while (w != NULL && w->aim != AIM_FOLDER)
        w = w->next;
    return w;
}

void
reload_ask(struct reload *r, const char *actor, bool force, reload_done *done,
           void *arg)
{
    struct wish *w = waiting_for_folder(r);

    if (w != NULL) {
        w->force |= force;
        snprintf(w->actor, sizeof w->actor, "%s", actor);
        add_asker(w, done, arg);
        return;
    }
    w = wish_new(AIM_FOLDER, actor, NULL);
    w->force = force;
    ask(r, w, done, arg);
}

void
reload_back(struct reload *r, const char *hash, reload_done *done, void *arg)
{
    ask(r, wish_new(AIM_BACK, "operator", hash), done, arg);
}

void
reload_draft(struct reload *r, const char *what, const struct draft_way *way,
             reload_done *done, void *arg)
{
    struct wish *w = wish_new(AIM_DRAFT, "operator", what);

    w->way = *way;
    ask(r, w, done, arg);
}

void
reload_promote(struct reload *r, bool force, reload_done *done, void *arg)
{
    struct wish *w = wish_new(AIM_PROMOTE, "operator", NULL);

    w->force = force;
    ask(r, w, done, arg);
}

void
reload_stop_draft(struct reload *r, reload_done *done, void *arg)
{
    ask(r, wish_new(AIM_STOP, "operator", NULL), done, arg);
}

const struct reload_outcome *
reload_last(const struct reload *r)
{
    return &r->last;
}

/* --- opening --- */

static void
on_changed(void *arg)
{
    reload_ask(arg, "watch", false, NULL, NULL);
}

static void
on_hangup(void *arg, int signal)
{
    (void)signal;
    reload_ask(arg, "signal", false, NULL, NULL);
}

struct reload *
reload_new(struct engine *en, struct err *e)
{
    struct reload *r = mem_zero(sizeof *r);

    r->engine = en;
    r->last.hash = r->last_hash;
    r->last.text = r->last_text;
    r->watch = folder_watch_new(en->loop, en->config->policy_dir, QUIET_MS,
                                on_changed, r, e);
    if (r->watch != NULL &&
        loop_on_signal(en->loop, SIGHUP, on_hangup, r, e) == 0)
        return r;
    reload_free(r);
    return NULL;
}

void
reload_stop(struct reload *r)
{
    struct reload_outcome stopping = {.word = RELOAD_REJECTED,
                                      .hash = "",
                                      .text = "the engine stops; it reads the "
                                              "folder when it starts"};

    if (r == NULL)
        return;
    folder_watch_free(r->watch);
    r->watch = NULL;
    if (r->round != NULL)
        wish_tell(r->round->wish, &stopping);
    while (r->wishes != NULL) {
        struct wish *next = r->wishes->next;

        wish_tell(r->wishes, &stopping);
        wish_free(r->wishes);
        r->wishes = next;
    }
}

void
reload_free(struct reload *r)
{
    if (r == NULL)
        return;
    reload_stop(r);
    if (r->round != NULL)
        reload_round_free(r->round);
    free(r);
}
