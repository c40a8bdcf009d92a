// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The console on stdin and stdout: a ring each way, like a UART's. A pthread that Python knows nothing of sits in
// read() and one in write(), and what each does to its ring is an interrupt. So no Python thread is ever in a call to
// Linux that may last.
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "py/mphal.h"
#include "py/runtime.h"
#include "shared/runtime/interrupt_char.h"

#include "board.h"
#include "console.h"
#include "heddle.h"

#define RING_SIZE (4096)
#define CHUNK_SIZE (512)
#define TX_WAIT_MS (100)
#define PATIENCE_MS (300)

// `put` and `got` count for ever; they are equal when the ring is empty. Both change in critical sections, but whoever
// ends the program may be unable to enter one.
typedef struct {
    _Atomic(uint32_t) put;
    _Atomic(uint32_t) got;
    char data[RING_SIZE];
} ring_t;

typedef struct {
    size_t len;
    char data[CHUNK_SIZE];
} chunk_t;

static ring_t rx;
static ring_t tx;
static bool rx_ended;
static bool tx_awaited;
static _Atomic(bool) tx_busy; // a chunk is on its way to stdout
static sem_t tx_filled;
static struct termios terminal;
static bool is_terminal;

static uint32_t ring_len(ring_t *ring) {
    rtos_crit_t key = rtos_crit_enter();
    uint32_t len = ring->put - ring->got;
    rtos_crit_exit(key);
    return len;
}

static size_t ring_take(ring_t *ring, char *to, size_t size) {
    size_t n = 0;
    rtos_crit_t key = rtos_crit_enter();
    while (n < size && ring->got != ring->put) {
        to[n++] = ring->data[ring->got++ % RING_SIZE];
    }
    rtos_crit_exit(key);
    return n;
}

static size_t ring_add(ring_t *ring, const char *from, size_t len) {
    size_t n = 0;
    rtos_crit_t key = rtos_crit_enter();
    while (n < len && ring->put - ring->got < RING_SIZE) {
        ring->data[ring->put++ % RING_SIZE] = from[n++];
    }
    rtos_crit_exit(key);
    return n;
}

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

// A full ring loses characters as a UART without flow control does, but never the interrupt character.
static void rx_accept(void *arg) {
    chunk_t *chunk = arg;
    for (size_t i = 0; i < chunk->len; ++i) {
        if ((unsigned char)chunk->data[i] == mp_interrupt_char) {
            rx.got = atomic_load(&rx.put);
            mp_sched_keyboard_interrupt();
        } else {
            ring_add(&rx, &chunk->data[i], 1);
        }
    }
    rx_ended = chunk->len == 0;
    heddle_event_signal();
}

static void tx_take(void *arg) {
    chunk_t *chunk = arg;
    chunk->len = ring_take(&tx, chunk->data, CHUNK_SIZE);
    tx_busy = chunk->len > 0;
    if (tx_awaited) {
        tx_awaited = false;
        heddle_event_signal();
    }
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

// ---- for the port

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

void console_init(void) {
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
    for (int ms = 0; ms < PATIENCE_MS && (tx_busy || tx.got != tx.put); ++ms) {
        usleep(1000);
    }
    while (tx.got != tx.put) {
        write_out(&tx.data[tx.got++ % RING_SIZE], 1);
    }
    if (is_terminal) {
        tcsetattr(STDIN_FILENO, TCSANOW, &terminal);
    }
}

bool console_is_readable(void) {
    return ring_len(&rx) > 0 || console_has_ended();
}

bool console_is_writable(void) {
    return ring_len(&tx) < RING_SIZE;
}

int console_getc(void) {
    char c;
    return ring_take(&rx, &c, 1) == 0 ? -1 : (unsigned char)c;
}

bool console_has_ended(void) {
    rtos_crit_t key = rtos_crit_enter();
    bool ended = rx_ended && rx.got == rx.put;
    rtos_crit_exit(key);
    return ended;
}

// In a critical section: after what the ring and the other thread still have.
static void write_polled(const char *text, size_t len) {
    while (tx_busy) {
    }
    char c;
    while (ring_take(&tx, &c, 1) == 1) {
        write_out(&c, 1);
    }
    write_out(text, len);
}

static size_t write_some(const char *text, size_t len) {
    rtos_crit_t key = rtos_crit_enter();
    size_t n = ring_add(&tx, text, len);
    tx_awaited |= n < len;
    rtos_crit_exit(key);
    sem_post(&tx_filled);
    return n;
}

void console_write(const char *text, size_t len) {
    if (rtos_in_isr() || rtos_masked()) {
        rtos_crit_t key = rtos_crit_enter();
        write_polled(text, len);
        rtos_crit_exit(key);
        return;
    }
    while (len > 0) {
        size_t n = write_some(text, len);
        text += n;
        len -= n;
        if (n == 0) {
            heddle_event_wait_uninterruptible(TX_WAIT_MS);
        }
    }
}
