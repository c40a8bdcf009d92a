// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Mbed TLS's files, as a file of ours: so they are compiled with our configuration whatever a build says of
// MBEDTLS_CONFIG_FILE, and a build needs to know nothing but two folders, -I$(MBEDTLS_DIR) and its include/.
#undef MBEDTLS_CONFIG_FILE
#define MBEDTLS_CONFIG_FILE "crypto_config.h"
#include "library/aes.c"
#include "3rdparty/p256-m/p256-m/p256-m.c"

// The compiler takes the memory as read, so it does not leave out what clears it.
void mbedtls_platform_zeroize(void *buf, size_t len) {
    memset(buf, 0, len);
    __asm__ volatile("" : : "r"(buf) : "memory");
}

// For p256-m's own key pairs and signatures, which nobody calls: the random octets are our caller's.
psa_status_t psa_generate_random(uint8_t *output, size_t output_size) {
    (void)output;
    (void)output_size;
    return PSA_ERROR_NOT_SUPPORTED;
}
