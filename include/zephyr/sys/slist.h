// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Singly linked lists, as in Zephyr's <zephyr/sys/slist.h>: the last node's `next` is NULL, and an empty list is zero.
#ifndef ZEPHYR_SYS_SLIST_H
#define ZEPHYR_SYS_SLIST_H

#include <stdbool.h>
#include <stddef.h>

#include <zephyr/sys/util.h>

struct _snode {
    struct _snode *next;
};

struct _slist {
    struct _snode *head;
    struct _snode *tail;
};

typedef struct _snode sys_snode_t;
typedef struct _slist sys_slist_t;

#define SYS_SLIST_STATIC_INIT(list) { NULL, NULL }

static inline void sys_slist_init(sys_slist_t *list) {
    list->head = NULL;
    list->tail = NULL;
}

static inline bool sys_slist_is_empty(const sys_slist_t *list) {
    return list->head == NULL;
}

static inline sys_snode_t *sys_slist_peek_head(const sys_slist_t *list) {
    return list->head;
}

static inline sys_snode_t *sys_slist_peek_tail(const sys_slist_t *list) {
    return list->tail;
}

static inline sys_snode_t *sys_slist_peek_next_no_check(const sys_snode_t *node) {
    return node->next;
}

static inline sys_snode_t *sys_slist_peek_next(const sys_snode_t *node) {
    return node == NULL ? NULL : node->next;
}

// After `prev`, a node of the list, or NULL for its beginning.
static inline void sys_slist_insert(sys_slist_t *list, sys_snode_t *prev, sys_snode_t *node) {
    sys_snode_t **place = prev == NULL ? &list->head : &prev->next;
    node->next = *place;
    *place = node;
    if (node->next == NULL) {
        list->tail = node;
    }
}

static inline void sys_slist_prepend(sys_slist_t *list, sys_snode_t *node) {
    sys_slist_insert(list, NULL, node);
}

static inline void sys_slist_append(sys_slist_t *list, sys_snode_t *node) {
    sys_slist_insert(list, list->tail, node);
}

// Nodes that are linked from `head` to `tail`.
static inline void sys_slist_append_list(sys_slist_t *list, void *head, void *tail) {
    if (head == NULL || tail == NULL) {
        return;
    }
    *(list->tail == NULL ? &list->head : &list->tail->next) = (sys_snode_t *)head;
    list->tail = (sys_snode_t *)tail;
}

// `other` is empty afterwards.
static inline void sys_slist_merge_slist(sys_slist_t *list, sys_slist_t *other) {
    sys_slist_append_list(list, other->head, other->tail);
    sys_slist_init(other);
}

// `node` is what follows `prev`, or the first one where that is NULL.
static inline void sys_slist_remove(sys_slist_t *list, sys_snode_t *prev, sys_snode_t *node) {
    *(prev == NULL ? &list->head : &prev->next) = node->next;
    if (list->tail == node) {
        list->tail = prev;
    }
    node->next = NULL;
}

static inline sys_snode_t *sys_slist_get_not_empty(sys_slist_t *list) {
    sys_snode_t *node = list->head;
    sys_slist_remove(list, NULL, node);
    return node;
}

static inline sys_snode_t *sys_slist_get(sys_slist_t *list) {
    return sys_slist_is_empty(list) ? NULL : sys_slist_get_not_empty(list);
}

// Whether it is there, and then the node before it, NULL for none; `prev` may be NULL.
static inline bool sys_slist_find(const sys_slist_t *list, const sys_snode_t *node, sys_snode_t **prev) {
    sys_snode_t *before = NULL, *at = list->head;
    while (at != NULL && at != node) {
        before = at;
        at = at->next;
    }
    if (prev != NULL) {
        *prev = before;
    }
    return at != NULL;
}

static inline bool sys_slist_find_and_remove(sys_slist_t *list, sys_snode_t *node) {
    sys_snode_t *prev;
    bool found = sys_slist_find(list, node, &prev);
    if (found) {
        sys_slist_remove(list, prev, node);
    }
    return found;
}

static inline size_t sys_slist_len(const sys_slist_t *list) {
    size_t n = 0;
    for (const sys_snode_t *node = list->head; node != NULL; node = node->next) {
        n += 1;
    }
    return n;
}

#define SYS_SLIST_FOR_EACH_NODE(list, node) \
    for (node = sys_slist_peek_head(list); node != NULL; node = sys_slist_peek_next(node))

// From what follows `node` on, or from the head where it is NULL.
#define SYS_SLIST_ITERATE_FROM_NODE(list, node) \
    for (node = node == NULL ? sys_slist_peek_head(list) : sys_slist_peek_next(node); node != NULL; \
         node = sys_slist_peek_next(node))

#define SYS_SLIST_FOR_EACH_NODE_SAFE(list, node, following) \
    for (node = sys_slist_peek_head(list), following = sys_slist_peek_next(node); node != NULL; \
         node = following, following = sys_slist_peek_next(node))

#define SYS_SLIST_CONTAINER(node, container, field) \
    ((node) != NULL ? CONTAINER_OF(node, __typeof__(*(container)), field) : NULL)

#define SYS_SLIST_PEEK_HEAD_CONTAINER(list, container, field) \
    SYS_SLIST_CONTAINER(sys_slist_peek_head(list), container, field)

#define SYS_SLIST_PEEK_TAIL_CONTAINER(list, container, field) \
    SYS_SLIST_CONTAINER(sys_slist_peek_tail(list), container, field)

#define SYS_SLIST_PEEK_NEXT_CONTAINER(container, field) \
    ((container) != NULL ? SYS_SLIST_CONTAINER(sys_slist_peek_next(&(container)->field), container, field) : NULL)

#define SYS_SLIST_FOR_EACH_CONTAINER(list, container, field) \
    for (container = SYS_SLIST_PEEK_HEAD_CONTAINER(list, container, field); container != NULL; \
         container = SYS_SLIST_PEEK_NEXT_CONTAINER(container, field))

#define SYS_SLIST_FOR_EACH_CONTAINER_SAFE(list, container, following, field) \
    for (container = SYS_SLIST_PEEK_HEAD_CONTAINER(list, container, field), \
         following = SYS_SLIST_PEEK_NEXT_CONTAINER(container, field); container != NULL; \
         container = following, following = SYS_SLIST_PEEK_NEXT_CONTAINER(container, field))

#endif // ZEPHYR_SYS_SLIST_H
