// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// A schedule as a word: program.case.cores.points.hash.choices. The hash is the program's, so that an id never runs
// another schedule than the one it was printed for. The choices are those that are not the first: number and letter.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine.h"

static char error[300];

uint32_t id_hash(void) {
    FILE *f = fopen("/proc/self/exe", "rb");
    uint32_t hash = 2166136261u;
    unsigned char buf[4096];
    size_t n;
    while (f != NULL && (n = fread(buf, 1, sizeof(buf), f)) > 0) {
        for (size_t i = 0; i < n; ++i) {
            hash = (hash ^ buf[i]) * 16777619u;
        }
    }
    if (f != NULL) {
        fclose(f);
    }
    return hash;
}

void report_id(const char *name) {
    printf("%s.%s.%u.%c.%08x.", SIM_PROGRAM, name, engine->core_count, engine->all_points ? 'a' : 'v',
        (unsigned)id_hash());
    bool any = false;
    for (unsigned i = 0; i < engine->depth; ++i) {
        if (engine->nodes[i].chosen != 0) {
            printf("%u%c", i, 'a' + engine->nodes[i].chosen);
            any = true;
        }
    }
    printf(any ? "" : "-");
}

static const char *wrong(const char *format, const char *word) {
    snprintf(error, sizeof(error), format, word);
    return error;
}

// "12b40c": at choice 12 the second, at choice 40 the third.
static const char *parse_choices(const char *word) {
    engine->prefix = 0;
    const char *p = strcmp(word, "-") == 0 ? word + 1 : word;
    if (*word == '\0') {
        return wrong("no choices in the id%s", "");
    }
    while (*p != '\0') {
        char *end;
        unsigned long position = strtoul(p, &end, 10);
        if (end == p || *end < 'b' || *end >= 'a' + ACTORS || position >= NODES || position < engine->prefix) {
            return wrong("bad choices in the id: '%s'", p);
        }
        engine->nodes[position].chosen = *end - 'a';
        engine->prefix = position + 1;
        p = end + 1;
    }
    return NULL;
}

const char *id_parse(char *id, const char **name) {
    char *words[6];
    for (unsigned i = 0; i < 6; ++i) {
        words[i] = strsep(&id, ".");
        if (words[i] == NULL) {
            return wrong("not an id; it has six parts, as in %s.CASE.2.v.HASH.CHOICES", SIM_PROGRAM);
        }
    }
    if (id != NULL) {
        return wrong("something follows the id: '%s'", id);
    }
    if (strcmp(words[0], SIM_PROGRAM) != 0) {
        return wrong("the id is of the program '%s'", words[0]);
    }
    char hash[12];
    snprintf(hash, sizeof(hash), "%08x", (unsigned)id_hash());
    if (strcmp(words[4], hash) != 0) {
        return wrong("the id is of other sources: check out those that printed it (this program is %s)", hash);
    }
    *name = words[1];
    engine->core_count = words[2][0] - '0';
    if (words[2][1] != '\0' || engine->core_count < 1 || engine->core_count > SIM_CORES) {
        return wrong("bad number of cores in the id: '%s'", words[2]);
    }
    if (strcmp(words[3], "v") != 0 && strcmp(words[3], "a") != 0) {
        return wrong("bad kind of points in the id: '%s'", words[3]);
    }
    engine->all_points = words[3][0] == 'a';
    return parse_choices(words[5]);
}
