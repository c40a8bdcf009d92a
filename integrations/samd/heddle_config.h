// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// For the end of the port's mpconfigport.h.
#ifndef INTEGRATIONS_SAMD_HEDDLE_CONFIG_H
#define INTEGRATIONS_SAMD_HEDDLE_CONFIG_H

#include "heddle_upstream.h"

#endif // INTEGRATIONS_SAMD_HEDDLE_CONFIG_H
