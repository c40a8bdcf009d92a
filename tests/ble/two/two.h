// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Two and three of our hosts that talk over the air, each with its own threads, and what their cases are written with.
//
// A case runs on a thread of its own. Each host has an application: a thread that lives as long as the program, takes
// every event without a deadline (so that a wake-up that is left out is a case that hangs), writes it down and gives it
// back. A clock moves the air on, and ends the program when a case takes a minute.
#ifndef TWO_H
#define TWO_H

#include <errno.h>
#include <string.h>

#include "air.h"
#include "host.h"
#include "raw.h"

#define TWO_HOSTS (3)
#define TWO_DATA (520)

typedef struct {
    const char *name;
    void (*run)(void);
} two_case_t;

// Each ends with an entry without a name.
extern const two_case_t two_cases_gap[], two_cases_gatt[], two_cases_life[], two_cases_session[], two_cases_ways[];
extern const two_case_t two_cases_crowd[], two_cases_smp[], two_cases_channel[], two_cases_five[];

// What an application has written down. `data` is the event's and what followed on it.
typedef struct {
    ble_event_t event;
    uint8_t data[TWO_DATA];
    size_t length;
} two_event_t;

extern ble_t two_host[TWO_HOSTS];

// A host on controller `host`, started; ble_start's result. With `two_start` it must be 0.
int two_try_start(unsigned host);
void two_start(unsigned host);

// The next event of a host, which must be of this type.
#define two_expect(host, type) two_expect_at(__FILE__, __LINE__, host, type)
two_event_t two_expect_at(const char *file, int line, unsigned host, unsigned type);

two_event_t two_expect_any(unsigned host); // of whatever type

// Pass over events up to one of this type. False: a host of `two_begin`'s session has ended meanwhile, in any way.
bool two_await(unsigned host, unsigned type, two_event_t *event);
void two_begin(void);
bool two_ended(void); // has one?

// How many events of a type there were since two_begin, and wait until there are so many.
unsigned two_count(unsigned host, unsigned type);
void two_count_is(unsigned host, unsigned type, unsigned count);

// There is no event that has not been looked at.
void two_quiet(unsigned host);
void two_forget(unsigned host); // those that there are
void two_log(unsigned host, bool logs); // none is written down until two_begin, only counted

// From now on, events of this type are answered so; or are kept instead of given back; or none is. Once a type is kept,
// two_give_back gives the last one that was.
void two_answer(unsigned host, unsigned type, int answer);
void two_keep(unsigned host, unsigned type);
void two_give_back(unsigned host, int answer);

// The application calls this before it gives an event back.
extern void (*two_handler)(unsigned host, const ble_event_t *event);

// The same, and true when it has given the event back itself: a store of secrets.
extern bool (*two_giver)(unsigned host, const ble_event_t *event);

// Wait for a condition that somebody else brings about.
#define two_until(condition) while (!(condition)) two_pause()
void two_pause(void);

// The air's time goes on by itself, as it does at the begin of a case, or does not.
void two_clock(bool goes);

// Nothing of a host's is left over: each connection and procedure is gone and every buffer free.
void two_settled(unsigned host);
unsigned two_free(unsigned host); // buffers
unsigned two_commands(unsigned host); // that wait, in octets

// At the nth time that this host reads or writes something from now on `fn(host)` is called, on its thread; 0: never.
void two_at(unsigned host, unsigned nth, void (*fn)(unsigned host));
bool two_at_passed(unsigned host);

// The air anew, with every host stopped.
void two_air(uint32_t seed);

// Another thread: `two_spawn` runs `fn(arg)` on one, `two_join` waits for the end of all.
void two_spawn(void (*fn)(void *arg), void *arg);
void two_join(void);

// Many times less where everything is slow.
#ifndef TWO_SLOW
#define TWO_SLOW (0)
#endif

// ---- what most begin with (begin.c)

// The services of host `host`: a value that can do everything, one that is read only, one that appends, one that asks.
typedef struct {
    ble_service_t service;
    ble_characteristic_t characteristics[4];
    ble_descriptor_t descriptor;
    uint8_t value[512], fixed[4], append[64], asked[8], description[16];
} two_services_t;
enum { TWO_VALUE, TWO_FIXED, TWO_APPEND, TWO_ASKED };
extern two_services_t two_services[TWO_HOSTS];
void two_serve(unsigned host);
uint16_t two_handle(unsigned host, unsigned which); // TWO_VALUE ...

ble_address_t two_address(unsigned host);
int two_advertise(unsigned host);
int two_connect(unsigned host, unsigned peer, uint32_t ms);

// `central` has connected to `peripheral`, and both have said so. The two handles.
typedef struct {
    uint16_t central, peripheral;
} two_link_t;
two_link_t two_connected(unsigned central, unsigned peripheral);
void two_start_both(void); // 0 and 1
two_link_t two_pair(void); // 0 with 1, both started, 1 with services
uint16_t two_connection(two_link_t link, unsigned host); // of such a pair, 0 being the central
void two_part(unsigned host, uint16_t connection); // and the other one hears it
void two_end(unsigned central, unsigned peripheral, two_link_t link); // disconnect, hear it, settled

// A session again and again, the link dropped at a packet `step` later each time, until it ends before that one: which
// is returned. A session that fails must have been dropped.
unsigned two_drop_each(unsigned step, void (*begin)(void), bool (*session)(void), void (*end)(void));

// ---- pairing (store.c)

// From now on each host has a store of secrets, empty, and what it is told of pairing is counted and kept.
void two_store(void);
void two_store_clear(unsigned host);
void two_store_loaded(unsigned host); // wait until its bonds are at hand
unsigned two_stored(unsigned host, unsigned type); // how many of this type

typedef struct {
    unsigned asked, paired, encrypted; // how many events
    int status; // of the last BLE_EVENT_PAIRED
    ble_event_t passkey, security; // the last ones
} two_told_t;
two_told_t two_told(unsigned host);
void two_told_clear(void);

#endif // TWO_H
