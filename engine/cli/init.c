#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/verbs.h"
#include "flow/file.h"
#include "script/set.h"

static const char config_text[] =
    "-- usher.conf.lua: see usher(1). Check it with: usher check\n"
    "listen \"127.0.0.1:8080\"\n"
    "admin { socket = \"admin.sock\" }\n"
    "store \"usher.db\"\n"
    "policy \"rules\"\n"
    "\n"
    "-- Your chat posts its messages to http://127.0.0.1:8080/v1/sources/web\n"
    "-- with this secret: export WEB_SECRET=\"whsec_$(openssl rand -base64 "
    "32)\"\n"
    "source \"web\" {\n"
    "  adapter = \"custom\",\n"
    "  secret  = secret \"WEB_SECRET\",\n"
    "}\n"
    "\n"
    "-- The built-in desk keeps the tickets here; a real helpdesk is one "
    "block:\n"
    "-- helpdesk \"zd\" { adapter = \"...\", ... }\n"
    "helpdesk \"desk\" { adapter = \"desk\" }\n"
    "\n"
    "groups { \"support\", \"billing\", \"tier2\", \"security\", \"legal\" }\n"
    "default_group \"support\"\n";

static int
make_folder(const char *path)
{
    if (mkdir(path, 0777) == 0 || errno == EEXIST)
        return 0;
    fprintf(stderr, "usher init: %s: %s\n", path, strerror(errno));
    return -1;
}

static int
write_file(const char *path, const char *text, size_t n)
{
    struct err e = {0};

    if (file_create(path, text, n, &e) == 0) {
        chmod(path, 0644);
        printf("made %s\n", path);
        return 0;
    }
    if (e.class == ERR_CONFLICT)
        fprintf(stderr,
                "usher init: %s is there already; nothing was changed\n", path);
    else
        fprintf(stderr, "usher init: %s\n", e.text);
    return -1;
}

static int
write_rules(const char *dir)
{
    char path[4096];

    for (const struct embedded_file *f = embedded_files; f->path != NULL; f++) {
        if (strncmp(f->path, "rules/starter/", 14) != 0)
            continue;
        snprintf(path, sizeof path, "%s/rules/%s", dir, f->path + 14);
        if (write_file(path, f->text, f->n) != 0)
            return -1;
    }
    return 0;
}

int
verb_init(int argc, char **argv)
{
    const char *dir = argc == 2 ? argv[1] : NULL;
    char path[4096];

    if (dir == NULL || dir[0] == '-') {
        fputs("usage: usher init DIR\n", stderr);
        return EXIT_USAGE;
    }
    if (make_folder(dir) != 0)
        return EXIT_FAILED;
    snprintf(path, sizeof path, "%s/usher.conf.lua", dir);
    if (write_file(path, config_text, sizeof config_text - 1) != 0)
        return EXIT_FAILED;
    snprintf(path, sizeof path, "%s/rules", dir);
    if (make_folder(path) != 0 || write_rules(dir) != 0)
        return EXIT_FAILED;
    printf("\nnext: cd %s && usher test rules && usher check\n", dir);
    return EXIT_DONE;
}
