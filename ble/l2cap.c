// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// L2CAP: to whom a packet goes.
#include "host.h"

unsigned ble_l2cap_waiting(const ble_conn_t *c, uint16_t cid, bool (*is)(uint8_t code)) {
    unsigned n = 0;
    for (ble_buffer_t *buffer = c->out.head; buffer != NULL; buffer = buffer->next) {
        bool begun = buffer == c->out.head && (c->out_begun || buffer->length == 0);
        const uint8_t *p = ble_buffer_data(buffer);
        uint16_t to = begun ? 0 : ble_get16(p + 2);
        n += (to == cid || (cid == BLE_CID_FIRST && to > cid)) && (is == NULL || is(p[BLE_L2CAP_HEADER]));
    }
    return n;
}

// A build without pairing says so to who asks for it; everything else follows on that.
static void smp_refuse(ble_t *b, ble_conn_t *c, ble_buffer_t *pdu) {
    uint8_t *p = ble_buffer_data(pdu);
    if (pdu->length != 0 && p[0] == BLE_SMP_PAIRING_REQUEST && c->out.head == NULL) {
        p[0] = BLE_SMP_FAILED;
        p[1] = BLE_SMP_PAIRING_NOT_SUPPORTED;
        pdu->start = BLE_HEADROOM;
        pdu->length = 2;
        ble_acl_send(b, c, BLE_CID_SMP, pdu);
    } else {
        ble_buffer_free(b, pdu);
    }
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
            if (BLE_PAIRINGS) {
                ble_smp_receive(b, c, pdu);
            } else {
                smp_refuse(b, c, pdu);
            }
            break;
        default:
            if (BLE_CHANNELS) {
                ble_channel_receive_pdu(b, c, cid, pdu);
            } else {
                ble_buffer_free(b, pdu);
            }
    }
}
