#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/args.h"
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

/* Nothing of anybody's is mixed with ours. */
static int
check_empty(const char *path)
{
    DIR *d = opendir(path);
    const struct dirent *entry;
    int rc = 0;

    if (d == NULL && errno == ENOENT)
        return 0;
    if (d == NULL) {
        fprintf(stderr, "usher init: %s: %s\n", path, strerror(errno));
        return -1;
    }
    while (rc == 0 &&
           (entry = readdir(d)) != NULL) { // NOLINT(concurrency-mt-unsafe)
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        fprintf(stderr,
                "usher init: %s is not empty (%s is there already); nothing "
                "was changed\n",
                path, entry->d_name);
        rc = -1;
    }
    closedir(d);
    return rc;
}

static int
write_file(const char *path, const char *text, size_t n)
{
    struct err e = {0};

    if (file_create(path, text, n, &e) != 0) {
        fprintf(stderr, "usher init: %s\n", e.text);
        return -1;
    }
    chmod(path, 0644);
    printf("made %s\n", path);
    return 0;
}

/* --- the policies that the binary carries --- */

static const char *const kits[] = {"starter", "shop", "saas"};

static const char *
kit_named(const char *name)
{
    for (size_t i = 0; i < sizeof kits / sizeof *kits; i++)
        if (strcmp(kits[i], name) == 0)
            return kits[i];
    fprintf(stderr, "usher init: --from is starter, shop or saas, not %s\n",
            name);
    return NULL;
}

static int
write_rules(const char *dir, const char *kit)
{
    char path[4096], folder[40];
    size_t n = (size_t)snprintf(folder, sizeof folder, "rules/%s/", kit);

    for (const struct embedded_file *f = embedded_files; f->path != NULL; f++) {
        if (strncmp(f->path, folder, n) != 0)
            continue;
        snprintf(path, sizeof path, "%s/rules/%s", dir, f->path + n);
        if (write_file(path, f->text, f->n) != 0)
            return -1;
    }
    return 0;
}

static int
make(const char *dir, const char *kit)
{
    char path[4096];

    if (check_empty(dir) != 0 || make_folder(dir) != 0)
        return EXIT_FAILED;
    snprintf(path, sizeof path, "%s/usher.conf.lua", dir);
    if (write_file(path, config_text, sizeof config_text - 1) != 0)
        return EXIT_FAILED;
    snprintf(path, sizeof path, "%s/rules", dir);
    if (make_folder(path) != 0 || write_rules(dir, kit) != 0)
        return EXIT_FAILED;
    printf("\nnext:\n"
           "  cd %s && usher test rules\n"
           "  export WEB_SECRET=\"whsec_$(openssl rand -base64 32)\" && usher "
           "check\n"
           "  usher serve\n",
           dir);
    return EXIT_DONE;
}

int
verb_init(int argc, char **argv)
{
    struct option_spec specs[] = {{"from", 0, true, NULL}, {0}};
    struct args args;
    const char *kit;

    if (args_parse(argc, argv, specs, &args) != 0)
        return EXIT_USAGE;
    if (args.count != 1) {
        fputs("usage: usher init DIR [--from starter|shop|saas]\n", stderr);
        return EXIT_USAGE;
    }
    kit = args_value(specs, "from");
    kit = kit_named(kit != NULL ? kit : "starter");
    return kit != NULL ? make(args.operands[0], kit) : EXIT_USAGE;
}
