// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The program around the board: its command line, its memory for scripts, its end.
//
// usage: firmware.elf [--banner] [--top] [--trace KB] [SCRIPT]
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/random.h>
#include <unistd.h>

#include "board.h"
#include "control.h"
#include "host.h"
#include "hostscript.h"

// As on the other boards: RAM behind the heap, where a script lies in the form that hostscript.c tells, and whose
// other words a soft reset leaves alone.
#define RAM_ADDRESS (0x21000000)
#define RAM_SIZE (16 * 1024 * 1024)
#define CURRENT_PERSONALITY (0xffffffff)
#define WAS_RESET "HEDDLE_HOST_RESET"

char heap_start[HEDDLE_HEAP_SIZE] __attribute__((aligned(4096)));

static char **arguments;
static bool was_reset;

int board_main(void);
void board_leave(void);

static void die(const char *name, const char *what) {
    fprintf(stderr, "%s: %s\n", name, what);
    exit(2);
}

static void place_script(const char *path, uint32_t flags) {
    const char *slash = strrchr(path, '/');
    const char *name = slash == NULL ? path : slash + 1;
    uint32_t *header = (uint32_t *)RAM_ADDRESS;
    char *text = (char *)(header + 4) + strlen(name);
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        die(path, "no such file");
    }
    size_t room = RAM_ADDRESS + RAM_SIZE - (uintptr_t)text;
    size_t len = fread(text, 1, room, file);
    if (len == room || ferror(file)) {
        die(path, "cannot be read, or is too long");
    }
    fclose(file);
    memcpy(header + 4, name, strlen(name));
    header[0] = HOSTSCRIPT_MAGIC;
    header[1] = flags;
    header[2] = strlen(name);
    header[3] = len;
}

// Linux may have laid something there at random: then once more, and not at random.
static void ram_init(void) {
    void *ram = mmap((void *)RAM_ADDRESS, RAM_SIZE, PROT_READ | PROT_WRITE,
        MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE | MAP_NORESERVE, -1, 0);
    if (ram == (void *)RAM_ADDRESS) {
        return;
    }
    int was = personality(CURRENT_PERSONALITY);
    if (!(was & ADDR_NO_RANDOMIZE) && personality(was | ADDR_NO_RANDOMIZE) >= 0) {
        execv("/proc/self/exe", arguments);
    }
    die(arguments[0], "address 0x21000000 is not free for the board's RAM");
}

int main(int argc, char **argv) {
    arguments = argv;
    was_reset = getenv(WAS_RESET) != NULL;
    ram_init();
    uint32_t flags = 0;
    int at = 1;
    if (at < argc && strcmp(argv[at], "--banner") == 0) {
        flags |= HOSTSCRIPT_BANNER;
        at += 1;
    }
    if (at < argc && strcmp(argv[at], "--top") == 0) {
        flags |= HOSTSCRIPT_TOP;
        at += 1;
    }
    if (at + 1 < argc && strcmp(argv[at], "--trace") == 0) {
        flags |= HOSTSCRIPT_TRACE | (uint32_t)atoi(argv[at + 1]) << HOSTSCRIPT_TRACE_SHIFT;
        at += 2;
    }
    if (at + 1 < argc) {
        die(argv[0], "usage: firmware.elf [--banner] [--top] [--trace KB] [SCRIPT]");
    }
    if (at < argc) {
        place_script(argv[at], flags);
    }
    return board_main();
}

bool board_was_reset(void) {
    return was_reset;
}

void board_exit(int status) {
    board_leave();
    exit(status);
}

// A new process in place of this one. The files on the RAM disk are lost.
void board_reset(void) {
    board_leave();
    setenv(WAS_RESET, "1", 1);
    execv("/proc/self/exe", arguments);
    board_panic("the program cannot be started again");
}

uintptr_t board_ticks_cpu(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uintptr_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

uint32_t host_seed(void) {
    uint32_t seed = 0;
    (void)!getrandom(&seed, sizeof(seed), 0);
    return seed;
}
