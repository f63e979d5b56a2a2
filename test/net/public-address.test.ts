import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isPublicAddress } from '../../shared/net/public-address.ts';

const PUBLIC = [
  '1.1.1.1',
  '20.190.151.7',
  '100.63.255.255',
  '100.128.0.0',
  '172.15.255.255',
  '172.32.0.0',
  '192.167.255.255',
  '223.255.255.255',
  '2606:4700:4700::1111',
  '2603:1030:20e:3::23c',
  '2A00:1450:4001:0:0:0:0:200E',
];

const NOT_PUBLIC: Readonly<Record<string, readonly string[]>> = {
  'this host and loopback': ['0.0.0.0', '0.1.2.3', '127.0.0.1', '127.255.255.255', '::', '::1'],
  'private networks (RFC 1918, RFC 4193)': [
    '10.0.0.1',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.0.1',
    'fc00::1',
    'fdff::1',
  ],
  'link-local addresses and cloud metadata (RFC 3927, RFC 4291)': [
    '169.254.0.1',
    '169.254.169.254',
    'fe80::1',
    'fe80::1%eth0',
    'febf::1',
    'fec0::1',
    'fd00:ec2::254',
  ],
  'the inside of Azure': ['168.63.129.16'],
  'carrier-grade NAT (RFC 6598)': ['100.64.0.0', '100.127.255.255'],
  'multicast, broadcast and reserved addresses': [
    '224.0.0.1',
    '239.255.255.255',
    '240.0.0.1',
    '255.255.255.255',
    'ff02::1',
    '4000::1',
    'e000::1',
  ],
  'documentation and benchmarks': [
    '192.0.2.1',
    '198.51.100.1',
    '203.0.113.1',
    '198.18.0.1',
    '198.19.255.255',
    '2001:db8::1',
    '3fff::1',
  ],
  'IPv6 addresses that lead to IPv4 (mapped, compatible, NAT64, 6to4, Teredo)': [
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::ffff:1.1.1.1',
    '0:0:0:0:0:ffff:0a00:0001',
    '::127.0.0.1',
    '64:ff9b::7f00:1',
    '64:ff9b::10.0.0.1',
    '64:ff9b:1::1',
    '2002:7f00:1::',
    '2002:a00:1::1',
    '2001::1',
    '2001:0:53aa:64c::1',
  ],
  'what is no IP address': [
    '',
    'localhost',
    '1',
    '0x7f000001',
    '127.1',
    '[::1]',
    '1.1.1.1 ',
    '::g',
  ],
};

test('addresses of the public Internet are public', () => {
  for (const address of PUBLIC) assert.equal(isPublicAddress(address), true, address);
});

for (const [what, addresses] of Object.entries(NOT_PUBLIC)) {
  test(`not public: ${what}`, () => {
    for (const address of addresses) assert.equal(isPublicAddress(address), false, address);
  });
}
