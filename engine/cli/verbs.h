/*
 * verbs: what the command line can do; one file each. A verb gets its own
 * arguments (argv[0] is its name) and returns an exit code.
 */
#ifndef CLI_VERBS_H
#define CLI_VERBS_H

enum exit_code {
    EXIT_DONE = 0,
    EXIT_FAILED = 1, /* the thing asked for failed */
    EXIT_USAGE = 2,
    EXIT_CONFIG = 3,  /* the configuration is not valid */
    EXIT_REACH = 4,   /* no engine or store to talk to */
    EXIT_PARTIAL = 5, /* done in part */
};

typedef int verb_fn(int argc, char **argv);

verb_fn verb_backtest, verb_serve, verb_check, verb_test, verb_decide,
    verb_docs, verb_explain, verb_deliveries, verb_groups, verb_init,
    verb_label, verb_policy, verb_record, verb_reload, verb_report, verb_stubs,
    verb_tickets, verb_version;

#endif
