#include "store/schema.h"

#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "store/db.h"

/* Rows stand in the tree of their primary key and need no second one to be
 * found by it. A driver whose database knows no such tables leaves it out. */
#define CLUSTERED " WITHOUT ROWID"

/*
 * Types that SQLite and PostgreSQL both take (BLOB is the one that a driver may
 * rename); times are integer ms UTC; every key begins with the tenant; no
 * sequences, triggers or foreign keys, so that a sharded store can take it
 * later. An index with a WHERE serves only statements that say the same.
 */
static const char first[] =
    "CREATE TABLE inbound_event ("
    " tenant TEXT NOT NULL, source TEXT NOT NULL, ekey TEXT NOT NULL,"
    " shard BIGINT NOT NULL, conv TEXT NOT NULL, native TEXT NOT NULL,"
    " recv_at BIGINT NOT NULL, occ_at BIGINT, key_id TEXT, headers BLOB,"
    " body BLOB, state TEXT NOT NULL, tries BIGINT NOT NULL, err TEXT,"
    " answer TEXT, PRIMARY KEY (tenant, source, ekey));"
    "CREATE INDEX inbound_event_open"
    " ON inbound_event (tenant, recv_at, source, ekey)"
    " WHERE state IN ('NEW', 'RETRY');"
    "CREATE INDEX inbound_event_aside ON inbound_event (tenant, recv_at)"
    " WHERE state = 'POISON';"

    "CREATE TABLE conversation ("
    " tenant TEXT NOT NULL, conv TEXT NOT NULL, shard BIGINT NOT NULL,"
    " source TEXT NOT NULL, ext_id TEXT NOT NULL, channel TEXT,"
    " cust_hash TEXT, state TEXT NOT NULL, ver BIGINT NOT NULL,"
    " ord_hwm BIGINT NOT NULL, decided_hwm BIGINT NOT NULL,"
    " episode BIGINT NOT NULL, policy_sha TEXT, slots TEXT NOT NULL,"
    " last_at BIGINT NOT NULL, purge_at BIGINT,"
    " PRIMARY KEY (tenant, conv))" CLUSTERED ";"
    "CREATE INDEX conversation_recent ON conversation (tenant, last_at);"

    "CREATE TABLE message ("
    " tenant TEXT NOT NULL, conv TEXT NOT NULL, mkey TEXT NOT NULL,"
    " ord BIGINT NOT NULL, at BIGINT, role TEXT NOT NULL,"
    " body TEXT NOT NULL, redact TEXT, PRIMARY KEY (tenant, conv, "
    "mkey));"

    "CREATE TABLE decision ("
    " tenant TEXT NOT NULL, conv TEXT NOT NULL, episode BIGINT NOT NULL,"
    " n BIGINT NOT NULL, policy_sha TEXT NOT NULL, in_hwm BIGINT NOT NULL,"
    " prefix_sha TEXT NOT NULL, facts TEXT NOT NULL, action TEXT NOT NULL,"
    " outcome TEXT NOT NULL, why TEXT, cpu_us BIGINT, at BIGINT NOT NULL,"
    " PRIMARY KEY (tenant, conv, episode, n));"

    "CREATE TABLE handoff ("
    " tenant TEXT NOT NULL, hid TEXT NOT NULL, conv TEXT NOT NULL,"
    " episode BIGINT NOT NULL, n BIGINT NOT NULL, shard BIGINT NOT NULL,"
    " state TEXT NOT NULL, ver BIGINT NOT NULL, helpdesk TEXT NOT NULL,"
    " ticket TEXT, saved TEXT, opened_at BIGINT NOT NULL, sla_at BIGINT,"
    " owner_kind TEXT, owner TEXT,"
    " PRIMARY KEY (tenant, hid));"
    "CREATE UNIQUE INDEX handoff_episode ON handoff (tenant, conv, episode);"

    "CREATE TABLE label ("
    " tenant TEXT NOT NULL, hid TEXT NOT NULL, label TEXT NOT NULL,"
    " at BIGINT NOT NULL, PRIMARY KEY (tenant, hid))" CLUSTERED ";"

    "CREATE TABLE delivery ("
    " tenant TEXT NOT NULL, did TEXT NOT NULL, shard BIGINT NOT NULL,"
    " hid TEXT NOT NULL, conv TEXT NOT NULL, dest TEXT NOT NULL,"
    " kind TEXT NOT NULL, step TEXT NOT NULL, dkey TEXT NOT NULL,"
    " after_dkey TEXT, prio BIGINT NOT NULL, state TEXT NOT NULL,"
    " try BIGINT NOT NULL, next_at BIGINT NOT NULL, owner TEXT,"
    " lease_until BIGINT, fence BIGINT NOT NULL, first_sent BIGINT,"
    " done_at BIGINT,"
    " created_at BIGINT NOT NULL, expire_at BIGINT, payload TEXT NOT NULL,"
    " status BIGINT, err TEXT, remote_id TEXT, bytes BLOB,"
    " PRIMARY KEY (tenant, did))" CLUSTERED ";"
    "CREATE UNIQUE INDEX delivery_key ON delivery (tenant, dkey);"
    "CREATE INDEX delivery_open ON delivery (tenant, did)"
    " WHERE state <> 'DONE';"

    "CREATE TABLE attempt ("
    " tenant TEXT NOT NULL, did TEXT NOT NULL, try BIGINT NOT NULL,"
    " t0 BIGINT, t1 BIGINT, class TEXT, http BIGINT, note TEXT,"
    " PRIMARY KEY (tenant, did, try))" CLUSTERED ";"

    "CREATE TABLE ticket ("
    " tenant TEXT NOT NULL, helpdesk TEXT NOT NULL, remote_id TEXT NOT NULL,"
    " hid TEXT NOT NULL, conv TEXT NOT NULL, display_id TEXT NOT NULL,"
    " url TEXT, state TEXT NOT NULL, title TEXT, priority TEXT,"
    " grp TEXT, assignee TEXT, created_at BIGINT NOT NULL,"
    " remote_at BIGINT, ver BIGINT NOT NULL, csat TEXT,"
    " relation TEXT, linked_to TEXT,"
    /* What became of it: as told, and when; when to look next, and what is due
     * (lifecycle.h); whose it is, so that they are known again. */
    " native TEXT, look_at BIGINT, looked_at BIGINT, due_at BIGINT,"
    " alarm_at BIGINT, told_at BIGINT, human_at BIGINT, resolved_at BIGINT,"
    " closed_at BIGINT, reopened_at BIGINT, reopens BIGINT, missed BIGINT,"
    " ended_at BIGINT, note TEXT, who_id TEXT, who_mail TEXT, intent TEXT,"
    " PRIMARY KEY (tenant, hid))" CLUSTERED ";"
    /* Several hand-overs may go on in one ticket; one has made it. */
    "CREATE UNIQUE INDEX ticket_remote"
    " ON ticket (tenant, helpdesk, remote_id) WHERE relation IS NULL;"
    "CREATE INDEX ticket_recent ON ticket (tenant, created_at);"
    /* What asks for them orders them by time: without that SQLite takes the
     * tenant's whole tree for as good. */
    "CREATE INDEX ticket_appended"
    " ON ticket (tenant, helpdesk, remote_id, created_at)"
    " WHERE relation IS NOT NULL;"
    "CREATE INDEX ticket_look ON ticket (tenant, helpdesk, look_at)"
    " WHERE look_at IS NOT NULL;"
    "CREATE INDEX ticket_due ON ticket (tenant, due_at)"
    " WHERE due_at IS NOT NULL;"
    "CREATE INDEX ticket_of_id ON ticket (tenant, who_id, created_at)"
    " WHERE who_id IS NOT NULL;"
    "CREATE INDEX ticket_of_mail ON ticket (tenant, who_mail, created_at)"
    " WHERE who_mail IS NOT NULL;"

    /* Conversations that were counted with a ticket and got none. */
    "CREATE TABLE link ("
    " tenant TEXT NOT NULL, helpdesk TEXT NOT NULL, ticket TEXT NOT NULL,"
    " conv TEXT NOT NULL, episode BIGINT NOT NULL, at BIGINT NOT NULL,"
    " PRIMARY KEY (tenant, helpdesk, ticket, conv, episode))" CLUSTERED ";"

    "CREATE TABLE timer ("
    " tenant TEXT NOT NULL, conv TEXT NOT NULL, name TEXT NOT NULL,"
    " shard BIGINT NOT NULL, due_at BIGINT NOT NULL, gen BIGINT NOT NULL,"
    " arg TEXT, state TEXT NOT NULL, PRIMARY KEY (tenant, conv, "
    "name))" CLUSTERED ";"
    "CREATE INDEX timer_due ON timer (tenant, due_at) WHERE state = 'SET';"

    "CREATE TABLE dest_state ("
    " tenant TEXT NOT NULL, dest TEXT NOT NULL, win_milli BIGINT NOT NULL,"
    " open_until BIGINT, fails BIGINT, tokens BIGINT, tok_at BIGINT,"
    " ver BIGINT NOT NULL, PRIMARY KEY (tenant, dest))" CLUSTERED ";"

    "CREATE TABLE budget ("
    " tenant TEXT NOT NULL, name TEXT NOT NULL, level_milli BIGINT NOT NULL,"
    " at BIGINT NOT NULL, PRIMARY KEY (tenant, name))" CLUSTERED ";"

    "CREATE TABLE traffic ("
    " tenant TEXT NOT NULL, minute BIGINT NOT NULL, what TEXT NOT NULL,"
    " name TEXT NOT NULL, n BIGINT NOT NULL,"
    " PRIMARY KEY (tenant, minute, what, name))" CLUSTERED ";"
    "CREATE TABLE group_state ("
    " tenant TEXT NOT NULL, name TEXT NOT NULL, offline BIGINT NOT NULL,"
    " capacity BIGINT NOT NULL, open BIGINT NOT NULL,"
    " until_at BIGINT NOT NULL, at BIGINT NOT NULL,"
    " PRIMARY KEY (tenant, name))" CLUSTERED ";"

    "CREATE TABLE lease ("
    " name TEXT NOT NULL, owner TEXT NOT NULL, until BIGINT NOT NULL,"
    " fence BIGINT NOT NULL, PRIMARY KEY (name))" CLUSTERED ";"

    "CREATE TABLE erasure ("
    " tenant TEXT NOT NULL, req TEXT NOT NULL, cust_hash TEXT NOT NULL,"
    " state TEXT NOT NULL, at BIGINT NOT NULL, proof TEXT,"
    " PRIMARY KEY (tenant, req))" CLUSTERED ";"
    "CREATE TABLE tombstone ("
    " tenant TEXT NOT NULL, cust_hash TEXT NOT NULL, until BIGINT,"
    " PRIMARY KEY (tenant, cust_hash))" CLUSTERED ";"

    "CREATE TABLE audit ("
    " tenant TEXT NOT NULL, n BIGINT NOT NULL, at BIGINT NOT NULL,"
    " actor TEXT NOT NULL, verb TEXT NOT NULL, obj TEXT NOT NULL,"
    " before_sha TEXT, after_sha TEXT, prev_hash TEXT, detail TEXT,"
    " PRIMARY KEY (tenant, n))" CLUSTERED ";"

    "CREATE TABLE policy ("
    " hash TEXT NOT NULL, files TEXT NOT NULL, first_seen BIGINT NOT NULL,"
    " in_force_at BIGINT, withdrawn_at BIGINT, disabled_at BIGINT,"
    " PRIMARY KEY (hash))" CLUSTERED ";"

    "CREATE TABLE draft ("
    " tenant TEXT NOT NULL, hash TEXT NOT NULL, state TEXT NOT NULL,"
    " since BIGINT NOT NULL, share BIGINT NOT NULL, source TEXT, tier TEXT,"
    " expect TEXT, counts TEXT, why TEXT, PRIMARY KEY (tenant))" CLUSTERED ";"
    "CREATE TABLE shadow ("
    " tenant TEXT NOT NULL, policy_sha TEXT NOT NULL, conv TEXT NOT NULL,"
    " episode BIGINT NOT NULL, n BIGINT NOT NULL, facts TEXT NOT NULL,"
    " action TEXT NOT NULL, outcome TEXT NOT NULL, failure TEXT,"
    " messages BIGINT NOT NULL, event TEXT NOT NULL, cpu_us BIGINT,"
    " at BIGINT NOT NULL,"
    " PRIMARY KEY (tenant, policy_sha, conv, episode, n));";

/* Tags that its ticket got after it was made, a JSON array. */
static const char second[] = "ALTER TABLE handoff ADD COLUMN added_tags TEXT;";

static const char *const migrations[SCHEMA_VERSION] = {first, second};

static int
take_version(void *arg, const struct db_row *r, struct err *e)
{
    (void)e;
    *(int64_t *)arg = db_row_int(r, 0);
    return 0;
}

static int
read_version(struct db *d, int64_t *version, struct err *e)
{
    *version = 0;
    return db_run(d, "SELECT max(version) FROM schema_version", NULL, 0,
                  take_version, version, NULL, e);
}

static int
migrate_one(const struct db_driver *driver, struct db *d, int64_t to,
            struct err *e)
{
    if (driver->begin(d, e) != 0)
        return -1;
    if (driver->script(d, migrations[to - 1], e) != 0 ||
        db_run(d, "INSERT INTO schema_version (version, at) VALUES ($1, $2)",
               DB_PARAMS(DB_I(to), DB_I(clock_now_ms())), NULL, NULL, NULL,
               e) != 0) {
        driver->rollback(d);
        return err_wrap(e, "migration %d", (int)to);
    }
    return driver->commit(d, e);
}

int
schema_migrate(const struct db_driver *driver, struct db *d, struct err *e)
{
    int64_t version;

    if (driver->script(d,
                       "CREATE TABLE IF NOT EXISTS schema_version ("
                       " version BIGINT NOT NULL, at BIGINT NOT NULL,"
                       " PRIMARY KEY (version))",
                       e) != 0 ||
        read_version(d, &version, e) != 0)
        return -1;
    if (version > SCHEMA_VERSION)
        return err_set(e, ERR_INPUT,
                       "the store is of a newer usher (schema %d, this one "
                       "knows %d); run that version, or restore a backup",
                       (int)version, SCHEMA_VERSION);
    while (version < SCHEMA_VERSION)
        if (migrate_one(driver, d, ++version, e) != 0)
            return -1;
    return 0;
}
