/*
 * What the files of findings share.
 */
#ifndef CLI_FINDINGS_INSIDE_H
#define CLI_FINDINGS_INSIDE_H

#include <jansson.h>

struct findings;

/* A text member; "" when there is none. */
const char *finding_text(const json_t *row, const char *key);

/* The page of a code, or NULL. */
const json_t *findings_page(const struct findings *f, const char *code);

/* A finding with what its code's page says. */
void findings_add_paged(struct findings *f, const char *code, const char *where,
                        const char *message);

#endif
