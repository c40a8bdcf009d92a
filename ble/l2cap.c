// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// L2CAP: to whom a packet goes.
#include "host.h"

uint16_t ble_l2cap_queued(const ble_conn_t *c, const ble_buffer_t *buffer) {
    bool begun = buffer == c->out.head && (c->out_begun || buffer->length == 0);
    return begun ? 0 : ble_get16(&buffer->octets[buffer->start + 2]);
}

void ble_l2cap_receive(ble_t *b, ble_conn_t *c, uint16_t cid, ble_buffer_t *pdu) {
    switch (cid) {
        case BLE_CID_ATT:
            ble_att_receive(b, c, pdu);
            break;
        case BLE_CID_SIGNAL:
            ble_signal_receive(b, c, pdu);
            break;
        case BLE_CID_SMP:
            ble_smp_receive(b, c, pdu);
            break;
        default:
            ble_channel_receive_pdu(b, c, cid, pdu);
    }
}
