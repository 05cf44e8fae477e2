/*
 * fixture: a real conversation made into one that may stand in a repository:
 * only what rules look at, redacted with every kind the redactor knows, and
 * the names of people replaced wherever they are written.
 */
#ifndef CLI_FIXTURE_H
#define CLI_FIXTURE_H

#include <jansson.h>

/* A recording (API form or recorded form) -> a fixture in the recorded form
 * (caller json_decref()s). names: further names to take out, separated by
 * commas, or NULL. What came behind a human's first word in a conversation
 * that was handed over is left out, and so are earlier episodes: the policy is
 * asked what it says of the moment before. */
json_t *fixture_make(const json_t *recording, const char *names);

#endif
