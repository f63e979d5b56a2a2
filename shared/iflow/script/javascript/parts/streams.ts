/** `java.io`, as guest source: streams, readers and writers over bytes and text in memory. */
export const streams = String.raw`
class InputStream {
  #bytes;
  #next = 0;
  #mark = 0;
  constructor(bytes) { this.#bytes = bytes === undefined ? new Uint8Array(0) : toBytes(bytes); }
  read(buffer, offset = 0, length = buffer === undefined ? 1 : buffer.length - offset) {
    if (this.#next >= this.#bytes.length) return -1;
    if (buffer === undefined) return this.#bytes[this.#next++];
    const part = this.#bytes.subarray(this.#next, this.#next + length);
    buffer.set(part, offset);
    this.#next += part.length;
    return part.length;
  }
  readAllBytes() {
    const rest = this.#bytes.slice(this.#next);
    this.#next = this.#bytes.length;
    return rest;
  }
  readAll_() { return this.readAllBytes(); }
  skip(count) {
    const skipped = Math.min(count, this.available());
    this.#next += skipped;
    return skipped;
  }
  available() { return this.#bytes.length - this.#next; }
  markSupported() { return true; }
  mark() { this.#mark = this.#next; }
  reset() { this.#next = this.#mark; }
  close() {}
}
define('java.io.InputStream', InputStream);
define('java.io.ByteArrayInputStream', class extends InputStream {});
define('java.io.BufferedInputStream', class extends InputStream {
  constructor(stream) { super(stream.readAllBytes()); }
});
define('java.io.ByteArrayOutputStream', class {
  #parts = [];
  #size = 0;
  write(source, offset = 0, length = undefined) {
    const bytes = typeof source === 'number' ? Uint8Array.of(source)
      : toBytes(source).slice(offset, length === undefined ? undefined : offset + length);
    this.#parts.push(bytes);
    this.#size += bytes.length;
  }
  toByteArray() {
    const all = new Uint8Array(this.#size);
    let at = 0;
    for (const part of this.#parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }
  writeTo(stream) { stream.write(this.toByteArray()); }
  size() { return this.#size; }
  reset() { this.#parts = []; this.#size = 0; }
  toString(charset) { return decode(this.toByteArray(), charset); }
  flush() {}
  close() {}
});

/** @returns the line that begins at a place, and where the next one does */
const lineAt = (text, from) => {
  const end = /\r\n|\r|\n/g;
  end.lastIndex = from;
  const found = end.exec(text);
  return found === null ? [text.slice(from), text.length] : [text.slice(from, found.index), end.lastIndex];
};
/** A reader of text that is all there. */
class Reader {
  #text;
  #next = 0;
  constructor(text) { this.#text = text; }
  read(buffer) {
    if (this.#next >= this.#text.length) return -1;
    if (buffer === undefined) return this.#text.charCodeAt(this.#next++);
    let count = 0;
    while (count < buffer.length && this.#next < this.#text.length) buffer[count++] = this.#text.charCodeAt(this.#next++);
    return count;
  }
  readLine() {
    if (this.#next >= this.#text.length) return null;
    const [line, next] = lineAt(this.#text, this.#next);
    this.#next = next;
    return line;
  }
  readAll_() {
    const rest = this.#text.slice(this.#next);
    this.#next = this.#text.length;
    return rest;
  }
  ready() { return this.#next < this.#text.length; }
  lines() { const lines = new ArrayList(); for (let line; (line = this.readLine()) !== null; ) lines.add(line); return lines; }
  close() {}
}
define('java.io.Reader', Reader);
define('java.io.StringReader', class extends Reader { constructor(text) { super(String(text)); } });
define('java.io.InputStreamReader', class extends Reader {
  constructor(stream, charset) { super(decode(stream.readAllBytes(), charset)); }
});
define('java.io.BufferedReader', class extends Reader { constructor(reader) { super(reader.readAll_()); } });
class StringWriter {
  #text = '';
  write(text) { this.#text += typeof text === 'number' ? String.fromCharCode(text) : show(text); }
  append(text) { this.write(text); return this; }
  getBuffer() { return new (find('java.lang.StringBuffer'))(this.#text); }
  toString() { return this.#text; }
  flush() {}
  close() {}
}
define('java.io.StringWriter', StringWriter);
define('java.io.PrintWriter', class {
  #to;
  constructor(to) { this.#to = to; }
  write(text) { this.#to.write(text); }
  print(value) { this.#to.write(show(value)); }
  println(value = '') { this.#to.write(show(value) + '\n'); }
  append(text) { this.#to.write(show(text)); return this; }
  flush() {}
  close() {}
});
/** Lines and tokens of a text; delimiters are Java regular expressions. */
define('java.util.Scanner', class {
  #text;
  #next = 0;
  #delimiter = '\\s+';
  #delimiters;
  constructor(source, charset) {
    this.#text = source instanceof InputStream ? decode(source.readAllBytes(), charset)
      : source instanceof Reader ? source.readAll_() : String(source);
  }
  useDelimiter(pattern) {
    this.#delimiter = String(pattern);
    this.#delimiters = undefined;
    return this;
  }
  /** The delimiter that comes next from a place on; undefined where none does. */
  #ahead(from) {
    if (this.#delimiter === '\\A') return undefined;
    this.#delimiters ??= find('java.util.regex.Pattern').compile(this.#delimiter).matcher(this.#text);
    return this.#delimiters.find(from) ? this.#delimiters : undefined;
  }
  /** Where the next token begins: behind a delimiter. */
  #begin() {
    const delimiter = this.#ahead(this.#next);
    return delimiter?.start() === this.#next ? delimiter.end() : this.#next;
  }
  hasNext() { return this.#begin() < this.#text.length; }
  next() {
    if (!this.hasNext()) raise('java.util.NoSuchElementException');
    const from = this.#begin();
    // An empty delimiter ends no token that is empty.
    const end = this.#ahead(from)?.end() === from ? this.#ahead(from + 1) : this.#ahead(from);
    this.#next = end?.start() ?? this.#text.length;
    return this.#text.slice(from, this.#next);
  }
  nextInt() { return find('java.lang.Integer').parseInt(this.next()); }
  hasNextLine() { return this.#next < this.#text.length; }
  nextLine() {
    if (!this.hasNextLine()) raise('java.util.NoSuchElementException', 'No line found');
    const [line, next] = lineAt(this.#text, this.#next);
    this.#next = next;
    return line;
  }
  close() {}
});
`;
