/** Characters of one attachment of the message processing log; what is longer is cut. */
export const MAX_LOG_ATTACHMENT = 4 * 1024 * 1024;
/** Attachments and custom header properties that one run may tell the message processing log. */
export const MAX_LOG_ENTRIES = 100;

/**
 * SAP's script API as guest source: `Message` and `messageLogFactory`. See
 * https://help.sap.com/doc/a56f52e1a58e4e2bac7f7adbf45b2e26 (script API) and SAP Help, Define a Local
 * Script Step.
 *
 * Choices:
 * - `getBody()` of a body of bytes gives text where they are UTF-8 and a `Uint8Array` otherwise.
 * - `setBody` takes text, bytes and streams as they are; null and undefined make an empty body;
 *   anything else is `String(value)`, as the Java side would print it: serialise an object yourself.
 * - Lists and maps that a header or property holds can be used as JavaScript and as Java.
 * - `setStringProperty` and its like show at SAP's log levels Debug and Trace, which Flowgate does not
 *   have: they are taken and dropped (SAP Help, Add Information to the Message Processing Log).
 */
export const guestMessage = String.raw`
/** An object that a header or property holds: its members, and java.util.Map. */
class ValueMap extends AbstractMap {
  pair_(key) { return Object.hasOwn(this, key) ? [String(key), this[key]] : undefined; }
  take_(key) { delete this[key]; }
  *pairs_() { for (const key of Object.keys(this)) yield [key, this[key]]; }
  put(key, value) {
    const old = this.get(key);
    Object.defineProperty(this, key, {
      value: unbox(value) ?? null, writable: true, enumerable: true, configurable: true,
    });
    return old;
  }
  size() { return Object.keys(this).length; }
  clear() { for (const key of Object.keys(this)) delete this[key]; }
  // To JSON it is the object that it is.
  toJSON() { return { ...this }; }
}
const revive = (value) => {
  if (!isObject(value)) return value;
  if (Array.isArray(value)) return new ArrayList(value.map(revive));
  for (const key of Object.keys(value)) if (isObject(value[key])) value[key] = revive(value[key]);
  return Object.setPrototypeOf(value, ValueMap.prototype);
};

/** SAP Help, Setting Log Levels: scripts ask it what is logged. */
const logConfiguration = { logLevel: 'INFO', getLogLevel: () => 'INFO', toString: () => 'INFO' };

/** Headers and properties: parsed when first asked for, so what no script reads costs nothing. */
class MessageMap extends HashMap {
  #json;
  #ignoreCase;
  #long = new Map();
  constructor(json, ignoreCase) {
    super();
    this.#json = json;
    this.#ignoreCase = ignoreCase;
  }
  fold_(key) { return this.#ignoreCase ? String(key).toLowerCase() : String(key); }
  get(key) {
    const value = super.get(key);
    if (value !== null || this.#ignoreCase) return value;
    return String(key) === 'SAP_MessageProcessingLogConfiguration' ? logConfiguration : null;
  }
  put(key, value) { return super.put(String(key), value); }
  /** Whether a long text is the one that came in. */
  isGiven_(name, value) { return typeof value === 'string' && this.#long.get(name) === value; }
  /** Whether the script may have changed anything. */
  get touched_() { return this.#json === undefined; }
  open_() {
    const json = this.#json;
    if (json === undefined) return this;
    this.#json = undefined;
    for (const pair of parse(json)) {
      if (pair.length === 3) pair[1] = host('bytes', pair.pop());
      else if (isObject(pair[1])) {
        pair[1] = pair[0] === 'CamelExceptionCaught'
          ? find('java.lang.Throwable').caught_(pair[1]) : revive(pair[1]);
      } else if (typeof pair[1] === 'string' && pair[1].length > 1000) this.#long.set(pair[0], pair[1]);
      this.keep_(pair);
    }
    return this;
  }
}

const attachmentTools = () => find('com.sap.gateway.ip.core.customdev.util.AttachmentWrapper').tools_;
let partsOf;
class Message {
  #headers;
  #properties;
  #attachmentsJson;
  /** Their wrappers by name, once a script has asked for attachments. */
  #attachments;
  #body;
  #bodyChanged = false;
  static {
    /** What a run's result is made of. */
    partsOf = (message) => ({
      headers: message.#headers,
      properties: message.#properties,
      attachments: message.#attachments,
      body: message.#body,
      bodyChanged: message.#bodyChanged,
    });
  }
  constructor(headersJson = '[]', propertiesJson = '[]', body = '', attachmentsJson = '[]') {
    this.#headers = new MessageMap(headersJson, true);
    this.#properties = new MessageMap(propertiesJson, false);
    this.#attachmentsJson = attachmentsJson;
    this.#body = body;
  }
  getBody(type = undefined) {
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
        return new (find('java.io.ByteArrayInputStream'))(typeof body === 'string' ? encodeUtf8(body) : body.slice());
      case 'java.io.Reader':
        return new (find('java.io.StringReader'))(typeof body === 'string' ? body : decodeUtf8(body));
      default:
        throw new TypeError('getBody cannot give the body as ' + name +
          '; Flowgate gives java.lang.String, byte[], java.io.InputStream and java.io.Reader.');
    }
  }
  setBody(value) {
    this.#bodyChanged = true;
    this.#body =
      value === undefined || value === null ? ''
      : isBytes(value) ? toBytes(value).slice()
      : typeof value.readAll_ === 'function' ? value.readAll_()
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

  getAttachmentWrapperObjects() { return (this.#attachments ??= attachmentTools().open(this.#attachmentsJson)); }
  setAttachmentWrapperObjects(map) { replace(this.getAttachmentWrapperObjects(), map); }
  getAttachmentObjects() { return this.getAttachmentWrapperObjects(); }
  setAttachmentObjects(map) { replace(this.getAttachmentWrapperObjects(), map); }
  getAttachments() { return attachmentTools().handlersOf(this.getAttachmentWrapperObjects()); }
  setAttachments(map) { replace(this.getAttachments(), map); }
  addAttachmentObject(name, attachment) { this.getAttachmentWrapperObjects().put(name, attachment); }
  addAttachmentHeader(name, value, attachment) { attachment.addHeader(name, value); }
  setAttachmentHeader(name, value, attachment) { attachment.setHeader(name, value); }
  getAttachmentHeader(name, attachment) { return attachment.getHeader(name); }
  removeAttachmentHeader(name, attachment) { attachment.removeHeader(name); }
  getAttachmentsSize() {
    if (this.#attachments === undefined && this.#attachmentsJson === '[]') return 0;
    return attachmentTools().sizeOf(this.getAttachmentWrapperObjects());
  }

  // No sender adapter of Flowgate takes SOAP headers in, no receiver sends any.
  getSoapHeaders() { return new ArrayList(); }
  setSoapHeaders() { raise('java.lang.UnsupportedOperationException', 'SOAP headers are not available in Flowgate scripts.'); }
  clearSoapHeaders() {}
}
define('com.sap.gateway.ip.core.customdev.util.Message', Message);
const replace = (map, source) => {
  if (source === map) return;
  // What is put may be a view of what is cleared.
  const copy = source === undefined || source === null ? new HashMap() : new HashMap(source);
  map.clear();
  map.putAll(copy);
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
    case 'java.lang.Double': return find(name).valueOf(String(value));
    case 'java.lang.Boolean': return String(value).toLowerCase() === 'true';
    default: throw new TypeError('getHeader cannot give a value as ' + name + '.');
  }
};

// ---- message processing log -----------------------------------------------------------------
const log = [];
/** Texts and bytes that leave the guest beside the JSON of the result, which refers to them by index. */
const outgoing = [];
const textOrEmpty = (value) => (value === null || value === undefined ? '' : String(value));
const logEntry = (entry) => { if (log.length < ${MAX_LOG_ENTRIES}) log.push(entry()); };
class MessageLog {
  setStringProperty() {}
  setIntegerProperty() {}
  setLongProperty() {}
  setBooleanProperty() {}
  setFloatProperty() {}
  setDoubleProperty() {}
  setDateProperty() {}
  addCustomHeaderProperty(name, value) {
    logEntry(() => ({ kind: 'customHeader', name: textOrEmpty(name).slice(0, 200), value: textOrEmpty(value).slice(0, 1000) }));
  }
  addAttachmentAsString(name, text, mediaType) {
    logEntry(() => ({
      kind: 'attachment', name: textOrEmpty(name).slice(0, 200),
      mediaType: mediaType === null || mediaType === undefined ? 'text/plain' : String(mediaType).slice(0, 200),
      part: outgoing.push(textOrEmpty(text).slice(0, ${MAX_LOG_ATTACHMENT}).toWellFormed()) - 1,
    }));
  }
}
class MessageLogFactory { getMessageLog() { return messageLog; } }
const messageLog = new MessageLog();
define('com.sap.it.api.msglog.MessageLog', MessageLog);
define('com.sap.it.api.msglog.MessageLogFactory', MessageLogFactory);
`;
