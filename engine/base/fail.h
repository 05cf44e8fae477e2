/*
 * fail: named points at which a test build can be killed, to prove that
 * nothing is lost or doubled whatever the moment. In a normal build a point
 * is nothing at all.
 *
 * USHER_CRASH_AT=name:n kills the process (SIGKILL) at the n-th pass of the
 * point; USHER_FAIL_LIST=file gets each point's name once, for discovery.
 */
#ifndef BASE_FAIL_H
#define BASE_FAIL_H

#ifdef USHER_FAIL_POINTS
void fail_point(const char *name);
#define FAIL_POINT(name) fail_point(name)
#else
#define FAIL_POINT(name) ((void)0)
#endif

#endif
