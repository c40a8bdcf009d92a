// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What crypto.c has of Mbed TLS 3.6: AES of 128 bits that encrypts, with 1.3 KB of tables, and P-256. No heap, no
// random numbers, nothing of the platform. (A file mbedtls_config.h would not be found: Mbed TLS has one beside it.)
#ifndef HEDDLE_BLE_CRYPTO_CONFIG_H
#define HEDDLE_BLE_CRYPTO_CONFIG_H

#define MBEDTLS_AES_C
#define MBEDTLS_AES_ROM_TABLES
#define MBEDTLS_AES_FEWER_TABLES
#define MBEDTLS_AES_ONLY_128_BIT_KEY_LENGTH
#define MBEDTLS_BLOCK_CIPHER_NO_DECRYPT
#define MBEDTLS_PLATFORM_ZEROIZE_ALT // crypto_mbedtls.c has it
#define MBEDTLS_PSA_P256M_DRIVER_ENABLED

// An image may have Mbed TLS with a configuration of its own, for MicroPython's ssl, so ours has other names.
#define mbedtls_aes_init ble_mbedtls_aes_init
#define mbedtls_aes_free ble_mbedtls_aes_free
#define mbedtls_aes_setkey_enc ble_mbedtls_aes_setkey_enc
#define mbedtls_aes_crypt_ecb ble_mbedtls_aes_crypt_ecb
#define mbedtls_internal_aes_encrypt ble_mbedtls_internal_aes_encrypt
#define mbedtls_platform_zeroize ble_mbedtls_platform_zeroize
#define p256_generate_random ble_p256_generate_random
#define p256_gen_keypair ble_p256_gen_keypair
#define p256_ecdh_shared_secret ble_p256_ecdh_shared_secret
#define p256_ecdsa_sign ble_p256_ecdsa_sign
#define p256_ecdsa_verify ble_p256_ecdsa_verify
#define p256_validate_pubkey ble_p256_validate_pubkey
#define p256_validate_privkey ble_p256_validate_privkey
#define p256_public_from_private ble_p256_public_from_private
#define psa_generate_random ble_psa_generate_random

#endif
