/** Methods of services that are not there, all of which take an argument, by the class of the service. */
export const MISSING_METHODS: Readonly<Record<string, readonly string[]>> = {
  SecureStoreService: ['getAccesTokenForOauth2AuthorizationCodeCredential'],
  KeystoreService: ['getKey', 'getKeyPair'],
  PartnerDirectoryService: [
    'getAlternativePartnerId',
    'getAuthorizedUsers',
    'getCertificateParameter',
  ],
};

/**
 * `com.sap.it.api`, as guest source: the services that `ITApiFactory` gives (SAP Help, Additional Use
 * Cases; Read Security-Related Artifacts; Read and Modify Partner Directory Content). Each call is asked
 * of the host, which waits for storage; `script/services.ts` answers.
 */
export const services = String.raw`
/** @throws the Java exception that the answer names. */
const ask = (service, ...values) => {
  const { exception, value } = parse(host('ask', stringify([service, ...values.map(textOrEmpty)])));
  if (exception !== undefined) raise(exception.class, exception.message);
  return value;
};
const notHere = (what) => raise('java.lang.UnsupportedOperationException', what + ' is not available in Flowgate scripts.');

class ValueMappingApi {
  getMappedValue(sourceAgency, sourceIdentifier, value, targetAgency, targetIdentifier) {
    return ask('mappedValue', sourceAgency, sourceIdentifier, value, targetAgency, targetIdentifier);
  }
}
define('com.sap.it.api.mapping.ValueMappingApi', ValueMappingApi);

class UserCredential {
  #found;
  constructor(found) { this.#found = found; }
  getUsername() { return this.#found.user; }
  getPassword() { return charsOf(this.#found.password); }
  getCredentialProperties() { return new HashMap(this.#found.properties); }
  toString() { return 'UserCredential ' + this.#found.alias; }
  value_() { return this.toString(); }
}
define('com.sap.it.api.securestore.UserCredential', UserCredential);
class SecureStoreService {
  getUserCredential(alias) { return new UserCredential(ask('credential', alias)); }
  getAccesTokenForOauth2AuthorizationCodeCredential() { return notHere('An access token of an OAuth2 Authorization Code credential'); }
}
define('com.sap.it.api.securestore.SecureStoreService', SecureStoreService);

class Principal {
  #name;
  constructor(name) { this.#name = name; }
  getName() { return this.#name; }
  toString() { return this.#name; }
}
class X509Certificate {
  #found;
  constructor(found) { this.#found = found; }
  getEncoded() { return find('java.util.Base64').getDecoder().decode(this.#found.encoded); }
  getType() { return 'X.509'; }
  getSubjectDN() { return new Principal(this.#found.subject.join(', ')); }
  getIssuerDN() { return new Principal(this.#found.issuer.join(', ')); }
  getSubjectX500Principal() { return new Principal(this.#found.subject.join(',')); }
  getIssuerX500Principal() { return new Principal(this.#found.issuer.join(',')); }
  getSerialNumber() { return new (find('java.math.BigInteger'))(BigInt('0x' + this.#found.serialNumber)); }
  getNotBefore() { return new (find('java.util.Date'))(this.#found.notBefore); }
  getNotAfter() { return new (find('java.util.Date'))(this.#found.notAfter); }
  toString() { return 'X.509 certificate of ' + this.#found.subject.join(', '); }
  value_() { return this.toString(); }
}
define('java.security.cert.X509Certificate', X509Certificate);
class KeystoreService {
  getCertificate(alias) { return this.getCertificateChain(alias)[0]; }
  getCertificateChain(alias) { return ask('certificates', alias).map((found) => new X509Certificate(found)); }
  getKey() { return notHere('A private key'); }
  getKeyPair() { return notHere('A private key'); }
}
define('com.sap.it.api.keystore.KeystoreService', KeystoreService);

class NumberRangeConfigurationService {
  getNextValuefromNumberRange(name) { return ask('nextNumber', name); }
  getNextValueFromNumberRange(name) { return ask('nextNumber', name); }
}
define('com.sap.it.api.nrc.NumberRangeConfigurationService', NumberRangeConfigurationService);

class BinaryData {
  #data;
  #type;
  constructor(data, type) { this.#data = data; this.#type = type; }
  getData() { return this.#data; }
  getContentType() { return this.#type; }
}
define('com.sap.it.api.pd.BinaryData', BinaryData);
const given = (...values) => {
  if (values.some((value) => textOrEmpty(value) === '')) raise('java.lang.IllegalArgumentException', 'An input argument is null or empty');
};
class PartnerDirectoryService {
  getPartnerId(agency, scheme, alternativePartnerId) {
    given(agency, scheme, alternativePartnerId);
    return ask('partnerId', agency, scheme, alternativePartnerId);
  }
  getPartnerIdOfAuthorizedUser(user) {
    given(user);
    return ask('partnerIdOfUser', user);
  }
  getParameter(parameterId, partnerId, type) {
    given(parameterId, partnerId);
    const wanted = simpleNameOf(classNameOf(type));
    if (wanted !== 'String' && wanted !== 'BinaryData') raise('java.lang.IllegalArgumentException', 'The type ' + classNameOf(type) + ' is not supported');
    const found = ask('partnerParameter', partnerId, parameterId);
    if (found === null || (found.binary !== undefined) !== (wanted === 'BinaryData')) return null;
    return found.text ?? new BinaryData(find('java.util.Base64').getDecoder().decode(found.binary), 'application/octet-stream');
  }
  getAlternativePartnerId() { return notHere('The alternative id of a partner'); }
  getAuthorizedUsers() { return notHere('The list of the authorized users of a partner'); }
  getCertificateParameter() { return notHere('A certificate of a partner'); }
}
define('com.sap.it.api.pd.PartnerDirectoryService', PartnerDirectoryService);

const simpleNameOf = (name) => name.slice(name.lastIndexOf('.') + 1);
const known = new Map([ValueMappingApi, SecureStoreService, KeystoreService, NumberRangeConfigurationService, PartnerDirectoryService]
  .map((type) => [type.class.getName(), new type()]));
/** A function and not a method, since published scripts call it with new. */
const getService = function (api) {
  const name = classNameOf(api);
  return known.get(name) ?? notHere('The service ' + name);
};
define('com.sap.it.api.ITApiFactory', class {});
hide(find('com.sap.it.api.ITApiFactory'), { getService, getApi: getService });
define('com.sap.it.api.ITApi', class {});
`;
