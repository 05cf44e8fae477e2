#include "http/client_inside.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define SET(easy, option, value)                                               \
    (void)curl_easy_setopt((easy), (option), (value))

/* Mails that can be under way at the same time; a slow server holds one. */
#define MAIL_THREADS 4

struct mail_job {
    STAILQ_ENTRY(mail_job) link;
    struct mailer *mailer;
    struct client_call *call; /* the loop's; NULL: nobody waits */
    atomic_bool cancelled;
    struct wire wire;
    char *url, *user, *password, *from;
    struct curl_slist *to;
    char *message;
    size_t message_n, message_at;
    bool allow_plain;
    int64_t timeout_ms;
    struct client_response response;
};

struct mailer {
    struct loop *loop;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t work;
    STAILQ_HEAD(, mail_job) queue;
    unsigned idle;
    bool stop;
    unsigned thread_count; /* the loop's */
    pthread_t threads[MAIL_THREADS];
};

static void
free_job(struct mail_job *job)
{
    curl_slist_free_all(job->to);
    buf_free(&job->wire.headers);
    buf_free(&job->wire.body);
    free(job->url);
    free(job->user);
    if (job->password != NULL)
        explicit_bzero(job->password, strlen(job->password));
    free(job->password);
    free(job->from);
    free(job->message);
    free(job);
}

/* --- on a mail thread --------------------------------------------------------
 */

static size_t
on_read(char *to, size_t size, size_t count, void *arg)
{
    struct mail_job *job = arg;
    enum mail_stage waiting = MAIL_WAITING;
    if (!atomic_compare_exchange_strong(&job->wire.stage, &waiting,
                                        MAIL_LEAVING) &&
        waiting == MAIL_ABANDONED)
        return CURL_READFUNC_ABORT;
    size_t left = job->message_n - job->message_at;
    size_t n = size * count < left ? size * count : left;
    memcpy(to, job->message + job->message_at, n);
    job->message_at += n;
    return n;
}

static int
on_progress(void *arg, curl_off_t down_total, curl_off_t down,
            curl_off_t up_total, curl_off_t up)
{
    (void)down_total;
    (void)down;
    (void)up_total;
    (void)up;
    struct mail_job *job = arg;
    return atomic_load(&job->cancelled) ? 1 : 0;
}

static void
setup(struct mail_job *job)
{
    CURL *easy = job->wire.easy;
    wire_setup(&job->wire, job->url, "smtp,smtps", job->timeout_ms,
               CLIENT_CONNECT_MS);
    SET(easy, CURLOPT_USE_SSL,
        job->allow_plain ? (long)CURLUSESSL_TRY : (long)CURLUSESSL_ALL);
    SET(easy, CURLOPT_SERVER_RESPONSE_TIMEOUT,
        (long)((job->timeout_ms + 999) / 1000));
    SET(easy, CURLOPT_MAIL_FROM, job->from);
    SET(easy, CURLOPT_MAIL_RCPT, job->to);
    SET(easy, CURLOPT_UPLOAD, 1L);
    SET(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)job->message_n);
    SET(easy, CURLOPT_READFUNCTION, on_read);
    SET(easy, CURLOPT_READDATA, job);
    SET(easy, CURLOPT_NOPROGRESS, 0L);
    SET(easy, CURLOPT_XFERINFOFUNCTION, on_progress);
    SET(easy, CURLOPT_XFERINFODATA, job);
    if (job->user == NULL)
        return;
    SET(easy, CURLOPT_USERNAME, job->user);
    SET(easy, CURLOPT_PASSWORD, job->password != NULL ? job->password : "");
}

/* The verdict is in; curl would now say QUIT and wait for the answer, for up
 * to two minutes when the server hangs. */
static void
hang_up(CURL *easy)
{
    curl_socket_t fd = CURL_SOCKET_BAD;
    if (curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, &fd) == CURLE_OK &&
        fd != CURL_SOCKET_BAD)
        shutdown(fd, SHUT_RDWR);
    curl_easy_cleanup(easy);
}

static void
send_job(struct mail_job *job)
{
    job->wire.is_mail = true;
    job->wire.easy = atomic_load(&job->cancelled) ? NULL : curl_easy_init();
    if (job->wire.easy == NULL) {
        job->response.wire = WIRE_NOT_SENT;
        err_set(&job->response.err, ERR_SYSTEM, "cannot start a mail");
        return;
    }
    setup(job);
    CURLcode code = curl_easy_perform(job->wire.easy);
    wire_result(&job->wire, code, &job->response);
    hang_up(job->wire.easy);
    job->wire.easy = NULL;
}

static void on_job_done(void *arg);

static struct mail_job *
next_job(struct mailer *m)
{
    pthread_mutex_lock(&m->lock);
    m->idle++;
    while (STAILQ_EMPTY(&m->queue) && !m->stop)
        pthread_cond_wait(&m->work, &m->lock);
    m->idle--;
    struct mail_job *job = STAILQ_FIRST(&m->queue);
    if (job != NULL)
        STAILQ_REMOVE_HEAD(&m->queue, link);
    pthread_mutex_unlock(&m->lock);
    return job;
}

static void *
run_thread(void *arg)
{
    struct mailer *m = arg;
    struct mail_job *job;
    while ((job = next_job(m)) != NULL) {
        send_job(job);
        loop_post_thread(m->loop, on_job_done, job);
    }
    return NULL;
}

/* --- on the loop
 * --------------------------------------------------------------- */

static void
on_job_done(void *arg)
{
    struct mail_job *job = arg;
    struct client_call *call = job->call;
    if (call != NULL) {
        call->job = NULL;
        call->response = job->response;
        call_finish(call);
    }
    free_job(job);
}

void
mail_abandon(struct client_call *call, struct client_response *out)
{
    struct mail_job *job = call->job;
    enum mail_stage waiting = MAIL_WAITING;
    bool held = atomic_compare_exchange_strong(&job->wire.stage, &waiting,
                                               MAIL_ABANDONED);
    out->wire = held ? WIRE_NOT_SENT : WIRE_SENT;
    err_set(&out->err, ERR_RETRY, "the mail server did not answer in time");
    job->call = NULL;
    call->job = NULL;
    atomic_store(&job->cancelled, true);
}

static struct mailer *
mailer_new(struct loop *l)
{
    struct mailer *m = mem_zero(sizeof(*m));
    m->loop = l;
    pthread_mutex_init(&m->lock, NULL);
    pthread_cond_init(&m->work, NULL);
    STAILQ_INIT(&m->queue);
    return m;
}

void
mailer_free(struct mailer *m)
{
    if (m == NULL)
        return;
    pthread_mutex_lock(&m->lock);
    m->stop = true;
    pthread_cond_broadcast(&m->work);
    pthread_mutex_unlock(&m->lock);
    for (unsigned i = 0; i < m->thread_count; i++)
        pthread_join(m->threads[i], NULL);
    pthread_cond_destroy(&m->work);
    pthread_mutex_destroy(&m->lock);
    free(m);
}

/* Signals are the loop's: a mail thread takes none. */
static int
start_thread(struct mailer *m)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int rc = pthread_create(&m->threads[m->thread_count], NULL, run_thread, m);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (rc == 0)
        m->thread_count++;
    return rc;
}

static int
queue_job(struct mailer *m, struct mail_job *job, struct err *e)
{
    pthread_mutex_lock(&m->lock);
    bool more = m->idle == 0 && m->thread_count < MAIL_THREADS;
    pthread_mutex_unlock(&m->lock);
    if (more && start_thread(m) != 0 && m->thread_count == 0)
        return err_set(e, ERR_SYSTEM, "cannot start a mail thread");
    pthread_mutex_lock(&m->lock);
    STAILQ_INSERT_TAIL(&m->queue, job, link);
    pthread_cond_signal(&m->work);
    pthread_mutex_unlock(&m->lock);
    return 0;
}

/* --- a mail
 * ---------------------------------------------------------------------- */

/* Whatever could end the command or the angle brackets it stands in. */
static int
check_address(const char *address, struct err *e)
{
    size_t n = address != NULL ? strlen(address) : 0;
    if (n == 0 || n > 254)
        return err_set(e, ERR_INPUT, "a mail address is empty or too long");
    for (size_t i = 0; i < n; i++) {
        unsigned char byte = (unsigned char)address[i];
        if (byte <= ' ' || byte == 0x7f || byte == '<' || byte == '>')
            return err_set(e, ERR_INPUT,
                           "a mail address holds a byte that may not be there");
    }
    return 0;
}

/* A lone CR or LF is a line end to some servers and none to others: behind
 * such a difference a second mail can hide. */
static int
check_message(const char *message, size_t n, struct err *e)
{
    for (size_t i = 0; i < n; i++) {
        bool cr = message[i] == '\r', lf = message[i] == '\n';
        bool paired = cr ? i + 1 < n && message[i + 1] == '\n'
                         : i > 0 && message[i - 1] == '\r';
        if (((cr || lf) && !paired) || message[i] == '\0')
            return err_set(e, ERR_INPUT,
                           "the mail has a lone CR or LF, or a NUL, at %zu", i);
    }
    return 0;
}

static bool
has_line_end(const char *text)
{
    return text != NULL && text[strcspn(text, "\r\n")] != '\0';
}

static int
check_mail(const struct client_mail *mail, struct err *e)
{
    if (mail->url == NULL)
        return err_set(e, ERR_INPUT, "no URL");
    /* Plain smtp:// is fine here: STARTTLS is asked for later. */
    if (wire_check_url(mail->url, "smtp", "smtps", true, e) != 0 ||
        check_address(mail->from, e) != 0)
        return -1;
    if (mail->to == NULL || mail->to[0] == NULL)
        return err_set(e, ERR_INPUT, "the mail has no recipient");
    for (size_t i = 0; mail->to[i] != NULL; i++)
        if (check_address(mail->to[i], e) != 0)
            return -1;
    if (has_line_end(mail->user) || has_line_end(mail->password))
        return err_set(e, ERR_INPUT,
                       "the mail user or password holds a line "
                       "end");
    return check_message(mail->message, mail->message_n, e);
}

static char *
copy_bytes(const char *p, size_t n)
{
    char *copy = mem_alloc(n + 1);
    if (n > 0)
        memcpy(copy, p, n);
    copy[n] = '\0';
    return copy;
}

static char *
copy_text(const char *text)
{
    return text != NULL ? copy_bytes(text, strlen(text)) : NULL;
}

/* Everything is copied: an abandoned mail outlives what it was made from. */
static struct mail_job *
job_new(const struct client_mail *mail, struct err *e)
{
    struct mail_job *job = mem_zero(sizeof(*job));
    job->wire.allow_private = mail->allow_private;
    job->allow_plain = mail->allow_plain;
    job->timeout_ms =
        mail->timeout_ms > 0 ? mail->timeout_ms : CLIENT_TIMEOUT_MS;
    job->url = copy_text(mail->url);
    job->user = copy_text(mail->user);
    job->password = copy_text(mail->password);
    job->from = copy_text(mail->from);
    job->message = copy_bytes(mail->message, mail->message_n);
    job->message_n = mail->message_n;
    for (size_t i = 0; mail->to[i] != NULL; i++) {
        struct curl_slist *longer = curl_slist_append(job->to, mail->to[i]);
        if (longer == NULL) {
            err_set(e, ERR_SYSTEM, "out of memory");
            free_job(job);
            return NULL;
        }
        job->to = longer;
    }
    return job;
}

struct client_call *
client_mail(struct client *c, const struct client_mail *mail, client_done *done,
            void *arg, struct err *e)
{
    if (check_mail(mail, e) != 0)
        return NULL;
    struct mail_job *job = job_new(mail, e);
    if (job == NULL)
        return NULL;
    if (c->mailer == NULL)
        c->mailer = mailer_new(c->loop);
    job->mailer = c->mailer;
    struct client_call *call = call_new(c, CALL_MAIL, done, arg);
    call->job = job;
    job->call = call;
    call_set_deadline(call, job->timeout_ms + CLIENT_GRACE_MS);
    if (queue_job(c->mailer, job, e) == 0)
        return call;
    client_cancel(call);
    free_job(job);
    return NULL;
}
