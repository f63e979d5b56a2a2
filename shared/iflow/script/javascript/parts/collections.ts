/** The `java.util` collections beside HashMap and ArrayList, as guest source. */
export const collections = String.raw`
class HashSet extends Collection {
  #map = new Map();
  constructor(source) { super(); if (isObject(source)) this.addAll(source); }
  values_() { return this.#map.values(); }
  /** Under which key an element is kept. */
  fold_(value) {
    const plain = unbox(value);
    if (!isObject(plain) || typeof plain.equals !== 'function') return plain;
    for (const [key, other] of this.#map) if (same(other, plain)) return key;
    return plain;
  }
  add(value) {
    const key = this.fold_(value);
    if (this.#map.has(key)) return false;
    this.#map.set(key, unbox(value));
    return true;
  }
  contains(value) { return this.#map.has(this.fold_(value)); }
  remove(value) { return this.#map.delete(this.fold_(value)); }
  size() { return this.#map.size; }
  clear() { this.#map.clear(); }
  iterator() { return new JavaIterator(this.values_(), (value) => this.remove(value)); }
  *[Symbol.iterator]() { yield* this.values_(); }
}
define('java.util.HashSet', HashSet);
define('java.util.LinkedHashSet', class extends HashSet {});
define('java.util.TreeSet', class extends HashSet {
  #order;
  constructor(source) {
    super();
    if (typeof source === 'function' || typeof source?.compare === 'function') this.#order = source;
    else this.addAll(source);
  }
  values_() { return Array.from(super.values_()).sort(comparing(this.#order)).values(); }
  first() { return this.toArray()[0] ?? raise('java.util.NoSuchElementException'); }
  last() { return this.toArray().at(-1) ?? raise('java.util.NoSuchElementException'); }
});
define('java.util.LinkedHashMap', class extends HashMap {});
define('java.util.Hashtable', class extends HashMap {});
define('java.util.concurrent.ConcurrentHashMap', class extends HashMap {});
define('java.util.Properties', class extends HashMap {
  getProperty(name, other = null) { return this.getOrDefault(name, other); }
  setProperty(name, value) { return this.put(name, value); }
});
define('java.util.TreeMap', class extends HashMap {
  #order;
  constructor(source) {
    super();
    if (typeof source === 'function' || typeof source?.compare === 'function') this.#order = source;
    else if (isObject(source)) this.putAll(source);
  }
  pairs_() {
    const order = comparing(this.#order);
    return Array.from(super.pairs_()).sort((a, b) => order(a[0], b[0])).values();
  }
  sorted_() { return Array.from(this.pairs_()); }
  firstKey() { return (this.sorted_()[0] ?? raise('java.util.NoSuchElementException'))[0]; }
  lastKey() { return (this.sorted_().at(-1) ?? raise('java.util.NoSuchElementException'))[0]; }
});
class LinkedList extends ArrayList {
  element_(index) { return this.length === 0 ? raise('java.util.NoSuchElementException') : this.at(index); }
  addFirst(value) { this.unshift(value); }
  addLast(value) { this.push(value); }
  offer(value) { return this.add(value); }
  getFirst() { return this.element_(0); }
  getLast() { return this.element_(-1); }
  peek() { return this.length === 0 ? null : this[0]; }
  poll() { return this.length === 0 ? null : this.shift(); }
  removeFirst() { this.element_(0); return this.shift(); }
  removeLast() { this.element_(0); return super.pop(); }
}
define('java.util.LinkedList', LinkedList);
define('java.util.ArrayDeque', class extends LinkedList {});
define('java.util.Vector', class extends ArrayList { elementAt(index) { return this.get(index); } });
define('java.util.Stack', class extends ArrayList {
  push(value) { super.push(value); return value; }
  pop() { return this.length === 0 ? raise('java.util.NoSuchElementException') : super.pop(); }
  peek() { return this.length === 0 ? raise('java.util.NoSuchElementException') : this.at(-1); }
  empty() { return this.length === 0; }
});
const kind = (name, test) => define(name, class { static [Symbol.hasInstance](value) { return test(value); } });
const isSet = (value) => value instanceof HashSet;
kind('java.util.Map', (value) => value instanceof AbstractMap);
kind('java.util.List', (value) => Array.isArray(value));
kind('java.util.Set', isSet);
kind('java.util.Collection', (value) => Array.isArray(value) || value instanceof Collection);
kind('java.util.Iterator', (value) => isObject(value) && typeof value.hasNext === 'function');
kind('java.util.Comparator', (value) => isObject(value) && typeof value.compare === 'function');

/** A list or map that refuses change. */
const unchanging = (source, names) => {
  for (const name of names) hide(source, { [name]() { raise('java.lang.UnsupportedOperationException'); } });
  return source;
};
const LIST_CHANGES = ['add', 'addAll', 'remove', 'removeAll', 'removeIf', 'retainAll', 'set', 'clear', 'push', 'splice', 'sort'];
const MAP_CHANGES = ['put', 'putAll', 'remove', 'clear', 'putIfAbsent', 'replace', 'compute', 'merge'];
define('java.util.Arrays', class {
  static asList(...values) { return new ArrayList(values.length === 1 && Array.isArray(values[0]) ? values[0] : values); }
  static toString(values) { return values === null ? 'null' : '[' + Array.from(values).map(show).join(', ') + ']'; }
  static equals(a, b) { return a === b || (a?.length === b?.length && Array.from(a).every((value, i) => same(value, b[i]))); }
  static sort(values, order) { values.sort(comparing(order)); }
  static fill(values, value) { values.fill(value); }
  static copyOf(values, length) { return this.copyOfRange(values, 0, length); }
  static copyOfRange(values, from, to) {
    if (!isBytes(values)) return Array.from({ length: to - from }, (_, i) => values[from + i] ?? null);
    const copy = new Uint8Array(to - from);
    copy.set(toBytes(values).subarray(from, to));
    return copy;
  }
});
define('java.util.Collections', class {
  static sort(list, order) { list.sort(comparing(order)); }
  static reverse(list) { list.reverse(); }
  static max(source, order) { return elements(source).sort(comparing(order)).at(-1); }
  static min(source, order) { return elements(source).sort(comparing(order))[0]; }
  static reverseOrder() { return (a, b) => natural(b, a); }
  static addAll(collection, ...values) { return collection.addAll(values); }
  static emptyList() { return unchanging(new ArrayList(), LIST_CHANGES); }
  static emptyMap() { return unchanging(new HashMap(), MAP_CHANGES); }
  static emptySet() { return unchanging(new HashSet(), LIST_CHANGES); }
  static singletonList(value) { return unchanging(new ArrayList([value]), LIST_CHANGES); }
  static singletonMap(key, value) { return unchanging(new HashMap(new Map([[key, value]])), MAP_CHANGES); }
  static unmodifiableList(list) { return unchanging(new ArrayList(list), LIST_CHANGES); }
  static unmodifiableMap(map) { return unchanging(new HashMap(map), MAP_CHANGES); }
  static frequency(source, value) { return elements(source).filter((other) => same(other, value)).length; }
});
`;
