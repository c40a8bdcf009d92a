// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The command line of a program of simulated cases.
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine.h"

#define BOUND_MAX (8)

extern const sim_case_t __start_sim_cases[], __stop_sim_cases[];

static const char usage[] =
    "usage: %s [--preempt=none|random|exhaustive] [--bound=K] [--seed=S] [--runs=N]\n"
    "    [--seconds=T] [--cores=N] [--points=volatile|all] [--no-pruning] [--first] [CASE ...]\n"
    "    --replay=ID   run one schedule and print its steps\n"
    "    --list        the cases\n"
    "exhaustive: every schedule of at most K forced switches, 0 to %u (default 2), one less for cases with more\n"
    "than two threads. random: N runs (default 1000)\n"
    "from seed S. T: seconds for each case at the most, for both. --first: nothing more after a failure.\n"
    "CASE: a name or a pattern with *.\n";

static struct {
    const char *mode;
    unsigned long runs;
    double seconds; // a case, 0 for no limit
    bool first; // no more cases after a failure
} given = {.mode = "exhaustive", .runs = 1000};

static void bad(const char *format, const char *word) {
    fprintf(stderr, "%s: ", SIM_PROGRAM);
    fprintf(stderr, format, word);
    fprintf(stderr, "\n");
    exit(2);
}

static unsigned long number(const char *word, const char *value, unsigned long low, unsigned long high) {
    char *end;
    unsigned long n = strtoul(value, &end, 10);
    if (*value < '0' || *value > '9' || *end != '\0' || n < low || n > high) {
        char range[80];
        snprintf(range, sizeof(range), "%%s: say a number from %lu to %lu", low, high);
        bad(range, word);
    }
    return n;
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec * 1e-9;
}

// The case's name with dashes for underscores.
static const char *name_of(const sim_case_t *c) {
    static char name[80];
    snprintf(name, sizeof(name), "%s", c->name);
    for (char *p = name; *p != '\0'; ++p) {
        *p = *p == '_' ? '-' : *p;
    }
    return name;
}

static const sim_case_t *find(const char *pattern, const sim_case_t *from) {
    for (const sim_case_t *c = from; c < __stop_sim_cases; ++c) {
        if (fnmatch(pattern, name_of(c), 0) == 0) {
            return c;
        }
    }
    return NULL;
}

// ---- one case

static void report_failure(const sim_case_t *c) {
    printf("FAIL %s.%s: %u cores: %s\n", SIM_PROGRAM, name_of(c), engine->core_count, engine->message);
    if (engine->m.client != NULL && engine->m.client->dump != NULL) {
        engine->m.client->dump();
    }
    printf("     again: make replay ID=");
    report_id(name_of(c));
    printf("\n");
}

// A number for the set of outcomes, whatever the order they came in.
static void print_outcomes(void) {
    uint64_t all = 0;
    for (unsigned i = 0; i < engine->outcome_count; ++i) {
        all += engine->outcomes[i] * 0x9e3779b97f4a7c15 ^ engine->outcomes[i] >> 29;
    }
    if (engine->outcome_count != 0) {
        printf("     %u outcomes, %016llx\n", engine->outcome_count, (unsigned long long)all);
    }
}

static bool run_schedules(const sim_case_t *c, double until, bool *all) {
    engine->runs = engine->pruned = 0;
    *all = true;
    while (search_next()) {
        if (run_once(c->run) == RUN_FAILED) {
            report_failure(c);
            return false;
        }
        if (engine->preempt == PREEMPT_RANDOM && engine->runs >= given.runs) {
            break;
        }
        if (until != 0 && engine->runs % 64 == 0 && now() >= until) {
            *all = false;
            break;
        }
    }
    return true;
}

// Smaller bounds first: what fails is shown with as few switches as possible.
static bool run_case(const sim_case_t *c) {
    double begin = now(), until = given.seconds != 0 ? begin + given.seconds : 0;
    unsigned given_bound = engine->bound, last = given_bound - (c->wide && given_bound > 0);
    bool all = true, ok = true;
    engine->outcome_count = 0;
    for (unsigned bound = engine->preempt == PREEMPT_EXHAUSTIVE ? 0 : last; ok && all && bound <= last; ++bound) {
        engine->bound = bound;
        ok = run_schedules(c, until, &all);
    }
    unsigned reached = engine->bound;
    engine->bound = given_bound;
    if (!ok) {
        return false;
    }
    char how[80] = "";
    if (engine->preempt == PREEMPT_EXHAUSTIVE) {
        snprintf(how, sizeof(how), " bound %u%s", reached, all ? "" : ", not all of it");
    } else if (engine->preempt == PREEMPT_RANDOM) {
        snprintf(how, sizeof(how), " seed %llu", (unsigned long long)engine->seed);
    }
    printf("ok   %s.%s: %u cores, %s%s: %llu schedules, %llu of them cut short (%.2f s)\n", SIM_PROGRAM, name_of(c),
        engine->core_count, given.mode, how, (unsigned long long)engine->runs, (unsigned long long)engine->pruned,
        now() - begin);
    print_outcomes();
    return true;
}

static int replay(char *id) {
    const char *name = NULL;
    engine->preempt = PREEMPT_REPLAY;
    const char *error = id_parse(id, &name);
    if (error != NULL) {
        bad("ID: %s", error);
    }
    const sim_case_t *c = strpbrk(name, "*?[") == NULL ? find(name, __start_sim_cases) : NULL;
    if (c == NULL) {
        bad("ID: no case is called '%s'", name);
    }
    run_result_t result = run_once(c->run);
    if (engine->m.position < engine->prefix) {
        bad("ID: the schedule ended before its last choice%s", "");
    }
    report_trace();
    if (result == RUN_FAILED) {
        report_failure(c);
    } else {
        printf("ok   %s.%s: this schedule does not fail\n", SIM_PROGRAM, name_of(c));
    }
    return result == RUN_FAILED;
}

// ---- the command line

static void set_mode(const char *word, const char *value) {
    static const char *const modes[] = {"none", "random", "exhaustive"};
    for (unsigned i = 0; i < 3; ++i) {
        if (strcmp(value, modes[i]) == 0) {
            engine->preempt = PREEMPT_NONE + i;
            given.mode = modes[i];
            return;
        }
    }
    bad("%s: say none, random or exhaustive", word);
}

static void set_points(const char *word, const char *value) {
    engine->all_points = strcmp(value, "all") == 0;
    if (!engine->all_points && strcmp(value, "volatile") != 0) {
        bad("%s: say volatile or all", word);
    }
}

static const char *value_of(const char *word, const char *option) {
    size_t n = strlen(option);
    return strncmp(word, option, n) == 0 ? word + n : NULL;
}

static bool set_option(const char *word) {
    const char *value;
    if (strcmp(word, "--first") == 0) {
        given.first = true;
    } else if (strcmp(word, "--no-pruning") == 0) {
        engine->no_pruning = true;
    } else if ((value = value_of(word, "--preempt=")) != NULL) {
        set_mode(word, value);
    } else if ((value = value_of(word, "--points=")) != NULL) {
        set_points(word, value);
    } else if ((value = value_of(word, "--bound=")) != NULL) {
        engine->bound = number(word, value, 0, BOUND_MAX);
    } else if ((value = value_of(word, "--cores=")) != NULL) {
        engine->core_count = number(word, value, 1, SIM_CORES);
    } else if ((value = value_of(word, "--seed=")) != NULL) {
        engine->seed = number(word, value, 0, UINT32_MAX);
    } else if ((value = value_of(word, "--runs=")) != NULL) {
        given.runs = number(word, value, 1, 1000000000);
    } else if ((value = value_of(word, "--seconds=")) != NULL) {
        given.seconds = number(word, value, 1, 1000000);
    } else {
        return false;
    }
    return true;
}

static void list(void) {
    for (const sim_case_t *c = __start_sim_cases; c < __stop_sim_cases; ++c) {
        printf("%s\n", name_of(c));
    }
}

static void run_pattern(const char *pattern, unsigned *ran, unsigned *failed) {
    const sim_case_t *c = find(pattern, __start_sim_cases);
    if (c == NULL) {
        bad("no case is called '%s'; --list names them", pattern);
    }
    for (; c != NULL && !(given.first && *failed != 0); c = find(pattern, c + 1)) {
        *ran += 1;
        *failed += !run_case(c);
    }
}

int main(int argc, char **argv) {
    run_init();
    engine->core_count = 2;
    engine->bound = 2;
    engine->preempt = PREEMPT_EXHAUSTIVE;
    unsigned ran = 0, failed = 0, patterns = 0;
    for (int i = 1; i < argc; ++i) {
        char *id = (char *)value_of(argv[i], "--replay=");
        if (id != NULL) {
            return replay(id);
        } else if (strcmp(argv[i], "--list") == 0) {
            list();
            return 0;
        } else if (argv[i][0] != '-') {
            argv[1 + patterns++] = argv[i];
        } else if (!set_option(argv[i])) {
            fprintf(stderr, usage, argv[0], BOUND_MAX);
            return 2;
        }
    }
    argv[1] = patterns == 0 ? "*" : argv[1];
    for (unsigned i = 0; i < (patterns == 0 ? 1 : patterns); ++i) {
        run_pattern(argv[1 + i], &ran, &failed);
    }
    if (ran == 0) {
        bad("no case ran%s", "");
    }
    printf("%u passed, %u failed\n", ran - failed, failed);
    return failed != 0;
}
