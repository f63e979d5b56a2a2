/**
 * The names that Rhino's scripts take for granted, as guest source: packages and what imports their
 * classes. `importClass` and `importPackage` never replace what JavaScript itself defines (`Date`,
 * `Map`, `String`), and as in Rhino a JavaImporter in a `with` does.
 *
 * `print`, `console` and `java.lang.System.out` print nothing; use the message log.
 */
export const guestNames = String.raw`
const packagePath = Symbol('packagePath');
/** A Java package: its classes and packages by name; a class that is not there is an error. */
const makePackage = (path) => {
  const known = new Map();
  const text = () => '[JavaPackage ' + path + ']';
  return new Proxy(Object.create(null), {
    get(_, name) {
      if (name === packagePath) return path;
      if (typeof name === 'symbol') return name === Symbol.toPrimitive ? text : undefined;
      if (name === 'toString') return text;
      const full = path === '' ? name : path + '.' + name;
      if (/^[A-Z]/.test(name)) {
        const type = find(full);
        if (type === undefined) throw new Error('The Java class ' + full + ' is not available in Flowgate scripts.');
        return type;
      }
      if (!known.has(name)) known.set(name, makePackage(full));
      return known.get(name);
    },
    set(_, name) { throw new Error('The package ' + path + ' cannot be changed: ' + String(name)); },
  });
};
const simpleName = (name) => name.slice(name.lastIndexOf('.') + 1);
/** Those that are loaded: a class is when the script has its name in it. */
const classesOf = (item) => Array.from(classes).filter(
  ([name]) => name.slice(0, name.lastIndexOf('.')) === item[packagePath]);
const builtIn = new Set(Object.getOwnPropertyNames(globalThis));
const importOne = (type) => {
  const name = simpleName(classNameOf(type));
  if (!builtIn.has(name)) globalThis[name] = type;
};
class JavaImporter {
  #names = new Map();
  constructor(...items) {
    for (const item of items) {
      if (item[packagePath] === undefined) this.importClass(item);
      else this.importPackage(item);
    }
    const names = this.#names;
    return new Proxy(this, {
      has: (target, name) => names.has(name) || name in target,
      get: (target, name) => names.get(name) ??
        (typeof target[name] === 'function' ? target[name].bind(target) : target[name]),
    });
  }
  importClass(...types) { for (const type of types) this.#names.set(simpleName(classNameOf(type)), type); }
  importPackage(...items) { for (const item of items) this.importClass(...classesOf(item).map(([, type]) => type)); }
}
/** What rewrite.ts has a for each go through: the values of an object's properties, or what it yields. */
const each = (object) => {
  if (object !== null && object !== undefined && typeof object[Symbol.iterator] === 'function') return object;
  const values = [];
  for (const key in object) values.push(object[key]);
  return values;
};
const packages = makePackage('');
hide(globalThis, {
  Packages: packages, java: packages.java, javax: packages.javax, com: packages.com, org: packages.org,
  importClass(...types) { types.forEach(importOne); },
  importPackage(...items) { for (const item of items) classesOf(item).forEach(([, type]) => importOne(type)); },
  JavaImporter,
  each$: each,
  messageLogFactory: new MessageLogFactory(),
  print() {},
  println() {},
  console: { log() {}, info() {}, warn() {}, error() {}, debug() {}, trace() {} },
});
`;
