/*
 * template: "{path}" places in a text filled from a JSON object; used for
 * configuration values ("https://{subdomain}.example.com") and for the
 * standard texts to customers.
 */
#ifndef MODEL_TEMPLATE_H
#define MODEL_TEMPLATE_H

#include <jansson.h>

#include "base/buf.h"
#include "base/err.h"

/* Append the template with each {dotted.path} replaced by the scalar there.
 * A missing place is ERR_INPUT naming it; "{{" is a literal brace. */
int template_fill(const char *template, const json_t *values, struct buf *out,
                  struct err *e) MUST_CHECK;

#endif
