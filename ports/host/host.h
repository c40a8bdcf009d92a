// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
#ifndef HOST_HOST_H
#define HOST_HOST_H

#include <stdint.h>

// For random numbers.
uint32_t host_seed(void);

#endif // HOST_HOST_H
