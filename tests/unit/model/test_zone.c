/* Zones: what the clock shows, against the C library; local times in gaps and
 * folds; the years behind a file's transitions; and files that lie. */
#include "unit/model/zones.h"

#include "model/zone_rule.h"

#define ORACLE_INSTANTS 10000

static const char *const places[] = {
    "Europe/Berlin",      "Europe/Dublin",     "Europe/London",
    "America/New_York",   "America/St_Johns",  "America/Sao_Paulo",
    "America/Havana",     "America/Nuuk",      "Australia/Lord_Howe",
    "Australia/Adelaide", "Pacific/Apia",      "Pacific/Chatham",
    "Pacific/Kiritimati", "Asia/Kathmandu",    "Asia/Tokyo",
    "Asia/Tehran",        "Asia/Gaza",         "Asia/Singapore",
    "Africa/Casablanca",  "Africa/Monrovia",   "Antarctica/Troll",
    "Antarctica/McMurdo", "America/Anchorage", "UTC",
};

static struct tm
oracle(int64_t s)
{
    time_t t = (time_t)s;
    struct tm tm;

    assert_non_null(localtime_r(&t, &tm));
    return tm;
}

static void
compare_at(const struct zone *z, int64_t s)
{
    struct zone_period p = zone_period_at(z, s);
    struct tm tm = oracle(s);

    if (p.offset_s != tm.tm_gmtoff || p.dst != (tm.tm_isdst > 0) ||
        strcmp(p.abbreviation, tm.tm_zone) != 0)
        fail_msg("%s at %lld: %d %s %d, the C library: %ld %s %d", zone_name(z),
                 (long long)s, p.offset_s, p.abbreviation, p.dst, tm.tm_gmtoff,
                 tm.tm_zone, tm.tm_isdst);
    assert_true(p.from_s <= s && s < p.to_s);
}

/* Random instants from 1900 to 2200, and both sides of every border met. */
static void
test_as_the_c_library(void **state)
{
    const char *host = getenv("TZ");
    char *kept = strdup(host);
    uint64_t seed = 20261121;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        struct zone *z = zone_of(places[i]);

        setenv("TZ", places[i], 1);
        tzset();
        for (int k = 0; k < ORACLE_INSTANTS; k++) {
            int64_t s = chance_between(&seed, -2208988800, 7258118400);
            struct zone_period p = zone_period_at(z, s);

            compare_at(z, s);
            if (k % 10 == 0 && p.to_s < 7258118400) {
                compare_at(z, p.to_s - 1);
                compare_at(z, p.to_s);
            }
        }
        zone_free(z);
    }
    setenv("TZ", kept, 1);
    tzset();
    free(kept);
}

/* A local time that is shown is found again, and order is kept. */
static void
test_there_and_back(void **state)
{
    uint64_t seed = 7;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        struct zone *z = zone_of(places[i]);

        for (int k = 0; k < 3000; k++) {
            int64_t s = chance_between(&seed, 0, 4102444800);
            int64_t local = zone_local(z, s);
            int64_t first = zone_instant(z, local, ZONE_FIRST);
            int64_t last = zone_instant(z, local, ZONE_LAST);

            assert_true(first <= s && s <= last);
            assert_int_equal(zone_local(z, first), local);
            assert_int_equal(zone_local(z, last), local);
            assert_true(zone_instant(z, local + 1, ZONE_FIRST) >= first);
        }
        zone_free(z);
    }
}

struct local_case {
    const char *zone, *local, *first, *last;
};

static const struct local_case local_cases[] = {
    /* an ordinary day */
    {"Europe/Berlin", "2026-06-01T12:00:00Z", "2026-06-01T10:00:00Z", NULL},
    {"Asia/Kathmandu", "2026-06-01T12:00:00Z", "2026-06-01T06:15:00Z", NULL},
    /* gap: the first instant after it */
    {"Europe/Berlin", "2026-03-29T02:00:00Z", "2026-03-29T01:00:00Z", NULL},
    {"Europe/Berlin", "2026-03-29T02:30:00Z", "2026-03-29T01:00:00Z", NULL},
    {"Europe/Berlin", "2026-03-29T01:59:59Z", "2026-03-29T00:59:59Z", NULL},
    {"Europe/Berlin", "2026-03-29T03:00:00Z", "2026-03-29T01:00:00Z", NULL},
    {"America/New_York", "2026-03-08T02:30:00Z", "2026-03-08T07:00:00Z", NULL},
    {"Australia/Lord_Howe", "2026-10-04T02:15:00Z", "2026-10-03T15:30:00Z",
     NULL},
    /* Apia had no 30 December 2011 */
    {"Pacific/Apia", "2011-12-30T12:00:00Z", "2011-12-30T10:00:00Z", NULL},
    {"Pacific/Apia", "2011-12-29T23:59:59Z", "2011-12-30T09:59:59Z", NULL},
    {"Pacific/Apia", "2011-12-31T00:00:00Z", "2011-12-30T10:00:00Z", NULL},
    /* fold: twice */
    {"Europe/Berlin", "2026-10-25T02:30:00Z", "2026-10-25T00:30:00Z",
     "2026-10-25T01:30:00Z"},
    {"Europe/Berlin", "2026-10-25T03:00:00Z", "2026-10-25T02:00:00Z", NULL},
    {"America/New_York", "2026-11-01T01:30:00Z", "2026-11-01T05:30:00Z",
     "2026-11-01T06:30:00Z"},
    {"Australia/Lord_Howe", "2026-04-05T01:45:00Z", "2026-04-04T14:45:00Z",
     "2026-04-04T15:15:00Z"},
    /* midnight itself is skipped, or comes twice */
    {"America/Sao_Paulo", "2018-11-04T00:00:00Z", "2018-11-04T03:00:00Z", NULL},
    {"America/Sao_Paulo", "2018-02-17T23:30:00Z", "2018-02-18T01:30:00Z",
     "2018-02-18T02:30:00Z"},
    {"America/Havana", "2026-11-01T00:30:00Z", "2026-11-01T04:30:00Z",
     "2026-11-01T05:30:00Z"},
    /* behind the last transition: the footer */
    {"Europe/Berlin", "2040-03-25T02:30:00Z", "2040-03-25T01:00:00Z", NULL},
    {"Europe/Berlin", "2040-10-28T02:30:00Z", "2040-10-28T00:30:00Z",
     "2040-10-28T01:30:00Z"},
    {"Europe/Berlin", "2040-07-01T12:00:00Z", "2040-07-01T10:00:00Z", NULL},
    {"Europe/Dublin", "2040-01-01T12:00:00Z", "2040-01-01T12:00:00Z", NULL},
    {"Asia/Tokyo", "2040-02-29T09:00:00Z", "2040-02-29T00:00:00Z", NULL},
};

static void
test_local_times(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(local_cases); i++) {
        const struct local_case *c = &local_cases[i];
        struct zone *z = zone_of(c->zone);
        int64_t local = at_s(c->local);

        print_message("%s %s\n", c->zone, c->local);
        assert_instant(zone_instant(z, local, ZONE_FIRST) * 1000, c->first);
        assert_instant(zone_instant(z, local, ZONE_LAST) * 1000,
                       c->last != NULL ? c->last : c->first);
        zone_free(z);
    }
}

/* --- files made by hand --- */

struct file {
    uint8_t bytes[4096];
    size_t n;
};

static void
add(struct file *f, const void *bytes, size_t n)
{
    memcpy(f->bytes + f->n, bytes, n);
    f->n += n;
}

static void
add_u32(struct file *f, uint32_t v)
{
    uint8_t b[4] = {(uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8),
                    (uint8_t)v};

    add(f, b, sizeof b);
}

/* The counts of a header, in their order. */
struct counts {
    uint32_t ut, standard, leap, time, kind, character;
};

static void
add_header(struct file *f, char version, struct counts c)
{
    uint8_t head[20] = {'T', 'Z', 'i', 'f', (uint8_t)version};

    add(f, head, sizeof head);
    add_u32(f, c.ut);
    add_u32(f, c.standard);
    add_u32(f, c.leap);
    add_u32(f, c.time);
    add_u32(f, c.kind);
    add_u32(f, c.character);
}

/* One transition at 1,000,000 from LMT to XST (+1 h). */
static void
add_block(struct file *f, char version, size_t time_size)
{
    uint8_t kind[] = {0, 0, 0x0e, 0x10, 0, 4}, one = 1;

    add_header(f, version,
               (struct counts){.time = 1, .kind = 2, .character = 8});
    if (time_size == 8)
        add_u32(f, 0);
    add_u32(f, 1000000);
    add(f, &one, 1);
    add(f, "\0\0\0\0\0\0", 6);
    add(f, kind, sizeof kind);
    add(f, "LMT\0XST\0", 8);
}

static struct file
file_of(char version, const char *footer)
{
    struct file f = {.n = 0};

    add_block(&f, version, 4);
    if (version != 0) {
        add_block(&f, version, 8);
        add(&f, footer, strlen(footer));
    }
    return f;
}

static struct zone *
zone_made(char version, const char *footer)
{
    struct file f = file_of(version, footer);
    struct err e = {0};
    struct zone *z = zone_new("made", f.bytes, f.n, &e);

    if (z == NULL)
        fail_msg("version %c: %s", version, e.text);
    return z;
}

/* Version 1 has no footer; 2, 3 and 4 have, and it may be empty. */
static void
test_versions(void **state)
{
    const char versions[] = {0, '2', '3', '4'};

    (void)state;
    for (size_t i = 0; i < sizeof versions; i++) {
        struct zone *z = zone_made(versions[i], "\n\n");

        assert_int_equal(zone_period_at(z, 999999).offset_s, 0);
        assert_int_equal(zone_period_at(z, 1000000).offset_s, 3600);
        assert_int_equal(zone_period_at(z, 9000000000).offset_s, 3600);
        assert_true(zone_period_at(z, 1000000).to_s == INT64_MAX);
        zone_free(z);
    }
}

static void
test_footers(void **state)
{
    static const struct {
        const char *footer, *instant;
        int offset;
    } cases[] = {
        {"\nXST-1\n", "2050-01-01T00:00:00Z", 3600},
        {"\n<+0330>-3:30\n", "2050-01-01T00:00:00Z", 12600},
        {"\nEST5EDT,M3.2.0,M11.1.0\n", "2050-07-01T00:00:00Z", -14400},
        {"\nEST5EDT,M3.2.0,M11.1.0\n", "2050-12-01T00:00:00Z", -18000},
        /* always summer time (RFC 9636, 3.3.1) */
        {"\nXXX3EDT4,0/0,J365/23\n", "2050-01-01T02:59:59Z", -14400},
        {"\nXXX3EDT4,0/0,J365/23\n", "2050-06-01T00:00:00Z", -14400},
        /* hours over 24 and below 0 (version 3) */
        {"\n<-02>2<-01>,M3.5.0/-1,M10.5.0/0\n", "2050-06-01T00:00:00Z", -3600},
        {"\nIST-2IDT,M3.4.4/26,M10.5.0\n", "2050-03-25T00:00:01Z", 10800},
        {"\nIST-2IDT,M3.4.4/26,M10.5.0\n", "2050-03-24T23:59:59Z", 7200},
        /* day 60 of J is 1 March, of the others 1 March or 29 February */
        {"\nAAA0BBB,J60/0,J300\n", "2048-02-29T12:00:00Z", 0},
        {"\nAAA0BBB,J60/0,J300\n", "2048-03-01T00:00:00Z", 3600},
        {"\nAAA0BBB,59/0,J300\n", "2048-02-29T00:00:00Z", 3600},
        {"\nAAA0BBB,59/0,J300\n", "2049-02-28T23:59:59Z", 0},
        {"\nAAA0BBB,59/0,J300\n", "2049-03-01T00:00:00Z", 3600},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct zone *z = zone_made('3', cases[i].footer);
        int offset = zone_period_at(z, at_s(cases[i].instant)).offset_s;

        if (offset != cases[i].offset)
            fail_msg("%s at %s: %d", cases[i].footer, cases[i].instant, offset);
        zone_free(z);
    }
}

static void
refuse(const struct file *f, const char *words)
{
    struct err e = {0};

    assert_null(zone_new("bad", f->bytes, f->n, &e));
    assert_int_equal(e.class, ERR_INPUT);
    if (strstr(e.text, words) == NULL)
        fail_msg("\"%s\" lacks \"%s\"", e.text, words);
}

static void
test_bad_footers(void **state)
{
    static const char *const bad[] = {
        "\nX-1\n",
        "\nXST\n",
        "\nXST-1YST\n",
        "\nXST-1YST,M3.5.0\n",
        "\nXST25\n",
        "\nXST-1 \n",
        "\n<XST-1\n",
        "\nXST-1YST,M13.5.0,M10.5.0\n",
        "\nXST-1:60\n",
        "\nXST-1YST,J0,J365\n",
        "\nXST-1YST,J1/168,J365\n",
        "\nABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJKL-1\n",
    };
    struct file f;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        f = file_of('2', bad[i]);
        refuse(&f, "TZ string");
    }
    f = file_of('2', "XST-1\n");
    refuse(&f, "footer does not begin");
    f = file_of('2', "\nXST-1");
    refuse(&f, "footer does not end");
    f = file_of('2', "");
    refuse(&f, "footer does not begin");
}

static void
refuse_header(struct counts c, const char *words)
{
    struct file f = {.n = 0};

    add_header(&f, 0, c);
    memset(f.bytes + f.n, 0, 64);
    f.n += 64;
    refuse(&f, words);
}

static void
test_hostile_files(void **state)
{
    static uint8_t large[ZONE_BYTES_MAX + 1];
    struct file f = file_of('2', "\nXST-1\n");
    struct err e = {0};

    (void)state;
    /* cut anywhere, it is refused and nothing is read behind its end */
    for (size_t n = 0; n < f.n; n++) {
        uint8_t *exact = malloc(n + 1);

        memcpy(exact, f.bytes, n);
        assert_null(zone_new("cut", exact, n, &e));
        free(exact);
    }
    refuse_header((struct counts){.kind = 0, .character = 1}, "types");
    refuse_header((struct counts){.kind = 1, .character = 0}, "abbreviations");
    refuse_header((struct counts){.kind = 1, .character = 1, .leap = 1},
                  "leap seconds");
    refuse_header((struct counts){.kind = 2, .character = 1, .ut = 1},
                  "indicators");
    refuse_header((struct counts){.kind = UINT32_MAX,
                                  .character = UINT32_MAX,
                                  .time = UINT32_MAX,
                                  .leap = UINT32_MAX,
                                  .ut = UINT32_MAX,
                                  .standard = UINT32_MAX},
                  "too early");
    f = file_of('5', "\n\n");
    refuse(&f, "version");
    f = file_of('2', "\n\n");
    f.bytes[0] = 't';
    refuse(&f, "TZif");
    f = file_of(0, "");
    f.bytes[44 + 4] = 2; /* the transition leads to a third type of two */
    refuse(&f, "local time type");
    f = file_of(0, "");
    f.bytes[44 + 5 + 5] = 8; /* the first type's abbreviation */
    refuse(&f, "abbreviation");
    f = file_of(0, "");
    f.bytes[44 + 5 + 1] = 2; /* 131072 s: more than a day and two hours */
    refuse(&f, "local time type");
    assert_null(zone_new("large", large, sizeof large, &e));
}

static void
test_leap_seconds_are_refused(void **state)
{
    static uint8_t bytes[ZONE_BYTES_MAX];
    size_t n = zone_bytes("right/Europe/Berlin", bytes, sizeof bytes);
    struct err e = {0};

    (void)state;
    assert_null(zone_new("right/Europe/Berlin", bytes, n, &e));
    assert_non_null(strstr(e.text, "right/"));
}

static void
test_extremes(void **state)
{
    struct zone *z = zone_of("Europe/Berlin");

    (void)state;
    assert_int_equal(zone_period_at(z, INT64_MIN).offset_s, 3208); /* LMT */
    assert_true(zone_local(z, INT64_MAX) > 0);
    assert_true(zone_instant(z, INT64_MAX, ZONE_FIRST) > 0);
    assert_true(zone_instant(z, INT64_MIN, ZONE_LAST) < 0);
    zone_free(z);
}

static void
test_names(void **state)
{
    static const char *const good[] = {"UTC", "Europe/Berlin", "Etc/GMT+1",
                                       "America/Port-au-Prince"};
    static const char *const bad[] = {
        "",    "/etc/passwd", "../x",       "Europe/../x", "Europe/",
        "a b", "localtime",   "posixrules", "x\n",         "Europe/B\xc3\xa9"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(good); i++)
        assert_true(zone_name_valid(good[i]));
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_false(zone_name_valid(bad[i]));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_as_the_c_library),
    cmocka_unit_test(test_there_and_back),
    cmocka_unit_test(test_local_times),
    cmocka_unit_test(test_versions),
    cmocka_unit_test(test_footers),
    cmocka_unit_test(test_bad_footers),
    cmocka_unit_test(test_hostile_files),
    cmocka_unit_test(test_leap_seconds_are_refused),
    cmocka_unit_test(test_extremes),
    cmocka_unit_test(test_names),
};

RUN_ON_ANY_HOST(tests)
