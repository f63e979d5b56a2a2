/**
 * Base64, URL encoding, UUIDs, character sets, digests and message authentication codes, as guest
 * source. Digests are made by the host.
 */
export const encoding = String.raw`
const bytesOf = (source) => (isBytes(source) ? toBytes(source) : Uint8Array.from(source));
/** @param kind base64 or base64url */
const base64 = (kind, padded = true, lineLength = Infinity) => ({
  encodeToString(source) {
    const text = host('toBase64', bytesOf(source), kind).replace(/=+$/, '');
    const whole = padded ? text.padEnd(4 * Math.ceil(text.length / 4), '=') : text;
    return lineLength === Infinity ? whole : whole.replace(/.{76}(?=.)/g, '$&\r\n');
  },
  encode(source) { return encodeUtf8(this.encodeToString(source)); },
  withoutPadding() { return base64(kind, false, lineLength); },
  decode(source) {
    const given = isBytes(source) ? decode(toBytes(source), 'ISO-8859-1') : String(source);
    // Only the MIME decoder passes over what is no digit.
    const text = (lineLength === Infinity ? given : given.replace(/[^A-Za-z0-9+\/=]/g, '')).replace(/=+$/, '');
    const illegal = (kind === 'base64' ? /[^A-Za-z0-9+\/]/ : /[^A-Za-z0-9_-]/).exec(text);
    if (illegal !== null) raise('java.lang.IllegalArgumentException', 'Illegal base64 character ' + illegal[0]);
    return host('fromBase64', text);
  },
});
define('java.util.Base64', class {
  static getEncoder() { return base64('base64'); }
  static getDecoder() { return base64('base64'); }
  static getUrlEncoder() { return base64('base64url'); }
  static getUrlDecoder() { return base64('base64url'); }
  static getMimeEncoder() { return base64('base64', true, 76); }
  static getMimeDecoder() { return base64('base64', true, 76); }
});
define('javax.xml.bind.DatatypeConverter', class {
  static printBase64Binary(bytes) { return base64('base64').encodeToString(bytes); }
  static parseBase64Binary(text) { return base64('base64').decode(text); }
  static printHexBinary(bytes) { return host('toHex', bytesOf(bytes)).toUpperCase(); }
});

const hex = (digits) => Math.floor(Math.random() * 16 ** digits).toString(16).padStart(digits, '0');
define('java.util.UUID', class {
  #text;
  constructor(text) { this.#text = text; }
  /** RFC 9562 section 5.4. */
  static randomUUID() {
    const variant = '89ab'[Math.floor(Math.random() * 4)];
    return new this(hex(8) + '-' + hex(4) + '-4' + hex(3) + '-' + variant + hex(3) + '-' + hex(12));
  }
  static fromString(text) {
    return /^[0-9a-f]{1,8}(-[0-9a-f]{1,4}){3}-[0-9a-f]{1,12}$/i.test(text)
      ? new this(String(text).toLowerCase()) : raise('java.lang.IllegalArgumentException', 'Invalid UUID string: ' + text);
  }
  equals(other) { return String(this) === String(other); }
  toString() { return this.#text; }
});

class Random {
  nextInt(bound = 4294967296) { return bound === 4294967296 ? (Math.random() * bound) | 0 : Math.floor(Math.random() * bound); }
  nextDouble() { return Math.random(); }
  nextBoolean() { return Math.random() < 0.5; }
  nextBytes(bytes) { for (let i = 0; i < bytes.length; i++) bytes[i] = Math.floor(Math.random() * 256); }
}
define('java.util.Random', Random);
// Math.random is the host's random source.
define('java.security.SecureRandom', class extends Random {});

define('java.net.URLEncoder', class {
  static encode(text, charset) { return host('toForm', encode(String(text), charset)); }
});
define('java.net.URLDecoder', class {
  static decode(text, charset) {
    decode(new Uint8Array(0), charset);
    return host('fromForm', String(text).toWellFormed(), charsetOf(charset))
      ?? raise('java.lang.IllegalArgumentException', 'URLDecoder: Illegal hex characters in escape (%) pattern');
  }
});
class Charset {
  #name;
  constructor(name) { this.#name = name; }
  name() { return this.#name; }
  displayName() { return this.#name; }
  toString() { return this.#name; }
  static forName(name) { return new Charset(String(name)); }
  static defaultCharset() { return new Charset('UTF-8'); }
}
define('java.nio.charset.Charset', Charset);
define('java.nio.charset.StandardCharsets', class {});
hide(find('java.nio.charset.StandardCharsets'), {
  UTF_8: new Charset('UTF-8'), ISO_8859_1: new Charset('ISO-8859-1'), US_ASCII: new Charset('US-ASCII'),
  UTF_16: new Charset('UTF-16'), UTF_16LE: new Charset('UTF-16LE'), UTF_16BE: new Charset('UTF-16BE'),
});

/** Bytes that are gathered until they are asked for. */
class Gatherer {
  #parts = [];
  update(source, offset = 0, length = undefined) {
    const bytes = typeof source === 'number' ? Uint8Array.of(source) : bytesOf(source);
    this.#parts.push(bytes.slice(offset, length === undefined ? undefined : offset + length));
  }
  reset() { this.#parts = []; }
  take_() {
    const all = new Uint8Array(this.#parts.reduce((length, part) => length + part.length, 0));
    let at = 0;
    for (const part of this.#parts) {
      all.set(part, at);
      at += part.length;
    }
    this.reset();
    return all;
  }
}
const unknownAlgorithm = (name) => raise('java.security.NoSuchAlgorithmException', name + ' is not available in Flowgate scripts.');
define('java.security.MessageDigest', class MessageDigest extends Gatherer {
  #algorithm;
  constructor(algorithm) { super(); this.#algorithm = algorithm; }
  static getInstance(algorithm) {
    if (!/^(MD5|SHA-?(1|224|256|384|512))$/i.test(algorithm)) unknownAlgorithm(algorithm);
    return new MessageDigest(String(algorithm).replace('-', '').toLowerCase());
  }
  static isEqual(a, b) { return host('toHex', bytesOf(a)) === host('toHex', bytesOf(b)); }
  digest(source) {
    if (source !== undefined) this.update(source);
    return host('digest', this.#algorithm, this.take_());
  }
});
class SecretKey {
  #bytes;
  #algorithm;
  constructor(bytes, algorithm) { this.#bytes = bytesOf(bytes).slice(); this.#algorithm = String(algorithm); }
  getEncoded() { return this.#bytes.slice(); }
  getAlgorithm() { return this.#algorithm; }
}
define('javax.crypto.spec.SecretKeySpec', SecretKey);
define('javax.crypto.Mac', class Mac extends Gatherer {
  #algorithm;
  #key;
  constructor(algorithm) { super(); this.#algorithm = algorithm; }
  static getInstance(algorithm) {
    const found = /^Hmac(MD5|SHA1|SHA224|SHA256|SHA384|SHA512)$/i.exec(algorithm) ?? unknownAlgorithm(algorithm);
    return new Mac(found[1].toLowerCase());
  }
  init(key) { this.#key = key.getEncoded(); }
  doFinal(source) {
    if (this.#key === undefined) raise('java.lang.IllegalStateException', 'MAC not initialized');
    if (source !== undefined) this.update(source);
    return host('hmac', this.#algorithm, this.#key, this.take_());
  }
});
`;
