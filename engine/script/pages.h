/*
 * pages: a stretch of memory that can be put back as it was. What has not been
 * written need not be put back: a watched stretch is read-only at first, and
 * the fault of the first write to a page saves the page and lets the write go
 * on. A page once written is put back ever after, so that a stretch that is
 * used the same way again and again soon costs no fault, and only the copy of
 * the few pages that are really written.
 *
 * One stretch is in use at a time in a process. Not thread-safe.
 */
#ifndef SCRIPT_PAGES_H
#define SCRIPT_PAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of one: what mprotect knows on x86-64, and on aarch64 mostly. */
#define PAGES_SIZE 4096u

struct pages {
    char *base;
    size_t count;
    char *saved;       /* as long as the stretch; room for each page */
    uint32_t *written; /* numbers of those that are saved, oldest first */
    size_t written_count;
    bool *is_written;
    unsigned uses; /* since all of it was read-only */
    bool watched;
    char *marked; /* the first marked_count of the written, at the mark */
    size_t marked_count, marked_room;
};

/* Watch for writes from now on: takes SIGSEGV, and SIGALRM waits meanwhile.
 * Returns false where the system's pages are larger than PAGES_SIZE: then
 * stretches are to be kept unwatched. A fault elsewhere ends the process. */
bool pages_watch(void);

/* Keep `size` bytes (whole pages) at base, a page's beginning, as they are.
 * They are borrowed. Unwatched, all of them are put back each time. */
void pages_keep(struct pages *p, char *base, size_t size, bool watched);

/* Put back what was written, and watch this stretch from now on. */
void pages_restore(struct pages *p);

/* Remember the stretch as it is now as well, until the next mark, and put it
 * back as it was at the mark. */
void pages_mark(struct pages *p);
void pages_restore_mark(struct pages *p);

/* Forget it; a watched stretch can be written again. */
void pages_free(struct pages *p);

#endif
