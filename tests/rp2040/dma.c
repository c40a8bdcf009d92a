// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// More goes through SPI by two channels of DMA than its FIFOs hold; what answers is nobody, and says 0.
#include "pico.h"

#define SPI0_CR0 REG(0x4003c000)
#define SPI0_CR1 REG(0x4003c004)
#define SPI0_DR 0x4003c008 // its address
#define SPI0_CPSR REG(0x4003c010)
#define SPI0_RIS REG(0x4003c018)
#define SPI0_DMACR REG(0x4003c024)
#define OVERRUN 1

#define DMA(channel, offset) REG(0x50000000 + 0x40 * (channel) + (offset))
#define READ_ADDR(channel) DMA(channel, 0x00)
#define WRITE_ADDR(channel) DMA(channel, 0x04)
#define TRANS_COUNT(channel) DMA(channel, 0x08)
#define CTRL(channel) DMA(channel, 0x10) // does not start it
#define START REG(0x50000430)
#define EN (1 << 0)
#define INCR_READ (1 << 4)
#define INCR_WRITE (1 << 5)
#define CHAIN_TO(channel) ((channel) << 11)
#define TREQ(request) ((request) << 15)
#define BUSY (1 << 24)

#define SIZE 40

static uint8_t sent[SIZE], received[SIZE];

int main(void) {
    SPI0_CPSR = 2;
    SPI0_CR0 = 7; // 8 bits
    SPI0_CR1 = 2; // on
    SPI0_DMACR = 3;
    for (uint32_t size = 1; size <= SIZE; size++) {
        for (uint32_t i = 0; i < SIZE; i++) {
            sent[i] = received[i] = 0xff;
        }
        READ_ADDR(0) = (uint32_t)sent;
        WRITE_ADDR(0) = SPI0_DR;
        CTRL(0) = EN | INCR_READ | CHAIN_TO(0) | TREQ(16);
        READ_ADDR(1) = SPI0_DR;
        WRITE_ADDR(1) = (uint32_t)received;
        CTRL(1) = EN | INCR_WRITE | CHAIN_TO(1) | TREQ(17);
        TRANS_COUNT(0) = size;
        TRANS_COUNT(1) = size;
        START = 3;
        while ((CTRL(0) | CTRL(1)) & BUSY) {
        }
        CHECK(!(SPI0_RIS & OVERRUN));
        for (uint32_t i = 0; i < SIZE; i++) {
            CHECK(received[i] == (i < size ? 0 : 0xff));
        }
    }
    return 0;
}
