// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Preloaded into btvirt, unmodified as Debian has it: what it wants of Linux and may not get.
//
// - Its LE controllers encrypt through AF_ALG sockets, and a kernel without these makes it refuse every client. Here
//   such a socket is a file in memory: what is sent to it is encrypted into the file, where read() finds the answer.
//   That is AES-128 one block at a time, all that a controller computes; a CMAC is asked for and never computed.
// - Its own sockets are always /tmp/bt-server-*. Here they are in the folder that BTVIRT_DIR names, so that two
//   programs do not meet.
// - It takes in up to 4096 bytes at a time, and mistakes what follows if these end within the header of a packet. Here
//   it is given whole packets only.
// - It tells who is connected to the handle that the other side has, and sends data with the sender's. Here each side
//   has its own, so that a controller can have several links.
// - It drops packets, or the rest of one, for which a client's socket has no room, and that can be after a few hundred
//   short ones. Here they wait.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <linux/if_alg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "btvirt_links.h"

#define BLOCK (16)
#define ROUNDS (10)
#define SOCKETS (1024)
#define PREFIX "/tmp/bt-server-"
#define PACKET_MAX (5 + 65535) // bytes, of ACL data

typedef enum {
    NOT_OURS,
    UNBOUND,
    ECB,
    CMAC,
} kind_t;

typedef struct {
    kind_t kind;
    uint8_t key[BLOCK];
} alg_t;

static alg_t algs[SOCKETS]; // by file descriptor; btvirt has one thread

// --- AES, FIPS 197 ------------------------------------------------------------

static uint8_t sbox[256];

// Multiplication by x, modulo the polynomial of AES.
static uint8_t times_x(uint8_t a) {
    return (uint8_t)((a << 1) ^ (a & 0x80 ? 0x1b : 0));
}

static uint8_t rotate_left(uint8_t a, int n) {
    return (uint8_t)(a << n | a >> (8 - n));
}

// The inverses come in pairs: powers of 3, a generator, and those of its inverse, 0xf6.
__attribute__((constructor)) static void fill_sbox(void) {
    uint8_t power = 1, inverse = 1;
    do {
        power = (uint8_t)(power ^ times_x(power));
        // Division by 3: a product with 0xf6 = 0x80 + 0x40 + 0x20 + 0x10 + 0x04 + 0x02.
        uint8_t product = 0, shifted = inverse;
        for (int bit = 0; bit < 8; bit++) {
            product ^= 0xf6 & 1 << bit ? shifted : 0;
            shifted = times_x(shifted);
        }
        inverse = product;
        sbox[power] = 0x63 ^ inverse ^ rotate_left(inverse, 1) ^ rotate_left(inverse, 2) ^ rotate_left(inverse, 3)
            ^ rotate_left(inverse, 4);
    } while (power != 1);
    sbox[0] = 0x63;
}

static void next_round_key(uint8_t key[BLOCK], uint8_t constant) {
    for (int i = 0; i < 4; i++) {
        key[i] ^= sbox[key[12 + (i + 1) % 4]];
    }
    key[0] ^= constant;
    for (int i = 4; i < BLOCK; i++) {
        key[i] ^= key[i - 4];
    }
}

static void mix_column(uint8_t *column) {
    uint8_t first = column[0], all = column[0] ^ column[1] ^ column[2] ^ column[3];
    for (int i = 0; i < 4; i++) {
        uint8_t below = i == 3 ? first : column[i + 1];
        column[i] ^= all ^ times_x(column[i] ^ below);
    }
}

static void encrypt(const uint8_t key[BLOCK], const uint8_t *in, uint8_t *out) {
    uint8_t round_key[BLOCK], state[BLOCK], constant = 1;
    memcpy(round_key, key, BLOCK);
    for (int i = 0; i < BLOCK; i++) {
        state[i] = in[i] ^ round_key[i];
    }
    for (int round = 1; round <= ROUNDS; round++) {
        next_round_key(round_key, constant);
        constant = times_x(constant);
        uint8_t shifted[BLOCK];
        for (int i = 0; i < BLOCK; i++) {
            shifted[i] = sbox[state[(i + 4 * (i % 4)) % BLOCK]];
        }
        for (int i = 0; i < BLOCK && round < ROUNDS; i += 4) {
            mix_column(shifted + i);
        }
        for (int i = 0; i < BLOCK; i++) {
            state[i] = shifted[i] ^ round_key[i];
        }
    }
    memcpy(out, state, BLOCK);
}

// --- AF_ALG -------------------------------------------------------------------

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static alg_t *alg_of(int fd) {
    return fd >= 0 && fd < SOCKETS && algs[fd].kind != NOT_OURS ? &algs[fd] : NULL;
}

static int alg_open(const alg_t *like) {
    int fd = memfd_create("alg", MFD_CLOEXEC);
    if (fd >= SOCKETS) {
        REAL(close)(fd);
        errno = EMFILE;
        return -1;
    }
    if (fd >= 0) {
        algs[fd] = *like;
    }
    return fd;
}

static int fail(int error) {
    errno = error;
    return -1;
}

static ssize_t alg_feed(int fd, const uint8_t *data, size_t len) {
    uint8_t out[BLOCK];
    if (algs[fd].kind != ECB || len != BLOCK) {
        return fail(EOPNOTSUPP);
    }
    encrypt(algs[fd].key, data, out);
    if (ftruncate(fd, 0) != 0 || pwrite(fd, out, BLOCK, 0) != BLOCK || lseek(fd, 0, SEEK_SET) != 0) {
        return -1;
    }
    return BLOCK;
}

int socket(int domain, int type, int protocol) {
    static const alg_t unbound = { .kind = UNBOUND };
    return domain == AF_ALG ? alg_open(&unbound) : REAL(socket)(domain, type, protocol);
}

int setsockopt(int fd, int level, int option, const void *value, socklen_t len) {
    alg_t *alg = alg_of(fd);
    if (alg == NULL) {
        return REAL(setsockopt)(fd, level, option, value, len);
    }
    if (level != SOL_ALG || option != ALG_SET_KEY || len != BLOCK) {
        return fail(ENOPROTOOPT);
    }
    memcpy(alg->key, value, BLOCK);
    return 0;
}

int accept(int fd, struct sockaddr *addr, socklen_t *len) {
    alg_t *alg = alg_of(fd);
    return alg ? alg_open(alg) : REAL(accept)(fd, addr, len);
}

ssize_t send(int fd, const void *data, size_t len, int flags) {
    return alg_of(fd) ? alg_feed(fd, data, len) : REAL(send)(fd, data, len, flags);
}

static int alg_bind(alg_t *alg, const struct sockaddr_alg *addr) {
    const char *name = (const char *)addr->salg_name;
    alg->kind = strcmp(name, "ecb(aes)") == 0 ? ECB : strcmp(name, "cmac(aes)") == 0 ? CMAC : UNBOUND;
    return alg->kind == UNBOUND ? fail(ENOENT) : 0;
}

// --- packets that wait --------------------------------------------------------

// What has not been sent yet to the client at a descriptor.
typedef struct {
    uint8_t *data;
    size_t len;
} backlog_t;

static backlog_t backlogs[SOCKETS];

static void backlog_add(backlog_t *backlog, const uint8_t *data, size_t len) {
    uint8_t *grown = realloc(backlog->data, backlog->len + len);
    if (grown == NULL) {
        fprintf(stderr, "btvirt_shim: no memory for what a client does not read\n");
        exit(1);
    }
    memcpy(grown + backlog->len, data, len);
    backlog->data = grown;
    backlog->len += len;
}

static void backlog_drop(backlog_t *backlog) {
    free(backlog->data);
    *backlog = (backlog_t) { 0 };
}

// Whether something has to wait on.
static bool backlog_flush(int fd) {
    backlog_t *backlog = &backlogs[fd];
    if (backlog->len == 0) {
        return false;
    }
    ssize_t done = REAL(send)(fd, backlog->data, backlog->len, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (done == (ssize_t)backlog->len || (done < 0 && errno != EAGAIN)) {
        backlog_drop(backlog); // the client has it, or is gone
        return false;
    }
    if (done > 0) {
        backlog->len -= (size_t)done;
        memmove(backlog->data, backlog->data + done, backlog->len);
    }
    return true;
}

static ssize_t send_or_keep(int fd, const uint8_t *data, size_t len, int flags) {
    bool waits = backlog_flush(fd);
    ssize_t done = waits ? 0 : REAL(send)(fd, data, len, flags | MSG_NOSIGNAL);
    if (done < 0 && errno != EAGAIN) {
        return done;
    }
    size_t sent = done > 0 ? (size_t)done : 0;
    if (sent < len) {
        backlog_add(&backlogs[fd], data + sent, len - sent);
    }
    return (ssize_t)len;
}

static ssize_t send_packet(int fd, const struct msghdr *msg, int flags) {
    static uint8_t packet[PACKET_MAX]; // btvirt has one thread
    size_t len = 0;
    for (size_t i = 0; i < msg->msg_iovlen; i++) {
        const struct iovec *part = &msg->msg_iov[i];
        if (part->iov_len > sizeof(packet) - len) {
            return fail(EMSGSIZE);
        }
        memcpy(packet + len, part->iov_base, part->iov_len);
        len += part->iov_len;
    }
    if (len > 3) {
        links_correct(fd, packet, len);
    }
    return send_or_keep(fd, packet, len, flags);
}

// btvirt sends to its clients, and nobody else, without waiting.
ssize_t sendmsg(int fd, const struct msghdr *msg, int flags) {
    if (alg_of(fd)) {
        return msg->msg_iovlen == 1 ? alg_feed(fd, msg->msg_iov->iov_base, msg->msg_iov->iov_len) : fail(EOPNOTSUPP);
    }
    bool to_client = flags & MSG_DONTWAIT && fd >= 0 && fd < SOCKETS;
    return to_client ? send_packet(fd, msg, flags) : REAL(sendmsg)(fd, msg, flags);
}

// btvirt waits for all that happens here, and does not mind if it was nothing.
int epoll_wait(int epoll, struct epoll_event *events, int count, int timeout) {
    bool waits = false;
    for (int fd = 0; fd < SOCKETS; fd++) {
        waits |= backlog_flush(fd);
    }
    return REAL(epoll_wait)(epoll, events, count, waits ? 1 : timeout);
}

int close(int fd) {
    if (fd >= 0 && fd < SOCKETS) {
        algs[fd].kind = NOT_OURS;
        backlog_drop(&backlogs[fd]);
        links_drop(fd);
    }
    return REAL(close)(fd);
}

// --- whole packets ------------------------------------------------------------

// How long the H4 packet is that begins with `len` bytes of data; 0 if these do not tell. btvirt takes commands and ACL
// data, and stops listening to a client that sends anything else.
static size_t packet_length(const uint8_t *data, size_t len) {
    if (data[0] == 1) {
        return len >= 4 ? 4u + data[3] : 0;
    }
    if (data[0] == 2) {
        return len >= 5 ? 5u + (data[3] | (size_t)data[4] << 8) : 0;
    }
    return len;
}

// The next packet. Until it is whole it stays in the socket, and btvirt is told EINTR: it looks again at once, after
// its other clients. One that is longer than its buffer is given in parts; it can do that with the data behind a
// header.
ssize_t recv(int fd, void *buf, size_t len, int flags) {
    static const uint8_t reset[] = { 1, 0x03, 0x0c, 0 };
    ssize_t there = REAL(recv)(fd, buf, len, flags | MSG_PEEK);
    if (there <= 0) {
        return there;
    }
    size_t whole = packet_length(buf, (size_t)there);
    if ((whole == 0 || whole > (size_t)there) && (size_t)there < len) {
        return fail(EINTR);
    }
    links_sender(fd);
    if (whole == sizeof(reset) && memcmp(buf, reset, sizeof(reset)) == 0) {
        links_drop(fd);
    }
    return REAL(recv)(fd, buf, whole != 0 && whole < len ? whole : len, flags);
}

// --- the folder ---------------------------------------------------------------

// Where a path of btvirt's is: itself, or `moved` if it is one of its sockets'.
static const char *moved_path(const char *path, char *moved, size_t len) {
    const char *folder = getenv("BTVIRT_DIR");
    if (folder == NULL || strncmp(path, PREFIX, strlen(PREFIX)) != 0) {
        return path;
    }
    if ((size_t)snprintf(moved, len, "%s/%s", folder, path + strlen(PREFIX)) >= len) {
        fprintf(stderr, "algshim: BTVIRT_DIR is too long for a socket\n");
        exit(1);
    }
    return moved;
}

int bind(int fd, const struct sockaddr *addr, socklen_t len) {
    alg_t *alg = alg_of(fd);
    if (alg) {
        return alg_bind(alg, (const struct sockaddr_alg *)addr);
    }
    if (addr->sa_family != AF_UNIX) {
        return REAL(bind)(fd, addr, len);
    }
    struct sockaddr_un moved = { .sun_family = AF_UNIX };
    const char *path = ((const struct sockaddr_un *)addr)->sun_path;
    if (moved_path(path, moved.sun_path, sizeof(moved.sun_path)) == path) {
        return REAL(bind)(fd, addr, len);
    }
    return REAL(bind)(fd, (const struct sockaddr *)&moved, sizeof(moved));
}

int unlink(const char *path) {
    char moved[sizeof(((struct sockaddr_un *)0)->sun_path)];
    return REAL(unlink)(moved_path(path, moved, sizeof(moved)));
}
