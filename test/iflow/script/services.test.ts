import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { FlowServices } from '../../../shared/iflow/services/services.ts';
import type { SecurityMaterial } from '../../../shared/iflow/services/security-material.ts';
import { StepFailure } from '../../../shared/iflow/steps/step-failure.ts';
import { CA_PEM, LEAF_PEM } from '../../x509/key-files.ts';
import { noServices } from '../running.ts';
import { failureOf, process, scriptCall, startEngine } from './engine.ts';

const engine = startEngine();
const nothing = () => Promise.resolve(undefined);

function servicesOf(given: {
  readonly material?: Partial<SecurityMaterial>;
  readonly mapped?: (...values: string[]) => Promise<string | undefined>;
  readonly next?: (name: string) => Promise<string | undefined>;
  readonly parameters?: Readonly<Record<string, string | Uint8Array>>;
}): FlowServices {
  return {
    ...noServices,
    securityMaterial: () =>
      Promise.resolve({
        userCredentials: nothing,
        oauth2ClientCredentials: nothing,
        secureParameter: nothing,
        keyPair: nothing,
        ...given.material,
      }),
    valueMappings: () => Promise.resolve({ mappedValue: given.mapped ?? nothing }),
    numberRanges: () => Promise.resolve({ next: given.next ?? nothing }),
    partnerDirectory: () =>
      Promise.resolve({
        parameter: (partner, id) => Promise.resolve(given.parameters?.[`${partner}/${id}`]),
        partnerId: (agency, scheme, id) =>
          Promise.resolve(id === 'unknown' ? undefined : `${agency}-${scheme}-${id}`),
        partnerIdOfUser: (user) => Promise.resolve(user === 'ann' ? 'Acme' : undefined),
      }),
  };
}

const userCredentials = (name: string) =>
  Promise.resolve(
    name === 'SHOP'
      ? { name, user: 'shop', password: 'pässword', properties: { company: 'C' } }
      : undefined,
  );

suite('security material', () => {
  const services = servicesOf({
    material: {
      userCredentials,
      secureParameter: (name) => Promise.resolve(name === 'KEY' ? 'k-1' : undefined),
      oauth2ClientCredentials: (name) =>
        Promise.resolve(
          name === 'OAUTH'
            ? {
                name,
                tokenServiceUrl: 'https://example.org/token',
                clientId: 'id',
                clientSecret: 'secret',
                clientAuthentication: 'header',
                scope: '',
                contentType: 'application/x-www-form-urlencoded',
                resource: '',
                audience: '',
                customParameters: [],
                version: '1',
              }
            : undefined,
        ),
    },
  });
  test('a published script that reads a credential runs unchanged', async () => {
    const source = `
      importClass(com.sap.it.api.securestore.SecureStoreService);
      importClass(com.sap.it.api.securestore.UserCredential);
      importClass(com.sap.it.api.securestore.exception.SecureStoreException);
      importClass(com.sap.it.api.ITApiFactory);
      function processData(message) {
        var service = new Packages.com.sap.it.api.ITApiFactory.getService(Packages.com.sap.it.api.securestore.SecureStoreService, null);
        var credential = service.getUserCredential(message.getHeaders().get("alias"));
        var codes = credential.getPassword().join().split(",");
        message.setBody(credential.getUsername() + ":" + String.fromCharCode.apply(String, codes));
        return message;
      }`;
    const call = scriptCall(source, { services, headers: [['alias', 'SHOP']] });
    assert.equal((await engine.run(call)).body, 'shop:pässword');
  });
  test('a password is text in each way that scripts make it one', async () => {
    const { body } = await process(
      engine,
      `importClass(com.sap.it.api.ITApiFactory);
       var store = ITApiFactory.getApi(com.sap.it.api.securestore.SecureStoreService.class, null);
       var secret = store.getUserCredential("KEY").getPassword();
       var shop = store.getUserCredential("SHOP"), oauth = store.getUserCredential("OAUTH");
       message.setBody([new java.lang.String(secret), secret.toString(), java.lang.String.valueOf(secret), String(secret),
         shop.username, shop.getCredentialProperties().get("company"), oauth.getUsername(), oauth.getPassword(),
         oauth.getCredentialProperties().get("sec:server.url")].join(" "));`,
      { services },
    );
    assert.equal(body, 'k-1 k-1 k-1 k-1 shop C id secret https://example.org/token');
  });
  test('a credential that is not deployed is the exception that SAP throws', async () => {
    const get =
      'com.sap.it.api.ITApiFactory.getService("com.sap.it.api.securestore.SecureStoreService", null).getUserCredential("NONE")';
    const failure = await failureOf(process(engine, get, { services }));
    assert.match(
      failure.message,
      /^com\.sap\.it\.api\.securestore\.exception\.SecureStoreException: No credential with the alias "NONE" is deployed\. \(script\.js:1:\d+\)$/,
    );
    const { body } = await process(
      engine,
      `try { ${get}; } catch (e) { message.setBody(String(e instanceof com.sap.it.api.securestore.exception.SecureStoreException)); }`,
      { services },
    );
    assert.equal(body, 'true');
  });
  test('a credential does not say its secret where it is printed', async () => {
    const { body, properties } = await process(
      engine,
      `var c = com.sap.it.api.ITApiFactory.getService(com.sap.it.api.securestore.SecureStoreService, null).getUserCredential("SHOP");
       message.setProperty("c", c); message.setBody(String(c) + JSON.stringify(c));`,
      { services },
    );
    assert.equal(body, 'UserCredential SHOP{}');
    assert.deepEqual(properties, [['c', 'UserCredential SHOP']]);
  });
});

suite('the keystore', () => {
  const certificates = [LEAF_PEM, CA_PEM];
  const services = servicesOf({
    material: {
      keyPair: (alias) =>
        Promise.resolve(
          alias === 'mine'
            ? { alias, privateKey: 'PRIVATE', certificates, version: '1' }
            : undefined,
        ),
    },
  });
  const store =
    'var store = com.sap.it.api.ITApiFactory.getService(com.sap.it.api.keystore.KeystoreService, null);';
  test('gives certificates', async () => {
    const { body } = await process(
      engine,
      `${store} var c = store.getCertificate("mine");
       message.setBody(JSON.stringify([store.getCertificateChain("mine").length, c.getType(),
         java.util.Base64.getEncoder().encodeToString(c.getEncoded()), c.getSubjectX500Principal().getName(),
         c.getNotAfter().getTime() > c.getNotBefore().getTime(), c.getSerialNumber().signum()]));`,
      { services },
    );
    const [length, type, encoded, subject, ...rest] = JSON.parse(String(body)) as unknown[];
    assert.deepEqual([length, type], [certificates.length, 'X.509']);
    assert.equal(encoded, LEAF_PEM.replace(/-----.*-----|\s/g, ''));
    assert.equal(subject, 'CN=partner,O=Partner,C=DE');
    assert.deepEqual(rest, [true, 1]);
  });
  test('keeps its private keys, and says what it has not', async () => {
    const refused = await failureOf(
      process(engine, `${store} store.getKey("mine");`, { services }),
    );
    assert.match(refused.message, /A private key is not available in Flowgate scripts\./);
    const missing = await failureOf(
      process(engine, `${store} store.getCertificate("none");`, { services }),
    );
    assert.match(
      missing.message,
      /^com\.sap\.it\.api\.keystore\.exception\.KeystoreException: The keystore has no entry with the alias "none"\./,
    );
  });
});

test('value mappings, number ranges and the partner directory are asked as in SAP', async () => {
  const asked: string[][] = [];
  const services = servicesOf({
    mapped: (...values) => {
      asked.push(values);
      return Promise.resolve(values[2] === 'de' ? 'DE' : undefined);
    },
    next: (name) =>
      name === 'Orders'
        ? Promise.resolve('0007')
        : name === 'Full'
          ? Promise.reject(new StepFailure('used_up', 'The number range Full is used up.'))
          : Promise.resolve(undefined),
    parameters: { 'Acme/Url': 'https://acme.example', 'Acme/Logo': Uint8Array.from([1, 255]) },
  });
  const { body } = await process(
    engine,
    `importClass(com.sap.it.api.ITApiFactory);
     var out = [], map = ITApiFactory.getService(com.sap.it.api.mapping.ValueMappingApi, null);
     out.push(map.getMappedValue("A", "locale", "de", "B", "lang"), map.getMappedValue("A", "locale", "xx", "B", "lang"));
     var numbers = ITApiFactory.getApi(com.sap.it.api.nrc.NumberRangeConfigurationService, null);
     out.push(numbers.getNextValuefromNumberRange("Orders", null));
     ["None", "Full"].forEach(function (name) {
       try { numbers.getNextValuefromNumberRange(name, null); } catch (e) { out.push(String(e)); }
     });
     var partners = ITApiFactory.getApi(com.sap.it.api.pd.PartnerDirectoryService, null);
     out.push(partners.getParameter("Url", "Acme", java.lang.String), partners.getParameter("Url", "Other", java.lang.String));
     out.push(partners.getParameter("Logo", "Acme", com.sap.it.api.pd.BinaryData).getData().join());
     out.push(partners.getPartnerId("a", "s", "1"), partners.getPartnerId("a", "s", "unknown"));
     out.push(partners.getPartnerIdOfAuthorizedUser("ann"), partners.getPartnerIdOfAuthorizedUser("bob"));
     ["getPartnerIdOfAuthorizedUser", "getAuthorizedUsers"].forEach(function (name) {
       try { partners[name](""); } catch (e) { out.push(String(e)); }
     });
     try { ITApiFactory.getService("com.sap.it.api.Other", null); } catch (e) { out.push(String(e)); }
     message.setBody(JSON.stringify(out));`,
    { services },
  );
  assert.deepEqual(JSON.parse(String(body)), [
    ...['DE', null, '0007'],
    'com.sap.it.api.nrc.exception.NumberRangeConfigException: There is no number range "None".',
    'com.sap.it.api.nrc.exception.NumberRangeConfigException: The number range Full is used up.',
    ...['https://acme.example', null, '1,255', 'a-s-1', null, 'Acme', null],
    'java.lang.IllegalArgumentException: An input argument is null or empty',
    'java.lang.UnsupportedOperationException: The list of the authorized users of a partner is not available in Flowgate scripts.',
    'java.lang.UnsupportedOperationException: The service com.sap.it.api.Other is not available in Flowgate scripts.',
  ]);
  assert.deepEqual(asked[0], ['A', 'locale', 'de', 'B', 'lang']);
});

suite('a script that waits for a service', () => {
  const ask =
    'var n = com.sap.it.api.ITApiFactory.getService(com.sap.it.api.nrc.NumberRangeConfigurationService, null).getNextValuefromNumberRange("N", null); message.setBody(n);';
  const later = (ms: number, value: string) => (): Promise<string> =>
    new Promise((resolve) => setTimeout(() => resolve(value), ms));

  test('is ended when its time is over, and its worker goes on', async () => {
    let answerLate: ((value: string) => void) | undefined;
    const next = () => new Promise<string>((resolve) => (answerLate = resolve));
    const services = servicesOf({ next });
    const failure = await failureOf(process(engine, ask, { services, timeoutMs: 60 }));
    assert.deepEqual(
      [failure.reason, failure.message],
      ['timeout', 'The script took longer than 60 ms.'],
    );
    // The answer that comes too late is nobody's.
    assert.ok(answerLate, 'the service was asked');
    answerLate('late');
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, i) =>
        process(engine, ask, { services: servicesOf({ next: later(50 * i, `n${i}`) }) }),
      ),
    );
    assert.deepEqual(
      answers.map(({ body }) => body),
      ['n0', 'n1', 'n2', 'n3', 'n4', 'n5', 'n6', 'n7'],
    );
  });

  test('fails with what the service fails with, which it cannot catch', async () => {
    const away = new Error('storage is away');
    const services = servicesOf({ next: () => Promise.reject(away) });
    const source = `try { ${ask} } catch (e) { message.setBody("caught"); }`;
    await assert.rejects(process(engine, source, { services }), away);
    const unmade = { ...noServices, numberRanges: () => Promise.reject(away) };
    await assert.rejects(process(engine, source, { services: unmade }), away);
    const { body } = await process(engine, ask, { services: servicesOf({ next: later(0, '1') }) });
    assert.equal(body, '1');
  });

  test('that begins again gets the numbers that it has drawn before', async () => {
    const own = startEngine(2);
    await process(own, '');
    let drawn = 0;
    const services = servicesOf({ next: () => Promise.resolve(String((drawn += 1))) });
    const number = 'numbers.getNextValuefromNumberRange("N", null)';
    const source = `function processData(message) {
      var numbers = com.sap.it.api.ITApiFactory.getService(com.sap.it.api.nrc.NumberRangeConfigurationService, null);
      var found = [${number}, ${number}];
      for (var end = Date.now() + 250; Date.now() < end; );
      message.setBody(found.join()); return message; }`;
    // With two workers one long run is let go on; the others are ended and begin again.
    const runs = Array.from({ length: 3 }, () => own.run(scriptCall(source, { services })));
    const bodies = (await Promise.all(runs)).map(({ body }) => String(body));
    assert.equal(drawn, 6, 'no number is drawn for nothing');
    assert.deepEqual(bodies.flatMap((body) => body.split(',')).sort(), [
      '1',
      '2',
      '3',
      '4',
      '5',
      '6',
    ]);
  });

  test('asks 10,000 times at most, with texts of a bounded length', async () => {
    const services = servicesOf({ mapped: () => Promise.resolve('x') });
    const map =
      'com.sap.it.api.ITApiFactory.getService(com.sap.it.api.mapping.ValueMappingApi, null)';
    const often = await failureOf(
      process(engine, `var m = ${map}; for (;;) m.getMappedValue("a", "b", "c", "d", "e");`, {
        services,
        timeoutMs: 30_000,
      }),
    );
    assert.match(
      often.message,
      /^java\.lang\.IllegalStateException: A script may ask services 10000 times\./,
    );
    const long = await failureOf(
      process(engine, `${map}.getMappedValue("a", "b", "c".repeat(70000), "d", "e");`, {
        services,
      }),
    );
    assert.match(
      long.message,
      /^java\.lang\.IllegalArgumentException: What a service is asked has at most 65536 characters\./,
    );
  });

  test('lets others be answered meanwhile, also when all of its kind wait', async () => {
    const services = servicesOf({ next: later(600, 'slow') });
    const own = startEngine(2);
    await process(own, '');
    let waiting = 4;
    const slow = Array.from({ length: 4 }, () =>
      process(own, ask, { services }).finally(() => (waiting -= 1)),
    );
    await new Promise((resolve) => setTimeout(resolve, 100));
    const { body } = await process(own, 'message.setBody("quick");');
    assert.equal(body, 'quick');
    assert.ok(waiting > 0, 'answered while others wait');
    for (const run of slow) assert.equal((await run).body, 'slow');
  });

  test('that is waiting when the engine is closed is answered as busy', async () => {
    const own = startEngine(2);
    await process(own, '');
    const run = failureOf(process(own, ask, { services: servicesOf({ next: later(5000, 'x') }) }));
    await new Promise((resolve) => setTimeout(resolve, 100));
    await own.close();
    assert.equal((await run).reason, 'busy');
  });
});
