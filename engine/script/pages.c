#include "script/pages.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/arena.h"

#define EXIT_FAULT 72 /* a real one: the pool takes any end for a crash */

/* A use that wrote to most pages (the collector ran) is not what others cost:
 * then they are learned anew, but not more often than this. */
#define USES_MIN 1000

static struct pages *volatile in_use;

static void
save(struct pages *p, size_t page)
{
    size_t at = page * PAGES_SIZE;

    memcpy(p->saved + at, p->base + at, PAGES_SIZE);
    p->written[p->written_count++] = (uint32_t)page;
    p->is_written[page] = true;
}

/* In the handler: memcpy and mprotect hold no lock and touch no heap. */
static void
on_fault(int signal, siginfo_t *info, void *context)
{
    struct pages *p = in_use;
    size_t page;

    (void)signal;
    (void)context;
    if (p == NULL)
        _exit(EXIT_FAULT);
    page = ((uintptr_t)info->si_addr - (uintptr_t)p->base) / PAGES_SIZE;
    if (page >= p->count || p->is_written[page] ||
        mprotect(p->base + page * PAGES_SIZE, PAGES_SIZE,
                 PROT_READ | PROT_WRITE) != 0)
        _exit(EXIT_FAULT);
    save(p, page);
}

bool
pages_watch(void)
{
    struct sigaction act;

    if (sysconf(_SC_PAGESIZE) > (long)PAGES_SIZE)
        return false;
    memset(&act, 0, sizeof act);
    act.sa_sigaction = on_fault;
    act.sa_flags = SA_SIGINFO;
    sigemptyset(&act.sa_mask);
    /* Its handler writes to the stretch, too: no fault within a fault. */
    sigaddset(&act.sa_mask, SIGALRM);
    return sigaction(SIGSEGV, &act, NULL) == 0;
}

/* All of it read-only again. Where the system refuses (it has a limit of
 * mappings), all is put back each time. */
static void
learn(struct pages *p)
{
    p->uses = 0;
    p->written_count = 0;
    memset(p->is_written, 0, p->count * sizeof *p->is_written);
    if (p->watched && mprotect(p->base, p->count * PAGES_SIZE, PROT_READ) == 0)
        return;
    p->watched = false;
    for (size_t page = 0; page < p->count; page++)
        save(p, page);
}

void
pages_keep(struct pages *p, char *base, size_t size, bool watched)
{
    memset(p, 0, sizeof *p);
    p->base = base;
    p->count = size / PAGES_SIZE;
    p->saved = mem_alloc(size);
    p->written = mem_alloc(p->count * sizeof *p->written);
    p->is_written = mem_alloc(p->count * sizeof *p->is_written);
    p->watched = watched;
    learn(p);
}

/* Of the written ones, those from number `from` on. */
static void
put_back(struct pages *p, size_t from)
{
    in_use = p;
    for (size_t i = from; i < p->written_count; i++) {
        size_t at = p->written[i] * (size_t)PAGES_SIZE;

        memcpy(p->base + at, p->saved + at, PAGES_SIZE);
    }
}

void
pages_restore(struct pages *p)
{
    put_back(p, 0);
    if (p->watched && ++p->uses > USES_MIN && p->written_count > p->count / 2)
        learn(p);
}

void
pages_mark(struct pages *p)
{
    if (p->written_count > p->marked_room) {
        p->marked_room = p->written_count;
        p->marked = mem_grow(p->marked, p->marked_room * PAGES_SIZE);
    }
    p->marked_count = p->written_count;
    for (size_t i = 0; i < p->marked_count; i++)
        memcpy(p->marked + i * PAGES_SIZE,
               p->base + p->written[i] * (size_t)PAGES_SIZE, PAGES_SIZE);
}

/* What was first written after the mark was at the mark as it is saved. */
void
pages_restore_mark(struct pages *p)
{
    for (size_t i = 0; i < p->marked_count; i++)
        memcpy(p->base + p->written[i] * (size_t)PAGES_SIZE,
               p->marked + i * PAGES_SIZE, PAGES_SIZE);
    put_back(p, p->marked_count);
}

void
pages_free(struct pages *p)
{
    if (in_use == p)
        in_use = NULL;
    if (p->watched)
        mprotect(p->base, p->count * PAGES_SIZE, PROT_READ | PROT_WRITE);
    free(p->saved);
    free(p->marked);
    free(p->written);
    free(p->is_written);
    memset(p, 0, sizeof *p);
}
