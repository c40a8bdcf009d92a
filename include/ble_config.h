// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Options of the Bluetooth LE host. Each is a macro that the build may define; unit, range and cost stand beside it.
#ifndef HEDDLE_BLE_CONFIG_H
#define HEDDLE_BLE_CONFIG_H

// Parts that a build may leave out, with 0: then their functions are not there, nor what they take of memory. The same
// goes, below, for L2CAP's channels with BLE_CHANNELS and for pairing, bonds and encryption with BLE_PAIRINGS.

// Scanning and connecting: without it every connection is one of a peer that has found our advertising.
#ifndef BLE_CENTRAL
#define BLE_CENTRAL (1)
#endif

// The GATT client, and the exchange of the MTU from our side. Without it what a peer's server sends is dropped.
#ifndef BLE_CLIENT
#define BLE_CLIENT (1)
#endif

// Connections at once, in both roles together, 1 to 32. Some 490 bytes each, and two buffers.
#ifndef BLE_CONNECTIONS
#define BLE_CONNECTIONS (4)
#endif

// Largest ATT MTU in bytes, 65 (what pairing needs) to 517 (what an attribute of 512 bytes needs); with BLE_CLIENT at
// least 247. Each buffer has this size and 17 more. With 247 a packet is the longest of the link layer's, of 251.
#ifndef BLE_MTU
#define BLE_MTU (247)
#endif

// Reports of a scan that wait for the application, 1 to 255; what comes when all are taken is dropped and counted. Some
// 40 bytes each.
#ifndef BLE_REPORTS
#define BLE_REPORTS (4)
#endif

// Packet buffers, at least 3 and two more for each connection. The last BLE_CONNECTIONS + 1 are for answers only, and
// BLE_CONNECTIONS more not for what the application sends.
#ifndef BLE_BUFFERS
#define BLE_BUFFERS (2 * BLE_CONNECTIONS + 5)
#endif

// Whole packets that wait on one connection for the application, 1 to 16, before the host stops reading for a while.
#ifndef BLE_INBOX
#define BLE_INBOX (3)
#endif

// L2CAP's connection-oriented channels at once, on all connections together, 0 to 32. Some 140 bytes each
// and BLE_CHANNEL_STORE. BLE_BUFFERS must be at least 2 * BLE_CONNECTIONS + BLE_CHANNELS + 2.
#ifndef BLE_CHANNELS
#define BLE_CHANNELS (2)
#endif

// What a channel keeps of an SDU that waits for credits, in octets, 1 to 65535, for each channel. An SDU of so many and
// of one frame's (245) more is taken at once: by default one of 277; with 272 one of 512.
#ifndef BLE_CHANNEL_STORE
#define BLE_CHANNEL_STORE (32)
#endif

// Procedures of the GATT client that run or wait for their turn, on all connections together. Some 60 bytes each.
#ifndef BLE_PROCEDURES
#define BLE_PROCEDURES (4)
#endif

// Characteristics that a peer can subscribe to, 1 to 32. One of them is the host's own, Service Changed.
#ifndef BLE_SUBSCRIPTIONS
#define BLE_SUBSCRIPTIONS (32)
#endif

// Bonds whose resolving keys are kept at hand, 1 to 32; the application's store may hold more. 24 bytes each.
#ifndef BLE_BONDS
#define BLE_BONDS (8)
#endif

// Pairings at once, on all connections together, 0 to BLE_CONNECTIONS; one more is refused. Some 250 bytes each;
// with the first come 800 bytes for bonds and keys.
#ifndef BLE_PAIRINGS
#define BLE_PAIRINGS (1)
#endif

// 1 with signed writes (Core, Vol 3, Part H, 2.4.5), which authenticate commands over a link that is not encrypted; for
// builds with BLE_PAIRINGS.
#ifndef BLE_SIGNED_WRITES
#define BLE_SIGNED_WRITES (BLE_PAIRINGS != 0)
#endif

// 1 with longer packets on the air and other radios than 1M, for who asks for them.
#ifndef BLE_SPEED
#define BLE_SPEED (1)
#endif

// 1 with the extended commands of advertising, scanning and connecting, for who asks for them.
#ifndef BLE_EXTENDED_COMMANDS
#define BLE_EXTENDED_COMMANDS (1)
#endif

// Longest name of the device in bytes, at most 248 (Core specification, GAP, Device Name).
#ifndef BLE_NAME_MAX
#define BLE_NAME_MAX (32)
#endif

// Commands that wait for the controller, in octets: each takes two pointers and 4 more than its parameters. A call for
// which there is no room fails with -ENOMEM. With pointers of 4 octets a raw command takes up to 268 at once,
// advertising 190, with the extended commands up to 404, a connection's end 16; 32 are left for the host's own replies.
#ifndef BLE_COMMAND_OCTETS
#define BLE_COMMAND_OCTETS ((BLE_EXTENDED_COMMANDS ? 360 : 224) + 20 * sizeof(void *))
#endif

// How long a controller may take for the answer to a command, in ms, before it counts as lost.
#ifndef BLE_COMMAND_MS
#define BLE_COMMAND_MS (2000)
#endif

// How long an event may be in the application's hands, in ms, before the host goes on with its default answer. Well
// below the 30 s after which a peer gives up (Core specification, ATT and SMP transaction timeouts).
#ifndef BLE_ANSWER_MS
#define BLE_ANSWER_MS (5000)
#endif

// How long one connection's full inbox may keep the host from reading, in ms, before what overflows is dropped.
#ifndef BLE_STALL_MS
#define BLE_STALL_MS (1000)
#endif

// How long a peer's request for a channel waits for somebody to listen, in ms, before it is refused: who has just been
// told of a connection is about to. A peer waits for its answer for a second at least (Core, Vol 3, Part A, 6.2.1).
#ifndef BLE_LISTEN_MS
#define BLE_LISTEN_MS (500)
#endif

#endif // HEDDLE_BLE_CONFIG_H
