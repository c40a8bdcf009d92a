// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The handles of links between btvirt's clients, each of which is a file descriptor.
#ifndef BTVIRT_LINKS_H
#define BTVIRT_LINKS_H

#include <stddef.h>
#include <stdint.h>

// btvirt deals with a packet of this client from now on.
void links_sender(int fd);

// A client's controller is reset, or gone: it has no links.
void links_drop(int fd);

// Make the handle in an H4 packet of more than three bytes the one of the client that gets it.
void links_correct(int fd, uint8_t *packet, size_t len);

#endif
