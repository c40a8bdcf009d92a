// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The security functions of Bluetooth LE: those of the Security Manager (Core Specification 5.4, Vol 3, Part H, 2.2),
// the signature of ATT's signed write (Part H, 2.4.5) and GATT's Database Hash (Part G, 7.3).
//
// Octets are in the order in which they go over the air: the least significant octet of every number first. The
// specification prints the same numbers the other way round. Only ble_cmac... is in the order of RFC 4493.
//
// Any context but an interrupt's. No function waits, allocates or keeps anything, so every thread may call every one at
// any time; what is secret is wiped from the stack. An output may be one of the inputs. Measured under QEMU with -Os: a
// block of AES takes 1600 instructions, ble_f5 20 000, with 600 bytes of stack. Each call of ble_p256_... takes 26
// million on a Cortex-M3, over a second at 25 MHz, and 8.2 million on a Cortex-M4, with 750 bytes of stack: so it is
// for a thread that others may displace.
#ifndef HEDDLE_BLE_CRYPTO_H
#define HEDDLE_BLE_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// An address with its type, 7 octets: the address, then 0 for a public one and 1 for a random one.
#define BLE_CRYPTO_ADDRESS (7)

// Whether n bytes are equal, in a time that does not depend on what they are.
bool ble_equal(const void *a, const void *b, size_t n);

// e: AES-128 encrypts one block.
void ble_aes(const uint8_t key[16], const uint8_t in[16], uint8_t out[16]);

// ah: the hash of a resolvable private address, which has it in its octets 0 to 2 and prand in 3 to 5.
void ble_ah(const uint8_t irk[16], const uint8_t prand[3], uint8_t hash[3]);

// --- AES-CMAC, of what comes in pieces: most significant octet first -------------------------------------------------

typedef struct {
    uint8_t key[16];
    uint8_t block[16]; // what is encrypted so far, with the octets of the next block added
    uint8_t filled; // how many those are, 0 to 16
} ble_cmac_t;

void ble_cmac_start(ble_cmac_t *c, const uint8_t key[16]);
void ble_cmac_add(ble_cmac_t *c, const void *data, size_t len);
void ble_cmac_end(ble_cmac_t *c, uint8_t mac[16]); // and wipes it

// The same of one piece.
void ble_cmac(const uint8_t key[16], const void *data, size_t len, uint8_t mac[16]);

// The Database Hash: ble_cmac_add each attribute's handle, type and value as they go over the air. The hash is the
// value of the characteristic, least significant octet first as all values.
void ble_hash_start(ble_cmac_t *c);
void ble_hash_end(ble_cmac_t *c, uint8_t hash[16]);

// The signature of a signed write command: the counter in 4 octets, then 8 of the MAC. `pdu` is from the opcode to the
// value's end; `len` may be 0.
void ble_sign(const uint8_t csrk[16], const uint8_t *pdu, size_t len, uint32_t counter, uint8_t signature[12]);

// --- legacy pairing --------------------------------------------------------------------------------------------------

// c1: the confirm value of the random number r. preq and pres are the two whole commands, ia and ra the addresses of
// the initiator and the responder.
void ble_c1(const uint8_t tk[16], const uint8_t r[16], const uint8_t preq[7], const uint8_t pres[7],
    const uint8_t ia[7], const uint8_t ra[7], uint8_t confirm[16]);

// s1: the short term key, of the responder's and the initiator's random number.
void ble_s1(const uint8_t tk[16], const uint8_t r_responder[16], const uint8_t r_initiator[16], uint8_t stk[16]);

// --- Secure Connections ----------------------------------------------------------------------------------------------

// f4: a confirm value; u and v are the X coordinates of the two public keys, the sender's first.
void ble_f4(const uint8_t u[32], const uint8_t v[32], const uint8_t x[16], uint8_t z, uint8_t confirm[16]);

// f5: the MacKey and the LTK, of the DHKey; 1 is the initiator, 2 the responder.
void ble_f5(const uint8_t dhkey[32], const uint8_t n1[16], const uint8_t n2[16], const uint8_t a1[7],
    const uint8_t a2[7], uint8_t mackey[16], uint8_t ltk[16]);

// f6: a check value; 1 is its sender, 2 its receiver. io_cap is of the sender, as in its pairing command: the IO
// capability, the OOB flag, AuthReq.
void ble_f6(const uint8_t mackey[16], const uint8_t n1[16], const uint8_t n2[16], const uint8_t r[16],
    const uint8_t io_cap[3], const uint8_t a1[7], const uint8_t a2[7], uint8_t check[16]);

// g2: what numeric comparison shows, modulo 1000000; u and x are the initiator's, v and y the responder's.
uint32_t ble_g2(const uint8_t u[32], const uint8_t v[32], const uint8_t x[16], const uint8_t y[16]);

// h6 and h7: conversions of keys. key_id is as it is printed: 0x6c656272 for "lebr".
void ble_h6(const uint8_t key[16], uint32_t key_id, uint8_t out[16]);
void ble_h7(const uint8_t salt[16], const uint8_t key[16], uint8_t out[16]);

// --- P-256: a public key is X, then Y --------------------------------------------------------------------------------

// A key pair of 32 random octets, which become the private key. -EINVAL if they are no private key, as one in 2^32 is:
// draw others.
int ble_p256_keypair(const uint8_t random[32], uint8_t public_key[64], uint8_t private_key[32]);

// The DHKey. -EINVAL, and nothing written, for a peer's key that is not on the curve or is that of the specification's
// debug mode, which everybody knows, and for a private key that is none. That the peer's key is not our own sent back
// is the caller's to see: ble_equal of the two X coordinates.
int ble_p256_dhkey(const uint8_t private_key[32], const uint8_t peer_key[64], uint8_t dhkey[32]);

#endif
