/**
 * SAP's script API as guest source: `Message`, `messageLogFactory`, and the names that Rhino's
 * scripts take for granted. Part of one function body with the other `guest-*` parts.
 * See https://help.sap.com/doc/a56f52e1a58e4e2bac7f7adbf45b2e26 (script API) and "Define a Local
 * Script Step".
 *
 * Choices:
 * - `getBody()` of a body of bytes gives text where they are UTF-8 and a `Uint8Array` otherwise.
 * - `setBody` takes text and bytes as they are; null and undefined make an empty body; anything
 *   else is `String(value)`, as the Java side would print it: serialise an object yourself.
 * - `print`, `console` and `java.lang.System.out` print nothing; use the message log.
 * - There are no attachments: the map is empty and what is put into it goes nowhere.
 */
export const guestMessage = String.raw`
/** Headers and properties: parsed when first asked for, so what no script reads costs nothing. */
class MessageMap extends HashMap {
  #json;
  #ignoreCase;
  constructor(json, ignoreCase) {
    super();
    this.#json = json;
    this.#ignoreCase = ignoreCase;
  }
  fold_(key) { return this.#ignoreCase ? String(key).toLowerCase() : String(key); }
  put(key, value) { return super.put(String(key), value); }
  /** Whether the script may have changed anything. */
  get touched_() { return this.#json === undefined; }
  open_() {
    const json = this.#json;
    if (json === undefined) return this;
    this.#json = undefined;
    for (const [name, value] of JSON.parse(json)) this.put(name, value);
    return this;
  }
}

let partsOf;
class Message {
  #headers;
  #properties;
  #attachments = new HashMap();
  #body;
  #bodyChanged = false;
  static {
    /** What a run's result is made of. */
    partsOf = (message) => ({
      headers: message.#headers,
      properties: message.#properties,
      body: message.#body,
      bodyChanged: message.#bodyChanged,
    });
  }
  constructor(headersJson = '[]', propertiesJson = '[]', body = '') {
    this.#headers = new MessageMap(headersJson, true);
    this.#properties = new MessageMap(propertiesJson, false);
    this.#body = body;
  }
  getBody(type) {
    const body = this.#body;
    if (type === undefined || type === null) return body;
    const name = classNameOf(type);
    switch (name) {
      case 'java.lang.Object':
        return body;
      case 'java.lang.String':
      case 'java.lang.CharSequence':
      case 'String':
        return typeof body === 'string' ? body : decodeUtf8(body);
      case '[B':
      case 'byte[]':
        return typeof body === 'string' ? encodeUtf8(body) : body.slice();
      case 'java.io.InputStream':
      case 'java.io.ByteArrayInputStream':
        return new InputStream(typeof body === 'string' ? encodeUtf8(body) : body.slice());
      default:
        throw new TypeError('getBody cannot give the body as ' + name +
          '; Flowgate gives java.lang.String, byte[] and java.io.InputStream.');
    }
  }
  setBody(value) {
    this.#bodyChanged = true;
    this.#body =
      value === undefined || value === null ? ''
      : isBytes(value) ? toBytes(value).slice()
      : value instanceof InputStream ? value.readAllBytes()
      : String(value);
  }
  getBodySize() {
    const body = this.#body;
    return typeof body === 'string' ? encodeUtf8(body).length : body.length;
  }
  getHeaders() { return this.#headers.open_(); }
  setHeaders(map) { replace(this.getHeaders(), map); }
  getHeader(name, type) { return typed(this.getHeaders().get(name), type); }
  setHeader(name, value) { this.getHeaders().put(name, value); }
  getProperties() { return this.#properties.open_(); }
  setProperties(map) { replace(this.getProperties(), map); }
  getProperty(name) { return this.getProperties().get(name); }
  setProperty(name, value) { this.getProperties().put(name, value); }
  getAttachments() { return this.#attachments; }
  setAttachments(map) { replace(this.#attachments, map); }
  getAttachmentWrapperObjects() { return this.#attachments; }
  setAttachmentWrapperObjects(map) { replace(this.#attachments, map); }
  getAttachmentsSize() { return 0; }
}
define('com.sap.gateway.ip.core.customdev.util.Message', Message);
const replace = (map, source) => {
  if (source === map) return;
  map.clear();
  if (source !== undefined && source !== null) map.putAll(source);
};
const typed = (value, type) => {
  if (value === null || type === undefined || type === null) return value;
  const name = classNameOf(type);
  switch (name) {
    case 'java.lang.Object': return value;
    case 'java.lang.String':
    case 'String': return String(value);
    case 'java.lang.Integer':
    case 'java.lang.Long':
    case 'java.lang.Double': return parseDecimal(value);
    case 'java.lang.Boolean': return String(value).toLowerCase() === 'true';
    default: throw new TypeError('getHeader cannot give a value as ' + name + '.');
  }
};

// ---- message processing log -----------------------------------------------------------------
const log = [];
const logProperty = (name, value) => { log.push({ kind: 'property', name: String(name), value: toValue(value) }); };
class MessageLog {
  setStringProperty(name, value) { logProperty(name, value === null || value === undefined ? null : String(value)); }
  setIntegerProperty(name, value) { logProperty(name, Math.trunc(Number(value))); }
  setLongProperty(name, value) { logProperty(name, Math.trunc(Number(value))); }
  setBooleanProperty(name, value) { logProperty(name, String(value) === 'true'); }
  setFloatProperty(name, value) { logProperty(name, Number(value)); }
  setDoubleProperty(name, value) { logProperty(name, Number(value)); }
  setDateProperty(name, value) { logProperty(name, new Date(value.getTime())); }
  addCustomHeaderProperty(name, value) {
    log.push({ kind: 'customHeader', name: String(name), value: show(value) });
  }
  addAttachmentAsString(name, text, mediaType) {
    log.push({
      kind: 'attachment', name: String(name), text: show(text),
      mediaType: mediaType === null || mediaType === undefined ? 'text/plain' : String(mediaType),
    });
  }
}
const messageLog = new MessageLog();

// ---- names -----------------------------------------------------------------------------------
/** A Java package: its classes and packages by name; a class that is not there is an error. */
const makePackage = (path) => {
  const known = new Map();
  const target = Object.create(null);
  return new Proxy(target, {
    get(_, name) {
      if (typeof name === 'symbol') return name === Symbol.toPrimitive ? () => '[JavaPackage ' + path + ']' : undefined;
      if (name === 'toString') return () => '[JavaPackage ' + path + ']';
      if (name === 'packagePath_') return path;
      const full = path === '' ? name : path + '.' + name;
      const type = classes.get(full);
      if (type !== undefined) return type;
      if (/^[A-Z]/.test(name)) throw new Error('The Java class ' + full + ' is not available in Flowgate scripts.');
      if (!known.has(name)) known.set(name, makePackage(full));
      return known.get(name);
    },
    set(_, name) { throw new Error('The package ' + path + ' cannot be changed: ' + String(name)); },
  });
};
const builtIn = new Set(Object.getOwnPropertyNames(globalThis));
const importOne = (type) => {
  const name = classNameOf(type);
  const simple = name.slice(name.lastIndexOf('.') + 1);
  if (!builtIn.has(simple)) globalThis[simple] = type;
};
const packages = makePackage('');
hide(globalThis, {
  Packages: packages, java: packages.java, javax: packages.javax, com: packages.com, org: packages.org,
  importClass(...types) { types.forEach(importOne); },
  importPackage(...list) {
    for (const item of list) {
      for (const [name, type] of classes) {
        if (name.slice(0, name.lastIndexOf('.')) === item.packagePath_) importOne(type);
      }
    }
  },
  messageLogFactory: { getMessageLog() { return messageLog; } },
  print() {},
  console: { log() {}, info() {}, warn() {}, error() {}, debug() {}, trace() {} },
});
`;
