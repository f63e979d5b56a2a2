import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isPrivateHost, readPrivateHosts } from '../../shared/net/private-hosts.ts';

function named(list: string, url: string): boolean {
  const hosts = readPrivateHosts(list);
  assert.ok(hosts, list);
  return isPrivateHost(new URL(url), hosts);
}

test('no host is named by an empty list', () => {
  for (const list of ['', ' ', ',', ' , ']) assert.equal(named(list, 'http://a/'), false, list);
});

test('a host without a port is named for every port, one with a port for that alone', () => {
  const list = 'idp.corp.example, keycloak:8080,[::1]:9000 ,plain:80,tls:443';
  const answers = {
    'https://idp.corp.example/keys': true,
    'http://idp.corp.example:81/': true,
    'http://keycloak:8080/realms/a': true,
    'http://keycloak:8081/': false,
    'https://keycloak/': false,
    'http://[::1]:9000/': true,
    'http://[0:0::1]:9000/': true,
    'http://[::1]/': false,
    'http://plain/': true,
    'https://plain/': false,
    'https://tls/': true,
    'http://tls/': false,
    'https://other.idp.corp.example/': false,
    'https://idp.corp.example.other.example/': false,
  };
  for (const [url, answer] of Object.entries(answers)) assert.equal(named(list, url), answer, url);
});

test('a host is the same however it is spelled', () => {
  assert.equal(named('IDP.Example', 'https://idp.example/'), true);
  assert.equal(named('127.0.0.1', 'http://0x7f.1/'), true);
  assert.equal(named('2130706433:80', 'http://127.0.0.1/'), true);
});

test('what is no list of hosts is refused as a whole', () => {
  const lists = [
    'http://a',
    'a/b',
    'a:0',
    'a:65536',
    'a:x',
    'a b',
    'u@a',
    '[::1',
    '::1',
    'a:',
    '[x]',
    '%',
  ];
  for (const list of lists) assert.equal(readPrivateHosts(`fine.example,${list}`), undefined, list);
});
