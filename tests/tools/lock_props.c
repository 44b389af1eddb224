// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * lock_props: does to JACK's metadata what a process does that is killed while
 * it writes some: takes the lock in their data base (Berkeley DB, one for all
 * servers of a user, in /dev/shm) and dies by SIGKILL with it. Whoever reads
 * all metadata from then on waits for good.
 */
#include <db.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* As libjack opens it, so that both are of one mind. */
static DB *open_db(const char *folder)
{
    DB_ENV *env = NULL;
    DB *db = NULL;
    char path[128];

    mkdir(folder, S_IRWXU | S_IRWXG);
    snprintf(path, sizeof(path), "%s/metadata.db", folder);
    if (db_env_create(&env, 0) == 0 &&
        env->open(env, folder,
                  DB_CREATE | DB_INIT_LOCK | DB_INIT_MPOOL | DB_THREAD,
                  0) == 0 &&
        db_create(&db, env, 0) == 0 &&
        db->open(db, NULL, path, NULL, DB_HASH, DB_CREATE | DB_THREAD, 0666) ==
            0)
        return db;
    return NULL;
}

/* A property of nobody's, so that there is something to lock. */
static int add(DB *db)
{
    char uuid[] = "18446744073709551615\0http://example.org/locked";
    char text[] = "locked";
    DBT key = {.data = uuid, .size = sizeof(uuid)};
    DBT data = {.data = text, .size = sizeof(text)};

    return db->put(db, NULL, &key, &data, 0);
}

int main(void)
{
    char folder[64];
    DBT key = {.flags = DB_DBT_MALLOC}, data = {.flags = DB_DBT_MALLOC};
    DBC *cursor = NULL;
    DB *db;

    snprintf(folder, sizeof(folder), "/dev/shm/jack_db-%u", (unsigned)getuid());
    db = open_db(folder);
    if (!db || add(db) != 0 || db->cursor(db, NULL, &cursor, 0) != 0 ||
        cursor->get(cursor, &key, &data, DB_FIRST | DB_RMW) != 0) {
        fprintf(stderr, "lock_props: can't lock %s\n", folder);
        return 1;
    }
    raise(SIGKILL);
    return 1;
}
