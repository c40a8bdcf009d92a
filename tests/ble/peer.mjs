// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// npm's ble-host, a Bluetooth host that is not ours, at a controller: what tests talk to.
//
//     node peer.mjs unix:PATH ADDRESS [legacy]
//
// ADDRESS is a static random one. With "legacy" it does not know Secure Connections. It takes a command a line on stdin
// and says a line on stdout for each thing that happens; peer.py has both ends of that. Bonds are kept in the folder
// that it runs in. Values are in hex, UUIDs as ble-host has them, capabilities as IOCapabilities has them.
//
//     advertise NAME                    be found, and connected to once
//     connect NAME                      look for who is called so, and connect
//     disconnect
//     mtu                               ask for the largest
//     discover                          find services, characteristics and descriptors
//     read UUID / write UUID VALUE      the latter in parts if it is long
//     command UUID VALUE                write without an answer
//     subscribe UUID notify|indicate|off
//     notify VALUE / indicate VALUE     of the own characteristic TOLD
//     value                             what has been written to the own characteristic KEPT
//     answer FEATURE ...                how to answer who wants to pair: mitm, bond, a capability
//     pair FEATURE ...                  ask for it, as the central
//     ask FEATURE ...                   ask the central to pair
//     encrypt                           with the key of the bond
//     enter PASSKEY / yes / no          what a human does
import Module, { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { EventEmitter } from 'node:events';
import { createConnection } from 'node:net';

const home = new URL('../../build/ble/', import.meta.url);
const [uart, address, legacy] = process.argv.slice(2);
if (!uart?.startsWith('unix:') || !address || (legacy ?? 'legacy') !== 'legacy') {
    end('usage: peer.mjs unix:PATH ADDRESS [legacy]');
}
if (legacy) {
    forget('/internal/smp.js', 'SC_IS_SUPPORTED = true');
}
const host = load('ble-host');
const SERVICE = 'A0000000-1111-2222-3333-444444444444';
const own = (n) => `A000000${n}-1111-2222-3333-444444444444`;
const [KEPT, TOLD, SECRET, GUARDED, LONG] = [1, 2, 3, 4, 5].map(own);
const PSM = 0x80; // of a channel that returns what it is sent
const CHANNEL_MTU = 512;
const COMMAND_COMPLETE = Buffer.from([4, 0x0e]);
const ADVERTISE_ENABLE = 0x200a;
const HEADERS = { 2: (b) => b.length >= 5 && 5 + b.readUInt16LE(3), 4: (b) => b.length >= 3 && 3 + b[2] };

// ble-host offers Secure Connections whatever it is asked for; where it is loaded this is taken out.
function forget(file, statement) {
    const compile = Module.prototype._compile;
    Module.prototype._compile = function (source, path) {
        if (path.endsWith(file) && !source.includes(statement)) {
            end(`${path} has no ${statement}`);
        }
        const changed = path.endsWith(file) ? source.replace(statement, statement.replace('true', 'false')) : source;
        return compile.call(this, changed, path);
    };
}

function load(name) {
    try {
        return createRequire(home)(name);
    } catch (error) {
        if (error.code !== 'MODULE_NOT_FOUND') {
            throw error;
        }
        console.error(`peer: the package ${name} is missing; run: make ble-tools`);
        process.exit(1);
    }
}

const say = (...words) => process.stdout.write(words.join(' ') + '\n');
const bytes = (hex) => Buffer.from(hex ?? '', 'hex');
const failed = (what, error) => say('failed', what, host.AttErrors.toString(error));

// Whole packets each way, as ble-host wants it.
class Transport extends EventEmitter {
    constructor(path) {
        super();
        this.rest = Buffer.alloc(0);
        this.socket = createConnection(path);
        this.socket.on('data', (data) => this.take(data));
        this.socket.on('error', (error) => end(`no controller: ${error.message}`));
        this.socket.on('close', () => this.emit('close'));
    }
    take(data) {
        this.rest = Buffer.concat([this.rest, data]);
        while (this.rest.length) {
            const header = HEADERS[this.rest[0]] ?? (() => end('the controller sends no packet'));
            const length = header(this.rest);
            if (!length || this.rest.length < length) {
                return;
            }
            const packet = Buffer.from(this.rest.subarray(0, length));
            this.rest = this.rest.subarray(length);
            this.emit('data', packet);
            if (packet.subarray(0, 2).equals(COMMAND_COMPLETE) && packet.readUInt16LE(4) === ADVERTISE_ENABLE) {
                this.emit('advertising');
            }
        }
    }
    write(packet) {
        this.socket.write(packet);
    }
}

function end(reason) {
    console.error(`peer: ${reason}`);
    process.exit(1);
}

// What pairing wants, of words in any order.
function features(words) {
    const capability = words.find((word) => word in host.IOCapabilities) ?? 'NO_INPUT_NO_OUTPUT';
    return {
        ioCap: host.IOCapabilities[capability],
        bondingFlags: words.includes('bond') ? 1 : 0,
        mitm: words.includes('mitm'),
    };
}

class Peer {
    constructor(manager) {
        this.manager = manager;
        this.response = features([]);
        this.found = new Map(); // characteristics of the other side, by UUID
        this.told = {
            uuid: TOLD,
            properties: ['notify', 'indicate'],
            onSubscriptionChange: (to, notify, indicate, isWrite) => isWrite && say('subscription', notify, indicate),
        };
        this.kept = {
            uuid: KEPT,
            properties: ['read', 'write', 'write-without-response'],
            value: Buffer.from('kept'),
            onWrite: (from, needed, value, answer) => {
                this.kept.value = value;
                say('stored', value.toString('hex'));
                answer(host.AttErrors.SUCCESS);
            },
        };
        const secret = (uuid, readPerm) => ({ uuid, properties: ['read'], readPerm, value: readPerm });
        const count = Buffer.from([...Array(512).keys()].map((i) => i & 255));
        const long = { uuid: LONG, properties: ['read'], value: count };
        const guarded = [secret(SECRET, 'encrypted'), secret(GUARDED, 'encrypted-mitm')];
        manager.gattDb.addServices([{ uuid: SERVICE, characteristics: [this.kept, this.told, ...guarded, long] }]);
    }

    // --- connections ---

    advertise(name) {
        this.manager.gattDb.setDeviceName(name);
        const data = new host.AdvertisingDataBuilder();
        data.addFlags(['leGeneralDiscoverableMode', 'brEdrNotSupported']).addLocalName(true, name);
        this.manager.setAdvertisingData(data.build(), () => {
            transport.once('advertising', () => say('advertising')); // ble-host does not tell
            this.manager.startAdvertising({}, (status, connection) =>
                status ? say('failed advertise', status) : this.connected(connection));
        });
    }
    connect(name) {
        const scanner = this.manager.startScan({});
        scanner.on('report', (report) => {
            if (report.connectable && report.parsedDataItems.localName === name) {
                scanner.stopScan();
                scanner.removeAllListeners();
                this.manager.connect(report.addressType, report.address, {}, (made) => this.connected(made));
            }
        });
    }
    connected(connection) {
        this.connection = connection;
        this.found.clear();
        connection.on('disconnect', (reason) => say('disconnected', host.HciErrors.toString(reason)));
        connection.gatt.on('timeout', () => say('timeout gatt'));
        this.watch(connection.smp);
        connection.l2capCoCManager.registerLePsm(PSM, (mtu, accept) => this.channel(mtu, accept));
        say('connected', connection.peerAddressType, connection.peerAddress);
    }
    disconnect() {
        this.connection.disconnect();
    }

    // --- channels ---

    channel(mtu, accept) {
        const channel = accept(host.L2CAPCoCErrors.CONNECTION_SUCCESSFUL, false, CHANNEL_MTU);
        say('channel', mtu);
        channel.on('data', (sdu) => {
            say('sdu', sdu.length);
            channel.send(sdu);
        });
        channel.on('disconnect', () => say('channel closed'));
    }

    // --- attributes ---

    mtu() {
        this.connection.gatt.exchangeMtu((error) =>
            error ? failed('mtu', error) : say('mtu', this.connection.gatt.currentMtu));
    }
    async discover() {
        const { gatt } = this.connection;
        const of = (object, method) => new Promise((resolve) => object[method](resolve));
        for (const service of await of(gatt, 'discoverAllPrimaryServices')) {
            say('service', service.uuid, service.startHandle, service.endHandle);
            for (const one of await of(service, 'discoverCharacteristics')) {
                const properties = Object.keys(one.properties).filter((name) => one.properties[name] === true);
                say('characteristic', one.uuid, one.valueHandle, properties.join(','));
                this.found.set(one.uuid, one);
                one.on('change', (value, isIndication, confirm) => {
                    say(isIndication ? 'indicated' : 'notified', value.toString('hex'));
                    if (isIndication) {
                        confirm();
                    }
                });
                for (const descriptor of await of(one, 'discoverDescriptors')) {
                    say('descriptor', descriptor.uuid, descriptor.handle);
                }
            }
        }
        say('discovered');
    }
    remote(uuid) {
        return this.found.get(uuid.toUpperCase()) ?? end(`no characteristic ${uuid} has been discovered`);
    }
    read(uuid) {
        this.remote(uuid).read((error, value) => (error ? failed('read', error) : say('read', value.toString('hex'))));
    }
    write(uuid, value) {
        this.remote(uuid).write(bytes(value), (error) => (error ? failed('write', error) : say('written')));
    }
    command(uuid, value) {
        this.remote(uuid).writeWithoutResponse(bytes(value), () => say('sent'));
    }
    subscribe(uuid, what) {
        this.remote(uuid).writeCCCD(what === 'notify', what === 'indicate', (error) =>
            error ? failed('subscribe', error) : say('subscribed'));
    }
    notify(value) {
        say(this.told.notify(this.connection, bytes(value)) ? 'sent' : 'failed notify');
    }
    indicate(value) {
        const taken = this.told.indicate(this.connection, bytes(value), () => say('confirmed'));
        if (!taken) {
            say('failed indicate');
        }
    }
    value() {
        say('value', this.kept.value.toString('hex'));
    }

    // --- security ---

    watch(smp) {
        const { JUST_WORKS, NUMERIC_COMPARISON } = host.AssociationModels;
        smp.on('pairingRequest', (request, answer) => answer(this.response));
        smp.on('passkeyExchange', (model, passkey, answer) => {
            this.human = answer;
            const what = model === NUMERIC_COMPARISON ? 'compare' : passkey === null ? 'wanted' : 'shown';
            say('passkey', what, ...(passkey === null ? [] : [passkey]));
        });
        smp.on('pairingComplete', (result) =>
            say('paired', result.sc ? 'sc' : 'legacy', ...['mitm', 'bond'].filter((name) => result[name])));
        smp.on('pairingFail', (reason, remote) =>
            say('unpaired', host.SmpErrors.toString(reason), remote ? 'there' : 'here'));
        smp.on('encrypt', (status) => say('encrypted', host.HciErrors.toString(status)));
        smp.on('timeout', () => say('timeout smp'));
    }
    answer(...words) {
        this.response = features(words);
        say('ready');
    }
    pair(...words) {
        this.response = features(words);
        this.connection.smp.sendPairingRequest(this.response);
    }
    ask(...words) {
        this.response = features(words);
        const { bondingFlags, mitm } = this.response;
        this.connection.smp.sendSecurityRequest(bondingFlags !== 0, mitm, !legacy, false);
    }
    encrypt() {
        this.connection.smp.startEncryption();
    }
    enter(passkey) {
        this.human(passkey);
    }
    yes() {
        this.human();
    }
    no() {
        this.connection.smp.sendPairingFailed(host.SmpErrors.NUMERIC_COMPARISON_FAILED);
    }
}

const COMMANDS = new Set(('advertise connect disconnect mtu discover read write command subscribe notify indicate '
    + 'value answer pair ask encrypt enter yes no').split(' '));

function obey(peer, line) {
    const [name, ...words] = line.trim().split(/\s+/);
    if (!COMMANDS.has(name)) {
        end(`no such command: ${line}`);
    }
    try {
        Promise.resolve(peer[name](...words)).catch((error) => end(`${line}: ${error.stack}`));
    } catch (error) {
        end(`${line}: ${error.stack}`);
    }
}

const transport = new Transport(uart.slice('unix:'.length));
host.BleManager.create(transport, { staticRandomAddress: address }, (error, manager) => {
    if (error) {
        end(error.message);
    }
    const peer = new Peer(manager);
    const lines = createInterface({ input: process.stdin });
    lines.on('line', (line) => obey(peer, line));
    lines.on('close', () => process.exit(0));
    say('up');
});
