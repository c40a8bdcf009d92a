// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// L2CAP's channels between two hosts: opened and refused, of every size, with and without credits, several at once, and
// ended in every state.
#include "two.h"

#include <stdio.h>

#define PSM (0x80)
#define MTU (512)

// A channel's two ends; the first is the side that has connected.
typedef struct {
    unsigned host;
    uint16_t connection, cid;
} end_t;

typedef struct {
    end_t ends[2];
} pipe_t;

static two_link_t pair(void) {
    two_start_both();
    return two_connected(0, 1);
}

static end_t opened(unsigned host, uint16_t connection, uint16_t our_mtu, uint16_t peer_mtu) {
    two_event_t e = two_expect(host, BLE_EVENT_CHANNEL_OPEN);
    CHECK(e.event.connection == connection && e.event.channel.psm == PSM);
    CHECK(e.event.channel.our_mtu == our_mtu && e.event.channel.peer_mtu == peer_mtu);
    return (end_t) { host, connection, e.event.channel.cid };
}

static pipe_t open_between(two_link_t link, unsigned from, uint16_t mtu, uint16_t peer_mtu) {
    unsigned to = !from;
    CHECK(ble_channel_listen(&two_host[to], PSM, peer_mtu) == 0);
    CHECK(ble_channel_connect(&two_host[from], two_connection(link, from), PSM, mtu) == 0);
    two_event_t e = two_expect(to, BLE_EVENT_CHANNEL_ACCEPT);
    CHECK(e.event.channel.psm == PSM && e.event.channel.our_mtu == peer_mtu && e.event.channel.peer_mtu == mtu);
    pipe_t p;
    p.ends[1] = opened(to, two_connection(link, to), peer_mtu, mtu);
    p.ends[0] = opened(from, two_connection(link, from), mtu, peer_mtu);
    CHECK(p.ends[1].cid == e.event.channel.cid);
    return p;
}

// The end of a channel, behind what is told of its data.
static void closed(unsigned host, int status) {
    two_event_t e = two_expect_any(host);
    while (e.event.type == BLE_EVENT_CHANNEL_DATA || e.event.type == BLE_EVENT_CHANNEL_READY) {
        e = two_expect_any(host);
    }
    if (e.event.type != BLE_EVENT_CHANNEL_CLOSED || e.event.status != status) {
        char what[60];
        snprintf(what, sizeof(what), "event %d, status %d, not %d", e.event.type, e.event.status, status);
        raw_fail(__FILE__, __LINE__, what);
    }
}

static void close_from(pipe_t p, unsigned side) {
    CHECK(ble_channel_disconnect(&two_host[p.ends[side].host], p.ends[side].connection, p.ends[side].cid) == 0);
    closed(0, 0);
    closed(1, 0);
}

// ---- data: the octets of a channel are counted, so that none can be lost, doubled or taken for another one

static uint8_t octet(size_t at) {
    return at * 7 + at / 251;
}

static int send(end_t e, size_t from, size_t length, bool *stalled) {
    uint8_t octets[MTU + 1];
    for (size_t i = 0; i < length; i++) {
        octets[i] = octet(from + i);
    }
    return ble_channel_send(&two_host[e.host], e.connection, e.cid, octets, length, stalled);
}

// What is there, which must go on at `from`: how much it was, or -errno.
static int receive_some(end_t e, size_t from, size_t most) {
    uint8_t octets[MTU];
    size_t length = most < sizeof(octets) ? most : sizeof(octets);
    int error = ble_channel_receive(&two_host[e.host], e.connection, e.cid, octets, &length);
    for (size_t i = 0; i < length; i++) {
        CHECK(octets[i] == octet(from + i));
    }
    return error != 0 ? error : (int)length;
}

static void receive(end_t e, size_t from, size_t length) {
    for (size_t done = 0; done < length;) {
        int n = receive_some(e, from + done, length - done);
        CHECK(n >= 0);
        done += n;
        if (n == 0) {
            two_pause();
        }
    }
}

static size_t waiting(end_t e) {
    size_t length = 0;
    CHECK(ble_channel_receive(&two_host[e.host], e.connection, e.cid, NULL, &length) == 0);
    return length;
}

// Send all of it in SDUs of at most `sdu`, waiting where the channel is stalled.
static void send_all(end_t e, size_t length, size_t sdu) {
    for (size_t done = 0; done < length;) {
        size_t n = length - done < sdu ? length - done : sdu;
        bool stalled;
        int error = send(e, done, n, &stalled);
        CHECK(error == 0 || error == -EAGAIN);
        if (error == 0) {
            done += n;
        } else {
            two_pause();
        }
    }
}

// ---- cases

// From either role, ended by either side.
static void opens(void) {
    two_link_t link = pair();
    for (unsigned i = 0; i < 4; i++) {
        bool stalled;
        pipe_t p = open_between(link, i & 1, 100, 23);
        for (unsigned side = 0; side < 2; side++) {
            CHECK(send(p.ends[side], 5, 20, &stalled) == 0);
            CHECK(two_expect(p.ends[!side].host, BLE_EVENT_CHANNEL_DATA).event.channel.cid == p.ends[!side].cid);
            CHECK(waiting(p.ends[!side]) == 20);
            receive(p.ends[!side], 5, 20);
            CHECK(waiting(p.ends[!side]) == 0);
        }
        close_from(p, i >> 1);
        // When its applications have given back the events of its end.
        two_until(send(p.ends[0], 0, 1, &stalled) == -ENOENT && receive_some(p.ends[1], 0, 1) == -ENOENT);
        two_quiet(0);
        two_quiet(1);
    }
    two_end(0, 1, link);
}

// Nobody listens; and each answer that the application may give, and some that it may not.
static void refused(void) {
    static const int16_t answers[][2] = {
        { 2, 2 }, { 4, 4 }, { 5, 5 }, { 6, 6 }, { 7, 7 }, { 8, 8 }, { 11, 11 }, { 1, 4 }, { 9, 4 }, { -1, 4 },
    };
    two_link_t link = pair();
    CHECK(ble_channel_connect(&two_host[0], link.central, PSM, MTU) == 0);
    closed(0, 2);
    CHECK(ble_channel_listen(&two_host[1], PSM, MTU) == 0);
    for (unsigned i = 0; i < BLE_COUNT(answers); i++) {
        two_answer(1, BLE_EVENT_CHANNEL_ACCEPT, answers[i][0]);
        CHECK(ble_channel_connect(&two_host[0], link.central, PSM, MTU) == 0);
        two_expect(1, BLE_EVENT_CHANNEL_ACCEPT);
        closed(0, answers[i][1]);
    }
    two_quiet(1);
    two_keep(1, BLE_EVENT_CHANNEL_ACCEPT); // whoever does not answer at all has refused
    CHECK(ble_channel_connect(&two_host[0], link.central, PSM, MTU) == 0);
    closed(0, 4);
    two_expect(1, BLE_EVENT_CHANNEL_ACCEPT);
    two_give_back(1, 0); // too late
    two_quiet(0);
    two_end(0, 1, link);
}

static void bad_arguments(void) {
    ble_t *b = &two_host[0];
    bool stalled;
    two_link_t link = pair();
    CHECK(ble_channel_listen(b, 0x100, MTU) == -EINVAL && ble_channel_listen(b, PSM, 22) == -EINVAL);
    CHECK(ble_channel_connect(b, link.central, 0, MTU) == -EINVAL);
    CHECK(ble_channel_connect(b, link.central, PSM, 22) == -EINVAL);
    CHECK(ble_channel_connect(b, 99, PSM, MTU) == -ENOTCONN);
    CHECK(ble_channel_disconnect(b, link.central, 0x40) == -ENOENT);
    CHECK(ble_channel_disconnect(b, 99, 0x40) == -ENOTCONN);
    CHECK(send((end_t) { 0, link.central, 0x7f }, 0, 1, &stalled) == -ENOENT);
    pipe_t p = open_between(link, 0, 50, 50);
    CHECK(send(p.ends[0], 0, 51, &stalled) == -EINVAL);
    CHECK(send((end_t) { 0, 99, p.ends[0].cid }, 0, 1, &stalled) == -ENOTCONN);
    close_from(p, 0);
    two_end(0, 1, link);
}

// SDUs around each border: none, one octet, the first frame with its length, a frame, the whole MTU.
static void sizes(void) {
    static const uint16_t mtus[] = { 23, 24, 100, MTU };
    two_link_t link = pair();
    for (unsigned i = 0; i < BLE_COUNT(mtus); i++) {
        uint16_t mtu = mtus[i];
        const size_t lengths[] = { 0, 1, 21, 23, mtu - 1, mtu, BLE_MPS - 3, BLE_MPS - 2, BLE_MPS - 1, BLE_MPS, 0, 2 };
        pipe_t p = open_between(link, i & 1, 23, mtu);
        for (unsigned j = 0; j < BLE_COUNT(lengths); j++) {
            if (lengths[j] <= mtu) {
                bool stalled;
                int error;
                two_until((error = send(p.ends[0], j, lengths[j], &stalled)) != -EAGAIN);
                CHECK(error == 0);
                receive(p.ends[1], j, lengths[j]);
            }
        }
        close_from(p, 1);
    }
    two_end(0, 1, link);
}

// More than what all buffers and the sender's store can hold.
#define HELD (BLE_BUFFERS * BLE_MPS + MTU)

// Who does not read gives no more credits: the sender is told so, and when it may go on.
static void without_credits(void) {
    two_link_t link = pair();
    pipe_t p = open_between(link, 0, MTU, MTU);
    two_log(0, false);
    two_log(1, false);
    size_t sent = 0, read = 0;
    for (unsigned round = 0; round < 5; round++) {
        bool stalled;
        unsigned ready = two_count(0, BLE_EVENT_CHANNEL_READY);
        for (int error; (error = send(p.ends[0], sent, 200, &stalled)) != -EAGAIN; sent += 200) {
            CHECK(error == 0 && sent - read < HELD);
            ready = two_count(0, BLE_EVENT_CHANNEL_READY);
        }
        receive(p.ends[1], read, sent - read);
        read = sent;
        two_until(two_count(0, BLE_EVENT_CHANNEL_READY) > ready);
    }
    CHECK(sent > 1000);
    two_begin();
    close_from(p, 0);
    two_end(0, 1, link);
}

// ---- both ways and several at once, each end on threads of its own

#define FLOW (TWO_SLOW ? 4000 : 20000)

static void send_main(void *arg) {
    send_all(*(end_t *)arg, FLOW, 200);
}

static void receive_main(void *arg) {
    receive(*(end_t *)arg, 0, FLOW);
}

// Both send before either reads: neither blocks the other.
static void both_ways(void) {
    two_link_t link = pair();
    pipe_t p = open_between(link, 0, MTU, MTU);
    bool stalled;
    CHECK(send(p.ends[0], 0, MTU, &stalled) == 0 && send(p.ends[1], 0, MTU, &stalled) == 0);
    receive(p.ends[1], 0, MTU);
    receive(p.ends[0], 0, MTU);
    two_log(0, false);
    two_log(1, false);
    for (unsigned i = 0; i < 2; i++) {
        two_spawn(send_main, &p.ends[i]);
        two_spawn(receive_main, &p.ends[i]);
    }
    two_join();
    two_begin();
    close_from(p, 0);
    two_end(0, 1, link);
}

// As many as there can be, of which one is not read; and one more, which neither side has room for.
static void several(void) {
    pipe_t p[BLE_CHANNELS];
    bool stalled;
    two_start(2);
    two_link_t link = pair();
    two_link_t other = two_connected(2, 1);
    for (unsigned i = 0; i < BLE_CHANNELS; i++) {
        p[i] = open_between(link, i & 1, MTU, MTU);
    }
    CHECK(ble_channel_connect(&two_host[0], link.central, PSM, MTU) == -ENOMEM);
    CHECK(ble_channel_listen(&two_host[1], PSM, MTU) == 0);
    CHECK(ble_channel_connect(&two_host[2], other.central, PSM, MTU) == 0);
    closed(2, 4);
    CHECK(send(p[0].ends[0], 0, 200, &stalled) == 0);
    two_log(0, false);
    two_log(1, false);
    for (unsigned i = 1; i <= 2; i++) {
        two_spawn(send_main, &p[i].ends[0]);
        two_spawn(receive_main, &p[i].ends[1]);
    }
    two_join();
    two_spawn(send_main, &p[3].ends[1]);
    receive(p[3].ends[0], 0, FLOW);
    two_join();
    receive(p[0].ends[1], 0, 200);
    two_begin();
    for (unsigned i = 0; i < BLE_CHANNELS; i++) {
        close_from(p[i], i & 1);
    }
    two_part(2, other.central);
    two_expect(2, BLE_EVENT_DISCONNECTED);
    two_expect(1, BLE_EVENT_DISCONNECTED);
    two_end(0, 1, link);
}

// ---- ended in each state

// Until it takes no more.
static void fill(end_t e) {
    bool stalled;
    int error;
    for (size_t sent = 0; (error = send(e, sent, MTU, &stalled)) == 0; sent += MTU) {
    }
    CHECK(error == -EAGAIN);
}

// While the peer's application is asked.
static void ends_asked(void) {
    two_link_t link = pair();
    CHECK(ble_channel_listen(&two_host[1], PSM, MTU) == 0);
    two_keep(1, BLE_EVENT_CHANNEL_ACCEPT);
    CHECK(ble_channel_connect(&two_host[0], link.central, PSM, MTU) == 0);
    uint16_t cid = two_expect(1, BLE_EVENT_CHANNEL_ACCEPT).event.channel.cid;
    CHECK(ble_channel_disconnect(&two_host[1], link.peripheral, cid) == -EALREADY);
    two_part(0, link.central);
    closed(0, -ENOTCONN);
    two_expect(0, BLE_EVENT_DISCONNECTED);
    two_give_back(1, 0);
    two_expect(1, BLE_EVENT_DISCONNECTED); // there was no channel yet
    two_settled(0);
    two_settled(1);
}

static void disconnect_main(void *arg) {
    end_t e = *(end_t *)arg;
    int error = ble_channel_disconnect(&two_host[e.host], e.connection, e.cid);
    CHECK(error == 0 || error == -EALREADY || error == -ENOENT);
}

static void ends_by_both(void) {
    two_link_t link = pair();
    for (unsigned i = 0; i < (TWO_SLOW ? 5 : 30); i++) {
        pipe_t p = open_between(link, i & 1, MTU, MTU);
        two_spawn(disconnect_main, &p.ends[0]);
        two_spawn(disconnect_main, &p.ends[1]);
        two_join();
        closed(0, 0);
        closed(1, 0);
    }
    two_end(0, 1, link);
}

// With data that has not been read and an SDU that still waits for credits: `how` ends it, the receiver (0), the sender
// (1), or the link.
static void end_full(unsigned how) {
    two_link_t link = pair();
    pipe_t p = open_between(link, 0, MTU, MTU);
    fill(p.ends[0]);
    if (how == 2) {
        two_part(1, link.peripheral);
    } else {
        const end_t *e = &p.ends[!how];
        CHECK(ble_channel_disconnect(&two_host[e->host], e->connection, e->cid) == 0);
    }
    size_t read = 0;
    for (int n; how != 0 && (n = receive_some(p.ends[1], read, MTU)) > 0; read += n) {
    }
    closed(0, 0);
    closed(1, 0);
    if (how != 2) {
        two_part(0, link.central);
    }
    two_expect(0, BLE_EVENT_DISCONNECTED);
    two_expect(1, BLE_EVENT_DISCONNECTED);
    two_settled(0);
    two_settled(1);
    ble_stop(&two_host[0]);
    ble_stop(&two_host[1]);
}

static void ends_with_data(void) {
    for (unsigned how = 0; how < 3; how++) {
        end_full(how);
    }
}

// ---- the link is lost at each packet of it; and with other controllers

// As much as goes before the connection ends: all of it, or false.
static bool session(void) {
    two_link_t link = { 0 };
    two_event_t e, f;
    bool stalled;
    two_begin();
    CHECK(two_advertise(1) == 0 && two_connect(0, 1, 20000) == 0);
    if (!two_await(0, BLE_EVENT_CONNECTED, &e) || !two_await(1, BLE_EVENT_CONNECTED, &f)) {
        return false;
    }
    link = (two_link_t) { e.event.connection, f.event.connection };
    CHECK(ble_channel_listen(&two_host[1], PSM, MTU) == 0);
    if (ble_channel_connect(&two_host[0], link.central, PSM, MTU) != 0 || !two_await(1, BLE_EVENT_CHANNEL_OPEN, &f)
        || !two_await(0, BLE_EVENT_CHANNEL_OPEN, &e)) {
        return false;
    }
    end_t ends[2] = { { 0, link.central, e.event.channel.cid }, { 1, link.peripheral, f.event.channel.cid } };
    for (unsigned i = 0; i < 4; i++) {
        size_t done = 0;
        if (send(ends[i & 1], 0, MTU, &stalled) != 0) {
            return false;
        }
        while (done < MTU && !two_ended()) {
            int n = receive_some(ends[!(i & 1)], done, MTU);
            done += n > 0 ? n : 0;
            if (n <= 0) {
                two_pause();
            }
        }
        if (done < MTU || (stalled && !two_await(i & 1, BLE_EVENT_CHANNEL_READY, NULL))) {
            return false;
        }
    }
    return ble_channel_disconnect(&two_host[1], link.peripheral, f.event.channel.cid) == 0
           && two_await(0, BLE_EVENT_CHANNEL_CLOSED, NULL) && two_await(1, BLE_EVENT_CHANNEL_CLOSED, NULL);
}

static void session_end(void) {
    for (unsigned i = 0; i < 2; i++) {
        ble_connect_cancel(&two_host[i]);
        ble_advertise_stop(&two_host[i]);
        CHECK(two_count(i, BLE_EVENT_CONNECTED) <= 1);
    }
    air_drop(0); // if it is still there
    two_settled(0);
    two_settled(1);
    for (unsigned i = 0; i < 2; i++) {
        unsigned opened = two_count(i, BLE_EVENT_CHANNEL_OPEN);
        CHECK(two_count(i, BLE_EVENT_CHANNEL_CLOSED) >= opened);
        ble_stop(&two_host[i]);
    }
}

static void link_dropped(void) {
    CHECK(two_drop_each(TWO_SLOW ? 5 : 1, two_start_both, session, session_end) > 20);
}

static void other_controllers(void) {
    static const uint8_t buffers[][2] = { { 27, 1 }, { 27, 8 }, { 64, 2 }, { 251, 1 }, { 251, 8 } };
    for (unsigned i = 0; i < BLE_COUNT(buffers) + 3; i++) {
        air_knobs_t knobs = air_knobs();
        if (i < BLE_COUNT(buffers)) {
            knobs.acl_len = buffers[i][0];
            knobs.acl_num = buffers[i][1];
        }
        knobs.data_by_step = i >= BLE_COUNT(buffers);
        knobs.data_shuffled = i == BLE_COUNT(buffers) + 1;
        knobs.completed_every = i == BLE_COUNT(buffers) + 2 ? 4 : 1;
        two_air(i);
        air_configure(0, &knobs);
        air_configure(1, &knobs);
        two_start_both();
        CHECK(session());
        session_end();
        CHECK(air_counts(0).complaints == 0 && air_counts(1).complaints == 0);
    }
}

const two_case_t two_cases_channel[] = {
    { "channel-opens", opens },
    { "channel-refused", refused },
    { "channel-bad-arguments", bad_arguments },
    { "channel-sizes", sizes },
    { "channel-without-credits", without_credits },
    { "channel-both-ways", both_ways },
    { "channel-several", several },
    { "channel-ends-asked", ends_asked },
    { "channel-ends-by-both", ends_by_both },
    { "channel-ends-with-data", ends_with_data },
    { "channel-link-dropped", link_dropped },
    { "channel-other-controllers", other_controllers },
    { NULL, NULL },
};
