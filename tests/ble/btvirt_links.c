// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// btvirt has a handle of its own for each side of a link, and mixes them up: who is connected is told the other side's,
// and data comes with the sender's. That goes well as long as nobody has two links. Whose packet btvirt deals with and
// to whom it sends tell which link it is, since two controllers have one at most.
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "btvirt_links.h"

#define FIRST_HANDLE (42)
#define LINKS (64)

// One side of a link: two clients, and how the first one's controller calls it.
typedef struct {
    int fd, peer;
    uint16_t handle; // 0 if there is no such link
} link_t;

static link_t links[LINKS];
static int sender = -1; // whose packet btvirt deals with
static int accepter = -1; // who was told of the last connection that another client made

static link_t *link_find(int fd, int peer, uint16_t handle) {
    for (size_t i = 0; i < LINKS; i++) {
        if (links[i].handle != 0 && links[i].fd == fd && (links[i].peer == peer || links[i].handle == handle)) {
            return &links[i];
        }
    }
    return NULL;
}

static void link_add(int fd, int peer, uint16_t handle) {
    size_t i = 0;
    while (i < LINKS && links[i].handle != 0) {
        i++;
    }
    if (i == LINKS) {
        fprintf(stderr, "btvirt_shim: too many links\n");
        exit(1);
    }
    links[i] = (link_t) { fd, peer, handle };
}

// btvirt gives out the least one that is free.
static uint16_t handle_next(int fd) {
    uint16_t handle = FIRST_HANDLE;
    while (link_find(fd, -1, handle)) {
        handle++;
    }
    return handle;
}

void links_sender(int fd) {
    sender = fd;
}

// btvirt forgets the other sides as well.
void links_drop(int fd) {
    for (size_t i = 0; i < LINKS; i++) {
        if (links[i].fd == fd || links[i].peer == fd) {
            links[i].handle = 0;
        }
    }
}

static void link_begins(int fd, uint8_t *packet) {
    uint16_t handle = (uint16_t)(packet[5] | packet[6] << 8);
    if (fd == sender) {
        link_add(fd, accepter, handle); // btvirt has told the other side before
        return;
    }
    handle = handle_next(fd);
    packet[5] = (uint8_t)handle;
    packet[6] = (uint8_t)(handle >> 8);
    link_add(fd, sender, handle);
    accepter = fd;
}

// Where the handle of an existing link is in a packet to a client, 0 if there is none.
static size_t handle_at(const uint8_t *packet, size_t len) {
    if (packet[0] == 2 && len >= 5) {
        return 1;
    }
    if (packet[0] != 4 || len < 7) {
        return 0;
    }
    switch (packet[1]) {
        case 0x05: // Disconnection Complete
        case 0x08: // Encryption Change
        case 0x0c: // Read Remote Version Information Complete
        case 0x30: // Encryption Key Refresh Complete
            return 4;
        case 0x3e: // LE: Connection Update Complete and Read Remote Features Complete have a status, two requests none
            return packet[3] == 3 || packet[3] == 4 ? 5 : packet[3] == 5 || packet[3] == 6 ? 4 : 0;
        default:
            return 0;
    }
}

// What a client gets for something of its own is right.
void links_correct(int fd, uint8_t *packet, size_t len) {
    bool begins = packet[0] == 4 && packet[1] == 0x3e && len >= 22 && (packet[3] == 0x01 || packet[3] == 0x0a);
    if (begins && packet[4] == 0) {
        link_begins(fd, packet);
    }
    size_t at = handle_at(packet, len);
    if (at == 0) {
        return;
    }
    uint16_t said = (uint16_t)((packet[at] | packet[at + 1] << 8) & 0xfff);
    link_t *link = fd == sender ? link_find(fd, -1, said) : link_find(fd, sender, 0);
    if (link == NULL) {
        return;
    }
    packet[at] = (uint8_t)link->handle;
    packet[at + 1] = (uint8_t)((packet[at + 1] & 0xf0) | link->handle >> 8);
    if (packet[0] == 4 && packet[1] == 0x05 && packet[3] == 0) {
        link->handle = 0;
    }
}
