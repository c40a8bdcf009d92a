// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// A program that sends back every packet that comes through the board's transport, to test that transport. A command
// without parameters ends it. Its argument is the device's name, where the board wants one.
#include <string.h>

#include "contract.h"
#include "hci.h"

#define PACKET_MAX (5 + 1024)
#define COMMAND (1)
#define ACL (2)

static rtos_thread_t thread;
static char stack[2 * RTOS_STACK_DEFAULT] __attribute__((aligned(RTOS_STACK_ALIGN)));
static const char *device;
static uint8_t packet[PACKET_MAX];

static void say(const char *text) {
    contract_write(text, strlen(text));
}

static void leave(const ble_transport_t *t, int error) {
    char text[HCI_TEXT];
    hci_error_text(t, error, text);
    say(text);
    say("\n");
    contract_exit(1);
}

static void wake(void *arg) {
    rtos_unpark(arg);
}

// Exactly so many bytes.
static void read_all(ble_transport_t *t, uint8_t *to, size_t len) {
    while (len > 0) {
        int n = t->read(t, to, len);
        if (n < 0) {
            leave(t, n);
        }
        if (n == 0) {
            rtos_park(RTOS_FOREVER);
        }
        to += n;
        len -= n;
    }
}

static void write_all(ble_transport_t *t, const uint8_t *from, size_t len) {
    while (len > 0) {
        int n = t->write(t, from, len);
        if (n < 0) {
            leave(t, n);
        }
        if ((size_t)n < len) {
            rtos_park(RTOS_FOREVER);
        }
        from += n;
        len -= n;
    }
}

static size_t read_packet(ble_transport_t *t) {
    size_t head = 4;
    read_all(t, packet, head);
    size_t len = packet[3];
    if (packet[0] == ACL) {
        read_all(t, packet + head, 1);
        len |= packet[head++] << 8;
    }
    if (len > sizeof(packet) - head) {
        say("a packet is too long\n");
        contract_exit(1);
    }
    read_all(t, packet + head, len);
    return head + len;
}

static void entry(void *arg) {
    ble_transport_t *t = hci_transport(device);
    int error = t->open(t, wake, arg);
    if (error != 0) {
        leave(t, error);
    }
    say("open\n");
    size_t len;
    while ((len = read_packet(t)) > 4 || packet[0] != COMMAND) {
        write_all(t, packet, len);
    }
    // Once more, as after a reset of the host.
    t->close(t);
    error = t->open(t, wake, arg);
    if (error != 0) {
        leave(t, error);
    }
    say("again\n");
    len = read_packet(t);
    write_all(t, packet, len);
    read_packet(t); // so that all has been sent
    t->close(t);
    say("closed\n");
    contract_exit(0);
}

void contract_main(const char *arguments) {
    device = arguments[0] != '\0' ? arguments : NULL;
    const rtos_thread_config_t config = {
        .entry = entry, .arg = &thread, .stack = stack, .stack_size = sizeof(stack), .name = "echo",
        .priority = RTOS_PRIORITY_NETWORK,
    };
    rtos_start(&thread, &config);
}

// No step fails here on purpose.
bool contract_strikes(const char *kind) {
    (void)kind;
    return false;
}
