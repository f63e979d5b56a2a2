import { boundBuiltins } from '../../../expressions/bounded-builtins.ts';
import { textSearch } from '../../../expressions/find.ts';
import { COMMENT, END, INSTRUCTION, TEXT } from './source.ts';

/** Characters of the header and property values that a stylesheet may set for one message. */
export const MAX_CHANGED_CHARACTERS = 1024 * 1024;
/** Characters of a result: it is copied out of the worker thread. */
export const MAX_RESULT_CHARACTERS = 20 * 1024 * 1024;
/** Of what `xsl:message` or `error()` tell. */
const MAX_TEXT_CHARACTERS = 2000;

/**
 * What stands around the XSLT processor in its world, as guest source. The processor is written for
 * Node.js: in place of Node's modules it finds these, which hold the stylesheets that are being
 * compiled and nothing else. The source's value is an object of functions that take and give back
 * texts; nothing of the host is within their reach.
 */
export const guestSource = `(function () {
'use strict';
const MAX_CHANGED = ${MAX_CHANGED_CHARACTERS};
const MAX_RESULT = ${MAX_RESULT_CHARACTERS};
const MAX_TEXT = ${MAX_TEXT_CHARACTERS};
(${String(boundBuiltins)})(globalThis, (${String(textSearch)})().indexIn, {
  maxJoined: MAX_RESULT,
  isBound: () => true,
  refuse() { throw new RangeError('too large'); },
});
const [END, TEXT, COMMENT, INSTRUCTION] = [${[END, TEXT, COMMENT, INSTRUCTION].join(', ')}];
${String.raw`
// ---- what Node.js would offer ----------------------------------------------------------------
/** RFC 3986 section 5.2, with the members that the processor looks at. */
class URL {
  constructor(reference, base) {
    const given = split(encode(String(reference)));
    let target = given;
    if (given.scheme === undefined) {
      if (base === undefined) throw new TypeError('Invalid URL');
      const from = split(encode(String(base)));
      if (from.scheme === undefined) throw new TypeError('Invalid URL');
      const { scheme } = from;
      if (given.authority !== undefined) target = { ...given, scheme };
      else if (given.path === '') target = { ...from, query: given.query ?? from.query, fragment: given.fragment };
      else {
        const folder = from.path.slice(0, from.path.lastIndexOf('/') + 1);
        const path = given.path.startsWith('/') ? given.path : (folder || '/') + given.path;
        target = { ...given, scheme, authority: from.authority, path };
      }
    }
    const { scheme, authority, path, query, fragment } = target;
    this.protocol = scheme.toLowerCase() + ':';
    this.pathname = authority === undefined && !path.startsWith('/') ? path : withoutDots(path);
    this.search = query ?? '';
    this.hash = fragment ?? '';
    this.href = this.protocol + (authority === undefined ? '' : '//' + authority) + this.pathname + this.search + this.hash;
  }
  toString() { return this.href; }
  toJSON() { return this.href; }
}
const split = (text) => {
  const [, scheme, authority, path, query, fragment] =
    /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?:\/\/([^\/?#]*))?([^?#]*)(\?[^#]*)?(#.*)?$/s.exec(text);
  return { scheme, authority, path, query, fragment };
};
const encode = (text) => text.toWellFormed().replace(/[^!-~]|["<>\\^${'`'}{|}]/gu, encodeURIComponent);
const withoutDots = (path) => {
  const kept = [];
  const parts = path.split('/');
  parts.forEach((part, index) => {
    const last = index === parts.length - 1;
    if (part === '..') {
      if (kept.length > 1) kept.pop();
      if (last) kept.push('');
    } else if (part !== '.') kept.push(part);
    else if (last) kept.push('');
  });
  return kept.join('/');
};

class TextEncoder {
  encode(text) {
    const bytes = unescape(encodeURIComponent(text.toWellFormed()));
    return Uint8Array.from(bytes, (byte) => byte.charCodeAt(0));
  }
}
class TextDecoder {
  decode(bytes) {
    let text = '';
    for (const byte of bytes) text += String.fromCharCode(byte);
    return decodeURIComponent(escape(text));
  }
}
/** The processor looks for byte order marks and declarations: files here are texts, without any. */
class Buffer {
  static from(value) { return typeof value === 'string' ? value : String.fromCharCode(...value); }
}

let files = new Map();
let exported;
const pathOf = (name) => {
  const text = String(name);
  return text.startsWith('file:') ? decodeURIComponent(text.slice(5).replace(/^\/\//, '')) : text;
};
const read = (name) => {
  const text = files.get(pathOf(name));
  if (text === undefined) throw new Error('not there');
  return text;
};
const nodeModules = {
  __proto__: null,
  axios: {},
  fs: {
    readFileSync: read,
    promises: {
      mkdir: async () => undefined,
      readFile: async (name) => read(name),
      realpath: async (name) => name,
      writeFile: async (name, text) => { exported = text; },
    },
  },
  path: { resolve: (...parts) => parts.at(-1) },
  stream: { Stream: class Stream {} },
  url: { URL, fileURLToPath: pathOf },
  util: { TextEncoder, TextDecoder },
};
const require = (name) => nodeModules[name];
const quiet = { __proto__: null };
for (const name of ['debug', 'error', 'info', 'log', 'trace', 'warn']) quiet[name] = () => undefined;

// ---- SAP's extension functions ---------------------------------------------------------------
/** Of the message that is being transformed. */
let message;
const change = (kind, name, value) => {
  message.left -= String(name).length + String(value).length;
  if (message.left < 0) throw new TooMuch('changes');
  message[kind].push([String(name), String(value)]);
  message['given-' + kind].set(keyOf(kind, String(name)), String(value));
};
const lookUp = (kind, name) => message['given-' + kind].get(keyOf(kind, String(name)));
/** Header names ignore case. */
const keyOf = (kind, name) => (kind === 'headers' ? name.toLowerCase() : name);
const given = (kind, entries) => new Map(entries.map(([name, value]) => [keyOf(kind, name), value]));
class TooMuch extends Error {}
/** The processor takes this for the global object, and its members for functions to call. */
const extensions = Object.freeze({
  __proto__: null,
  setHeader: (name, value) => change('headers', name, value),
  setProperty: (name, value) => change('properties', name, value),
  getHeader: (name) => lookUp('headers', name),
  getProperty: (name) => lookUp('properties', name),
});

// ---- the processor ---------------------------------------------------------------------------
let SaxonJS;
const load = (program) => {
  const module = { exports: {} };
  program(module, module.exports, require, extensions, { cwd: () => '/', platform: 'linux' }, Buffer, quiet, () => undefined);
  SaxonJS = module.exports;
  nodeModules['saxon-js'] = SaxonJS;
};

/** Runs the compiler, which is a program for the command line, on the files. */
let compiler;
let output = '';
const prepareToCompile = (program, modules) => {
  files = new Map(JSON.parse(modules));
  exported = undefined;
  output = '';
  compiler = program;
};
const compile = (main) => {
  const write = (text) => { output += text + '\n'; };
  const process = {
    argv: ['node', 'xslt3', '-xsl:' + main, '-export:/compiled', '-nogo'],
    cwd: () => '/',
    platform: 'linux',
    exit: () => undefined,
    stdout: { write },
    stderr: { write },
  };
  const module = { exports: {} };
  const console = { ...quiet, error: write, log: write };
  compiler(module, module.exports, require, extensions, process, Buffer, console, () => undefined);
};
const takeCompiled = () => exported;
const takeOutput = () => output.slice(0, 100000);

// ---- at run time -----------------------------------------------------------------------------
let stylesheet;
let emptyDocument;
let result = '';
/**
 * Takes a compiled stylesheet; from here on the processor reads, compiles and evaluates nothing
 * else, whatever the stylesheet asks for.
 */
const prepareToTransform = (text) => {
  stylesheet = JSON.parse(text);
  const refuse = () => { throw new SaxonJS.XError('not available', 'XTDE1480'); };
  const platform = SaxonJS.getPlatform();
  for (const name of ['expose', 'makeHttpRequest', 'readFile', 'resource', 'resourcePromise', 'writeFileAsync', 'writeFileSync']) {
    platform[name] = refuse;
  }
  platform.saxonPrint = () => undefined;
  for (const name of Object.keys(SaxonJS.XPath)) SaxonJS.XPath[name] = refuse;
  const parse = platform.parseXmlFromString;
  // For parse-xml(), which can be given any text.
  platform.parseXmlFromString = (text, ...rest) => {
    if (/<!(?:DOCTYPE|ENTITY)/i.test(text)) {
      throw new SaxonJS.XError('document type declaration', 'FODC0006');
    }
    return parse(text, ...rest);
  };
  emptyDocument = () => parse('');
};
/** The processor's tree of a document as source.ts lists it. */
const build = ({ names, nodes }) => {
  const document = emptyDocument();
  // The processor writes all of it for a line of its log, which nobody reads.
  document.toString = () => { delete document.toString; return ''; };
  let parent = document;
  for (let at = 0; at < nodes.length; ) {
    const kind = nodes[at++];
    if (kind === END) parent = parent.parentNode;
    else if (kind === TEXT) parent.appendChild(document.createTextNode(nodes[at++]));
    else if (kind === COMMENT) parent.appendChild(document.createComment(nodes[at++]));
    else if (kind === INSTRUCTION) {
      parent.appendChild(document.createProcessingInstruction(nodes[at++], nodes[at++]));
    } else {
      const name = names[kind];
      const element = document.createElementNS(name[1], name[0]);
      for (let left = nodes[at++]; left > 0; left--) {
        const attributeName = names[nodes[at++]];
        const attribute = document.createAttributeNS(attributeName[1], attributeName[0]);
        attribute.value = attribute.nodeValue = nodes[at++];
        element.setAttributeNode(attribute);
      }
      parent.appendChild(element);
      parent = element;
    }
  }
  return document;
};
const transform = (envelope, source) => {
  const { parameters, headers, properties } = JSON.parse(envelope);
  message = {
    left: MAX_CHANGED,
    headers: [],
    properties: [],
    'given-headers': given('headers', headers),
    'given-properties': given('properties', properties),
  };
  const stylesheetParams = {};
  for (const [name, type, value] of parameters) stylesheetParams['Q{}' + name] = SaxonJS.atom(value, type);
  try {
    const { principalResult } = SaxonJS.transform({
      stylesheetInternal: stylesheet,
      sourceNode: build(JSON.parse(source)),
      stylesheetParams,
      destination: 'serialized',
      deliverMessage: () => undefined,
    });
    result = principalResult ?? '';
    if (result.length > MAX_RESULT) throw new TooMuch('result');
    if (message.left < 0) throw new TooMuch('changes');
    return JSON.stringify({ headers: message.headers, properties: message.properties });
  } catch (error) {
    result = '';
    return JSON.stringify({ failure: describe(error) });
  } finally {
    message = undefined;
  }
};
const describe = (error) => {
  // Whatever the processor, or xsl:try, has made of it.
  if (message.left < 0) return { kind: 'changes' };
  if (error instanceof TooMuch) return { kind: error.message };
  if (error instanceof RangeError) return { kind: /call stack/.test(error.message) ? 'recursion' : 'size' };
  if (!(error instanceof SaxonJS.XError)) return { kind: 'processor' };
  const code = /^(?:Q\{http:\/\/www\.w3\.org\/2005\/xqt-errors\})?(.{0,200})/s.exec(String(error.code ?? ''))[1];
  const at = { code, line: Number(error.xsltLineNr ?? 0), module: String(error.xsltModule ?? '').slice(0, 200) };
  const said = error.errorObject;
  if (said !== undefined && said !== null && said.nodeType !== undefined) {
    return { kind: 'message', ...at, text: String(said.textContent).slice(0, MAX_TEXT) };
  }
  // Codes of its own, or that of error() without one, come with a text of the stylesheet's author.
  const own = !/^[A-Z]{4}\d{4}$/.test(code) || code === 'FOER0000';
  const [, parameter = ''] = code === 'XTDE0050' ? (/Q\{\}(\S+)/.exec(error.message) ?? []) : [];
  return { kind: 'error', ...at, text: own ? String(error.message).slice(0, MAX_TEXT) : parameter };
};
const takeResult = () => {
  const text = result;
  result = '';
  return text;
};
globalThis.compileStylesheet = compile;
return { load, prepareToCompile, takeCompiled, takeOutput, prepareToTransform, transform, takeResult };
})`}()`;
