// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Transports to controllers: sockets and terminals. A pthread that the contract knows nothing of connects each, and
// then sits in epoll_wait; that there is something new is an interrupt. Reads and writes are the host's thread's own
// calls of Linux, which do not block.
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include "hci.h"
#include "rtos.h"

#define TRANSPORTS (4)
#define NAME_SIZE (120)
#define CONNECT_MS (5000)
#define OPENING (1) // no errno

typedef struct {
    ble_transport_t transport; // first, so that a pointer to it is one to this
    char name[NAME_SIZE];
    bool is_open, is_terminal;
    bool wants_room;
    int fd, epoll, ended; // `ended` is an eventfd that ends the pthread
    pthread_t pthread;
    rtos_thread_t *opener;
    _Atomic(int) opened; // 0, a negative errno, or OPENING
    void (*wake)(void *arg);
    void *arg;
} hci_t;

static hci_t hcis[TRANSPORTS];

// ---- devices, in the pthread

static bool begins(const char *name, const char *prefix) {
    return strncmp(name, prefix, strlen(prefix)) == 0;
}

// The socket, connected in time, or a negative errno.
static int connect_to(const struct sockaddr *address, socklen_t len) {
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -errno;
    }
    int error = connect(fd, address, len) == 0 ? 0 : errno;
    if (error == EINPROGRESS) {
        struct pollfd wait = { .fd = fd, .events = POLLOUT };
        socklen_t size = sizeof(error);
        error = ETIMEDOUT;
        if (poll(&wait, 1, CONNECT_MS) > 0) {
            getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
        }
    }
    if (error != 0) {
        close(fd);
        return -error;
    }
    return fd;
}

static int open_unix(const char *path) {
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    if (strlen(path) >= sizeof(address.sun_path)) {
        return -ENAMETOOLONG;
    }
    strcpy(address.sun_path, path);
    return connect_to((struct sockaddr *)&address, sizeof(address));
}

static int open_tcp(const char *where) {
    char host[NAME_SIZE];
    const char *port = strrchr(where, ':');
    if (port == NULL || port == where || port[1] == '\0') {
        return -EINVAL;
    }
    snprintf(host, sizeof(host), "%.*s", (int)(port - where), where);
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *found;
    if (getaddrinfo(host, port + 1, &hints, &found) != 0) {
        return -EHOSTUNREACH;
    }
    int fd = -EHOSTUNREACH;
    for (const struct addrinfo *a = found; a != NULL && fd < 0; a = a->ai_next) {
        fd = connect_to(a->ai_addr, a->ai_addrlen);
    }
    freeaddrinfo(found);
    // A packet does not wait for the answer to the one before.
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    return fd;
}

// Bytes as they are; the speed is what it was set to.
static int open_terminal(const char *path) {
    struct termios mode;
    int fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
        return -errno;
    }
    if (tcgetattr(fd, &mode) != 0) {
        close(fd);
        return -ENOTTY;
    }
    cfmakeraw(&mode);
    mode.c_cflag |= CLOCAL | CREAD;
    tcsetattr(fd, TCSANOW, &mode);
    return fd;
}

static int open_device(hci_t *h) {
    h->is_terminal = false;
    if (begins(h->name, "unix:")) {
        return open_unix(h->name + 5);
    }
    if (begins(h->name, "tcp:")) {
        return open_tcp(h->name + 4);
    }
    h->is_terminal = true;
    return h->name[0] == '/' ? open_terminal(h->name) : h->name[0] == '\0' ? -ENODEV : -EINVAL;
}

// ---- the pthread

static void tell_opened(void *arg) {
    hci_t *h = arg;
    h->opened = h->fd < 0 ? h->fd : 0;
    rtos_unpark(h->opener);
}

static void tell_news(void *arg) {
    hci_t *h = arg;
    h->wake(h->arg);
}

// Each arrival is told once. Room is asked for only after a write that found none: it comes with all that is sent.
static void listen_for(hci_t *h, int operation, uint32_t more) {
    struct epoll_event event = { .events = EPOLLIN | EPOLLRDHUP | EPOLLET | more, .data.fd = h->fd };
    epoll_ctl(h->epoll, operation, h->fd, &event);
}

static void *hci_main(void *arg) {
    hci_t *h = arg;
    h->fd = open_device(h);
    if (h->fd >= 0) {
        listen_for(h, EPOLL_CTL_ADD, 0);
    }
    rtos_posix_interrupt(tell_opened, h);
    while (h->fd >= 0) {
        struct epoll_event event;
        if (epoll_wait(h->epoll, &event, 1, -1) == 1) {
            if (event.data.fd == h->ended) {
                break;
            }
            rtos_posix_interrupt(tell_news, h);
        }
    }
    return NULL;
}

static int start(hci_t *h) {
    sigset_t all, saved;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &saved);
    int error = pthread_create(&h->pthread, NULL, hci_main, h);
    pthread_sigmask(SIG_SETMASK, &saved, NULL);
    return -error;
}

// ---- the transport

// What is open, but for the device: the pthread's own means.
static int prepare(hci_t *h) {
    h->epoll = epoll_create1(EPOLL_CLOEXEC);
    h->ended = eventfd(0, EFD_CLOEXEC);
    struct epoll_event event = { .events = EPOLLIN, .data.fd = h->ended };
    if (h->epoll < 0 || h->ended < 0 || epoll_ctl(h->epoll, EPOLL_CTL_ADD, h->ended, &event) != 0) {
        return -errno;
    }
    return 0;
}

static void release(hci_t *h) {
    close(h->epoll);
    close(h->ended);
}

static int hci_open(ble_transport_t *t, void (*wake)(void *arg), void *arg) {
    hci_t *h = (hci_t *)t;
    if (h->is_open) {
        return -EBUSY;
    }
    h->wake = wake;
    h->arg = arg;
    h->opener = rtos_thread_self();
    h->opened = OPENING;
    h->wants_room = false;
    int error = prepare(h);
    error = error != 0 ? error : start(h);
    if (error != 0) {
        release(h);
        return error;
    }
    while (h->opened == OPENING) {
        rtos_park(RTOS_FOREVER);
    }
    if (h->opened < 0) {
        pthread_join(h->pthread, NULL);
        release(h);
        return h->opened;
    }
    h->is_open = true;
    return 0;
}

static void hci_close(ble_transport_t *t) {
    hci_t *h = (hci_t *)t;
    if (h->is_open) {
        const uint64_t one = 1;
        while (write(h->ended, &one, sizeof(one)) < 0) {
        }
        pthread_join(h->pthread, NULL);
        close(h->fd);
        release(h);
        h->is_open = false;
    }
}

// Of a call that has moved nothing. A terminal whose other end is gone answers EIO.
static int moved_nothing(int error) {
    if (error == EAGAIN || error == EINTR) {
        return 0;
    }
    return error == EIO || error == ECONNRESET ? -EPIPE : -error;
}

static int hci_read(ble_transport_t *t, uint8_t *buf, size_t len) {
    hci_t *h = (hci_t *)t;
    if (!h->is_open) {
        return -EPIPE;
    }
    ssize_t n;
    do {
        n = read(h->fd, buf, len);
    } while (n < 0 && errno == EINTR);
    if (n > 0) {
        return (int)n;
    }
    return n == 0 ? -EPIPE : moved_nothing(errno);
}

// A controller may depend on a packet a call of Linux, which is what it gets unless there is no room.
static int hci_write(ble_transport_t *t, const uint8_t *buf, size_t len) {
    hci_t *h = (hci_t *)t;
    if (!h->is_open) {
        return -EPIPE;
    }
    ssize_t n;
    do {
        n = h->is_terminal ? write(h->fd, buf, len) : send(h->fd, buf, len, MSG_NOSIGNAL);
    } while (n < 0 && errno == EINTR);
    int result = n < 0 ? moved_nothing(errno) : (int)n;
    bool wants_room = result >= 0 && (size_t)result < len;
    if (wants_room != h->wants_room) {
        h->wants_room = wants_room;
        listen_for(h, EPOLL_CTL_MOD, wants_room ? EPOLLOUT : 0);
    }
    return result;
}

// ---- by name

ble_transport_t *hci_transport(const char *device) {
    const char *usual = getenv("MICROPYBTUART");
    device = device != NULL ? device : usual != NULL ? usual : "";
    if (strlen(device) >= NAME_SIZE) {
        return NULL;
    }
    for (int i = 0; i < TRANSPORTS; ++i) {
        hci_t *h = &hcis[i];
        if (h->transport.open == NULL) {
            h->transport = (ble_transport_t) { hci_open, hci_close, hci_read, hci_write };
            strcpy(h->name, device);
        }
        if (strcmp(h->name, device) == 0) {
            return &h->transport;
        }
    }
    return NULL;
}

void hci_error_text(const ble_transport_t *t, int error, char *text) {
    const char *name = ((const hci_t *)t)->name;
    if (error == -ENODEV && name[0] != '\0') {
        snprintf(text, HCI_TEXT, "the controller at %s does not answer as one", name);
    } else if (error == -ENODEV) {
        snprintf(text, HCI_TEXT, "no controller is named: set MICROPYBTUART, and start one with `make ble`");
    } else if (error == -EINVAL) {
        snprintf(text, HCI_TEXT, "no device can be %s: say unix:PATH, tcp:HOST:PORT or a terminal's path", name);
    } else if (error == -ENOENT || error == -ECONNREFUSED) {
        snprintf(text, HCI_TEXT, "no controller at %s: start one with `make ble`", name);
    } else if (error == -EPIPE) {
        snprintf(text, HCI_TEXT, "the controller at %s is gone", name);
    } else {
        snprintf(text, HCI_TEXT, "%s: %s", name, strerror(-error));
    }
}
