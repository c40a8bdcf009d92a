// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Service tasks. A stop asks and waits a bounded time; nothing is ever torn down from outside.
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "rtos_atomic.h"
#include "service.h"

static service_t *services;
static char last_error[64];

static const uint8_t class_priority[] = {
    [SERVICE_BACKGROUND] = RTOS_PRIORITY_BACKGROUND,
    [SERVICE_PYTHON] = RTOS_PRIORITY_PYTHON,
    [SERVICE_USB] = RTOS_PRIORITY_USB,
    [SERVICE_NETWORK] = RTOS_PRIORITY_NETWORK,
    [SERVICE_DEFERRED] = RTOS_PRIORITY_DEFERRED,
    [SERVICE_INIT] = RTOS_PRIORITY_INIT,
};

service_t *service_next(service_t *s) {
    return s == NULL ? services : s->next;
}

static service_t **find(const service_t *s) {
    service_t **p = &services;
    while (*p != NULL && *p != s) {
        p = &(*p)->next;
    }
    return p;
}

static bool kernel_runs(void) {
    return rtos_thread_self() != NULL;
}

int service_register(service_t *s) {
    if (s->name == NULL || s->entry == NULL || s->stack == NULL || s->stack_size < RTOS_STACK_MIN / 2
        || s->priority_class >= sizeof(class_priority)) {
        return -EINVAL;
    }
    service_t **p = find(s);
    if (*p == s) {
        return -EEXIST;
    }
    rtos_poke(s->running, false);
    s->next = NULL;
    rtos_crit_t key = rtos_crit_enter();
    *p = s;
    rtos_crit_exit(key);
    return kernel_runs() && (s->flags & SERVICE_AUTOSTART) ? service_start(s) : 0;
}

static void service_main(void *arg) {
    service_t *s = arg;
    s->entry(s);
}

int service_start(service_t *s) {
    if (*find(s) != s) {
        return -ENOENT;
    }
    if (rtos_peek(s->running)) {
        return -EALREADY;
    }
    const rtos_thread_config_t config = {
        .entry = service_main, .arg = s, .stack = s->stack, .stack_size = s->stack_size, .name = s->name,
        .priority = class_priority[s->priority_class],
    };
    rtos_poke(s->stop, false);
    int ret = rtos_thread_create(&s->thread, &config);
    if (ret == 0) {
        rtos_poke(s->running, true);
        rtos_thread_start(&s->thread);
    }
    return ret;
}

int service_stop(service_t *s, uint32_t ms) {
    last_error[0] = '\0';
    if (*find(s) != s) {
        return -ENOENT;
    }
    if (!rtos_peek(s->running)) {
        return 0;
    }
    rtos_poke(s->stop, true);
    rtos_unpark(&s->thread);
    int ret = rtos_thread_join(&s->thread, ms);
    if (ret == 0) {
        rtos_poke(s->running, false);
    } else {
        snprintf(last_error, sizeof(last_error), "service '%.15s' did not stop within %u ms", s->name, (unsigned)ms);
    }
    return ret;
}

int service_stop_all(uint32_t ms) {
    int first = 0;
    char error[sizeof(last_error)] = "";
    for (service_t *s = services; s != NULL; s = s->next) {
        int ret = s->flags & SERVICE_ESSENTIAL ? 0 : service_stop(s, ms);
        if (ret != 0 && first == 0) {
            first = ret;
            memcpy(error, last_error, sizeof(error));
        }
    }
    memcpy(last_error, error, sizeof(error));
    return first;
}

void service_start_auto(void) {
    for (service_t *s = services; s != NULL; s = s->next) {
        if ((s->flags & SERVICE_AUTOSTART) && !rtos_peek(s->running)) {
            service_start(s);
        }
    }
}

int service_deinit(service_t *s) {
    service_t **p = find(s);
    if (*p != s) {
        return -ENOENT;
    }
    if (s->flags & SERVICE_STATIC) {
        return -EPERM;
    }
    if (rtos_peek(s->running)) {
        return -EBUSY;
    }
    rtos_crit_t key = rtos_crit_enter();
    *p = s->next;
    rtos_crit_exit(key);
    return 0;
}

const char *service_last_error(void) {
    return last_error;
}

bool service_should_stop(const service_t *self) {
    return rtos_peek(self->stop);
}

int service_wait(service_t *self, uint32_t ms) {
    return service_should_stop(self) ? 0 : rtos_park(ms);
}

void service_wake(service_t *s) {
    rtos_unpark(&s->thread);
}
