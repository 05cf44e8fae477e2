/*
 * err: why something failed, as a class that code decides on and a text that
 * a person reads. A struct err lives on the caller's stack and never
 * allocates. Fallible functions return 0 or -1 (or a pointer or NULL) and
 * take a struct err as their last argument; NULL is allowed and drops it.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#define ERR_TEXT_MAX 480

#define MUST_CHECK        __attribute__((warn_unused_result))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))

enum err_class {
    ERR_NONE = 0,
    ERR_INPUT,    /* the peer's fault: answer 4xx, never retry */
    ERR_RETRY,    /* may work later */
    ERR_REFUSED,  /* the other side said no for good */
    ERR_CONFLICT, /* already there: a success in disguise */
    ERR_SCRIPT,   /* a rule or an adapter failed */
    ERR_SYSTEM,   /* this machine: disk, memory, descriptors, a bug */
};

struct err {
    enum err_class class;
    int sys; /* errno at the failure, or 0 */
    char text[ERR_TEXT_MAX];
};

/* Set class and text. Always returns -1, so that `return err_set(...)` works.
 * A text longer than the field is cut at a UTF-8 border. */
int err_set(struct err *e, enum err_class class, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

/* As err_set with class ERR_SYSTEM; ": strerror(errno)" is appended and errno
 * is kept in sys. Returns -1. */
int err_sys(struct err *e, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Put context before the present text ("reading usher.conf.lua: ...").
 * Returns -1. */
int err_wrap(struct err *e, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Empty the error (class ERR_NONE, empty text). NULL is fine. */
void err_clear(struct err *e);

/* "input", "retry", "refused", "conflict", "script", "system", "none". */
const char *err_class_name(enum err_class class);

#endif
