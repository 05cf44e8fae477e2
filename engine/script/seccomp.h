/*
 * seccomp: the system calls a worker may make; any other kills it.
 */
#ifndef SCRIPT_SECCOMP_H
#define SCRIPT_SECCOMP_H

#include "base/err.h"

/* Confine this process for good. Everything that needs other calls (locale,
 * seeds, thread areas) must have happened. */
int seccomp_confine(struct err *e) MUST_CHECK;

#endif
