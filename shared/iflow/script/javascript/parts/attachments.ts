/** Attachments a message may have after a script. */
export const MAX_ATTACHMENTS = 1000;

/**
 * Attachments and `javax.activation`, as guest source. An attachment is its wrapper; what
 * `getAttachments()` gives is a view of the wrappers, so that one is never without the other.
 * What comes in stays outside until its content is asked for, and what has not changed goes out as
 * the index that it came in under.
 */
export const attachments = String.raw`
/** The parameter of a header such as Content-Disposition. */
const parameterOf = (header, name) => {
  const found = new RegExp(';\\s*' + name + '\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|([^;\\s]+))', 'i').exec(textOrEmpty(header));
  return found === null ? null : found[1]?.replace(/\\(.)/g, '$1') ?? found[2];
};
class ByteArrayDataSource {
  #content;
  #type;
  #name = '';
  /** Where the content came in; undefined for one that the script has made. */
  #given;
  constructor(content, type) {
    this.#content = isBytes(content) ? toBytes(content).slice()
      : typeof content?.readAll_ === 'function' ? content.readAll_() : String(content);
    this.#type = textOrEmpty(type) || 'application/octet-stream';
  }
  static given_(given, type, name) {
    const source = new ByteArrayDataSource('', type);
    source.#given = given;
    source.#name = name;
    return source;
  }
  content_() {
    if (this.#given !== undefined) this.#content = host('attachment', this.#given.index);
    return this.#content;
  }
  size_() {
    return this.#given?.size ?? (typeof this.#content === 'string' ? encodeUtf8(this.#content).length : this.#content.length);
  }
  /** Where it is from, or under which index it goes out. */
  result_() {
    if (this.#given !== undefined) return { from: this.#given.index };
    return { part: outgoing.push(typeof this.#content === 'string' ? this.#content.toWellFormed() : this.#content) - 1 };
  }
  getContentType() { return this.#type; }
  getName() { return this.#name; }
  setName(name) { this.#name = textOrEmpty(name); }
  getInputStream() {
    const content = this.content_();
    return new (find('java.io.ByteArrayInputStream'))(typeof content === 'string' ? encodeUtf8(content) : content.slice());
  }
}
define('javax.mail.util.ByteArrayDataSource', ByteArrayDataSource);
class DataHandler {
  #source;
  /** (dataSource), (content, mimeType) */
  constructor(source, type) {
    this.#source = source instanceof ByteArrayDataSource ? source : new ByteArrayDataSource(source, type);
  }
  getDataSource() { return this.#source; }
  getContentType() { return this.#source.getContentType(); }
  getName() { return this.#source.getName(); }
  getInputStream() { return this.#source.getInputStream(); }
  /** Text where the type says so, a stream of the bytes otherwise. */
  getContent() {
    const content = this.#source.content_();
    if (typeof content === 'string') return content;
    const type = this.getContentType();
    return /^(text\/|application\/(json|[^;]*xml|[^;]*\+json))/i.test(type)
      ? decode(content, parameterOf(type, 'charset') ?? 'UTF-8') : this.getInputStream();
  }
  writeTo(stream) { stream.write(this.getInputStream().readAllBytes()); }
  readAll_() { return this.#source.content_(); }
  value_() {
    throw new InvalidResult('A header or property cannot hold an attachment (javax.activation.DataHandler): hold its content.');
  }
}
define('javax.activation.DataHandler', DataHandler);
define('javax.activation.DataSource', class { static [Symbol.hasInstance](value) { return value instanceof ByteArrayDataSource; } });

class AttachmentWrapper {
  #handler;
  /** By their names in lower case: the name as it was given, and its values. */
  #headers = new Map();
  constructor(source) {
    this.#handler = source instanceof DataHandler ? source : new DataHandler(source);
  }
  getDataHandler() { return this.#handler; }
  getHeader(name) { return this.#headers.get(String(name).toLowerCase())?.[1].join(',') ?? null; }
  getHeaderAsList(name) { return new ArrayList(this.#headers.get(String(name).toLowerCase())?.[1] ?? []); }
  getHeaderNames() { return new ArrayList(Array.from(this.#headers.values(), ([name]) => name)); }
  setHeader(name, value) { this.#headers.set(String(name).toLowerCase(), [String(name), [textOrEmpty(value)]]); }
  addHeader(name, value) {
    const header = this.#headers.get(String(name).toLowerCase());
    if (header === undefined) this.setHeader(name, value);
    else header[1].push(textOrEmpty(value));
  }
  removeHeader(name) { this.#headers.delete(String(name).toLowerCase()); }
  removeAllHeaders() { this.#headers.clear(); }
  clearHeaders() { this.#headers.clear(); }
  hasHeaders() { return this.#headers.size > 0; }
  headers_() { return Object.fromEntries(Array.from(this.#headers.values(), ([name, values]) => [name, values.join(',')])); }
  value_() { return this.#handler.value_(); }
}
define('com.sap.gateway.ip.core.customdev.util.AttachmentWrapper', AttachmentWrapper);
define('org.apache.camel.impl.DefaultAttachment', class extends AttachmentWrapper {});
define('org.apache.camel.attachment.DefaultAttachment', class extends AttachmentWrapper {});
define('org.apache.camel.Attachment', class { static [Symbol.hasInstance](value) { return value instanceof AttachmentWrapper; } });

class Wrappers extends HashMap {
  put(name, value) {
    if (!(value instanceof AttachmentWrapper)) {
      throw new TypeError('An attachment is an AttachmentWrapper, not ' + show(value).slice(0, 100) + '.');
    }
    return super.put(String(name), value);
  }
}
/** The wrappers' data handlers: what is changed here is changed there. */
class Handlers extends AbstractMap {
  #wrappers;
  constructor(wrappers) { super(); this.#wrappers = wrappers; }
  pair_(key) {
    const pair = this.#wrappers.pair_(key);
    return pair && [pair[0], pair[1].getDataHandler()];
  }
  take_(key) { this.#wrappers.take_(key); }
  *pairs_() { for (const [name, wrapper] of this.#wrappers.pairs_()) yield [name, wrapper.getDataHandler()]; }
  put(name, handler) {
    const old = this.get(name);
    if (old !== handler) this.#wrappers.put(name, new AttachmentWrapper(handler));
    return old;
  }
  size() { return this.#wrappers.size(); }
  clear() { this.#wrappers.clear(); }
}
AttachmentWrapper.tools_ = {
  open(json) {
    const wrappers = new Wrappers();
    parse(json).forEach(([name, type, headers, size], index) => {
      const disposition = Object.keys(headers).find((header) => header.toLowerCase() === 'content-disposition');
      const fileName = parameterOf(headers[disposition], 'filename') ?? parameterOf(type, 'name') ?? name;
      const wrapper = new AttachmentWrapper(ByteArrayDataSource.given_({ index, size }, type, fileName));
      for (const header of Object.keys(headers)) wrapper.setHeader(header, headers[header]);
      wrappers.keep_([name, wrapper]);
    });
    return wrappers;
  },
  handlersOf: (wrappers) => new Handlers(wrappers),
  sizeOf(wrappers) {
    let size = 0;
    for (const [, wrapper] of wrappers.pairs_()) size += wrapper.getDataHandler().getDataSource().size_();
    return size;
  },
  toResult(wrappers) {
    if (wrappers.size() > ${MAX_ATTACHMENTS}) throw new InvalidResult('The message has more than ${MAX_ATTACHMENTS} attachments.');
    return Array.from(wrappers.pairs_(), ([name, wrapper]) => ({
      name, contentType: wrapper.getDataHandler().getContentType(), headers: wrapper.headers_(),
      ...wrapper.getDataHandler().getDataSource().result_(),
    }));
  },
};
`;
