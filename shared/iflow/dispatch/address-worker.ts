import { parentPort } from 'node:worker_threads';
import { readSenderAddresses } from '../model/sender-addresses.ts';

if (parentPort === null) throw new Error('This module is the entry of a worker thread.');
const port = parentPort;

port.on('message', (zip: Uint8Array) => port.postMessage(readSenderAddresses(zip)));
