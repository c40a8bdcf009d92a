// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
#ifndef HOST_HOST_H
#define HOST_HOST_H

#include <stdbool.h>
#include <stdint.h>

// Whether the command line named a script.
bool host_has_script(void);

// For random numbers.
uint32_t host_seed(void);

#endif // HOST_HOST_H
