// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The console's wire: stdin and stdout. A pthread that Python knows nothing of sits in read() and one in write(), and
// what each does to its ring is an interrupt. So no Python thread is ever in a call to Linux that may last.
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "board.h"
#include "console.h"
#include "control.h"
#include "rtos.h"

#define CHUNK_SIZE (512)
#define PATIENCE_MS (300)

typedef struct {
    size_t len;
    char data[CHUNK_SIZE];
} chunk_t;

static _Atomic(bool) tx_busy; // a chunk is on its way to stdout
static sem_t tx_filled;
static struct termios terminal;
static bool is_terminal;

static void write_out(const char *text, size_t len) {
    while (len > 0) {
        ssize_t n = write(STDOUT_FILENO, text, len);
        if (n < 0 && errno != EINTR) {
            _exit(1); // nobody listens any more
        }
        text += n > 0 ? n : 0;
        len -= n > 0 ? n : 0;
    }
}

// ---- interrupts

static void rx_accept(void *arg) {
    chunk_t *chunk = arg;
    if (chunk->len == 0) {
        console_ended();
    } else {
        console_received(chunk->data, chunk->len);
    }
}

static void tx_take(void *arg) {
    chunk_t *chunk = arg;
    chunk->len = console_take(chunk->data, CHUNK_SIZE);
    tx_busy = chunk->len > 0;
}

static void *rx_main(void *arg) {
    (void)arg;
    chunk_t chunk;
    do {
        ssize_t n = read(STDIN_FILENO, chunk.data, CHUNK_SIZE);
        chunk.len = n > 0 ? n : 0;
        rtos_posix_interrupt(rx_accept, &chunk);
    } while (chunk.len > 0);
    return NULL;
}

static void *tx_main(void *arg) {
    (void)arg;
    chunk_t chunk;
    for (;;) {
        while (sem_wait(&tx_filled) != 0) {
        }
        do {
            rtos_posix_interrupt(tx_take, &chunk);
            write_out(chunk.data, chunk.len);
            tx_busy = false;
        } while (chunk.len > 0);
    }
    return NULL;
}

// ---- for the board

static void start(void *(*main)(void *)) {
    pthread_t thread;
    sigset_t all, saved;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &saved);
    if (pthread_create(&thread, NULL, main, NULL) != 0) {
        board_panic("the console's threads cannot be created");
    }
    pthread_sigmask(SIG_SETMASK, &saved, NULL);
}

void board_init(void) {
    is_terminal = tcgetattr(STDIN_FILENO, &terminal) == 0;
    if (is_terminal) {
        struct termios raw = terminal;
        raw.c_iflag &= ~(ICRNL | INLCR | IXON);
        raw.c_oflag &= ~OPOST;
        raw.c_lflag &= ~(ICANON | ECHO | ISIG | IEXTEN);
        tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    }
    sem_init(&tx_filled, 0, 0);
    start(rx_main);
    start(tx_main);
}

// Everything that was printed goes out, from wherever the program ends. Whoever is fatal may hold the lock, and then
// the thread that writes cannot go on.
void board_leave(void) {
    for (int ms = 0; ms < PATIENCE_MS && tx_busy; ++ms) {
        usleep(1000);
    }
    console_drain();
    if (is_terminal) {
        tcsetattr(STDIN_FILENO, TCSANOW, &terminal);
    }
}

void wire_kick(void) {
    sem_post(&tx_filled);
}

void wire_put(char c) {
    write_out(&c, 1);
}

// What the other thread has taken goes out first; it takes nothing in a critical section.
void wire_flush(void) {
    while (tx_busy) {
    }
}
